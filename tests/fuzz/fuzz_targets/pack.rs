//! What a pack holds: the zstd frames of a pack, sealed before they are opened; and the tar of a
//! frame, as it is and with the right ids for its chunks.
//!
//! The law: it is read or refused. A chunk that is handed out is what its id says and not longer
//! than a chunk may be, none comes twice, and all of it has its bound.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::pack::check(input));
