//! The lines that move at a terminal: one for each qube that is worked on, below all that stays.

use qib_rpc::name::QubeName;
use rustix::termios::tcgetwinsize;
use std::collections::BTreeMap;
use std::io::{Write, stderr};

/// A terminal that does not say how large it is.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

/// The lines, and what of them is on the screen. The cursor is at the beginning of the line below.
pub(super) struct Board {
    lines: BTreeMap<QubeName, String>,
    drawn: Drawn,
}

#[derive(Clone, Copy)]
struct Drawn {
    lines: usize,
    longest: usize,
}

#[derive(Clone, Copy)]
struct Size {
    columns: usize,
    rows: usize,
}

impl Board {
    /// Nothing moves.
    pub(super) const fn new() -> Self {
        Self {
            lines: BTreeMap::new(),
            drawn: Drawn::NOTHING,
        }
    }

    /// Says how far a qube is.
    pub(super) fn set(&mut self, qube: &QubeName, text: &str) {
        self.lines.insert(qube.clone(), text.to_owned());
        self.draw();
    }

    /// Nothing moves for a qube any more.
    pub(super) fn remove(&mut self, qube: &QubeName) {
        if self.lines.remove(qube).is_some() {
            self.draw();
        }
    }

    /// Prints something that stays where the lines were, and the lines below it.
    pub(super) fn above(&mut self, print: impl FnOnce()) {
        let size = Size::of_terminal();
        write(&self.drawn.erase(size));
        self.drawn = Drawn::NOTHING;
        print();
        self.draw();
    }

    /// In one piece, so that nobody writes in between.
    fn draw(&mut self) {
        let size = Size::of_terminal();
        let mut text = self.drawn.erase(size);
        let lines = self.fitted(size);
        lines
            .iter()
            .for_each(|line| text.push_str(&format!("{line}\n")));
        self.drawn = Drawn {
            lines: lines.len(),
            longest: lines
                .iter()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0),
        };
        write(&text);
    }

    /// The lines as far as there is room for them. One as wide as the terminal might be broken.
    fn fitted(&self, size: Size) -> Vec<String> {
        let longest = self.lines.keys().map(|qube| qube.as_str().len()).max();
        let width = longest.unwrap_or(0).saturating_add(1);
        let line = |(qube, text): (&QubeName, &String)| {
            let line = format!("{:width$} {text}", format!("{qube}:"));
            line.chars().take(size.columns.saturating_sub(1)).collect()
        };
        let rows = size.rows.saturating_sub(1);
        self.lines.iter().take(rows).map(line).collect()
    }
}

impl Drawn {
    const NOTHING: Self = Self {
        lines: 0,
        longest: 0,
    };

    /// What erases it. On a terminal that is narrower by now lines may be broken, and nobody knows
    /// where the first of them is: they stay, rather than that something else goes.
    fn erase(self, size: Size) -> String {
        if self.lines == 0 || self.longest >= size.columns || self.lines >= size.rows {
            String::new()
        } else {
            format!("\r\x1b[{}A\x1b[J", self.lines)
        }
    }
}

impl Size {
    fn of_terminal() -> Self {
        let size = tcgetwinsize(stderr()).ok();
        let size = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or(USUAL, |size| Self {
            columns: size.ws_col.into(),
            rows: size.ws_row.into(),
        })
    }
}

fn write(text: &str) {
    // Nobody looks: then nothing is lost.
    let _unseen = stderr().lock().write_all(text.as_bytes());
}
