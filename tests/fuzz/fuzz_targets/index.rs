//! What an index object holds: a tar with right checksums, sealed before it is read.
//!
//! The law: it is read or refused, also up to its table of frames alone. Packs and chunks that
//! rows name are there, inodes ascend, lengths are within their limits; the tables of a run take
//! the rows in; and what was read is written and read back as the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::index::check(input));
