//! What a snapshot object holds: its tar, or the texts of its members with NULs between them,
//! which are put into one. It is sealed before it is read.
//!
//! The law: it is read or refused. It is the snapshot that was asked for, names no pack twice, has
//! no holes in its root, and is written and read back as the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::snapshot::check(input));
