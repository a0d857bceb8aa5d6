//! Messages: the number of a kind, little endian, and a body.
//!
//! The law: a body decodes or is refused, and what decodes encodes to the same bytes. There is a
//! decoder for each number in the protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::messages::check(input));
