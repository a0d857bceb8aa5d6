//! What the lab's own tests share: a lab with small stand-ins for the shipped programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use qib_lab::{Lab, LabBuilder};

pub const BINARY: &str = env!("CARGO_BIN_EXE_qib-lab");

const STAND_INS: [(&str, &str); 3] = [
    ("qib", "#!/bin/sh\necho \"qib $*\"\n"),
    ("qib-helper", "#!/bin/sh\necho \"helper $*\"; exec cat\n"),
    (
        "qib-storage",
        "#!/bin/sh\ntouch /rw/started; exec sleep 1000\n",
    ),
];

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Writes the stand-ins into a folder that everyone can read.
pub fn stand_ins() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for (name, script) in STAND_INS {
        let path = folder.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

pub fn lab() -> Lab {
    let programs = stand_ins();
    Lab::with_programs(BINARY, programs.path()).unwrap()
}

/// A lab of an ordinary user, made by root.
pub fn lab_of_nobody() -> Lab {
    let programs = stand_ins();
    let builder = LabBuilder::new(BINARY).programs(programs.path());
    builder
        .prefix([
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--",
        ])
        .create()
        .unwrap()
}

/// A lab with two running qubes, `a` and `b`, and a policy that lets them call `test.*`.
pub fn lab_with_pair() -> Lab {
    let lab = lab();
    add_pair(&lab);
    lab
}

pub fn add_pair(lab: &Lab) {
    let tree = tree(lab.scratch());
    for name in ["a", "b"] {
        lab.add_tree(name, &tree).unwrap();
        lab.start(name).unwrap();
    }
    let names = [
        "Cat", "Exit", "Kill", "Env", "Err", "Early", "Half", "Source", "Count", "Slow",
    ];
    let lines: String = names
        .iter()
        .map(|name| format!("test.{name} * @anyvm @anyvm allow\n"))
        .collect();
    policy(lab, "30-test.policy", &lines);
}

pub fn tree(scratch: &Path) -> std::path::PathBuf {
    let tree = scratch.join("tree");
    if !tree.exists() {
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join("hello"), "hello\n").unwrap();
        fs::set_permissions(&tree, fs::Permissions::from_mode(0o755)).unwrap();
    }
    tree
}

pub fn policy(lab: &Lab, file: &str, lines: &str) {
    let command = format!("cat > /etc/qubes/policy.d/{file}");
    good(
        &lab.exec_with(["sh", "-c", &command], lines.as_bytes())
            .unwrap(),
    );
}

/// Makes a service of a running qube.
pub fn service(lab: &Lab, qube: &str, name: &str, script: &str) {
    let path = format!("/run/qubes-rpc/{name}");
    let command = format!("root:cat > {path}; chmod 755 {path}");
    let script = format!("#!/bin/sh\n{script}\n");
    let words = ["qrexec-client", "-d", qube, &command];
    good(&lab.exec_with(words, script.as_bytes()).unwrap());
}

/// Runs a command in a running qube.
pub fn in_qube(lab: &Lab, qube: &str, command: &str) -> Output {
    lab.exec(["qrexec-client", "-d", qube, &format!("root:{command}")])
        .unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn good(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

pub fn raw(lab: &Lab, call: &str) -> String {
    String::from_utf8(lab.qubesd("qubesd.sock", call.as_bytes()).unwrap()).unwrap()
}

pub fn internal(lab: &Lab, call: &str) -> String {
    String::from_utf8(lab.qubesd("qubesd.internal.sock", call.as_bytes()).unwrap()).unwrap()
}

pub fn call(service: &str) -> [String; 5] {
    [
        "qrexec-client",
        "-d",
        "b",
        "-T",
        &format!("root:QUBESRPC {service} dom0"),
    ]
    .map(str::to_owned)
}

pub fn code(lab: &Lab, service: &str) -> i32 {
    lab.exec(call(service)).unwrap().status.code().unwrap()
}

pub fn from_a(lab: &Lab, command: &str) -> String {
    out(&in_qube(lab, "a", command))
}
