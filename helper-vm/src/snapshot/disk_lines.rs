//! The lines of a snapshot's text that only a disk has.

use super::decode::number;
use super::{BlockSize, Disk, DiskFacts, Features, Label};
use crate::format_error::{FormatError, Result};
use std::fmt::Write as _;

/// Appends the lines.
pub(super) fn append(text: &mut String, disk: &Disk) {
    let facts = disk.facts();
    let _infallible = write!(
        text,
        "disk-bytes {}\nfs-offset {}\nfs-bytes {}\nfs-inodes {}\nfs-inode-bytes {}\nfs-uuid {}\nfs-label {}\nfs-features",
        facts.bytes,
        facts.fs_offset,
        facts.fs_bytes,
        facts.inodes,
        facts.inode_bytes,
        hex(&facts.uuid),
        hex(facts.label.bytes()),
    );
    for name in facts.features.names() {
        let _infallible = write!(text, " {name}");
    }
    text.push('\n');
}

/// Reads the lines, which `fact` returns by their names.
pub(super) fn read<'a>(
    mut fact: impl FnMut(&str) -> Result<&'a str>,
    block_size: BlockSize,
) -> Result<Disk> {
    let facts = DiskFacts {
        bytes: number(fact("disk-bytes")?)?,
        fs_offset: number(fact("fs-offset")?)?,
        fs_bytes: number(fact("fs-bytes")?)?,
        inodes: narrow(number(fact("fs-inodes")?)?)?,
        inode_bytes: narrow(number(fact("fs-inode-bytes")?)?)?,
        uuid: uuid(fact("fs-uuid")?)?,
        label: label(fact("fs-label")?)?,
        features: Features::parse(fact("fs-features")?).ok_or(FormatError::Newer)?,
    };
    let impossible = FormatError::Damaged("a disk that can not be");
    Disk::new(facts, block_size).ok_or(impossible)
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Result<T> {
    T::try_from(number).map_err(|_| FormatError::Damaged("a number of a disk"))
}

fn uuid(untrusted_hex: &str) -> Result<[u8; 16]> {
    let bytes = bytes(untrusted_hex).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(FormatError::Damaged("a UUID"))
}

fn label(untrusted_hex: &str) -> Result<Label> {
    let label = bytes(untrusted_hex).and_then(|bytes| Label::new(&bytes));
    label.ok_or(FormatError::Damaged("a label"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of lower-case hexadecimal digits.
fn bytes(untrusted_hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let pairs = untrusted_hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}
