//! Short texts that something is made of: names, ids, words of a command line or of dom0's files.
//!
//! The law: what parses prints the same text, or one that parses as the same; and none of it is a
//! path to elsewhere or an option of a program.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::names::check(input));
