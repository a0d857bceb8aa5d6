//! `qib.Scrub`: what a disk has lost is found, and counted.

use super::bench::{Daemon, Line, PREFIX, folder, noise, path_of};
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn scrub(line: &mut Line, part: u8) -> (u64, u64, Vec<ObjectName>) {
    let prefix = PREFIX;
    line.tx.send(&ScrubObjects { prefix, part }).unwrap();
    let (mut objects, mut bytes, mut damaged) = (0, 0, Vec::new());
    loop {
        let told: Scrubbed = line.expect();
        objects += told.objects;
        bytes += told.bytes;
        damaged.extend_from_slice(told.damaged.items());
        if told.is_last {
            return (objects, bytes, damaged);
        }
    }
}

#[test]
fn every_object_is_read_once_and_damage_has_a_name() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let names: Vec<ObjectName> = (0..300)
        .map(|number| {
            let kind = [Kind::Pack, Kind::Index, Kind::Snapshot][number as usize % 3];
            put.put(kind, &noise(number, 5000))
        })
        .collect();
    let mut line = daemon.call("qib.Scrub+ dom0");
    let whole: Vec<_> = (0..=255).map(|part| scrub(&mut line, part)).collect();
    assert_eq!(whole.iter().map(|(objects, ..)| objects).sum::<u64>(), 300);
    assert_eq!(
        whole.iter().map(|(_, bytes, _)| bytes).sum::<u64>(),
        300 * 5000
    );
    assert!(whole.iter().all(|(.., damaged)| damaged.is_empty()));
    // One bit, a shorter file, and one that is longer.
    for (place, spoil) in [(0, 0), (1, 1), (5, 2)] {
        let path = path_of(&folder, names[place]);
        let mut bytes = fs::read(&path).unwrap();
        match spoil {
            0 => bytes[4321] ^= 1,
            1 => bytes.truncate(4999),
            _ => bytes.push(0),
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    let mut damaged: Vec<ObjectName> = (0..=255)
        .flat_map(|part| scrub(&mut line, part).2)
        .collect();
    damaged.sort();
    let mut expected = vec![names[0], names[1], names[5]];
    expected.sort();
    assert_eq!(damaged, expected);
}
