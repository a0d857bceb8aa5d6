//! The recipe of `docs/format.md` gives back a disk with stock tools alone.

use crate::common::{Dom0, data_identity_text};
use crate::compare::assert_restored;
use crate::root_disk::{MEBIBYTE, ROOT, RootDisk, mount, part, system};
use crate::volume::image::{can_mount, run};
use crate::volume::kernel;
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::path::Path;

fn script(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, after) = page.split_once(&format!("```sh {name}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

#[test]
fn stock_tools_give_back_a_root_disk() {
    if !can_mount("stock_tools_give_back_a_root_disk") {
        return;
    }
    let source = RootDisk::with(&["-b", "4096"]);
    system(source.mount("acl").path());
    let mut dom0 = Dom0::new(&source.path());
    dom0.rules = crate::whole::no_rules();
    dom0.back_up();
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("restore.sh"), script("restore")).unwrap();
    fs::write(at("join.sh"), script("disk")).unwrap();
    fs::write(at("identity"), data_identity_text()).unwrap();
    fs::create_dir(at("objects")).unwrap();
    for (name, bytes) in &dom0.objects() {
        fs::write(place.path().join("objects").join(name.to_string()), bytes).unwrap();
    }
    let snapshot = ObjectName {
        kind: Kind::Snapshot,
        digest: dom0.last.unwrap().snapshot,
    };
    let (identity, objects, out) = (at("identity"), at("objects"), at("out"));
    let name = snapshot.to_string();
    run("sh", &[&at("restore.sh"), &identity, &objects, &name, &out]);
    let object = format!("{objects}/{name}");
    run("sh", &[&at("join.sh"), &identity, &object, &out]);
    let image = place.path().join("out/volume.img");
    let checked = format!("{}?offset={}", image.display(), ROOT * MEBIBYTE);
    run("e2fsck", &["-f", "-n", &checked]);
    let same = part(&source.path(), 0..ROOT) == part(&image, 0..ROOT);
    assert!(same, "other bytes");
    let before = kernel::tree(source.mount("ro,noatime").path());
    let after = kernel::tree(mount(&image, place.path(), "ro,noatime").path());
    assert_restored(&before, &after);
}
