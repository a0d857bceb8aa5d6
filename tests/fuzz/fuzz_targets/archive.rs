//! tar streams, with the checksums of their headers made right, and as they are.
//!
//! The law: a stream ends, with members or an error, the same ones whether it comes as a stream or
//! lies in memory. Modes, nanoseconds and attributes are as their documentation says. What was
//! read is written and read back as the same, where names hold no NUL and devices can be.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::archive::check(input));
