//! What is stored comes back without qib: with the passphrase, the stored objects,
//! `age`, `zstd`, `tar` and the script that docs/format.md prints.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::{self, Mounted};
use qib_lab::tool;

const DOCUMENT: &str = include_str!("../../docs/format.md");

fn script() -> &'static str {
    let after = DOCUMENT
        .split("```sh restore\n")
        .nth(1)
        .expect("the document prints the script");
    after.split("```").next().unwrap()
}

fn installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// Runs `age` at a terminal, where alone it asks for a passphrase.
fn open_with_passphrase(sealed: &Path, passphrase: &str, opened: &Path) {
    let command = format!(
        "age --decrypt --output {} {}",
        opened.display(),
        sealed.display()
    );
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::io::Write::write_all(&mut input, format!("{passphrase}\n").as_bytes()).unwrap();
    assert!(
        child.wait().unwrap().success(),
        "age did not open {}",
        sealed.display()
    );
}

fn fill(root: &Path) {
    let home = root.join("home/user");
    fs::create_dir_all(home.join("a folder/inside")).unwrap();
    fs::write(home.join("text"), "some text\n".repeat(1000)).unwrap();
    fs::write(home.join("empty"), "").unwrap();
    fs::write(home.join(".hidden"), "dots").unwrap();
    fs::write(home.join("..two dots"), "dots").unwrap();
    fs::write(home.join("new\nline and * star"), "odd names").unwrap();
    fs::hard_link(home.join("text"), home.join("a folder/inside/text again")).unwrap();
    symlink("a folder", home.join("link")).unwrap();
    symlink("/nowhere", home.join("dangling")).unwrap();
    let large: Vec<u8> = (0..3_000_000u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    fs::write(home.join("large"), large).unwrap();
    let sparse = File::create(home.join("sparse")).unwrap();
    sparse.set_len(200 << 20).unwrap();
    sparse.write_all_at(b"in the middle", 100 << 20).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let path = home.join(arguments[arguments.len() - 1]);
        let status = Command::new(program)
            .args(&arguments[..arguments.len() - 1])
            .arg(path)
            .status();
        assert!(status.unwrap().success(), "{program}");
    };
    run("mkfifo", &["fifo"]);
    run("setfattr", &["-n", "user.note", "-v", "a note", "text"]);
    run("setfacl", &["-m", "u:1234:rwx", ".hidden"]);
    fs::write(home.join("program"), "#!/bin/sh\n").unwrap();
    chown(home.join("program"), Some(1000), Some(1000)).unwrap();
    fs::set_permissions(home.join("program"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(
        home.join("a folder/inside"),
        fs::Permissions::from_mode(0o550),
    )
    .unwrap();
}

/// Every object of the qube in one folder.
fn collect(machine: &Machine, folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    for object in ["pack", "snapshot"]
        .iter()
        .flat_map(|kind| machine.objects(kind))
    {
        fs::copy(&object, folder.join(object.file_name().unwrap())).unwrap();
    }
    machine.objects("snapshot-").remove(0)
}

#[test]
fn passphrase_storage_and_stock_tools_are_enough() {
    if skipped_without_root("passphrase_storage_and_stock_tools_are_enough") {
        return;
    }
    for program in ["age", "zstd", "tar", "script"] {
        assert!(installed(program), "{program} is needed");
    }
    let machine = Machine::new();
    let image = machine.lab.scratch().join("source.img");
    File::create(&image).unwrap().set_len(300 << 20).unwrap();
    assert!(
        tool("mkfs.ext4")
            .args(["-q", "-b", "4096"])
            .arg(&image)
            .status()
            .unwrap()
            .success()
    );
    fill(Mounted::writable(&image).unwrap().path());
    machine.lab.add_image("work", &image, false).unwrap();
    machine.backup("work");

    let scratch = machine.lab.scratch();
    let (kit, identity) = (scratch.join("kit"), scratch.join("identity"));
    open_with_passphrase(
        &machine.objects("kit-")[0],
        "correct horse battery staple",
        &kit,
    );
    let mut age = Command::new("age");
    age.args(["--decrypt", "--identity"]).arg(&kit);
    age.arg("--output").arg(&identity);
    assert!(
        age.arg(&machine.objects("key-")[0])
            .status()
            .unwrap()
            .success()
    );

    let snapshot = collect(&machine, &scratch.join("objects"));
    let (recipe, out) = (scratch.join("restore.sh"), scratch.join("out"));
    fs::write(&recipe, script()).unwrap();
    let mut sh = Command::new("sh");
    sh.arg(&recipe)
        .arg(&identity)
        .arg(scratch.join("objects"))
        .arg(snapshot.file_name().unwrap());
    let output = sh.arg(&out).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_same(&machine.tree("work"), &compare::read_folder(&out).unwrap());
}
