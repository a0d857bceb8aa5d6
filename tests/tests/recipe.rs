//! What is stored comes back without qib: with the folder of `qib kit`, the passphrase, the stored
//! objects, `age`, `zstd`, `tar` and a shell.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::{self, Mounted};
use qib_lab::tool;

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

    let folder = machine.lab.scratch().join("kit");
    machine.ok(&["kit", folder.to_str().unwrap()]);
    let identity = folder.join("identity");
    let kit = folder.join("recovery-kit.age");
    open_with_passphrase(&kit, "correct horse battery staple", &identity);
    // What README.txt says, in that folder, but for what asks for the passphrase.
    let readme = fs::read_to_string(folder.join("README.txt")).unwrap();
    let commands = readme.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = commands.filter(|line| !line.contains("recovery-kit.age"));
    let commands: Vec<&str> = commands.collect();
    assert_eq!(commands.len(), 4, "{readme}");
    let commands = commands.join("\n");
    let commands = commands.replace("PLACE", machine.storage().to_str().unwrap());
    let mut sh = Command::new("sh");
    let output = sh.args(["-euc", &commands]).current_dir(&folder).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let out = fs::read_dir(&folder).unwrap().flatten();
    let out = out.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("work-private-") && path.is_dir()
    });
    let restored = compare::read_folder(&out.unwrap()).unwrap();
    assert_same(&machine.tree("work"), &restored);
}
