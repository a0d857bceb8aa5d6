//! Packs that are missing, damaged or others than their name says.

use crate::restoring::{every_place, refused_about};
use crate::snapshots::{Forge, Forged, file, put};
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::Part;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};

fn forged() -> Forged {
    let mut forge = Forge::new();
    let parts = [forge.data(&[1; 5000]), forge.data(&[2; 5000])];
    let piece = forge.piece(&[file("f", &parts)]);
    forge.root(vec![piece], [1, 0, 0, 10_000]);
    forge.finish()
}

fn pack(digest: Digest) -> ObjectName {
    let kind = Kind::Pack;
    ObjectName { kind, digest }
}

/// The volume was made by then, but nothing says that it is whole.
fn ends_with(forged: &Forged, fault: Fault) {
    every_place(forged, |said, _| assert_eq!(said, Err(fault)));
}

#[test]
fn a_pack_that_is_gone_is_named() {
    let forged = forged();
    let objects = forged.storage.objects();
    let data = pack(forged.data_pack);
    forged.storage.remove(data);
    ends_with(&forged, Fault::about(Code::Missing, data.digest));
    forged.storage.insert(data, objects[&data].clone());
    let manifest = pack(forged.manifest_pack);
    forged.storage.remove(manifest);
    refused_about(&forged, Code::Missing, manifest.digest);
}

#[test]
fn a_pack_that_is_damaged_is_named() {
    let forged = forged();
    forged.storage.damage(pack(forged.data_pack));
    ends_with(&forged, Fault::about(Code::Damaged, forged.data_pack));
    forged.storage.damage(pack(forged.manifest_pack));
    refused_about(&forged, Code::Damaged, forged.manifest_pack);
}

#[test]
fn a_pack_under_the_name_of_another_is_named() {
    let forged = forged();
    let (manifest, data) = (pack(forged.manifest_pack), pack(forged.data_pack));
    let objects = forged.storage.objects();
    forged.storage.insert(data, objects[&manifest].clone());
    ends_with(&forged, Fault::about(Code::Damaged, data.digest));
    forged.storage.insert(manifest, objects[&data].clone());
    refused_about(&forged, Code::Damaged, manifest.digest);
}

#[test]
fn a_snapshot_that_is_gone_or_damaged_is_named() {
    let kind = Kind::Snapshot;
    let forged = forged();
    let digest = forged.job.snapshot;
    forged.storage.damage(ObjectName { kind, digest });
    refused_about(&forged, Code::Damaged, digest);
    forged.storage.remove(ObjectName { kind, digest });
    refused_about(&forged, Code::Missing, digest);
}

/// A pack whose only chunk is not what its id says.
#[test]
fn a_chunk_that_is_not_what_its_id_says_is_refused() {
    let id = ChunkId::of(&crate::common::chunk_key(), b"good");
    let mut pack =
        qib_helper::pack::OpenPack::new(&crate::snapshots::seal_to(), Vec::new()).unwrap();
    let mut frame = qib_helper::pack::OpenFrame::default();
    frame.push(id, b"evil", 0).unwrap();
    pack.push(
        &frame
            .pack(&mut qib_helper::pack::Zstd::new(Default::default()).unwrap())
            .unwrap(),
    )
    .unwrap();
    let (sealed, _) = pack.finish().unwrap();
    let digest = sealed.name.digest;
    let mut forge = Forge::with(&[file("f", &[Part::Chunk(id, 4)])], [1, 0, 0, 4]);
    let holds = qib_helper::snapshot::Holds::Data;
    forge
        .snapshot
        .packs
        .push(qib_helper::snapshot::NeededPack { digest, holds });
    let forged = forge.finish();
    put(&forged.storage, sealed);
    ends_with(&forged, Fault::about(Code::Damaged, digest));
}

#[test]
fn data_that_no_pack_holds_or_of_another_length_is_damage() {
    let mut forge = Forge::new();
    let Part::Chunk(there, _) = forge.data(b"there") else {
        return;
    };
    for (id, bytes) in [(ChunkId::new([9; 32]), 5), (there, 4), (there, 6)] {
        let mut forge = Forge::new();
        forge.data(b"there");
        let piece = forge.piece(&[file("f", &[Part::Chunk(id, bytes)])]);
        forge.root(vec![piece], [1, 0, 0, bytes]);
        let forged = forge.finish();
        let fault = Fault::about(Code::Damaged, forged.job.snapshot);
        ends_with(&forged, fault);
    }
}
