//! What is written reads back; what lies is refused.

use super::*;
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::seal::{OpenWith, SealTo};
use proptest::prelude::*;
use qib_rpc::count::{Counts, LeftOut, LeftOuts};
use qib_rpc::glob::{Globs, PathRules};
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::key::IndexSeed;
use qib_rpc::rule::{Rule, Rules};

const QUBE: QubeId = QubeId::new([7; 16]);

#[derive(Clone, Debug, PartialEq)]
struct Tables {
    rules: RulesMark,
    packs: Vec<Digest>,
    chunks: Vec<ChunkRow>,
    borrowed: Vec<ChunkId>,
    folders: Vec<(FileKey, Parent, Folder)>,
    files: Vec<(FileKey, Parent, Vec<u32>)>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            rules: RulesMark::of(Rules::DEFAULT, &PathRules::default(), &Globs::default()),
            packs: Vec::new(),
            chunks: Vec::new(),
            borrowed: Vec::new(),
            folders: Vec::new(),
            files: Vec::new(),
        }
    }
}

impl IndexSink for Tables {
    fn rules(&mut self, rules: RulesMark) {
        self.rules = rules;
    }
    fn pack(&mut self, digest: Digest) {
        self.packs.push(digest);
    }
    fn chunk(&mut self, row: ChunkRow) {
        self.chunks.push(row);
    }
    fn borrowed(&mut self, id: ChunkId) {
        self.borrowed.push(id);
    }
    fn folder(&mut self, key: FileKey, parent: Parent, folder: Folder) {
        self.folders.push((key, parent, folder));
    }
    fn file(&mut self, key: FileKey, parent: Parent, words: &[u32]) {
        self.files.push((key, parent, words.to_vec()));
    }
}

fn keys() -> (OpenWith, SealTo) {
    let with = OpenWith::seed(&IndexSeed::new([1; 32])).unwrap();
    let to = SealTo::identity(&with);
    (with, to)
}

fn write(tables: &Tables, qube: QubeId) -> Vec<u8> {
    let wide = |length: usize| u64::try_from(length).unwrap();
    let counts = IndexCounts {
        packs: wide(tables.packs.len()),
        chunks: wide(tables.chunks.len()),
        borrowed: wide(tables.borrowed.len()),
        folders: InodeCounts {
            rows: wide(tables.folders.len()),
            words: tables
                .folders
                .iter()
                .map(|(_, _, folder)| wide(folder.words().unwrap().len()))
                .sum(),
        },
        files: InodeCounts {
            rows: wide(tables.files.len()),
            words: tables
                .files
                .iter()
                .map(|(_, _, words)| wide(words.len()))
                .sum(),
        },
    };
    let mut writer = IndexWriter::new(&keys().1, qube, tables.rules, counts).unwrap();
    writer.packs(tables.packs.iter().copied()).unwrap();
    writer.chunks(tables.chunks.iter().copied()).unwrap();
    writer.borrowed(tables.borrowed.iter().copied()).unwrap();
    let mut folders = tables.folders.iter();
    writer
        .folders(|row| {
            folders
                .try_for_each(|(key, parent, folder)| row(*key, *parent, &folder.words().unwrap()))
        })
        .unwrap();
    let mut files = tables.files.iter();
    let sealed =
        writer.files(|row| files.try_for_each(|(key, parent, words)| row(*key, *parent, words)));
    sealed.unwrap().bytes
}

fn read_back(bytes: &[u8]) -> Result<Tables, FormatError> {
    let mut tables = Tables::default();
    read(bytes, &keys().0, QUBE, &mut tables)?;
    Ok(tables)
}

fn tables() -> Tables {
    let mut words = Vec::new();
    for segment in [Stretch::Chunk(1), Stretch::Hole(1 << 40), Stretch::Chunk(2)] {
        assert!(push_stretch(&mut words, segment));
    }
    let key = |inode| FileKey {
        inode,
        generation: 9,
        fingerprint: [4; 16],
    };
    let place = Place {
        frame_at: 1,
        frame_bytes: 2,
        at: 3,
        length: 4,
    };
    let chunk = |byte| ChunkRow {
        id: ChunkId::new([byte; 32]),
        pack: 0,
        place,
    };
    Tables {
        rules: RulesMark::of(
            Rules::DEFAULT.without(Rule::Trash),
            &PathRules::default(),
            &Globs::default(),
        ),
        packs: vec![Digest::new([1; 32])],
        chunks: vec![chunk(1), chunk(2)],
        borrowed: vec![ChunkId::new([3; 32])],
        folders: vec![
            (key(2), Parent::Unknown, folder(vec![1, 2])),
            (key(13), Parent::Folder(2), folder(vec![])),
        ],
        files: vec![
            (key(11), Parent::Folder(2), words),
            (key(12), Parent::Many, vec![]),
        ],
    }
}

fn folder(pieces: Vec<u32>) -> Folder {
    let mut left_out = LeftOuts::default();
    let (entries, bytes) = (3, 1 << 40);
    left_out.add_all(Rule::Trash, LeftOut { entries, bytes });
    let counts = Counts {
        files: 1,
        folders: 2,
        others: 3,
        file_bytes: 1 << 33,
        ..Counts::default()
    };
    Folder {
        stand: Stand(4),
        counts,
        left_out,
        links: vec![12],
        pieces,
    }
}

#[test]
fn what_is_written_reads_back() {
    assert_eq!(read_back(&write(&tables(), QUBE)), Ok(tables()));
    assert_eq!(
        read_back(&write(&Tables::default(), QUBE)),
        Ok(Tables::default())
    );
}

#[test]
fn a_foreign_qube_is_refused() {
    let other = write(&tables(), QubeId::new([8; 16]));
    assert_eq!(read_back(&other), Err(FormatError::NotOurs));
}

#[test]
fn lies_are_refused() {
    let lie = |change: fn(&mut Tables)| {
        let mut tables = tables();
        change(&mut tables);
        read_back(&write(&tables, QUBE)).is_err()
    };
    assert!(!lie(|_| {}));
    assert!(
        lie(|tables| tables.packs.clear()),
        "a pack that is not there"
    );
    assert!(
        lie(|tables| tables.chunks[1].pack = 1),
        "a pack out of range"
    );
    assert!(
        lie(|tables| tables.chunks[1].place.length = u32::MAX),
        "a long chunk"
    );
    assert!(
        lie(|tables| tables.borrowed.clear()),
        "a chunk out of range"
    );
    assert!(lie(|tables| tables.files.swap(0, 1)), "files out of order");
    assert!(
        lie(|tables| tables.folders.swap(0, 1)),
        "folders out of order"
    );
    assert!(
        lie(|tables| tables.folders[0].2.pieces.push(3)),
        "a piece out of range"
    );
    assert!(lie(|tables| tables.files[1].0.inode = 11), "an inode twice");
    assert!(lie(|tables| tables.files[0].2.truncate(2)), "half a hole");
    assert!(
        lie(|tables| tables.files[0].2 = vec![1 << 31, 0]),
        "an empty hole"
    );
}

#[test]
fn a_truncated_object_is_refused() {
    let bytes = write(&tables(), QUBE);
    for length in 0..bytes.len() {
        assert!(read_back(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_bomb_is_capped() {
    let mut tables = tables();
    tables.files[0].2 = vec![1; 40 << 20];
    let bytes = write(&tables, QUBE);
    assert!(bytes.len() < 100_000);
    assert!(read_back(&bytes).is_err());
}

proptest! {
    #[test]
    fn stretches_read_back(holes: Vec<u32>, chunks: Vec<u32>) {
        let mut words = Vec::new();
        let mut expected = Vec::new();
        for (hole, chunk) in holes.iter().zip(&chunks) {
            let pair = [
                Stretch::Hole(u64::from(*hole) << 20 | 1),
                Stretch::Chunk(*chunk >> 1),
            ];
            for segment in pair {
                prop_assert!(push_stretch(&mut words, segment));
                expected.push(Some(segment));
            }
        }
        prop_assert_eq!(stretches(&words).collect::<Vec<_>>(), expected);
    }
}

/// What the beginning of an index object says.
#[derive(Debug, Default, PartialEq)]
struct Beginning {
    packs: Vec<Digest>,
    frames: Vec<(FrameRow, Vec<u32>)>,
}

impl FramesSink for Beginning {
    fn pack(&mut self, digest: Digest) {
        self.packs.push(digest);
    }

    fn frame(&mut self, row: FrameRow) {
        self.frames.push((row, Vec::new()));
    }

    fn chunk(&mut self, prefix: u32) {
        self.frames.last_mut().unwrap().1.push(prefix);
    }
}

fn beginning(bytes: &[u8]) -> Result<Beginning, FormatError> {
    let mut found = Beginning::default();
    let frames = std::io::BufReader::new(crate::seal::open_age(bytes, &keys().0)?);
    read_frames(frames, QUBE, &mut found)?;
    Ok(found)
}

#[test]
fn the_table_of_frames_says_in_which_frame_each_chunk_is() {
    let mut tables = tables();
    tables.packs = vec![Digest::new([1; 32]), Digest::new([2; 32])];
    let row = |byte, pack, frame_at| ChunkRow {
        id: ChunkId::new([byte; 32]),
        pack,
        place: Place {
            frame_at,
            frame_bytes: 9,
            at: 3,
            length: 4,
        },
    };
    tables.chunks = vec![
        row(1, 0, 0),
        row(2, 0, 0),
        row(3, 0, 9),
        row(4, 1, 9),
        row(5, 0, 9),
    ];
    let found = beginning(&write(&tables, QUBE)).unwrap();
    assert_eq!(found.packs, tables.packs);
    let frame = |pack, at| FrameRow { pack, at, bytes: 9 };
    let number = |byte: u32| byte << 16 | byte << 8 | byte;
    let expected = [
        (frame(0, 0), vec![number(1), number(2)]),
        (frame(0, 9), vec![number(3)]),
        (frame(1, 9), vec![number(4)]),
        (frame(0, 9), vec![number(5)]),
    ];
    assert_eq!(found.frames, expected);
    assert_eq!(tables.chunks[1].id.prefix(), number(2));
}

#[test]
fn a_table_of_frames_that_lies_is_refused() {
    let mut tables = tables();
    let chunk = tables.chunks[0];
    for place in [
        Place {
            frame_bytes: (8 << 20) + 1,
            ..chunk.place
        },
        Place {
            frame_bytes: u32::MAX,
            ..chunk.place
        },
    ] {
        tables.chunks = vec![ChunkRow { place, ..chunk }];
        assert!(beginning(&write(&tables, QUBE)).is_err(), "{place:?}");
    }
    tables.chunks = vec![ChunkRow { pack: 77, ..chunk }];
    assert!(
        beginning(&write(&tables, QUBE)).is_err(),
        "a pack that is none"
    );
    tables.chunks = vec![chunk];
    let other = QubeId::new([99; 16]);
    let refused = beginning(&write(&tables, other));
    assert_eq!(refused, Err(FormatError::NotOurs));
}

/// Tables as the version before wrote them: the same without frames.
#[test]
fn the_version_without_frames_is_still_read() {
    let tables = tables();
    let bytes = write(&tables, QUBE);
    let mut tar = Vec::new();
    let mut input = crate::seal::open(&bytes, &keys().0).unwrap();
    std::io::Read::read_to_end(&mut input, &mut tar).unwrap();
    let mut older = Vec::new();
    crate::archive::each(tar.as_slice(), |mut head, content| {
        let mut text = crate::archive::text(&head, content, 1 << 20)?;
        if head.name == b"index" {
            text = String::from_utf8(text)
                .unwrap()
                .replacen('3', "2", 1)
                .into_bytes();
        }
        if head.name != b"frames" {
            head.content_bytes = u64::try_from(text.len()).unwrap();
            crate::archive::member(&mut older, &head);
            older.extend_from_slice(&text);
            crate::archive::padding(&mut older, head.content_bytes);
        }
        Ok(())
    })
    .unwrap();
    crate::archive::end(&mut older);
    let older = crate::seal::seal(&keys().1, qib_rpc::object::Kind::Index, &older).unwrap();
    assert_eq!(read_back(&older.bytes), Ok(tables));
    assert!(
        beginning(&older.bytes).is_err(),
        "it has no table of frames"
    );
}
