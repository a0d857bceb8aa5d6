//! Rules that are read before ours.

use super::rules;
use crate::error::{Result, at};
use crate::paths::{POLICY_FOLDERS, POLICY_NAME};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Files with rules before ours that could let a helper do something, each with the line.
pub(super) fn grants(tags: &[String]) -> Result<Vec<String>> {
    let mut grants = Vec::new();
    for (name, path) in files_before()? {
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        let suspicious = rules(&text)
            .into_iter()
            .filter(|rule| may_grant(rule, tags));
        grants.extend(suspicious.map(|rule| format!("'{}' in {name}", rule.join(" "))));
    }
    Ok(grants)
}

/// The files that sort before ours, in the order in which they are read.
fn files_before() -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for folder in POLICY_FOLDERS {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(at(folder)(error)),
        };
        for entry in entries {
            let name = entry.map_err(at(folder))?.file_name();
            let name = name.to_string_lossy().into_owned();
            if name.ends_with(".policy") && name.as_str() < POLICY_NAME {
                let path = Path::new(folder).join(&name);
                files.insert(name, path);
            }
        }
    }
    Ok(files)
}

/// True for a rule that takes a helper in as its source and does not deny. What another file
/// holds that is included is not looked at: it could be anything.
fn may_grant(rule: &[&str], tags: &[String]) -> bool {
    match rule {
        [word, ..] if word.starts_with('!') => true,
        [_, _, source, _, action, ..] => *action != "deny" && may_be_helper(source, tags),
        _ => false,
    }
}

/// A helper's name is new each time, so no rule can name it. It has its template's `tags`.
fn may_be_helper(source: &str, tags: &[String]) -> bool {
    let is_its = |tag: &str| {
        tag.starts_with("qib-") || tag == "created-by-dom0" || tags.iter().any(|own| own == tag)
    };
    matches!(source, "*" | "@anyvm" | "@type:DispVM")
        || source.starts_with("@dispvm")
        || source.strip_prefix("@tag:").is_some_and(is_its)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_let_a_helper_do_more() {
        let granted = |line: &str| {
            let tags = ["inherited".to_owned()];
            may_grant(&line.split(' ').collect::<Vec<_>>(), &tags)
        };
        for line in [
            "qubes.Filecopy * @anyvm work allow",
            "qubes.Filecopy * * work ask",
            "* * @tag:qib-confined @adminvm allow",
            "my.Service + @type:DispVM @default allow target=work",
            "my.Service + @dispvm:qib-dvm work allow",
            "my.Service + @tag:inherited work allow",
            "!include-dir /etc/mine",
        ] {
            assert!(granted(line), "{line}");
        }
        for line in [
            "qubes.Filecopy * @anyvm work deny",
            "qubes.Filecopy * work @anyvm allow",
            "qubes.Filecopy * @tag:mine @tag:qib-storage allow",
        ] {
            assert!(!granted(line), "{line}");
        }
    }
}
