//! A piece of a directory, as it lies in a chunk; the checksums of its tar are made right.
//!
//! The law: it is read or refused. Its names are one component each and ascend, behind the piece
//! before too; targets and device numbers are such as there are; and what was read is written and
//! read back as the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::manifest::check(input));
