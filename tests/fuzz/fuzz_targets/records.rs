//! dom0's own objects as storage sends them: time and record of the ledger as plaintext, a
//! catalogue of dom0's files, and both as sealed bytes.
//!
//! The law: each is read or refused, what is read is written as the same bytes, and a path of a
//! catalogue stays below its folder. Nothing opens that was not sealed, or was changed since.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::records::check(input));
