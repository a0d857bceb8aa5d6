//! What a new lab's dom0 and qubes have over the machine's own files.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::release::Release;

/// Says what `rpm -q -a` says, in an order of its own.
const RPM: &str = "\
#!/bin/sh
[ \"$*\" = '-q -a' ] || exit 1
echo xen-4.17.4-6.fc37.x86_64
echo qubes-core-dom0-4.2.30-1.fc37.x86_64
";

/// `qubes.Filecopy` as Qubes has it.
const FILE_COPY: &str = "\
#!/bin/sh
case $1 in
('') arg=;;
(allow-all-names) arg=--allow-all-names;;
(*) printf 'Unexpected argument %s\\n' \"$1\" >&2; exit 1;;
esac
exec /usr/lib/qubes/qfile-unpacker $arg
";

/// The kinds of qubes, by the programs they have.
pub(crate) const KINDS: [&str; 3] = ["plain", "helper", "storage"];

/// Lays everything out below the lab's folder; programs are there already.
pub(crate) fn lay_out(layout: &Layout, release: Release) -> Result<()> {
    for folder in [
        "layer/bin",
        "layer/sbin",
        "layer/etc/qubes",
        "layer/etc/qubes-rpc",
    ] {
        fs::create_dir_all(layout.dom0(folder))?;
    }
    let text = format!("Qubes release {release}.0 (R{release})\n");
    fs::write(layout.dom0("layer/etc/qubes-release"), text)?;
    for folder in ["layer/lib/qib", "lib/qib"] {
        fs::create_dir_all(layout.dom0(folder))?;
    }
    for name in ["qrexec-client", "qubesdb-write", "qubesdb-rm"] {
        symlink(layout.lab_program(), layout.dom0("layer/bin").join(name))?;
    }
    // Debian keeps it in sbin, others in bin.
    for name in ["losetup", "lvm", "zfs", "blkdiscard"] {
        for folder in ["layer/bin", "layer/sbin"] {
            symlink(layout.lab_program(), layout.dom0(folder).join(name))?;
        }
    }
    // Not a link to it: the user at the desktop may not look into the lab's folder.
    let notify = layout.dom0("layer/bin/notify-send");
    link(&layout.lab_program(), &notify)?;
    link_program(layout, "qib", &layout.dom0("layer/bin/qib"))?;
    lay_out_user(layout)?;
    KINDS.iter().try_for_each(|kind| lay_out_kind(layout, kind))
}

/// dom0's user, what a person puts there, and a list of packages.
fn lay_out_user(layout: &Layout) -> Result<()> {
    let home = layout.dom0("home/user");
    for folder in [&home, &layout.dom0("srv"), &layout.dom0("local")] {
        fs::create_dir_all(folder)?;
    }
    let user = format!("user:x:1000:1000::{}:/bin/bash\n", home.display());
    for (name, line) in [("passwd", user.as_str()), ("group", "qubes:x:98:user\n")] {
        let machine = fs::read_to_string(Path::new("/etc").join(name))?;
        fs::write(
            layout.dom0("layer/etc").join(name),
            line.to_owned() + &machine,
        )?;
    }
    let rpm = layout.dom0("layer/bin/rpm");
    fs::write(&rpm, RPM)?;
    Ok(fs::set_permissions(&rpm, Permissions::from_mode(0o755))?)
}

fn lay_out_kind(layout: &Layout, kind: &str) -> Result<()> {
    fs::create_dir_all(layout.kind(kind, "usr/bin"))?;
    fs::create_dir_all(layout.kind(kind, "usr/lib/qib"))?;
    fs::create_dir_all(layout.kind(kind, "qubes-rpc"))?;
    let client = layout.kind(kind, "usr/bin/qrexec-client-vm");
    link(&layout.lab_program(), &client)?;
    if kind == "plain" {
        link(&layout.lab_program(), &layout.kind(kind, "usr/bin/sync"))?;
        lay_out_file_copy(layout, kind)?;
    }
    if kind == "helper" {
        for name in ["xdg-open", "qubes-run-terminal"] {
            let program = layout.kind(kind, "usr/bin").join(name);
            link(&layout.lab_program(), &program)?;
        }
    }
    let program = format!("qib-{kind}");
    link_program(
        layout,
        &program,
        &layout.kind(kind, "usr/lib/qib").join(&program),
    )
}

/// Qubes' own service by which a qube takes files.
fn lay_out_file_copy(layout: &Layout, kind: &str) -> Result<()> {
    let folder = layout.kind(kind, "usr/lib/qubes");
    fs::create_dir_all(&folder)?;
    link(&layout.lab_program(), &folder.join("qfile-unpacker"))?;
    let service = layout.kind(kind, "qubes-rpc/qubes.Filecopy");
    fs::write(&service, FILE_COPY)?;
    Ok(fs::set_permissions(
        &service,
        Permissions::from_mode(0o755),
    )?)
}

/// Any of the shipped programs may be missing when a test brings only some.
fn link_program(layout: &Layout, name: &str, to: &Path) -> Result<()> {
    match layout.program(name) {
        program if program.exists() => link(&program, to),
        _ => Ok(()),
    }
}

fn link(from: &Path, to: &Path) -> Result<()> {
    fs::hard_link(from, to).with_context(|| to.display().to_string())
}
