//! Writing a snapshot object.

use super::disk_lines;
use super::{Snapshot, SnapshotKind, VERSION};
use crate::archive::{self, Head, MemberKind};
use crate::manifest;
use crate::number::wide;
use crate::seal::{self, SealTo, Sealed};
use qib_rpc::object::Kind;
use qib_rpc::rule::Rule;
use std::fmt::Write as _;
use std::io;

/// Seals a snapshot.
///
/// # Errors
/// When sealing fails.
pub fn seal(snapshot: &Snapshot, to: &SealTo) -> io::Result<Sealed> {
    let mut tar = Vec::new();
    member(&mut tar, b"snapshot", facts(snapshot).as_bytes());
    member(&mut tar, b"packs", packs(snapshot).as_bytes());
    let mut root = manifest::head(&snapshot.root);
    root.name = b"root".to_vec();
    root.kind = MemberKind::Directory;
    archive::member(&mut tar, &root);
    let mut pieces = Vec::new();
    for piece in &snapshot.pieces {
        piece.append(&mut pieces);
    }
    member(&mut tar, b"pieces", &pieces);
    archive::end(&mut tar);
    seal::seal(to, Kind::Snapshot, &tar)
}

fn facts(snapshot: &Snapshot) -> String {
    let counts = snapshot.counts;
    let mut text = format!(
        "qib-snapshot {VERSION}\nqube {}\nsequence {}\ntime {}\nhelper {}\nblock-bytes {}\nkind {}\n",
        snapshot.qube,
        snapshot.sequence,
        snapshot.time,
        env!("CARGO_PKG_VERSION"),
        snapshot.block_size.bytes(),
        snapshot.kind.word(),
    );
    if let SnapshotKind::Disk(disk) = &snapshot.kind {
        disk_lines::append(&mut text, disk);
    }
    text.push_str("rules");
    for rule in Rule::SETS
        .into_iter()
        .filter(|rule| snapshot.rules.holds(*rule))
    {
        let _infallible = write!(text, " {rule}");
    }
    let _infallible = write!(
        text,
        "\nfiles {}\nfolders {}\nothers {}\nfile-bytes {}\n",
        counts.files, counts.folders, counts.others, counts.file_bytes,
    );
    if let Some(limit) = snapshot.rules.max_file_bytes {
        let _infallible = writeln!(text, "max-file-size {limit}");
    }
    for (word, globs) in [
        ("exclude", &snapshot.paths.exclude),
        ("include", &snapshot.paths.include),
    ] {
        for glob in globs.items() {
            let _infallible = writeln!(text, "{word} {glob}");
        }
    }
    for (rule, left_out) in snapshot.left_out.iter() {
        let _infallible = writeln!(
            text,
            "left-out {rule} {} {}",
            left_out.entries, left_out.bytes
        );
    }
    text
}

fn packs(snapshot: &Snapshot) -> String {
    let line = |pack: &super::NeededPack| format!("{} pack-{}\n", pack.holds.word(), pack.digest);
    snapshot.packs.iter().map(line).collect()
}

fn member(tar: &mut Vec<u8>, name: &[u8], content: &[u8]) {
    archive::member(tar, &Head::plain(name, wide(content.len())));
    tar.extend_from_slice(content);
    archive::padding(tar, wide(content.len()));
}
