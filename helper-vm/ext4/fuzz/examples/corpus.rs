//! Writes what each fuzz target begins with below `corpus/`.

use std::fs;
use std::path::Path;

use qib_ext4_fuzz::places::{BLOCK, Kind, inode, named, u32_at};
use qib_ext4_fuzz::{mutate, seeds};

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

fn main() {
    for (index, seed) in seeds::all().iter().enumerate() {
        write("whole_volume", seed.name, &seed.image);
        for repaired in 0..2 {
            let mut input = vec![u8::try_from(index).unwrap(), repaired];
            input.resize(2 + 4 * mutate::RECORD, 0);
            write(
                "mutated_image",
                &format!("{}-{repaired}", seed.name),
                &input,
            );
        }
        if seed.name.starts_with("journal") {
            let journal = seed
                .places
                .iter()
                .filter(|place| place.kind == Kind::Journal);
            let content = journal.map(|place| &seed.image[place.start..place.start + place.length]);
            let content: Vec<u8> = content.flatten().copied().collect();
            write(
                "journal",
                seed.name,
                &content[..content.len().min(24 * BLOCK)],
            );
        }
        for place in &seed.places {
            let content = &seed.image[place.start..place.start + place.length];
            if matches!(place.kind, Kind::DirBlock(_)) {
                let name = format!("{}-{}", seed.name, place.start);
                write("directory_block", &name, content);
            }
        }
    }
    let plain = seeds::one("plain");
    let place = |name| {
        let number = named(&plain.image, name);
        (number, inode(&plain.image, number.try_into().unwrap()))
    };
    let (number, pieces) = place("pieces");
    let wanted = Kind::ExtentNode(number);
    let node = plain
        .places
        .iter()
        .find(|place| place.kind == wanted)
        .unwrap()
        .start;
    let map = &plain.image[pieces + 0x28..pieces + 0x28 + 60];
    write(
        "extent_tree",
        "pieces",
        &[map, &plain.image[node..node + BLOCK]].concat(),
    );
    let (_, attributes) = place("attributes");
    let block = u32_at(&plain.image, attributes + 0x68) * BLOCK;
    let inside = &plain.image[attributes + 160..attributes + 256];
    write(
        "xattrs",
        "attributes",
        &[inside, &plain.image[block..block + BLOCK]].concat(),
    );
}
