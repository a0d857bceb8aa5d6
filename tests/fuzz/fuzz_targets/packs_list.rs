//! The list of packs that dom0 gets of a helper: its plaintext, sealed before it is opened, and
//! the same bytes as they are.
//!
//! The law: it opens or is refused. It is of this session, its packs ascend and none comes twice,
//! and the helper's encoder writes the same rows. Nothing opens that was not sealed.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::packs_list::check(input));
