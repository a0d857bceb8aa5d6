//! Files that administrators write: dom0's configuration, a profile, the notes on unchanged
//! volumes, and the storage qube's configuration.
//!
//! The law: each is read or refused with a reason that names the trouble. What is read of dom0's
//! is written and read back as the same; no limit of the storage qube's lets nothing through.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::configuration::check(input));
