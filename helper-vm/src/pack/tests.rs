//! What is packed reads back; what lies is refused.

use super::*;
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::seal::{self, OpenWith, SealTo};
use proptest::prelude::*;
use qib_rpc::compression::Compression;
use qib_rpc::key::{ChunkKey, IndexSeed};
use qib_rpc::object::Kind;

fn keys() -> (OpenWith, SealTo, ChunkKey) {
    let with = OpenWith::seed(&IndexSeed::new([1; 32])).unwrap();
    let to = SealTo::identity(&with);
    (with, to, ChunkKey::new([2; 32]))
}

fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, FormatError> {
    let (with, _, key) = keys();
    let frames = Frames::open(bytes, &with, Vec::new())?;
    let mut reader = FrameReader::new().unwrap();
    let (mut chunks, mut checking) = (Vec::new(), Checking::default());
    for number in 0..frames.count() {
        let frame = reader.read(frames.get(number).unwrap(), &key)?;
        checking.next(&frame)?;
        chunks.extend(frame.chunks.into_iter().map(|(_, plain)| plain.to_vec()));
    }
    checking.finish().map(|()| chunks)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn what_is_packed_reads_back_and_lies_where_it_says(
        chunks in proptest::collection::hash_set(
            proptest::collection::vec(any::<u8>(), 0..3000), 1..30)
    ) {
        let (_, to, key) = keys();
        let chunks: Vec<Vec<u8>> = chunks.into_iter().collect();
        let mut pack = OpenPack::new(&to, Vec::new()).unwrap();
        for (frame_number, group) in chunks.chunks(7).enumerate() {
            let mut frame = OpenFrame::default();
            for (number, chunk) in group.iter().enumerate() {
                let tag = u32::try_from(frame_number * 7 + number).unwrap();
                frame.push(ChunkId::of(&key, chunk), chunk, tag).unwrap();
            }
            pack.push(&frame.pack(&mut Zstd::new(Default::default()).unwrap()).unwrap()).unwrap();
        }
        let (sealed, placed) = pack.finish().unwrap();
        let mut frames = Vec::new();
        let mut plain = seal::open_age(&sealed.bytes, &keys().0).unwrap();
        std::io::Read::read_to_end(&mut plain, &mut frames).unwrap();
        for (place, chunk) in placed.iter().zip(&chunks) {
            let wide = |number: u32| usize::try_from(number).unwrap();
            let at = wide(place.place.frame_at);
            let frame = &frames[at..at + wide(place.place.frame_bytes)];
            let plain = zstd::bulk::decompress(frame, 1 << 20).unwrap();
            let at = wide(place.place.at);
            prop_assert_eq!(&plain[at..at + wide(place.place.length)], chunk.as_slice());
        }
        prop_assert_eq!(read(&sealed.bytes), Ok(chunks));
    }
}

#[test]
fn packs_are_closed_where_padding_takes_little() {
    let (_, to, key) = keys();
    let mut zstd = Zstd::new(Compression::NONE).unwrap();
    let mut noise = vec![0; 900 << 10];
    let (mut stored, mut filled) = (0, 0);
    for seed in 0..24_u8 {
        let mut pack = OpenPack::new(&to, Vec::new()).unwrap();
        for number in 0_u8.. {
            let mut source = blake3::Hasher::new();
            source
                .update(&[seed, number])
                .finalize_xof()
                .fill(&mut noise);
            let length = (300 << 10) + (usize::from(noise[0]) << 11);
            let chunk = &noise[..length];
            let mut frame = OpenFrame::default();
            frame.push(ChunkId::of(&key, chunk), chunk, 0).unwrap();
            pack.push(&frame.pack(&mut zstd).unwrap()).unwrap();
            filled += length;
            if pack.is_full() {
                break;
            }
        }
        stored += pack.finish().unwrap().0.bytes.len();
    }
    assert!(stored - filled < filled / 180, "{stored} for {filled}");
}

#[test]
fn noise_is_stored_and_text_is_compressed() {
    let (_, _, key) = keys();
    let mut noise = vec![0; 1 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    for (plain, most) in [(noise, 1_060_000), (vec![b'a'; 1 << 20], 2000)] {
        let mut frame = OpenFrame::default();
        frame.push(ChunkId::of(&key, &plain), &plain, 0).unwrap();
        assert!(
            frame
                .pack(&mut Zstd::new(Default::default()).unwrap())
                .unwrap()
                .bytes
                .len()
                < most
        );
    }
}

/// A sealed tar with these members.
fn lie(members: &[(&str, &[u8])]) -> Result<Vec<Vec<u8>>, FormatError> {
    let (_, to, _) = keys();
    let mut tar = Vec::new();
    for (name, content) in members {
        let length = u64::try_from(content.len()).unwrap();
        archive::member(&mut tar, &Head::plain(name.as_bytes(), length));
        tar.extend_from_slice(content);
        archive::padding(&mut tar, length);
    }
    archive::end(&mut tar);
    read(&seal::seal(&to, Kind::Pack, &tar).unwrap().bytes)
}

#[test]
fn lies_are_refused() {
    let (_, _, key) = keys();
    let id = ChunkId::of(&key, b"abc");
    let name = id.to_string();
    let mut row = id.prefix().to_le_bytes().to_vec();
    row.extend([0; 16]);
    assert_eq!(
        lie(&[(&name, b"abc"), ("table", &row)]),
        Ok(vec![b"abc".to_vec()])
    );
    let damaged = |members: &[(&str, &[u8])]| matches!(lie(members), Err(FormatError::Damaged(_)));
    assert!(damaged(&[(&name, b"abd"), ("table", &row)]), "id mismatch");
    assert!(damaged(&[(&name, b"abc")]), "no table");
    assert!(
        damaged(&[(&name, b"abc"), (&name, b"abc"), ("table", &row)]),
        "twice"
    );
    assert!(
        damaged(&[("table", &[]), (&name, b"abc")]),
        "after the table"
    );
    assert!(damaged(&[(&name, b"abc"), ("table", &[])]), "short table");
    assert!(
        damaged(&[(&name, b"abc"), ("table", &[0; 20])]),
        "other ids"
    );
    assert!(
        damaged(&[("../etc/passwd", b"abc"), ("table", &row)]),
        "a name"
    );
    assert!(damaged(&[(&name, &vec![0; (4 << 20) + 1])]), "too long");
}

/// What is read of a pack whose plaintext is this, beside its padding.
fn read_of(plain: &[&[u8]]) -> Result<Vec<Vec<u8>>, FormatError> {
    let mut sealing = seal::Sealing::new(&keys().1, Vec::new()).unwrap();
    for part in plain {
        std::io::Write::write_all(&mut sealing, part).unwrap();
    }
    read(&sealing.finish(Kind::Pack, 0).unwrap().bytes)
}

/// A frame of these members, without tar's end.
fn packed(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, content) in members {
        let length = u64::try_from(content.len()).unwrap();
        archive::member(&mut tar, &Head::plain(name.as_bytes(), length));
        tar.extend_from_slice(content);
        archive::padding(&mut tar, length);
    }
    zstd::bulk::compress(&tar, 3).unwrap()
}

#[test]
fn what_holds_for_a_pack_is_tested_across_its_frames() {
    let (_, _, key) = keys();
    let ids: Vec<ChunkId> = [b"a", b"b"].map(|plain| ChunkId::of(&key, plain)).to_vec();
    let [a, b] = [0, 1].map(|number: usize| ids[number].to_string());
    let row = |id: &ChunkId| [&id.prefix().to_le_bytes()[..], &[0; 16]].concat();
    let (both, one) = ([row(&ids[0]), row(&ids[1])].concat(), row(&ids[0]));
    let read = |frames: &[&[(&str, &[u8])]]| {
        let frames: Vec<Vec<u8>> = frames.iter().map(|members| packed(members)).collect();
        let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        read_of(&frames)
    };
    let refused = |frames: &[&[(&str, &[u8])]]| read(frames).unwrap_err();
    let good = read(&[&[(&a, b"a")], &[(&b, b"b")], &[("table", &both)]]);
    assert_eq!(good, Ok(vec![b"a".to_vec(), b"b".to_vec()]));
    assert_eq!(
        refused(&[&[(&a, b"a")], &[(&a, b"a")], &[("table", &both)]]),
        FormatError::Damaged("a chunk twice in a pack")
    );
    assert_eq!(
        refused(&[&[(&a, b"a")], &[("table", &one)], &[(&b, b"b")]]),
        FormatError::Damaged("a frame after the table")
    );
    assert_eq!(
        refused(&[&[(&a, b"a")], &[("table", &one)], &[]]),
        FormatError::Damaged("a frame after the table"),
        "an empty one"
    );
    assert_eq!(
        refused(&[&[(&b, b"b")], &[("table", &both)]]),
        FormatError::Damaged("the table names other chunks")
    );
    assert_eq!(
        refused(&[&[(&a, b"a")], &[(&b, b"b")]]),
        FormatError::Damaged("a pack without a table")
    );
    assert_eq!(refused(&[]), FormatError::Damaged("a pack without frames"));
}

#[test]
fn what_is_no_frame_is_refused() {
    let frame = packed(&[("table", &[])]);
    assert_eq!(read_of(&[&frame]), Ok(Vec::new()));
    for tail in [b"no frame".as_slice(), &frame[..frame.len() - 1], &[0; 9]] {
        assert!(read_of(&[&frame, tail]).is_err(), "{tail:?}");
    }
}

#[test]
fn a_frame_that_decompresses_to_too_much_is_refused() {
    let zeros = zstd::bulk::compress(&vec![0; (8 << 20) + 1], 3).unwrap();
    let refused = FormatError::Damaged("a frame that does not decompress");
    assert_eq!(read_of(&[&zeros]), Err(refused));
}

#[test]
fn a_bomb_is_capped() {
    let mut tar = Vec::new();
    archive::member(&mut tar, &Head::plain(&[b'0'; 64], 1 << 32));
    let head = zstd::bulk::compress(&tar, 3).unwrap();
    let zeros = zstd::bulk::compress(&vec![0; 4 << 20], 3).unwrap();
    let mut frames = vec![zeros.as_slice(); 1001];
    frames[0] = &head;
    let refused = FormatError::Damaged("a member cut short");
    assert_eq!(read_of(&frames), Err(refused));
}

#[test]
fn a_pack_of_too_much_is_refused() {
    let zeros = zstd::bulk::compress(&vec![0; 64 << 10], 3).unwrap();
    let frames = vec![zeros.as_slice(); 8193];
    let refused = FormatError::Damaged("a pack of too much");
    assert_eq!(read_of(&frames), Err(refused));
}
