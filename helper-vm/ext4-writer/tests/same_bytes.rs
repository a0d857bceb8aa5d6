//! The same empty file system and the same tree give the same bytes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::copy::write;
use common::volume::Volume;
use common::{model, sample};

/// A volume whose data comes in this order.
fn filled(options: &[&str], is_backwards: bool) -> Vec<u8> {
    let volume = Volume::over_junk(20 << 20, options);
    let mut writer = volume.writer();
    let mut data = model::write(&model::steps(&sample::tree()), &mut writer).unwrap();
    if is_backwards {
        data.reverse();
    }
    for (placed, bytes) in &data {
        write(writer.space(), &&volume, *placed, bytes);
    }
    writer.finish().unwrap();
    volume.image().bytes()
}

#[test]
fn no_byte_differs_in_whatever_order_data_comes() {
    for options in [&["-b", "1024"][..], &["-b", "4096", "-O", "orphan_file"]] {
        let (one, other) = (filled(options, false), filled(options, true));
        let differs = one.iter().zip(&other).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{options:?}");
        assert_eq!(one.len(), other.len());
    }
}
