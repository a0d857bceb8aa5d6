//! Calls that Qubes' policy daemon is asked about, none of which is made.
//!
//! Its socket takes lines of `key=value` and an empty one, and answers `result=allow` or
//! `result=deny`; what a person would be asked about counts as allowed here.

use crate::config::Config;
use crate::error::{Result, at};
use crate::helper::Helper;
use crate::lane::Lane;
use crate::paths::POLICY_DAEMON;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// As long as any answer can be, in bytes.
const LONGEST: u64 = 4096;

/// Services that a Qubes machine lets others call.
const ELSEWHERE: [&str; 6] = [
    "qubes.Filecopy",
    "qubes.VMShell",
    "qubes.OpenURL",
    "qubes.ConnectTCP+80",
    "qubes.GetDate",
    "admin.vm.List",
];

/// Every session has an argument of its own; policy does not look at it.
const STORE: [&str; 2] = [
    "qib.Put+00000000000000000000000000000000",
    "qib.Get+00000000000000000000000000000000",
];

/// Calls about which policy says the contrary of what it must.
pub(super) fn surprises(
    helper: &Helper,
    config: &Config,
    storages: &BTreeSet<QubeName>,
) -> Result<Vec<String>> {
    let mut asked = Asked::default();
    let name = helper.name().as_str();
    let disposable = format!("@dispvm:{}", config.helper_template);
    let look = |asked: &mut Asked, right: Option<&QubeName>| -> Result<()> {
        for service in ELSEWHERE {
            for target in ["dom0", &disposable] {
                asked.must(false, name, target, service)?;
            }
        }
        for storage in storages {
            asked.about(name, storage.as_str(), right == Some(storage))?;
        }
        Ok(())
    };
    look(&mut asked, None)?;
    for storage in storages {
        if Lane::find(storage)?.is_none() {
            let text = format!("no helper can be let call {storage}");
            asked.surprises.push(text);
            continue;
        }
        let right = helper.allow(storage)?;
        look(&mut asked, Some(storage))?;
        right.end()?;
    }
    Ok(asked.surprises)
}

#[derive(Default)]
struct Asked {
    surprises: Vec<String>,
}

impl Asked {
    /// What passes between a helper and a storage qube.
    fn about(&mut self, helper: &str, storage: &str, may_store: bool) -> Result<()> {
        for service in ELSEWHERE {
            self.must(false, helper, storage, service)?;
            self.must(false, storage, helper, service)?;
        }
        self.must(false, storage, helper, "qib.Backup")?;
        self.must(false, helper, storage, "qib.Permit")?;
        for service in STORE {
            self.must(may_store, helper, storage, service)?;
        }
        Ok(())
    }

    fn must(&mut self, be: bool, source: &str, target: &str, service: &str) -> Result<()> {
        if is_allowed(source, target, service)? != be {
            let what = if be { "denied" } else { "allowed" };
            let text = format!("{service} from {source} to {target} is {what}");
            self.surprises.push(text);
        }
        Ok(())
    }
}

fn is_allowed(source: &str, target: &str, service: &str) -> Result<bool> {
    let request = format!(
        "source={source}\nintended_target={target}\nservice_and_arg={service}\n\
         just_evaluate=yes\nassume_yes_for_ask=yes\n\n"
    );
    let answer = exchange(&request).map_err(at(POLICY_DAEMON))?;
    Ok(answer.lines().any(|line| line == "result=allow"))
}

fn exchange(request: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(POLICY_DAEMON)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer)
}
