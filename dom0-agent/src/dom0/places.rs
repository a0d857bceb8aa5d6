//! What of dom0 is kept: a list that can be edited.

use crate::error::{Error, Result, at};
use crate::paths;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Where an administrator's own list lies.
const LIST: &str = "/etc/qubes/qib/dom0";

/// What is kept where there is none.
const DEFAULT: &str = "\
~
- ~/.cache
- ~/.local/share/Trash
/etc/qubes
/etc/qubes-rpc
/srv
/usr/local
";

/// The group whose first member is the user of dom0.
const GROUP: &str = "qubes";

/// What is kept, and what of it is not.
#[derive(Debug, PartialEq, Eq)]
pub struct Places {
    /// Files and folders, with all that is in them.
    pub kept: Vec<PathBuf>,
    left_out: Vec<PathBuf>,
}

impl Places {
    /// Reads the list, or takes the one that qib has.
    ///
    /// # Errors
    /// When a line is wrong, or the list can not be read.
    pub fn read() -> Result<Self> {
        let list = match fs::read_to_string(LIST) {
            Ok(list) => list,
            Err(error) if error.kind() == ErrorKind::NotFound => DEFAULT.to_owned(),
            Err(error) => return Err(at(LIST)(error)),
        };
        Self::parse(&list, home()?.as_deref())
    }

    fn parse(list: &str, home: Option<&Path>) -> Result<Self> {
        let mut places = Self {
            kept: Vec::new(),
            // What is in it opens everything, or follows from what is stored.
            left_out: vec![paths::STATE.into()],
        };
        for (number, line) in (1u32..).zip(list.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (path, into) = match line.strip_prefix('-') {
                Some(path) => (path.trim(), &mut places.left_out),
                None => (line, &mut places.kept),
            };
            let path = match (path.strip_prefix('~'), home) {
                (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
                // Nobody has a home here.
                (Some(_), None) => continue,
                (None, _) => PathBuf::from(path),
            };
            let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
            if !path.is_absolute() || !path.components().all(plain) {
                return Err(Error::Config(format!(
                    "{LIST}: line {number} is no absolute path, '~', or one of these after '-'"
                )));
            }
            // Without a slash at its end, which a path that is kept never has.
            into.push(path.components().collect());
        }
        Ok(places)
    }

    /// True when a path, with all that is in it, is not kept.
    pub fn leave_out(&self, path: &Path) -> bool {
        self.left_out.iter().any(|place| path == place)
    }
}

/// The home of the first user of the group `qubes`.
fn home() -> Result<Option<PathBuf>> {
    let group = fs::read_to_string("/etc/group").map_err(at("/etc/group"))?;
    let users = fs::read_to_string("/etc/passwd").map_err(at("/etc/passwd"))?;
    Ok(home_in(&group, &users))
}

fn home_in(group: &str, users: &str) -> Option<PathBuf> {
    let mut groups = group.lines().map(|line| line.split(':'));
    let members =
        groups.find_map(|mut fields| (fields.next() == Some(GROUP)).then(|| fields.nth(2))?)?;
    let user = members.split(',').next()?;
    let mut users = users.lines().map(|line| line.split(':'));
    let home =
        users.find_map(|mut fields| (fields.next() == Some(user)).then(|| fields.nth(4))?)?;
    Some(PathBuf::from(OsStr::new(home))).filter(|home| home.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_user_of_the_group_has_the_home() {
        let group = "root:x:0:\nqubes:x:98:alice,bob\n";
        let users = "root:x:0:0::/root:/bin/bash\nbob:x:1::/home/b:/bin/sh\nalice:x:1000:1000:A:/home/alice:/bin/bash\n";
        assert_eq!(home_in(group, users), Some("/home/alice".into()));
        assert_eq!(home_in("qubes:x:98:\n", users), None);
        assert_eq!(home_in("qubes:x:98:eve\n", users), None);
        assert_eq!(home_in("", users), None);
    }

    #[test]
    fn lists_are_read() {
        let list = "# mine\n~\n-  ~/.cache \n/etc/qubes\n\n";
        let places = Places::parse(list, Some(Path::new("/home/alice"))).unwrap();
        assert_eq!(
            places.kept,
            ["/home/alice", "/etc/qubes"].map(PathBuf::from)
        );
        let home = places.kept.first().map(|home| home.as_os_str());
        assert_eq!(home, Some(OsStr::new("/home/alice")));
        assert!(places.leave_out(Path::new("/home/alice/.cache")));
        assert!(places.leave_out(Path::new("/var/lib/qib")));
        assert!(!places.leave_out(Path::new("/home/alice/.caches")));
        assert_eq!(Places::parse(DEFAULT, None).unwrap().kept.len(), 4);
        for list in ["etc", "/etc/../home", "- etc", "./x"] {
            let error = Places::parse(list, None).unwrap_err().to_string();
            assert!(error.contains("line 1"), "{error}");
        }
    }
}
