//! The first bytes of a volume, behind which it is zeros; and the same as a disk whose table of
//! partitions has right checksums.
//!
//! The law: what lies on it is told, or a table is refused. Partitions are not empty, ascend
//! without lying over one another, begin and end with sectors, and lie inside the disk.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| qib_decoders::volumes::check(input));
