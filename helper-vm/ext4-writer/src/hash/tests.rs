//! The hashes of many names, as debugfs says them.

use std::process::Command;

use super::*;

const SEED: &str = "6f0d7f2c-0c5b-4ba0-9d5e-1d2f3c4b5a69";
/// Numbers of two forms of half an MD4: one for each way to count bytes above 127.
const SIGNED: &str = "1";
const UNSIGNED: &str = "4";

/// Names of all lengths, and of bytes that no word ends at.
fn names() -> Vec<Vec<u8>> {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [.., byte] = state.to_le_bytes();
        // What debugfs takes for the end of a word, or of a name.
        let is_plain = byte > 0x7F || byte.is_ascii_alphanumeric();
        if is_plain { byte } else { byte | 0x80 }
    };
    let lengths = (1..=255).chain(1..=70);
    lengths
        .map(|length| (0..length).map(|_| byte()).collect())
        .collect()
}

/// What debugfs says of each name.
fn said(names: &[Vec<u8>], version: &str) -> Vec<Hash> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("requests");
    let request = format!("dx_hash -h {version} -s {SEED} ").into_bytes();
    let requests = names
        .iter()
        .map(|name| [&request[..], name, b"\n"].concat());
    std::fs::write(&script, requests.collect::<Vec<_>>().concat()).unwrap();
    let mut debugfs = Command::new("debugfs");
    let usual = std::env::var("PATH").unwrap_or_default();
    debugfs.env("PATH", format!("{usual}:/usr/local/sbin:/usr/sbin:/sbin"));
    let output = debugfs.arg("-f").arg(&script).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |text: &str| u32::from_str_radix(text.trim_matches(['(', ')']), 16).unwrap();
    let hashes = text.split(" is 0x").skip(1).map(|rest| {
        let (major, rest) = rest.split_once(" (minor 0x").unwrap();
        let (minor, _) = rest.split_once(')').unwrap();
        (number(major), number(minor))
    });
    hashes.collect()
}

fn seed() -> [u32; 4] {
    let digits = SEED.replace('-', "");
    let word = |at: usize| u32::from_str_radix(&digits[at * 8..at * 8 + 8], 16).unwrap();
    [0, 1, 2, 3].map(|at| word(at).swap_bytes())
}

#[test]
fn debugfs_says_the_same_of_every_name() {
    let names = names();
    for (version, signed) in [(SIGNED, true), (UNSIGNED, false)] {
        let hash = NameHash {
            seed: seed(),
            signed,
        };
        let found: Vec<Hash> = names.iter().map(|name| hash.of(name)).collect();
        assert_eq!(found, said(&names, version), "signed: {signed}");
    }
}

#[test]
fn how_high_bytes_count_makes_a_difference() {
    let of = |signed| {
        let seed = [0; 4];
        NameHash { seed, signed }.of(b"\xE4\xF6\xFC")
    };
    assert_ne!(of(true), of(false));
}
