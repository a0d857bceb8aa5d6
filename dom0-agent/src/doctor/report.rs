//! What was found.

use std::fmt::Display;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it must be.
    Well,
    /// Backups are made, but somebody should know.
    Warning,
    /// No backup can be made, or not safely.
    Wrong,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// One sentence: what is so, or what to do.
    pub text: String,
}

/// Every check, in its order.
#[derive(Debug, Default)]
pub struct Report(Vec<Finding>);

impl Verdict {
    /// The verdict as a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

impl Report {
    /// Every check.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// True when nothing is wrong; a warning is not.
    pub fn is_well(&self) -> bool {
        self.0
            .iter()
            .all(|finding| finding.verdict != Verdict::Wrong)
    }

    pub(super) fn well(&mut self, check: &'static str, text: impl Display) {
        self.add(check, Verdict::Well, text);
    }

    pub(super) fn warning(&mut self, check: &'static str, text: impl Display) {
        self.add(check, Verdict::Warning, text);
    }

    pub(super) fn wrong(&mut self, check: &'static str, text: impl Display) {
        self.add(check, Verdict::Wrong, text);
    }

    /// Well if it holds, else wrong.
    pub(super) fn holds(
        &mut self,
        check: &'static str,
        holds: bool,
        so: impl Display,
        else_do: impl Display,
    ) {
        if holds {
            self.well(check, so);
        } else {
            self.wrong(check, else_do);
        }
    }

    /// Keeps what could be had and says `so` of it; a failure is wrong.
    pub(super) fn keep<T, E: Display>(
        &mut self,
        check: &'static str,
        had: Result<T, E>,
        so: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match had {
            Ok(value) => {
                self.well(check, so(&value));
                Some(value)
            }
            Err(error) => {
                self.wrong(check, error);
                None
            }
        }
    }

    fn add(&mut self, check: &'static str, verdict: Verdict, text: impl Display) {
        let text = text.to_string();
        self.0.push(Finding {
            check,
            verdict,
            text,
        });
    }
}
