//! What qubesd answers and tells: whole answers, their contents, lines of them, and events.
//!
//! The law: each is read or refused. Names of qubes are such, words are printable and have no
//! spaces, an exception moves no cursor, and an event is read up to its end and no further.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::qubesd::check(input));
