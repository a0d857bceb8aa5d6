//! PAX records: `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record.

use super::Head;
use crate::format_error::{FormatError, Result};

const XATTR: &[u8] = b"SCHILY.xattr.";

/// The longest name or link that a ustar header takes, in bytes.
const MAX_USTAR_NAME_BYTES: usize = 100;

/// The first time after the last that a ustar header takes: eleven octal digits.
const USTAR_TIME_END: i64 = 1 << 33;

/// The records that `head` needs because its header is too narrow for it.
pub fn records(head: &Head) -> Vec<u8> {
    let mut records = Vec::new();
    if head.name.len() > MAX_USTAR_NAME_BYTES {
        push(&mut records, b"path", &head.name);
    }
    if head.link.len() > MAX_USTAR_NAME_BYTES {
        push(&mut records, b"linkpath", &head.link);
    }
    if head.nanoseconds != 0 || !(0..USTAR_TIME_END).contains(&head.seconds) {
        push(&mut records, b"mtime", time_text(head).as_bytes());
    }
    for (name, value) in &head.xattrs {
        push(&mut records, &xattr_key(name), value);
    }
    records
}

fn push(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len().saturating_add(value.len()).saturating_add(3);
    let mut length = rest;
    while length != rest.saturating_add(length.to_string().len()) {
        length = rest.saturating_add(length.to_string().len());
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

fn time_text(head: &Head) -> String {
    let (whole, part) = (head.seconds, head.nanoseconds);
    match (whole < 0, part) {
        (_, 0) => whole.to_string(),
        (false, _) => format!("{whole}.{part:09}"),
        (true, _) => {
            let up = whole.saturating_add(1).unsigned_abs();
            let part = 1_000_000_000_u32.saturating_sub(part);
            format!("-{up}.{part:09}")
        }
    }
}

fn xattr_key(name: &[u8]) -> Vec<u8> {
    let mut key = XATTR.to_vec();
    for byte in name {
        match byte {
            b'%' => key.extend_from_slice(b"%25"),
            b'=' => key.extend_from_slice(b"%3D"),
            _ => key.push(*byte),
        }
    }
    key
}

/// Puts what `untrusted_records` say into `head`.
///
/// # Errors
/// [`FormatError::Damaged`] on any record that qib does not write.
pub fn apply(mut untrusted_records: &[u8], head: &mut Head) -> Result<()> {
    while !untrusted_records.is_empty() {
        let (record, rest) =
            split(untrusted_records).ok_or(FormatError::Damaged("a PAX record's length"))?;
        apply_one(record, head).ok_or(FormatError::Damaged("a PAX record"))?;
        untrusted_records = rest;
    }
    Ok(())
}

fn split(untrusted_records: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = untrusted_records.iter().take(10).position(|b| *b == b' ')?;
    let digits = std::str::from_utf8(untrusted_records.get(..space)?).ok()?;
    let length: usize = digits.parse().ok()?;
    let (record, rest) = untrusted_records.split_at_checked(length)?;
    let (newline, record) = record.get(space.checked_add(1)?..)?.split_last()?;
    (*newline == b'\n').then_some((record, rest))
}

fn apply_one(untrusted_record: &[u8], head: &mut Head) -> Option<()> {
    let equals = untrusted_record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = untrusted_record.split_at_checked(equals)?;
    let value = value.get(1..)?;
    match key {
        b"path" => head.name = value.to_vec(),
        b"linkpath" => head.link = value.to_vec(),
        b"mtime" => (head.seconds, head.nanoseconds) = time(value)?,
        _ => {
            let name = xattr_name(key.strip_prefix(XATTR)?)?;
            if head.xattrs.last().is_some_and(|(last, _)| *last >= name) {
                return None;
            }
            head.xattrs.push((name, value.to_vec()));
        }
    }
    Some(())
}

fn time(untrusted_text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(untrusted_text).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, "000000000"));
    let part: u32 = Some(part)
        .filter(|digits| digits.len() == 9)?
        .parse()
        .ok()?;
    let seconds: i64 = whole.parse().ok()?;
    if text.starts_with('-') && part > 0 {
        return Some((
            seconds.checked_sub(1)?,
            1_000_000_000_u32.checked_sub(part)?,
        ));
    }
    Some((seconds, part))
}

fn xattr_name(untrusted_key: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(untrusted_key.len());
    let mut rest = untrusted_key;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (code, after) = rest.split_at_checked(2)?;
                rest = after;
                name.push(match code {
                    b"25" => b'%',
                    b"3D" => b'=',
                    _ => return None,
                });
            }
            0 => return None,
            _ => name.push(*first),
        }
    }
    (!name.is_empty()).then_some(name)
}
