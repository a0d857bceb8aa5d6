//! The text of a qube's settings, as it was sealed for storage, and the same as sealed bytes.
//!
//! The law: it is read or refused, and what is read is written as the same text. Sealed for its
//! qube it opens, for no other and not with a byte changed.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::settings::check(input));
