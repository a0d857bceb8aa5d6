//! Reading a piece that may lie.

use super::MAX_TEXT_BYTES;
use super::content::{self, Content, Part};
use super::entry::{Entry, EntryName, Meta, Node};
use crate::archive::{self, Head, MemberKind};
use crate::format_error::{FormatError, Result};

/// The longest target of a symbolic link, in bytes.
const MAX_TARGET_BYTES: usize = 4095;

/// The largest major and minor number of a device.
const MAX_DEVICE: (u32, u32) = (0xfff, 0xf_ffff);

/// The entries of a piece. `previous` is the last name of the directory's piece
/// before, as names ascend through all pieces of a directory.
///
/// # Errors
/// [`FormatError::Damaged`] on anything that qib does not write.
pub fn read(untrusted_piece: &[u8], previous: Option<&EntryName>) -> Result<Vec<Entry>> {
    let mut reading = Reading {
        entries: Vec::new(),
        companion_due: false,
    };
    archive::each(untrusted_piece, |head, untrusted_content| {
        let untrusted_text = archive::text(&head, untrusted_content, MAX_TEXT_BYTES)?;
        reading.member(head, &untrusted_text, previous)
    })?;
    if reading.companion_due {
        return Err(FormatError::Damaged("a directory without its pieces"));
    }
    Ok(reading.entries)
}

struct Reading {
    entries: Vec<Entry>,
    /// The last entry is a directory whose `d/` member has not come yet.
    companion_due: bool,
}

impl Reading {
    fn member(
        &mut self,
        head: Head,
        untrusted_text: &[u8],
        previous: Option<&EntryName>,
    ) -> Result<()> {
        let (prefix, untrusted_name) = head.name.split_at_checked(2).unwrap_or_default();
        let name = EntryName::new(untrusted_name).ok_or(FormatError::Damaged("an entry's name"))?;
        if prefix != b"e/" {
            return self.companion(prefix == b"d/", &name, untrusted_text);
        }
        let last = self.entries.last().map(|entry| &entry.name).or(previous);
        if self.companion_due || last.is_some_and(|last| *last >= name) {
            return Err(FormatError::Damaged("entries out of order"));
        }
        let (link_group, node) = node(&head, untrusted_text)?;
        self.companion_due = matches!(node, Node::Directory(_));
        self.entries.push(Entry {
            name,
            meta: meta(head),
            node,
            link_group,
        });
        Ok(())
    }

    fn companion(
        &mut self,
        of_directory: bool,
        name: &EntryName,
        untrusted_text: &[u8],
    ) -> Result<()> {
        let entry = self.entries.last_mut().filter(|entry| entry.name == *name);
        let out_of_place = FormatError::Damaged("a member out of place");
        let entry = entry.ok_or(out_of_place)?;
        match &mut entry.node {
            Node::Directory(pieces) if of_directory && self.companion_due => {
                *pieces = directory_pieces(untrusted_text)?;
                self.companion_due = false;
            }
            Node::Directory(_) | Node::File(_) => return Err(out_of_place),
            _ if of_directory || entry.link_group.is_some() => return Err(out_of_place),
            _ => {
                let (group, rest) = content::split_link(untrusted_text)?;
                if group.is_none() || !rest.is_empty() {
                    return Err(FormatError::Damaged("a link member"));
                }
                entry.link_group = group;
            }
        }
        Ok(())
    }
}

/// The pieces of a directory, from the text that lists them.
///
/// # Errors
/// [`FormatError::Damaged`] on anything but chunks and lists.
pub(crate) fn directory_pieces(untrusted_text: &[u8]) -> Result<Vec<Part>> {
    let pieces = Part::lines(untrusted_text)?;
    if pieces.iter().any(|piece| matches!(piece, Part::Hole(_))) {
        return Err(FormatError::Damaged("a hole in a directory"));
    }
    Ok(pieces)
}

fn node(head: &Head, untrusted_text: &[u8]) -> Result<(Option<u32>, Node)> {
    let (major, minor) = head.device;
    if major > MAX_DEVICE.0 || minor > MAX_DEVICE.1 {
        return Err(FormatError::Damaged("a device number that no device has"));
    }
    let is_file = head.kind == MemberKind::File;
    let is_link = head.kind == MemberKind::Symlink;
    if (!is_file && !untrusted_text.is_empty()) || (!is_link && !head.link.is_empty()) {
        return Err(FormatError::Damaged("a member with what it can not have"));
    }
    let node = match head.kind {
        MemberKind::File => {
            let (group, untrusted_lines) = content::split_link(untrusted_text)?;
            let parts = Part::lines(untrusted_lines)?;
            return Ok((group, Node::File(Content { parts })));
        }
        MemberKind::Symlink => {
            if head.link.is_empty() || head.link.len() > MAX_TARGET_BYTES || head.link.contains(&0)
            {
                return Err(FormatError::Damaged("a link's target"));
            }
            Node::Symlink(head.link.clone())
        }
        MemberKind::Directory => Node::Directory(Vec::new()),
        MemberKind::CharDevice => Node::CharDevice(major, minor),
        MemberKind::BlockDevice => Node::BlockDevice(major, minor),
        MemberKind::Fifo => Node::Fifo,
        MemberKind::HardLink => return Err(FormatError::Damaged("a tar's own link")),
    };
    Ok((None, node))
}

pub(crate) fn meta(head: Head) -> Meta {
    Meta {
        mode: head.mode,
        uid: head.uid,
        gid: head.gid,
        seconds: head.seconds,
        nanoseconds: head.nanoseconds,
        xattrs: head.xattrs,
    }
}
