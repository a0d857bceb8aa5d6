//! Any bytes are a volume.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::law;

fuzz_target!(|bytes: &[u8]| {
    law::check(bytes);
});
