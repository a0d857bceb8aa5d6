//! What a qube or a person writes to leave things out, and the names that it meets: a pattern, a
//! NUL, a path; and the same bytes as a qube's own file of patterns.
//!
//! The law: a pattern fits exactly what `docs/rules.md` says, told by a slow reading of it, and
//! following it takes no longer than its names are long. A file gives as many patterns as a list
//! may hold, each one a line of it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::patterns::check(input));
