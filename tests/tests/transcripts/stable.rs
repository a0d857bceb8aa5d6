//! Words in place of what differs from run to run: random names, numbers of devices, sizes, times.

use std::collections::HashMap;

use crate::machine::Machine;

/// Gives the same word for the same thing, as long as it lives.
pub struct Stable {
    folders: [(String, &'static str); 2],
    words: HashMap<String, String>,
}

/// What random names begin with, and what stands for the rest.
const BEGINNINGS: [(&str, &str); 4] = [
    ("disp-qib-", "HELPER"),
    ("vm-qib.", "SNAPSHOT"),
    ("qib-lab-", "GROUP"),
    ("qib--lab--", "GROUP"),
];

/// Fewer digits than these are no size and no time.
const LONG_NUMBER: usize = 6;

/// These are sizes, however few their digits.
const SIZES: [&str; 3] = ["usage=", "size=", "]:"];

impl Stable {
    pub fn new(machine: &Machine) -> Self {
        let lab = machine.lab.dir().display().to_string();
        let scratch = machine.lab.scratch().display().to_string();
        Self {
            folders: [(lab, "LAB"), (scratch, "SCRATCH")],
            words: HashMap::new(),
        }
    }

    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (folder, word) in &self.folders {
            text = text.replace(folder, word);
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let (word, length) = self
                .random(rest)
                .or_else(|| number(rest, &out))
                .unwrap_or((first.to_string(), first.len_utf8()));
            out.push_str(&word);
            rest = &rest[length..];
        }
        out
    }

    /// What stands for the random name at the beginning of a text, and the name's length.
    fn random(&mut self, text: &str) -> Option<(String, usize)> {
        if let Some(id) = text.get(..36).filter(|text| is_uuid(text)) {
            return Some((self.word(id, "UUID"), 36));
        }
        for (beginning, kind) in BEGINNINGS {
            let Some(rest) = text.strip_prefix(beginning) else {
                continue;
            };
            let name = &rest[..run(rest, |byte| byte.is_ascii_alphanumeric())];
            let word = self.word(name, &format!("{beginning}{kind}"));
            return Some((word, beginning.len() + name.len()));
        }
        // The kernel gives the number of one that is gone to the next, or does not.
        let number = text
            .strip_prefix("loop")
            .map(|rest| run(rest, |byte| byte.is_ascii_digit()));
        if let Some(digits) = number.filter(|digits| *digits > 0) {
            return Some(("loopN".to_owned(), "loop".len() + digits));
        }
        let id = &text[..run(text, |byte| byte.is_ascii_hexdigit())];
        (id.len() == 32).then(|| (self.word(id, "SESSION"), 32))
    }

    fn word(&mut self, name: &str, kind: &str) -> String {
        let key = format!("{kind} {name}");
        let same_kind = self
            .words
            .keys()
            .filter(|key| key.starts_with(&format!("{kind} ")));
        let number = same_kind.count() + 1;
        let word = self
            .words
            .entry(key)
            .or_insert_with(|| format!("{kind}{number}"));
        word.clone()
    }
}

fn number(text: &str, before: &str) -> Option<(String, usize)> {
    let digits = run(text, |byte| byte.is_ascii_digit());
    let is_size = SIZES.iter().any(|size| before.ends_with(size));
    let is_inside = before.ends_with(|last: char| last.is_ascii_alphanumeric());
    let changes = digits >= LONG_NUMBER || (is_size && digits > 0);
    if let Some(rest) = text.strip_prefix('[') {
        // The device in a line of losetup, before the inode.
        let device = run(rest, |byte| byte.is_ascii_digit());
        if device > 0 && rest[device..].starts_with("]:") {
            return Some(("[DEVICE".to_owned(), device + 1));
        }
    }
    (changes && !is_inside).then(|| ("N".to_owned(), digits))
}

fn run(text: &str, is_of: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is_of(*byte)).count()
}

fn is_uuid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.bytes()
        .enumerate()
        .all(|(place, byte)| match hyphens.contains(&place) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}
