//! Writing tar members: the same member always has the same bytes.

use super::{BLOCK_BYTES, Head, MemberKind, pax};
use crate::number::{narrow, wide};

/// Appends the header of a member; its content and [`padding`] must follow.
pub fn member(out: &mut Vec<u8>, head: &Head) {
    let records = pax::records(head);
    if !records.is_empty() {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::XHeader);
        set_name(&mut header, b"pax");
        header.set_mode(0o644);
        header.set_size(wide(records.len()));
        finish(out, &mut header);
        out.extend_from_slice(&records);
        padding(out, wide(records.len()));
    }
    finish(out, &mut ustar(head));
}

fn ustar(head: &Head) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(head.kind.entry_type());
    set_name(&mut header, &head.name);
    header.set_mode(head.mode);
    header.set_uid(head.uid.into());
    header.set_gid(head.gid.into());
    header.set_size(head.content_bytes);
    let time = head.seconds.clamp(0, (1 << 33) - 1);
    header.set_mtime(time.unsigned_abs());
    if let Some(ustar) = header.as_ustar_mut() {
        copy(&mut ustar.linkname, &head.link);
        if matches!(head.kind, MemberKind::CharDevice | MemberKind::BlockDevice) {
            ustar.set_device_major(head.device.0);
            ustar.set_device_minor(head.device.1);
        }
    }
    header
}

fn set_name(header: &mut tar::Header, name: &[u8]) {
    if let Some(ustar) = header.as_ustar_mut() {
        copy(&mut ustar.name, name);
    }
}

fn copy(field: &mut [u8], bytes: &[u8]) {
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = *from;
    }
}

fn finish(out: &mut Vec<u8>, header: &mut tar::Header) {
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
}

/// Fills the last block of a content of `content_bytes`.
pub fn padding(out: &mut Vec<u8>, content_bytes: u64) {
    let over = content_bytes % wide(BLOCK_BYTES);
    let fill = wide(BLOCK_BYTES).saturating_sub(over) % wide(BLOCK_BYTES);
    out.resize(out.len().saturating_add(narrow(fill)), 0);
}

/// Ends the stream: two blocks of zeros.
pub fn end(out: &mut Vec<u8>) {
    out.extend([0; 2 * BLOCK_BYTES]);
}
