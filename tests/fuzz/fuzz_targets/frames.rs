//! A stream of frames, as dom0 hears a helper: any bytes.
//!
//! The law: hearing ends. A frame that is heard has one form, no longer than its kind may be, and
//! its message is taken for what the protocol says and for nothing else. No more than the limit
//! is heard. Data is handed on up to the announced length and no further.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::frames::check(input));
