//! A sealed object as storage sends it: an age file, with what its readers make of it.
//!
//! The law: it opens or is refused, and no reader panics. The whole and what is read in small
//! pieces are the same. What opens does no longer when a byte is cut off or changed at its end.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::sealed::check(input));
