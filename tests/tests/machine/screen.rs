//! A terminal: a pair of ends as the kernel makes them, and what a person would see.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal, and what was written to it so far.
pub struct Terminal {
    end: OwnedFd,
    heard: Receiver<Vec<u8>>,
    screen: Screen,
    /// All of it, as it came.
    pub raw: String,
}

impl Terminal {
    /// Starts a command at a terminal of so many columns.
    pub fn start(command: &mut Command, columns: u16) -> (Self, Child) {
        let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&end).unwrap();
        unlockpt(&end).unwrap();
        let name = ptsname(&end, Vec::new()).unwrap().into_string().unwrap();
        let program = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let (say, heard) = channel();
        let mut listener = File::from(end.try_clone().unwrap());
        let terminal = Self {
            end,
            heard,
            screen: Screen::new(columns.into()),
            raw: String::new(),
        };
        terminal.has(columns);
        command.stdout(program.try_clone().unwrap()).stderr(program);
        let child = command.spawn().unwrap();
        // The command holds the program's end, and so does nobody else: then it ends.
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = listener.read(&mut bytes) {
                if say.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        (terminal, child)
    }

    /// Makes it so wide.
    pub fn resize(&mut self, columns: u16) {
        self.has(columns);
        self.screen.resize(columns.into());
    }

    fn has(&self, columns: u16) {
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.end, size).unwrap();
    }

    /// Takes what comes until nothing does for a while; false at the end.
    pub fn listen(&mut self, patience: Duration) -> bool {
        loop {
            match self.heard.recv_timeout(patience) {
                Ok(bytes) => {
                    let text = String::from_utf8(bytes).unwrap();
                    self.screen.write(&text);
                    self.raw.push_str(&text);
                }
                Err(error) => return error == std::sync::mpsc::RecvTimeoutError::Timeout,
            }
        }
    }

    /// The lines on the screen, and those that were moved out of it.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.screen.lines.iter();
        lines.map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Lines as a terminal shows them, that breaks what is too long.
struct Screen {
    columns: usize,
    lines: Vec<String>,
    row: usize,
    column: usize,
    /// A sequence that has begun with an escape.
    sequence: String,
}

impl Screen {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            lines: vec![String::new()],
            row: 0,
            column: 0,
            sequence: String::new(),
        }
    }

    /// Lines that are too long for it are broken, as most terminals do.
    fn resize(&mut self, columns: usize) {
        self.columns = columns;
        let mut lines = Vec::new();
        for (row, line) in self.lines.iter().enumerate() {
            let letters: Vec<char> = line.chars().collect();
            let pieces = letters.chunks(columns).map(|piece| piece.iter().collect());
            let before = lines.len();
            lines.extend::<Vec<String>>(pieces.collect());
            if lines.len() == before {
                lines.push(String::new());
            }
            if row == self.row {
                self.column = self.column.min(columns - 1);
            }
        }
        self.row = lines.len() - 1;
        self.lines = lines;
    }

    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            if !self.sequence.is_empty() || letter == '\x1b' {
                self.sequence.push(letter);
                if letter.is_ascii_alphabetic() {
                    let sequence = std::mem::take(&mut self.sequence);
                    self.obey(&sequence);
                }
                continue;
            }
            match letter {
                '\r' => self.column = 0,
                '\n' => self.down(),
                letter => self.put(letter),
            }
        }
    }

    /// Erases what is below, or goes up: no other sequences are known.
    fn obey(&mut self, sequence: &str) {
        if sequence == "\x1b[J" {
            self.lines.truncate(self.row + 1);
            self.lines[self.row].truncate(self.column);
            return;
        }
        let up = sequence.strip_prefix("\x1b[");
        let up = up.and_then(|up| up.strip_suffix('A'));
        let up: usize = up.expect(sequence).parse().unwrap();
        self.row = self.row.checked_sub(up).unwrap();
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.lines.len() {
            self.lines.push(String::new());
        }
    }

    fn put(&mut self, letter: char) {
        if self.column == self.columns {
            self.column = 0;
            self.down();
        }
        let line = &mut self.lines[self.row];
        let mut letters: Vec<char> = line.chars().collect();
        letters.resize(letters.len().max(self.column + 1), ' ');
        letters[self.column] = letter;
        *line = letters.into_iter().collect();
        self.column += 1;
    }
}
