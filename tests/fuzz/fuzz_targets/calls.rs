//! The words before a call's stream at the storage qube, and the names that it finds in a place.
//!
//! The law: a call is understood or refused. Only dom0 has what is dom0's, a helper only with a
//! session, and there is one way to say each. A name that is taken for ours is one that we give.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::calls::check(input));
