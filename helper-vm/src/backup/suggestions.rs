//! What a qube asks to be left out of its backups, in a file of its own volume:
//! `home/user/.config/qib/exclude`, a pattern a line.
//!
//! Whoever is in control of the qube writes it. It is counted, and obeyed only where dom0 says so.

use super::mounted;
use super::volume::Volume;
use qib_ext4::{BlockReader, DirEntry, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::glob::{Glob, Globs};
use qib_rpc::message::backup::BackupJob;

/// Where the file lies.
pub const FOLDERS: [&str; 4] = ["home", "user", ".config", "qib"];

/// Its name.
pub const NAME: &str = "exclude";

/// What is read of it, in bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// A qube's own rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The first of them.
    pub globs: Globs,
    /// How many lines there are that are patterns.
    pub lines: u32,
}

impl Suggestions {
    /// Those of a volume. One whose file can not be read suggests nothing: if that is a damage,
    /// the walk meets it too.
    pub fn of(volume: &Volume) -> Self {
        let untrusted_bytes = match volume {
            Volume::Files(fs) => read(fs.as_ref()),
            Volume::Disk(disk) => read(disk.file_system()),
            Volume::Mounted(mount) => mounted::read_suggestions(mount).ok().flatten(),
            Volume::Image(_) => None,
        };
        Self::parse(&untrusted_bytes.unwrap_or_default())
    }

    /// Those that count, by what the job says.
    pub fn obeyed(&self, job: &BackupJob) -> Globs {
        if job.paths.obey_suggestions {
            self.globs.clone()
        } else {
            Globs::default()
        }
    }

    /// Reads the bytes of such a file.
    pub fn parse(untrusted_bytes: &[u8]) -> Self {
        let mut suggestions = Self::default();
        let mut whole = untrusted_bytes;
        if whole.len() >= MAX_BYTES {
            // The last line may be a part of one, which would mean something else.
            let end = whole.iter().rposition(|byte| *byte == b'\n');
            whole = end.and_then(|end| whole.get(..end)).unwrap_or_default();
        }
        for glob in whole.split(|byte| *byte == b'\n').filter_map(glob) {
            suggestions.lines = suggestions.lines.saturating_add(1);
            // Those beyond the limit are counted and no more.
            let _full = suggestions.globs.push(glob);
        }
        suggestions
    }
}

fn glob(untrusted_line: &[u8]) -> Option<Glob> {
    let line = std::str::from_utf8(untrusted_line).ok()?.trim();
    let written = !line.is_empty() && !line.starts_with('#');
    line.parse().ok().filter(|_| written)
}

/// The file's first bytes; none if there is no such file.
fn read<R: BlockReader>(fs: &Ext4<R>) -> Option<Vec<u8>> {
    let mut folder = fs.root().ok()?;
    for name in FOLDERS {
        folder = fs.inode(entry(fs, &folder, name)?).ok()?;
        if folder.file_type != FileType::Directory {
            return None;
        }
    }
    let file = fs.inode(entry(fs, &folder, NAME)?).ok()?;
    if file.file_type != FileType::Regular {
        return None;
    }
    let bytes = usize::try_from(file.size).unwrap_or(MAX_BYTES);
    let mut content = vec![0; bytes.min(MAX_BYTES)];
    fs.file(&file, 0).ok()?.read(&mut content).ok()?;
    Some(content)
}

fn entry<R: BlockReader>(fs: &Ext4<R>, folder: &Inode, name: &str) -> Option<InodeNumber> {
    let mut found = None;
    let look = |entry: DirEntry<'_>| {
        if entry.name == name.as_bytes() {
            found = Some(entry.inode);
        }
    };
    fs.read_dir(folder, look).ok()?;
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(bytes: &[u8]) -> (Vec<String>, u32) {
        let found = Suggestions::parse(bytes);
        let globs = found.globs.items().iter().map(ToString::to_string);
        (globs.collect(), found.lines)
    }

    #[test]
    fn lines_that_are_patterns_count_and_others_do_not() {
        let file = b"# mine\n*.iso\n\n  build/  \r\na//b\n[ab]\n\xff\xfe\na\0b\n!x\n/home/user/VMs";
        let expected = ["*.iso", "build/", "/home/user/VMs"].map(str::to_owned);
        assert_eq!(texts(file), (expected.to_vec(), 3));
        assert_eq!(texts(b""), (Vec::new(), 0));
    }

    #[test]
    fn a_million_lines_are_read_as_far_as_the_limit() {
        let lines = b"x\n".repeat(MAX_BYTES / 2);
        let (globs, count) = texts(&lines);
        assert_eq!((globs.len(), count), (32, 32_768));
        let mut cut = b"y\n".repeat(10);
        cut.resize(MAX_BYTES, b'z');
        assert_eq!(texts(&cut).1, 10, "a line that is cut off is none");
        assert_eq!(texts(&vec![b'x'; MAX_BYTES]).1, 0);
        assert_eq!(texts(&vec![0; MAX_BYTES]).1, 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let found = Suggestions::parse(&bytes);
            prop_assert!(found.globs.items().len() <= 32);
            prop_assert!(usize::try_from(found.lines).unwrap() <= bytes.len() + 1);
        }
    }
}
