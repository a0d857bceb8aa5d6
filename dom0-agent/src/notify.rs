//! Notifications on dom0's desktop, for the user whom Qubes itself runs qubes' programs as: the
//! first one of the group `qubes`.

use crate::error::{Error, Result, at};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

const GROUPS: &str = "/etc/group";
const USERS: &str = "/etc/passwd";

/// Shows a text to the person at the desktop.
///
/// # Errors
/// When there is no such user, or nothing shows it.
pub fn show(summary: &str, body: &str) -> Result<()> {
    let groups = fs::read_to_string(GROUPS).map_err(at(GROUPS))?;
    let users = fs::read_to_string(USERS).map_err(at(USERS))?;
    let user = first_member(&groups).and_then(|name| user(&users, name));
    let (uid, gid) =
        user.ok_or_else(|| failed("no user of this machine is in the group qubes".to_owned()))?;
    let mut command = Command::new("notify-send");
    command
        .args(["--app-name=qib", "--icon=dialog-warning", "--"])
        .args([summary, body])
        .env("XDG_RUNTIME_DIR", format!("/run/user/{uid}"))
        .env(
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path=/run/user/{uid}/bus"),
        )
        .stdin(Stdio::null())
        .uid(uid)
        .gid(gid);
    let output = command
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(output.status.to_string()))
}

fn failed(why: String) -> Error {
    Error::Program("notify-send", why)
}

fn first_member(groups: &str) -> Option<&str> {
    let line = groups.lines().find(|line| line.starts_with("qubes:"))?;
    let members = line.split(':').nth(3)?;
    members.split(',').next().filter(|name| !name.is_empty())
}

/// The numbers of a user and of its group.
fn user(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut lines = users.lines().map(|line| line.split(':'));
    let mut fields = lines
        .find(|fields| fields.clone().next() == Some(name))?
        .skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_user_of_the_group_is_found_with_its_numbers() {
        let groups = "root:x:0:\nqubes-x:x:7:root\nqubes:x:98:anna,user\n";
        let users = "root:x:0:0:root:/root:/bin/sh\nanna:x:1001:1002::/home/anna:/bin/sh\n";
        assert_eq!(first_member(groups), Some("anna"));
        assert_eq!(user(users, "anna"), Some((1001, 1002)));
        assert_eq!(user(users, "ann"), None);
        for groups in ["", "qubes:x:98:\n", "qubes\n"] {
            assert_eq!(first_member(groups), None, "{groups:?}");
        }
    }
}
