//! What is odd but true is restored, as far as a file system takes it.

use crate::common::{Dom0, tree};
use crate::restoring::{Target, every_place};
use crate::snapshots::{Forge, encoded, entry, file, folder, in_group, symlink};
use crate::volume::image::{Image, can_mount};
use qib_helper::manifest::{Entry, Node, Part};
use qib_rpc::message::restore::{Fidelity, RestoreSummary};
use qib_rpc::rule::Rules;
use std::collections::BTreeMap;

/// What our own reader finds in a volume.
fn leaves(target: &Target) -> BTreeMap<Vec<u8>, tree::Leaf> {
    let mut dom0 = Dom0::new(&target.file());
    dom0.rules = Rules::try_from(0).unwrap();
    dom0.back_up();
    tree::Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1).leaves()
}

/// Restores in every place; `check` hears whether a volume was mounted.
fn restored(forge: Forge, check: impl Fn(bool, &BTreeMap<Vec<u8>, tree::Leaf>)) {
    every_place(&forge.finish(), |said, target| {
        let RestoreSummary { fidelity, .. } = said.unwrap();
        target.is_clean();
        check(fidelity == Fidelity::Whole, &leaves(target));
    });
}

fn with_xattrs(name: &str, xattrs: &[(&str, Vec<u8>)]) -> Entry {
    let mut entry = file(name, &[]);
    let pair = |(name, value): &(&str, Vec<u8>)| (name.as_bytes().to_vec(), value.clone());
    entry.meta.xattrs = xattrs.iter().map(pair).collect();
    entry
}

#[test]
fn attributes_that_no_kernel_takes_do_not_keep_the_rest_away() {
    let long_name = format!("user.{}", "n".repeat(300));
    let entries = [
        with_xattrs("a", &[("security.capability", vec![9; 7])]),
        with_xattrs("b", &[("system.posix_acl_access", vec![0xff; 33])]),
        with_xattrs("c", &[("system.posix_acl_default", vec![2, 0, 0, 0])]),
        with_xattrs(
            "d",
            &[("user.large", vec![1; 5000]), ("user.small", vec![2; 5])],
        ),
        with_xattrs("e", &[("user.huge", vec![1; 70_000])]),
        with_xattrs("f", &[("user.vast", vec![1; 3_000_000])]),
        with_xattrs("g", &[("nothing", vec![1]), ("of.the.kernel", vec![1])]),
        with_xattrs("h", &[("user.", vec![1]), (&long_name, vec![1])]),
        with_xattrs("i", &[("trusted.kept", vec![0, 255])]),
    ];
    let mut link = symlink("j", "/nowhere");
    link.meta.xattrs = vec![(b"user.on a link".to_vec(), vec![1])];
    let mut forge = Forge::new();
    let pieces = entries.iter().chain([&link]);
    let pieces: Vec<Part> = pieces
        .map(|entry| forge.piece(std::slice::from_ref(entry)))
        .collect();
    forge.root(pieces, [9, 0, 1, 0]);
    restored(forge, |whole, leaves| {
        let xattrs = |name: &[u8]| leaves[name].entry.meta.xattrs.clone();
        assert_eq!(leaves.len(), 10 + 1, "lost+found is there as well");
        if whole {
            assert_eq!(xattrs(b"/d"), [(b"user.small".to_vec(), vec![2; 5])]);
            assert_eq!(xattrs(b"/i"), [(b"trusted.kept".to_vec(), vec![0, 255])]);
            // No kernel sets it, but the file system holds it.
            assert_eq!(xattrs(b"/a").len(), 1);
            for name in [b"/b", b"/c", b"/e", b"/f", b"/g", b"/h", b"/j"] {
                assert_eq!(xattrs(name), [], "{}", String::from_utf8_lossy(name));
            }
        }
    });
}

#[test]
fn an_attribute_that_does_not_fit_is_counted_once_for_all_names_of_its_file() {
    let mut forge = Forge::new();
    let huge = ("user.huge", vec![1; 70_000]);
    let pieces = ["a", "b", "c"].map(|name| {
        let entry = with_xattrs(name, std::slice::from_ref(&huge));
        forge.piece(&[in_group(1, entry)])
    });
    forge.root(pieces.to_vec(), [3, 0, 0, 0]);
    every_place(&forge.finish(), |said, target| {
        assert_eq!(said.unwrap().skipped, 1);
        target.is_clean();
    });
}

#[test]
fn times_beyond_any_file_system_become_its_first_or_last() {
    let mut entries = Vec::new();
    for (name, seconds) in [("a", i64::MIN), ("b", i64::MAX), ("c", 1 << 40), ("d", -1)] {
        let mut entry = file(name, &[]);
        (entry.meta.seconds, entry.meta.nanoseconds) = (seconds, 999_999_999);
        entries.push(entry);
    }
    let mut link = symlink("e", "x");
    link.meta.seconds = i64::MAX;
    let mut fifo = entry("f", Node::Fifo);
    fifo.meta.seconds = i64::MIN;
    entries.extend([link, fifo]);
    for seconds in [i64::MIN, i64::MAX, 1 << 35] {
        let mut forge = Forge::with(&entries, [4, 0, 2, 0]);
        forge.snapshot.root.seconds = seconds;
        restored(forge, |whole, leaves| {
            if whole {
                let seconds = |name: &[u8]| leaves[name].entry.meta.seconds;
                assert_eq!(seconds(b"/a"), -(1 << 31));
                assert_eq!(seconds(b"/b"), (1 << 34) - (1 << 31) - 1);
                assert_eq!(seconds(b"/d"), -1);
            }
        });
    }
}

#[test]
fn devices_with_odd_numbers() {
    let numbers = [(0, 0), (4095, 0xf_ffff), (1, 256), (256, 1)];
    let nodes = numbers.map(|(major, minor)| Node::CharDevice(major, minor));
    let entries: Vec<Entry> = nodes
        .iter()
        .enumerate()
        .map(|(number, node)| entry(number.to_string(), node.clone()))
        .collect();
    restored(Forge::with(&entries, [0, 0, 4, 0]), |whole, leaves| {
        for (number, node) in nodes.iter().enumerate().filter(|_| whole) {
            let name = format!("/{number}").into_bytes();
            assert_eq!(leaves[&name].entry.node, *node);
        }
    });
}

#[test]
fn owners_and_modes_of_every_number() {
    let mut entries = Vec::new();
    for (name, uid, gid) in [
        ("a", u32::MAX, 0),
        ("b", 0, u32::MAX),
        ("c", 1 << 31, 65_536),
    ] {
        let mut entry = file(name, &[]);
        (entry.meta.uid, entry.meta.gid, entry.meta.mode) = (uid, gid, 0o7777);
        entries.push(entry);
    }
    restored(Forge::with(&entries, [3, 0, 0, 0]), |whole, leaves| {
        for leaf in leaves
            .values()
            .filter(|leaf| leaf.entry.name.bytes() != b"lost+found")
        {
            assert_eq!(leaf.entry.meta.mode, 0o7777);
        }
        if whole {
            let meta = &leaves[b"/c".as_slice()].entry.meta;
            assert_eq!((meta.uid, meta.gid), (1 << 31, 65_536));
        }
    });
}

#[test]
fn something_else_in_the_place_of_lost_and_found() {
    if !can_mount("something_else_in_the_place_of_lost_and_found") {
        return;
    }
    let name = "lost+found";
    let mut forge = Forge::new();
    let data = forge.data(b"found");
    let inner = forge.piece(&[file("x", &[])]);
    let entries = [
        (file(name, &[data]), [1, 0, 0, 5]),
        (symlink(name, "/etc"), [0, 0, 1, 0]),
        (entry(name, Node::Fifo), [0, 0, 1, 0]),
        (folder(name, &[inner]), [1, 1, 0, 0]),
    ];
    for (entry, counts) in entries {
        let mut forge = Forge::new();
        forge.data(b"found");
        forge.raw_piece(&encoded(&[file("x", &[])]));
        let piece = forge.piece(std::slice::from_ref(&entry));
        forge.root(vec![piece], counts);
        let forged = forge.finish();
        let target = Target::new(64);
        let device = target.device();
        crate::restoring::restore(&forged.job, &forged.storage, &device.0).unwrap();
        drop(device);
        target.is_clean();
        let image = Image {
            folder: target.into_folder(),
        };
        let mount = image.mount("ro");
        let kind = mount
            .path()
            .join(name)
            .symlink_metadata()
            .unwrap()
            .file_type();
        assert_eq!(kind.is_dir(), matches!(entry.node, Node::Directory(_)));
        assert_eq!(kind.is_file(), matches!(entry.node, Node::File(_)));
    }
}
