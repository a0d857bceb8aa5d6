//! What a search found, and how a person reads it.

use qib_rpc::calendar;
use qib_rpc::glob::Globs;
use qib_rpc::message::browse::BrowseSnapshot;
use std::fmt::Write;

/// What stands at a path, for as long as it stays so.
pub struct Version {
    /// The first snapshot that has it so.
    pub first: usize,
    /// What it is.
    pub kind: Kind,
    /// When it was changed, in seconds since 1970; none is told of a folder.
    pub time: i64,
}

/// What something is.
pub enum Kind {
    /// A file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device or pipe.
    Other,
}

/// What was found.
#[derive(Default)]
pub struct Found {
    /// Path, version, and the snapshot after the last that has it so.
    versions: Vec<(Vec<u8>, Version, usize)>,
    /// Snapshots that can not be read.
    pub unreadable: Vec<usize>,
    /// There is more than is held.
    pub is_cut: bool,
}

impl Found {
    /// Adds what the snapshot at `behind` has no longer.
    pub fn add(&mut self, path: Vec<u8>, version: Version, behind: usize) {
        self.versions.push((path, version, behind));
    }

    /// A text: one line for each version, by path and time.
    pub fn told(mut self, snapshots: &[BrowseSnapshot], patterns: &Globs) -> String {
        self.versions
            .sort_unstable_by(|(path, one, _), (other, two, _)| {
                path.cmp(other).then(one.first.cmp(&two.first))
            });
        let folder = |place: usize| snapshots.get(place).map_or("", |one| one.folder.as_str());
        let mut text = String::new();
        let mut line = |line: std::fmt::Arguments<'_>| {
            let _fits = writeln!(text, "{line}");
        };
        let patterns = patterns.items().iter().map(ToString::to_string);
        let patterns = patterns.collect::<Vec<_>>().join(" ");
        line(format_args!(
            "{} found in {} snapshots: {patterns}",
            self.versions.len(),
            snapshots.len()
        ));
        for place in &self.unreadable {
            line(format_args!("{} CAN NOT BE READ", folder(*place)));
        }
        if self.is_cut {
            line(format_args!(
                "THERE IS MORE than is shown here: ask for less"
            ));
        }
        line(format_args!(
            "\n{:24}  {:24}  {:>15}  {:19}  path\n",
            "first snapshot", "last snapshot", "bytes", "changed (UTC)"
        ));
        for (path, version, behind) in &self.versions {
            let first = folder(version.first);
            let last = folder(behind.saturating_sub(1));
            let (what, time) = version.columns();
            let path = readable(path);
            line(format_args!(
                "{first:24}  {last:24}  {what:>15}  {time:19}  {path}"
            ));
        }
        text
    }
}

impl Version {
    fn columns(&self) -> (String, String) {
        let time = calendar::time(self.time).replace(" UTC", "");
        match self.kind {
            Kind::File(bytes) => (bytes.to_string(), time),
            Kind::Folder => ("folder".to_owned(), String::new()),
            Kind::Link => ("link".to_owned(), time),
            Kind::Other => ("device or pipe".to_owned(), time),
        }
    }
}

/// A path on one line: what moves a cursor or is no UTF-8 is escaped, as Rust does it.
fn readable(path: &[u8]) -> String {
    let mut shown = String::new();
    for part in path.utf8_chunks() {
        let valid = part.valid().escape_debug().to_string();
        shown.push_str(&valid.replace("\\'", "'").replace("\\\"", "\""));
        for byte in part.invalid() {
            let _fits = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_line_whatever_it_holds() {
        for (path, shown) in [
            (
                &b"home/user/\xc3\xbcber's \"a\""[..],
                "home/user/über's \"a\"",
            ),
            (b"a\nb\x1b[2J", "a\\nb\\u{1b}[2J"),
            (b"a\\b\xff", "a\\\\b\\xff"),
            (b"a\\'b", "a\\\\'b"),
            // Marks belong to the letters before them.
            ("हिंदी u\u{308}ber".as_bytes(), "हिंदी u\u{308}ber"),
            ("\u{202e}txt.exe".as_bytes(), "\\u{202e}txt.exe"),
        ] {
            assert_eq!(readable(path), shown);
        }
    }
}
