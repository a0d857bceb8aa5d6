//! The text in a sealed key. It is sealed to a master identity before it is opened.
//!
//! The law: it is opened or refused, as it is and by its title. What opens is this qube's, and is
//! what the encoder writes with the same values, but for the case of the identity's letters.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::keys::check(input));
