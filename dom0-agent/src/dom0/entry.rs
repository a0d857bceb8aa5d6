//! One file, folder or link of dom0 as it is kept.

use qib_rpc::id::Digest;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A place below the folder of a restore. **Invariant:** names joined by `/`, none of them
/// empty, `.` or `..`; no NUL; at most 8 KiB.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct FilePath(Vec<u8>);

impl FilePath {
    const MAX_BYTES: usize = 8 << 10;

    /// The path as one for the system, relative.
    pub fn relative(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The path as it can be shown at a terminal.
    pub fn shown(&self) -> String {
        self.0.escape_ascii().to_string()
    }
}

impl TryFrom<Vec<u8>> for FilePath {
    type Error = &'static str;

    fn try_from(untrusted_path: Vec<u8>) -> Result<Self, Self::Error> {
        let mut names = untrusted_path.split(|byte| *byte == b'/');
        let plain = names.all(|name| !matches!(name, b"" | b"." | b"..") && !name.contains(&0));
        if plain && untrusted_path.len() <= Self::MAX_BYTES {
            Ok(Self(untrusted_path))
        } else {
            Err("not a path below a folder")
        }
    }
}

impl From<FilePath> for Vec<u8> {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

/// What a file, folder or link is beside its place and content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Permissions, with setuid, setgid and sticky.
    pub mode: u32,
    /// Its owner's number.
    pub owner: u32,
    /// Its group's number.
    pub group: u32,
    /// When its content last changed: seconds since 1970, and nanoseconds.
    pub mtime: (i64, u32),
}

/// One file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where.
    pub path: FilePath,
    /// With what.
    pub status: Status,
    /// And what it is.
    pub node: Node,
}

/// What lies at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// A folder.
    Folder,
    /// A regular file, in slices.
    File(Vec<Slice>),
    /// A symbolic link to there.
    Link(Vec<u8>),
}

/// A slice of a file's content: 1 MiB, the last one less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// SHA-256 of it.
    pub hash: Digest,
    /// The object that holds it.
    pub object: Digest,
    /// Where in it.
    pub offset: u32,
    /// How long it is.
    pub bytes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_refused() {
        let long = vec![b'a'; FilePath::MAX_BYTES + 1];
        for path in [
            &b""[..],
            b"/",
            b"/etc",
            b"a//b",
            b"a/",
            b".",
            b"..",
            b"a/../b",
            b"../a",
            b"a/..",
            b"a/./b",
            b"a\0b",
            &long,
        ] {
            assert!(
                FilePath::try_from(path.to_vec()).is_err(),
                "{}",
                path.escape_ascii()
            );
        }
        for path in [&b"files/etc/qubes"[..], b"...", b"a/..b", b"\xff \n"] {
            assert!(FilePath::try_from(path.to_vec()).is_ok());
        }
        let path = FilePath::try_from(b"a\x1b[2J\n".to_vec()).unwrap();
        assert_eq!(path.shown(), "a\\x1b[2J\\n");
    }
}
