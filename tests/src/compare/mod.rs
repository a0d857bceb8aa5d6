//! Are two file trees the same? Answered by the kernel or by stock tools, never by
//! qib's own reader or manifest.

mod content;
mod debugfs;
mod mounted;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

pub use mounted::Mounted;

/// A tree: everything in it by its path from the root, `""` being the root.
pub type Tree = BTreeMap<Vec<u8>, Node>;

/// One thing in a tree, as far as it can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `file`, `folder`, `link`, `fifo`, `socket`, `block`, `character`.
    pub kind: &'static str,
    /// Permission bits, set-id bits and sticky bit.
    pub mode: u32,
    /// What a file holds, or where a link points.
    pub content: Content,
    /// The first of the paths of the same file, when it has several.
    pub first_link: Option<Vec<u8>>,
    /// What only a kernel mount shows.
    pub more: Option<More>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing to compare.
    None,
    /// A link's target.
    Target(Vec<u8>),
    /// A file's size and the hash of its blocks that are not zero.
    File {
        /// Its size.
        bytes: u64,
        /// The hash of its blocks that are not zero, and of their places.
        hash: [u8; 32],
    },
}

/// What only a kernel mount shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct More {
    /// Owner and group.
    pub owner: (u32, u32),
    /// Seconds and nanoseconds.
    pub modified: (i64, u32),
    /// Device number.
    pub device: u64,
    /// Extended attributes, ACLs and capabilities among them.
    pub attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Where a file has data: the rest are holes.
    pub data: Vec<(u64, u64)>,
}

/// Reads the tree of a raw ext4 image: through the kernel as root, else by debugfs.
pub fn read_image(image: &Path) -> Result<Tree> {
    if rustix::process::geteuid().is_root() {
        walk::read(Mounted::read_only(image)?.path())
    } else {
        debugfs::read(image)
    }
}

/// Reads the tree below a folder.
pub fn read_folder(folder: &Path) -> Result<Tree> {
    walk::read(folder)
}

/// The same tree without `places` and what lies below them; a place that ends with
/// a slash stays itself.
pub fn without(mut tree: Tree, places: &[&str]) -> Tree {
    let lies_in = |path: &[u8], place: &str| match path.strip_prefix(place.as_bytes()) {
        Some(rest) => place.ends_with('/') || rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    };
    tree.retain(|path, _| !places.iter().any(|place| lies_in(path, place)));
    tree
}

/// The same tree with only what names, contents, modes and links tell.
pub fn plain(mut tree: Tree) -> Tree {
    tree.values_mut().for_each(|node| node.more = None);
    tree
}

/// Says how `found` differs from `expected`, a line each.
pub fn differences(expected: &Tree, found: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, node) in expected {
        let shown = format!("/{}", path.escape_ascii());
        match found.get(path) {
            None => lines.push(format!("missing: {shown}")),
            Some(other) => lines.extend(
                node.differences(other)
                    .map(|what| format!("{what}: {shown}")),
            ),
        }
    }
    for path in found.keys().filter(|path| !expected.contains_key(*path)) {
        lines.push(format!("not in the source: /{}", path.escape_ascii()));
    }
    lines
}

impl Node {
    fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        let mut found = Vec::new();
        let mut note = |what: &str, one: String, two: String| {
            if one != two {
                found.push(format!("{what} is {two}, not {one},"));
            }
        };
        note("kind", self.kind.to_owned(), other.kind.to_owned());
        note(
            "mode",
            format!("{:o}", self.mode),
            format!("{:o}", other.mode),
        );
        if self.content != other.content {
            note("content", self.content.shown(), other.content.shown());
        }
        note(
            "hard link",
            format!("{:?}", self.first_link),
            format!("{:?}", other.first_link),
        );
        if let (Some(one), Some(two)) = (&self.more, &other.more) {
            note(
                "owner",
                format!("{:?}", one.owner),
                format!("{:?}", two.owner),
            );
            note(
                "time",
                format!("{:?}", one.modified),
                format!("{:?}", two.modified),
            );
            note(
                "device",
                format!("{:x}", one.device),
                format!("{:x}", two.device),
            );
            note(
                "attributes",
                format!("{:?}", one.attributes),
                format!("{:?}", two.attributes),
            );
            note(
                "holes",
                format!("{:?}", one.data),
                format!("{:?}", two.data),
            );
        }
        found.into_iter()
    }
}

impl Content {
    fn shown(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Target(target) => format!("'{}'", target.escape_ascii()),
            Self::File {
                bytes,
                hash: [a, b, c, d, ..],
            } => {
                format!("{bytes} bytes ({a:02x}{b:02x}{c:02x}{d:02x})")
            }
        }
    }
}
