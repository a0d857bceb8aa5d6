//! Reading a snapshot object that may lie.

use super::disk_lines;
use super::{BlockSize, Holds, NeededPack, Snapshot, SnapshotKind, VERSION, VERSION_OF_TREES};
use crate::archive::{self, Head, MemberKind};
use crate::format_error::{FormatError, Result};
use crate::manifest::{self, Meta, Part};
use crate::seal::{self, OpenWith};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::glob::PathRules;
use qib_rpc::id::QubeId;
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::rule::{Rule, Rules};
use std::collections::HashSet;

/// The longest members, in their order, in bytes. The packs are those of some 50 TiB.
const MAX_MEMBER_BYTES: [usize; 4] = [64 << 10, 256 << 20, 0, manifest::MAX_TEXT_BYTES];

/// Opens the snapshot `sequence` of `qube`.
///
/// # Errors
/// [`FormatError::NotOurs`] when it is another's, or why it is none.
pub fn read(
    untrusted_object: &[u8],
    with: &OpenWith,
    qube: QubeId,
    sequence: u64,
) -> Result<Snapshot> {
    let mut members = Vec::new();
    archive::each(seal::open(untrusted_object, with)?, |head, content| {
        let limit = MAX_MEMBER_BYTES.get(members.len());
        let limit = limit.ok_or(FormatError::Damaged("too many members in a snapshot"))?;
        let untrusted_text = archive::text(&head, content, *limit)?;
        members.push((head, untrusted_text));
        Ok(())
    })?;
    let members: [(Head, Vec<u8>); 4] = members
        .try_into()
        .map_err(|_| FormatError::Damaged("too few members in a snapshot"))?;
    let [
        (facts, facts_text),
        (packs, packs_text),
        (root, _),
        (pieces, pieces_text),
    ] = members;
    expect(&facts, b"snapshot", MemberKind::File)?;
    expect(&packs, b"packs", MemberKind::File)?;
    expect(&root, b"root", MemberKind::Directory)?;
    expect(&pieces, b"pieces", MemberKind::File)?;
    let snapshot = assemble(
        &facts_text,
        read_packs(&packs_text)?,
        manifest::meta(root),
        manifest::directory_pieces(&pieces_text)?,
    )?;
    if snapshot.qube == qube && snapshot.sequence == sequence {
        Ok(snapshot)
    } else {
        Err(FormatError::NotOurs)
    }
}

fn expect(head: &Head, name: &[u8], kind: MemberKind) -> Result<()> {
    if head.name == name && head.kind == kind {
        Ok(())
    } else {
        Err(FormatError::Damaged("members of a snapshot out of order"))
    }
}

fn assemble(
    untrusted_facts: &[u8],
    packs: Vec<NeededPack>,
    root: Meta,
    pieces: Vec<Part>,
) -> Result<Snapshot> {
    let text = std::str::from_utf8(untrusted_facts)
        .map_err(|_| FormatError::Damaged("a snapshot's text"))?;
    let mut lines = text.split_terminator('\n');
    let version = lines
        .next()
        .and_then(|line| line.strip_prefix("qib-snapshot "));
    let says_kind = match version {
        Some(VERSION) => true,
        Some(VERSION_OF_TREES) => false,
        Some(_) => return Err(FormatError::Newer),
        None => return Err(FormatError::Damaged("not a snapshot")),
    };
    let mut fact = |name: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix(name));
        let value = line.and_then(|rest| rest.strip_prefix(' ').or_else(|| none_left(rest)));
        value.ok_or(FormatError::Damaged("a fact of a snapshot"))
    };
    let qube = QubeId::parse(fact("qube")?).ok_or(FormatError::Damaged("a qube's id"))?;
    let sequence = number(fact("sequence")?)?;
    let time = fact("time")?.parse();
    let _version_for_people = fact("helper")?;
    let block_size = BlockSize::new(number(fact("block-bytes")?)?);
    let block_size = block_size.ok_or(FormatError::Damaged("a block of another size"))?;
    let kind = if says_kind {
        kind(&mut fact, block_size)?
    } else {
        SnapshotKind::Tree
    };
    let rules = rules(fact("rules")?)?;
    let counts = Counts {
        files: number(fact("files")?)?,
        folders: number(fact("folders")?)?,
        others: number(fact("others")?)?,
        file_bytes: number(fact("file-bytes")?)?,
        ..Counts::default()
    };
    Ok(Snapshot {
        qube,
        sequence,
        time: time.map_err(|_| FormatError::Damaged("a snapshot's time"))?,
        block_size,
        kind,
        rules,
        paths: PathRules::default(),
        counts,
        left_out: LeftOuts::default(),
        packs,
        root,
        pieces,
    })
}

fn kind<'a>(
    mut fact: impl FnMut(&str) -> Result<&'a str>,
    block_size: BlockSize,
) -> Result<SnapshotKind> {
    match fact("kind")? {
        "tree" => Ok(SnapshotKind::Tree),
        "image" => Ok(SnapshotKind::Image),
        "disk" => disk_lines::read(fact, block_size).map(SnapshotKind::Disk),
        _ => Err(FormatError::Newer),
    }
}

fn none_left(rest: &str) -> Option<&str> {
    rest.is_empty().then_some(rest)
}

pub(super) fn number(untrusted_text: &str) -> Result<u64> {
    let number = untrusted_text.parse();
    number.map_err(|_| FormatError::Damaged("a number of a snapshot"))
}

fn rules(untrusted_names: &str) -> Result<Rules> {
    let none = Rule::SETS.into_iter().fold(Rules::DEFAULT, Rules::without);
    let mut names = untrusted_names.split_ascii_whitespace();
    let rules = names.try_fold(none, |rules, name| Some(rules.with(Rule::set(name)?)));
    rules.ok_or(FormatError::Newer)
}

fn read_packs(untrusted_text: &[u8]) -> Result<Vec<NeededPack>> {
    let damaged = FormatError::Damaged("a line of packs");
    let text = std::str::from_utf8(untrusted_text).map_err(|_| damaged)?;
    let mut seen = HashSet::new();
    let mut packs = Vec::new();
    for line in text.split_terminator('\n') {
        let pack = read_pack(line).ok_or(damaged)?;
        if !seen.insert(pack.digest) {
            return Err(damaged);
        }
        packs.push(pack);
    }
    Ok(packs)
}

fn read_pack(untrusted_line: &str) -> Option<NeededPack> {
    let (word, name) = untrusted_line.split_once(' ')?;
    let holds = [Holds::Manifest, Holds::Data]
        .into_iter()
        .find(|holds| holds.word() == word)?;
    let name = ObjectName::parse(name).filter(|name| name.kind == Kind::Pack)?;
    Some(NeededPack {
        digest: name.digest,
        holds,
    })
}
