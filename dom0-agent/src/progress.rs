//! Progress on standard error: at a terminal a line that moves for each qube that is worked on,
//! elsewhere now and then a line.

mod board;
mod looked;
mod pace;

use crate::text;
use crate::trace;
use board::Board;
pub use looked::Looked;
use pace::Pace;
use qib_rpc::count::Counts;
use qib_rpc::name::QubeName;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines about a qube, where they do not move.
const SELDOM: Duration = Duration::from_secs(10);

/// There is one terminal.
static BOARD: Mutex<Board> = Mutex::new(Board::new());

fn board() -> MutexGuard<'static, Board> {
    BOARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints something that stays, above the lines that move.
pub fn above(print: impl FnOnce()) {
    board().above(print);
}

/// Where the progress of one qube after the other goes.
pub struct Progress {
    quiet: bool,
    /// At a terminal lines move.
    moves: bool,
    shown: Option<Instant>,
    /// The qube that was shown last, and since when.
    now: Option<(QubeName, Pace)>,
}

impl Progress {
    /// Progress on standard error, unless `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            // Lines that move can not be among those of a trace.
            moves: stderr().is_terminal() && !trace::is_on(),
            shown: None,
            now: None,
        }
    }

    /// That of another qube at the same time.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            shown: None,
            now: None,
            ..*self
        }
    }

    /// Says what begins now.
    pub fn stage(&self, qube: &QubeName, what: &str) {
        if !self.quiet {
            above(|| eprintln!("{qube}: {what}"));
        }
    }

    /// Shows how far a look at what is stored is.
    pub fn show_looked(&mut self, qube: &QubeName, looked: &Looked) {
        self.turn(qube);
        if self.is_due() {
            self.line(qube, &looked.text());
        }
    }

    /// Shows how far a session is.
    pub fn show(&mut self, qube: &QubeName, counts: &Counts) {
        let left = self
            .turn(qube)
            .left(counts.bytes_read, counts.bytes_expected);
        if self.is_due() {
            self.line(qube, &text_of(counts, left));
        }
    }

    /// Clears the line of what was shown last, before its result is printed.
    pub fn clear(&mut self) {
        if let Some((qube, _)) = self.now.take() {
            board().remove(&qube);
        }
    }

    fn is_due(&mut self) -> bool {
        let is_due = self.moves || self.shown.is_none_or(|shown| shown.elapsed() >= SELDOM);
        if is_due {
            self.shown = Some(Instant::now());
        }
        is_due && !self.quiet
    }

    /// The pace of a qube, whose turn it is from now on.
    fn turn(&mut self, qube: &QubeName) -> Pace {
        match &self.now {
            Some((shown, pace)) if shown == qube => *pace,
            _ => {
                self.clear();
                let pace = Pace::begin();
                self.now = Some((qube.clone(), pace));
                pace
            }
        }
    }

    fn line(&self, qube: &QubeName, text: &str) {
        if self.moves {
            board().set(qube, text);
        } else {
            eprintln!("{qube}: {text}");
        }
    }
}

/// What matters most comes first: a narrow terminal shows only that.
fn text_of(counts: &Counts, left: Option<u64>) -> String {
    let percent = counts
        .bytes_read
        .saturating_mul(100)
        .checked_div(counts.bytes_expected);
    let share = percent.map_or_else(String::new, |percent| format!("{:3} %  ", percent.min(100)));
    let left = left.map_or_else(String::new, |left| format!("{} left  ", text::span(left)));
    let data = text::bytes(counts.bytes_read);
    let moved = text::bytes(counts.bytes_stored);
    let files = text::number(counts.files_read);
    // A backup counts its files only while it writes the manifest.
    let files = match counts.files {
        0 => files,
        all => format!("{files} of {}", text::number(all)),
    };
    format!("{share}{left}{data} of file data, {files} files, {moved} moved")
}
