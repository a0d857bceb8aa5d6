//! Restores to volumes of another size, and what tells the new file systems apart.

use crate::machine::faults::add;
use crate::machine::{Machine, assert_same};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

const SUPER_BLOCK: u64 = 1024;

fn volume(machine: &Machine, qube: &str) -> PathBuf {
    machine.lab.image(qube).unwrap()
}

/// Some bytes of the superblock.
fn super_block<const N: usize>(machine: &Machine, qube: &str, at: u64) -> [u8; N] {
    let mut bytes = [0; N];
    let file = std::fs::File::open(volume(machine, qube)).unwrap();
    file.read_exact_at(&mut bytes, SUPER_BLOCK + at).unwrap();
    bytes
}

fn uuid(machine: &Machine, qube: &str) -> [u8; 16] {
    super_block(machine, qube, 0x68)
}

#[test]
fn a_restore_makes_a_volume_of_the_size_that_is_asked_for() {
    let machine = Machine::new();
    add(&machine, "work", 20);
    machine.backup("work");
    machine.restore("work", &["--size", "3GiB"], "large");
    assert_eq!(volume(&machine, "large").metadata().unwrap().len(), 3 << 30);
    let number = |at| u64::from(u32::from_le_bytes(super_block(&machine, "large", at)));
    let (blocks, block_bytes) = (number(4), 1024 << number(24));
    assert_eq!(blocks * block_bytes, 3 << 30, "used in full");
    assert_same(&machine.tree("work"), &machine.tree("large"));

    let passphrase = machine.passphrase();
    let words = |size| {
        let passphrase = passphrase.to_str().unwrap();
        [
            "restore", "work", "--as", "small", "--size", size, "-p", passphrase,
        ]
    };
    let (code, said) = machine.fails(&words("22MiB"));
    assert_eq!(code, 1);
    let enough = said.split_once("nothing was restored. ").unwrap().1;
    let (enough, rest) = enough.split_once(" bytes").unwrap();
    assert!(rest.contains("is enough: give it with --size"), "{said}");
    let (code, said) = machine.fails(&words("9MiB"));
    assert_eq!(code, 1);
    assert!(
        said.contains("is what it had: give it with --size"),
        "{said}"
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    machine.restore("work", &["--size", enough], "small");
    assert_same(&machine.tree("work"), &machine.tree("small"));
}

#[test]
fn two_restores_have_one_uuid_unless_a_random_one_is_asked_for() {
    let machine = Machine::new();
    add(&machine, "work", 2);
    machine.backup("work");
    machine.restore("work", &[], "one");
    machine.restore("work", &[], "same");
    machine.restore("work", &["--random-uuid"], "other");
    assert_eq!(uuid(&machine, "one"), uuid(&machine, "same"));
    assert_ne!(uuid(&machine, "one"), uuid(&machine, "other"));
}
