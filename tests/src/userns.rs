//! Whether this user may make user namespaces, and if not which setting forbids it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Root of the machine, not only of a user namespace: loop devices, XFS and mounts are real.
pub(crate) fn is_root() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let whole = map.split_whitespace().eq(["0", "0", "4294967295"]);
    rustix::process::geteuid().is_root() && whole
}

const SETTINGS: [(&str, &str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
];

/// Fails with the setting to change when an ordinary user may not make namespaces.
pub(crate) fn check() -> Result<()> {
    if is_root() {
        return Ok(());
    }
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--net", "true"])
        .stdin(Stdio::null())
        .output()
        .context("unshare (of util-linux) is needed")?;
    if tried.status.success() {
        return Ok(());
    }
    let hints: Vec<String> = SETTINGS.iter().filter_map(hint).collect();
    bail!(
        "an ordinary user may not make user namespaces on this machine ({}). {}",
        String::from_utf8_lossy(&tried.stderr).trim(),
        if hints.is_empty() {
            "Run the lab as root.".to_owned()
        } else {
            hints.join(" ")
        }
    )
}

fn hint((name, forbidden, allowed): &(&str, &str, &str)) -> Option<String> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    let value = std::fs::read_to_string(path).ok()?;
    (value.trim() == *forbidden)
        .then(|| format!("{name} is {forbidden}: `sysctl {name}={allowed}` as root allows it."))
}
