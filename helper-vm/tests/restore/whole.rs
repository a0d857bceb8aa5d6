//! Everything that ext4 can hold comes back.

use crate::common::{Dom0, image};
use crate::compare::assert_restored;
use crate::restoring::{Target, last, restore};
use crate::volume::image::{Image, can_mount};
use crate::volume::kernel;
use crate::volume::populate::{self, Wishes};
use qib_rpc::message::restore::Fidelity;
use qib_rpc::rule::{Rule, Rules};

/// Leaves nothing out but sockets.
pub fn no_rules() -> Rules {
    Rule::SETS
        .into_iter()
        .filter(|rule| *rule != Rule::Socket)
        .fold(Rules::DEFAULT, Rules::without)
}

fn source(test: &str, block: usize) -> Option<Image> {
    if !can_mount(test) {
        return None;
    }
    let image = Image::make(200, &["-t", "ext4", "-b", &block.to_string()]);
    let wishes = Wishes {
        pieces: 3000,
        names: 3000,
        value_max: block / 4 * 3 - 72,
        link_max: block - 1,
    };
    let mount = image.mount("acl");
    populate::everything(mount.path(), &wishes);
    std::fs::remove_file(mount.path().join("socket")).unwrap();
    drop(mount);
    Some(image)
}

#[test]
fn everything_comes_back() {
    comes_back("everything_comes_back", 4096, 200);
}

#[test]
fn everything_comes_back_in_blocks_of_1_kib() {
    comes_back("everything_comes_back_in_blocks_of_1_kib", 1024, 120);
}

/// Backs a volume up, restores it to one that was full of something else, and compares.
fn comes_back(test: &str, block: usize, mebibytes: u64) {
    let Some(image) = source(test, block) else {
        return;
    };
    let mut dom0 = Dom0::new(&image.path());
    dom0.rules = no_rules();
    let stored = dom0.back_up().counts;
    let target = Target::new(mebibytes);
    let length = usize::try_from(mebibytes << 20).unwrap();
    std::fs::write(target.file(), vec![0xAA; length]).unwrap();
    let device = target.device();
    let summary = restore(&last(&dom0), &dom0.storage, &device.0).unwrap();
    drop(device);
    assert_eq!(summary.fidelity, Fidelity::Whole);
    let counts = summary.counts;
    assert_eq!(
        (counts.files, counts.folders, counts.others),
        (stored.files, stored.folders, stored.others)
    );
    assert_eq!(counts.file_bytes, stored.file_bytes);
    assert_eq!(counts.bytes_read, counts.bytes_expected);
    target.is_clean();
    let restored = Image {
        folder: target.into_folder(),
    };
    assert_restored(
        &kernel::tree(image.mount("ro,noatime").path()),
        &kernel::tree(restored.mount("ro,noatime").path()),
    );
}

#[test]
fn without_the_right_to_mount_everything_comes_back() {
    let source = tempfile::tempdir().unwrap();
    let folder = source.path();
    std::fs::create_dir(folder.join("folder")).unwrap();
    std::fs::write(folder.join("folder/file"), vec![7; 300_000]).unwrap();
    std::fs::write(folder.join("empty"), b"").unwrap();
    std::fs::hard_link(folder.join("empty"), folder.join("folder/linked")).unwrap();
    std::os::unix::fs::symlink("/nowhere", folder.join("link")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o4711);
    std::fs::set_permissions(folder.join("folder/file"), mode).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o751);
    std::fs::set_permissions(folder, mode).unwrap();
    let images = tempfile::tempdir().unwrap();
    let image = image::make(&images.path().join("image"), folder, 32);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    let target = Target::new(32);
    // A file is no block device, which nobody may mount.
    let summary = restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    assert_eq!(summary.fidelity, Fidelity::Whole);
    target.is_clean();
    let mut again = Dom0::new(&target.file());
    again.back_up();
    let leaves = |dom0: &Dom0| {
        let snapshot = dom0.last.unwrap().snapshot;
        let tree = crate::common::tree::Tree::open(&dom0.objects(), snapshot, 1);
        let root = tree.snapshot.root.clone();
        let leaves = tree.leaves().into_iter().map(|(path, leaf)| {
            let meta = leaf.entry.meta;
            (path, meta, leaf.content, leaf.entry.link_group.is_some())
        });
        (root, leaves.collect::<Vec<_>>())
    };
    assert_eq!(leaves(&dom0), leaves(&again));
}
