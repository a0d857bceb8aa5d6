//! What `qib verify` finds of dom0's own objects.

use super::report::{told, word};
use crate::destination::Destination;
use crate::ended::Ended;
use crate::error::Error;
use crate::machine::{Installation, Machine};
use crate::verify::{self, Checked, Lost};
use qib_rpc::name::QubeName;
use qib_rpc::object::Kind;
use serde_json::{Value, json};
use std::time::Instant;

/// What came of it at one storage qube.
pub struct Own {
    storage: Destination,
    checked: Checked,
    error: Option<Error>,
    seconds: f64,
}

impl Own {
    /// Looks at the settings of these qubes, or at all of dom0's own where none is named.
    pub fn look(
        machine: &Machine,
        installation: &Installation,
        storage: Destination,
        names: &[QubeName],
    ) -> Self {
        let began = Instant::now();
        let (checked, error) = match verify::own(machine, installation, &storage, names) {
            Ok(checked) => (checked, None),
            Err(error) => (Checked::default(), Some(error)),
        };
        let seconds = began.elapsed().as_secs_f64();
        Self {
            storage,
            checked,
            error,
            seconds,
        }
    }

    /// How it ended.
    pub fn ended(&self) -> Ended {
        match &self.error {
            _ if !self.checked.lost.is_empty() => Ended::Wrong,
            Some(error) => Ended::after(error),
            None => Ended::Well,
        }
    }

    /// Prints it for a person.
    pub fn print(&self) {
        let Checked {
            objects,
            bytes,
            lost,
        } = &self.checked;
        if *objects > 0 {
            let told = told(*objects, *bytes, lost.len(), self.seconds);
            println!("dom0's own at {}: {told}", self.storage);
        }
        for lost in lost {
            println!(
                "  {} is {}: {}",
                lost.object,
                word(lost.verdict),
                means(lost)
            );
        }
        if let Some(error) = &self.error {
            eprintln!("qib: error: dom0's own at {}: {error}", self.storage);
        }
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let lost = self.checked.lost.iter();
        let lost =
            lost.map(|lost| json!({ "object": lost.object.to_string(), "is": word(lost.verdict) }));
        json!({
            "ok": self.ended() == Ended::Well,
            "storage": self.storage.to_string(),
            "objects": self.checked.objects,
            "bytes": self.checked.bytes,
            "not_whole": lost.collect::<Vec<Value>>(),
            "error": self.error.as_ref().map(ToString::to_string),
            "seconds": self.seconds,
        })
    }
}

fn means(lost: &Lost) -> &'static str {
    match lost.object.kind {
        Kind::Settings => "a qube can be set up as it was from dom0's own copy alone",
        _ => "not all files of dom0 can be restored; 'qib backup dom0 --always' stores all again",
    }
}
