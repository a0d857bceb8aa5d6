//! Progress on standard error: one line that moves at a terminal, now and then a
//! line elsewhere.

mod looked;

use crate::text;
pub use looked::Looked;
use qib_rpc::count::Counts;
use qib_rpc::name::QubeName;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where progress goes.
pub struct Progress {
    quiet: bool,
    terminal: bool,
    shown: Option<Instant>,
    qube: Option<QubeName>,
    /// How far each qube is that is worked on now: one line has all of them.
    now: Arc<Mutex<BTreeMap<QubeName, String>>>,
}

impl Progress {
    /// Progress on standard error, unless `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            terminal: stderr().is_terminal(),
            shown: None,
            qube: None,
            now: Arc::default(),
        }
    }

    /// That of another qube at the same time.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            quiet: self.quiet,
            terminal: self.terminal,
            shown: None,
            qube: None,
            now: Arc::clone(&self.now),
        }
    }

    /// Says what begins now.
    pub fn stage(&self, qube: &QubeName, what: &str) {
        if !self.quiet {
            self.line(&format!("{qube}: {what}"), true);
        }
    }

    /// Shows how far a look at what is stored is.
    pub fn show_looked(&mut self, qube: &QubeName, looked: &Looked) {
        if self.is_due() {
            self.line(&format!("{qube}: {}", looked.text()), false);
        }
    }

    fn is_due(&mut self) -> bool {
        let often = Duration::from_secs(if self.terminal { 0 } else { 10 });
        let is_due = !self.quiet && self.shown.is_none_or(|shown| shown.elapsed() >= often);
        if is_due {
            self.shown = Some(Instant::now());
        }
        is_due
    }

    /// Shows how far a session is.
    pub fn show(&mut self, qube: &QubeName, counts: &Counts) {
        if !self.is_due() {
            return;
        }
        let percent = counts
            .bytes_read
            .saturating_mul(100)
            .checked_div(counts.bytes_expected);
        let share =
            percent.map_or_else(String::new, |percent| format!("{:3} %  ", percent.min(100)));
        let data = text::bytes(counts.bytes_read);
        let moved = text::bytes(counts.bytes_stored);
        let files = text::number(counts.files_read);
        // A backup counts its files only while it writes the manifest.
        let files = match counts.files {
            0 => files,
            all => format!("{files} of {}", text::number(all)),
        };
        let line = format!("{qube}: {share}{data} of file data, {files} files, {moved} moved");
        let short = format!(
            "{qube} {}",
            if share.is_empty() {
                &data
            } else {
                share.trim()
            }
        );
        self.qube = Some(qube.clone());
        self.line(&self.beside_others(qube, short).unwrap_or(line), false);
    }

    /// At a terminal the one line that moves is of all qubes that are worked on.
    fn beside_others(&self, qube: &QubeName, short: String) -> Option<String> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.insert(qube.clone(), short);
        let several = self.terminal && now.len() > 1;
        several.then(|| {
            now.values()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        })
    }

    /// A line on standard error; one that `stays` is not written over by the next.
    fn line(&self, line: &str, stays: bool) {
        let mut output = stderr().lock();
        let (begin, end) = match (self.terminal, stays) {
            (true, true) => ("\r\x1b[K", "\n"),
            (true, false) => ("\r\x1b[K", ""),
            (false, _) => ("", "\n"),
        };
        // Nobody looks: then nothing is lost.
        let _unseen = write!(output, "{begin}{line}{end}").and_then(|()| output.flush());
    }

    /// Clears the moving line, before a result is printed.
    pub fn clear(&self) {
        if let Some(qube) = &self.qube {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            now.remove(qube);
        }
        if self.terminal && !self.quiet {
            let _unseen = write!(stderr().lock(), "\r\x1b[K");
        }
    }
}
