//! Writing entries: the same entry always has the same bytes.

use super::content;
use super::entry::{Entry, Meta, Node};
use crate::archive::{self, Head, MemberKind};
use crate::number::wide;

/// Appends an entry to a piece. Entries must come sorted by the bytes of their names.
pub fn append(piece: &mut Vec<u8>, entry: &Entry) {
    let mut head = head(&entry.meta);
    head.name = name(b"e/", entry);
    match &entry.node {
        Node::File(file) => {
            let text = content::text(entry.link_group, &file.parts);
            member(piece, head, &text);
            return;
        }
        Node::Directory(_) => head.kind = MemberKind::Directory,
        Node::Fifo => head.kind = MemberKind::Fifo,
        Node::Symlink(target) => {
            head.kind = MemberKind::Symlink;
            head.link.clone_from(target);
        }
        Node::CharDevice(major, minor) => {
            head.kind = MemberKind::CharDevice;
            head.device = (*major, *minor);
        }
        Node::BlockDevice(major, minor) => {
            head.kind = MemberKind::BlockDevice;
            head.device = (*major, *minor);
        }
    }
    member(piece, head, &[]);
    companion(piece, entry);
}

/// The member that says of an entry what tar itself can not.
fn companion(piece: &mut Vec<u8>, entry: &Entry) {
    let (prefix, text) = match (&entry.node, entry.link_group) {
        (Node::Directory(pieces), _) => (b"d/", content::text(None, pieces)),
        (_, Some(group)) => (b"l/", content::text(Some(group), &[])),
        _ => return,
    };
    member(piece, Head::plain(&name(prefix, entry), 0), &text);
}

fn name(prefix: &[u8], entry: &Entry) -> Vec<u8> {
    [prefix, entry.name.bytes()].concat()
}

/// The head of an entry's member, still without name and kind.
pub(crate) fn head(meta: &Meta) -> Head {
    Head {
        mode: meta.mode,
        uid: meta.uid,
        gid: meta.gid,
        seconds: meta.seconds,
        nanoseconds: meta.nanoseconds,
        xattrs: meta.xattrs.clone(),
        ..Head::default()
    }
}

fn member(piece: &mut Vec<u8>, mut head: Head, text: &[u8]) {
    head.content_bytes = wide(text.len());
    archive::member(piece, &head);
    piece.extend_from_slice(text);
    archive::padding(piece, head.content_bytes);
}
