//! Small volumes of many kinds, made by `cargo test -p qib-ext4 --test seeds -- --ignored`.

use super::packed::unpack;
use super::places::{self, Place};

/// An image and where its structures are.
pub struct Seed {
    pub name: &'static str,
    pub image: Vec<u8>,
    pub places: Vec<Place>,
}

macro_rules! packed {
    ($($name:literal)*) => {
        /// Every image as it lies in the repository.
        pub const PACKED: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../seeds/", $name)))),*];
    };
}

packed! {
    "plain" "checked" "wide" "ext2" "small_inodes" "groups" "htree" "inline_data" "ea_inode"
    "bigalloc" "meta_bg" "orphan_file" "journal_none" "journal_v1" "journal_v2" "journal_v3"
}

pub fn all() -> Vec<Seed> {
    PACKED
        .iter()
        .map(|(name, packed)| {
            let (image, runs) = unpack(packed);
            let places = places::all(&image, &runs);
            Seed {
                name,
                image,
                places,
            }
        })
        .collect()
}

/// One image by name.
pub fn one(name: &str) -> Seed {
    all().into_iter().find(|seed| seed.name == name).unwrap()
}
