//! Reading tar members that may lie.

use super::{Head, MemberKind, pax};
use crate::format_error::{FormatError, Result};
use crate::number::narrow;
use std::io::Read;

/// The longest PAX records of one member, in bytes.
const MAX_PAX_BYTES: u64 = 4 << 20;

/// What may follow the last member: tar's end and its blocking, in bytes.
const MAX_TAIL_BYTES: u64 = 64 << 10;

/// Hands every member and its content to `take`, then reads to the very end,
/// so that age has proved that nothing was cut off.
///
/// # Errors
/// [`FormatError::Damaged`] on anything that qib does not write, or what `take` returns.
pub fn each(
    untrusted_input: impl Read,
    mut take: impl FnMut(Head, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let rest = until(untrusted_input, |head, content| {
        take(head, content).map(|()| true)
    })?;
    rest.map_or(Ok(()), drain)
}

/// Hands members and their contents to `take` until it returns false, and returns what
/// follows the last member where it never does.
///
/// # Errors
/// As [`each`].
pub fn until<R: Read>(
    untrusted_input: R,
    mut take: impl FnMut(Head, &mut dyn Read) -> Result<bool>,
) -> Result<Option<R>> {
    members(untrusted_input, |head, member| take(head, member))
}

/// Hands every member of a tar that is in memory, and its content, to `take`.
///
/// # Errors
/// As [`each`].
pub fn each_in<'a>(
    untrusted_tar: &'a [u8],
    mut take: impl FnMut(Head, &'a [u8]) -> Result<()>,
) -> Result<()> {
    let rest = members(untrusted_tar, |head, member| {
        let begin = narrow(member.raw_file_position());
        let end = begin.saturating_add(narrow(head.content_bytes));
        let content = untrusted_tar.get(begin..end);
        let content = content.ok_or(FormatError::Damaged("a member cut short"))?;
        take(head, content).map(|()| true)
    })?;
    rest.map_or(Ok(()), drain)
}

fn members<R: Read>(
    untrusted_input: R,
    mut take: impl FnMut(Head, &mut tar::Entry<'_, R>) -> Result<bool>,
) -> Result<Option<R>> {
    let broken = |_| FormatError::Damaged("not a tar stream");
    let mut archive = tar::Archive::new(untrusted_input);
    let mut pax: Option<Vec<u8>> = None;
    for member in archive.entries().map_err(broken)?.raw(true) {
        let mut member = member.map_err(broken)?;
        if member.header().entry_type() == tar::EntryType::XHeader {
            if member.size() > MAX_PAX_BYTES || pax.is_some() {
                return Err(FormatError::Damaged("PAX records out of place"));
            }
            let mut records = Vec::new();
            member.read_to_end(&mut records).map_err(broken)?;
            pax = Some(records);
            continue;
        }
        let mut head = head(member.header()).ok_or(FormatError::Damaged("a tar header"))?;
        pax::apply(&pax.take().unwrap_or_default(), &mut head)?;
        if !take(head, &mut member)? {
            return Ok(None);
        }
    }
    if pax.is_some() {
        return Err(FormatError::Damaged("PAX records without a member"));
    }
    Ok(Some(archive.into_inner()))
}

fn head(untrusted_header: &tar::Header) -> Option<Head> {
    let ustar = untrusted_header.as_ustar()?;
    let kind = MemberKind::STORED
        .into_iter()
        .find(|kind| kind.entry_type() == untrusted_header.entry_type())?;
    let device = matches!(kind, MemberKind::CharDevice | MemberKind::BlockDevice);
    Some(Head {
        name: until_zero(&ustar.name),
        kind,
        mode: untrusted_header
            .mode()
            .ok()
            .filter(|mode| *mode <= 0o7777)?,
        uid: untrusted_header.uid().ok()?.try_into().ok()?,
        gid: untrusted_header.gid().ok()?.try_into().ok()?,
        seconds: untrusted_header.mtime().ok()?.try_into().ok()?,
        nanoseconds: 0,
        link: until_zero(&ustar.linkname),
        device: if device {
            (ustar.device_major().ok()?, ustar.device_minor().ok()?)
        } else {
            (0, 0)
        },
        xattrs: Vec::new(),
        content_bytes: untrusted_header.entry_size().ok()?,
    })
}

fn until_zero(untrusted_field: &[u8]) -> Vec<u8> {
    untrusted_field
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect()
}

fn drain(rest: impl Read) -> Result<()> {
    let mut tail = Vec::new();
    rest.take(MAX_TAIL_BYTES.saturating_add(1))
        .read_to_end(&mut tail)
        .map_err(|_| FormatError::Damaged("a broken end"))?;
    if tail.len() > narrow(MAX_TAIL_BYTES) || tail.iter().any(|byte| *byte != 0) {
        return Err(FormatError::Damaged("something after the end of tar"));
    }
    Ok(())
}

/// A member's whole content, at most `limit` bytes.
///
/// # Errors
/// [`FormatError::Damaged`] when it is longer, or shorter than its header says.
pub fn text(head: &Head, untrusted_content: &mut dyn Read, limit: usize) -> Result<Vec<u8>> {
    let length = narrow(head.content_bytes);
    if length > limit {
        return Err(FormatError::Damaged("a member over its limit"));
    }
    let mut content = vec![0; length];
    untrusted_content
        .read_exact(&mut content)
        .map_err(|_| FormatError::Damaged("a member cut short"))?;
    Ok(content)
}
