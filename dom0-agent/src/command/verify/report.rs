//! What `qib verify` prints of one volume.

use super::affected::Suffers;
use crate::destination::Destination;
use crate::ended::Ended;
use crate::error::Error;
use crate::ledger::book::History;
use crate::part::Part;
use crate::verify::{Checked, Lost, needed_by};
use crate::{report, text};
use qib_rpc::count::Counts;
use qib_rpc::fault::Code;
use qib_rpc::message::verify::Verdict;
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lines about objects that are lost; the rest is in the JSON.
const MOST_LINES: usize = 20;

/// What is wrong with an object.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Missing => "missing",
        Verdict::Damaged | Verdict::Whole => "damaged",
        Verdict::Unread => "unread",
    }
}

/// How much was looked at, and whether it is whole.
pub fn told(objects: u64, bytes: u64, lost: usize, seconds: f64) -> String {
    let whole = match u64::try_from(lost).unwrap_or(u64::MAX) {
        0 => "all whole".to_owned(),
        count => format!("{} not whole", text::number(count)),
    };
    let objects = text::count(objects, "object", "objects");
    let bytes = text::bytes(bytes);
    format!("{objects}, {bytes} proved; {whole}; {seconds:.1} s")
}

/// What came of looking at one volume.
pub struct Looked {
    name: Option<QubeName>,
    part: Part,
    storage: Option<Destination>,
    objects: u64,
    bytes: u64,
    is_nothing_there: bool,
    /// What is not whole.
    pub findings: Vec<Finding>,
    /// What that means for snapshots, where it was counted.
    pub suffers: Vec<Suffers>,
    /// What the snapshot holds that was opened.
    pub opened: Option<Counts>,
    /// Why it was not looked at to the end.
    pub error: Option<Error>,
    /// How long it took.
    pub seconds: f64,
}

/// An object that is not whole, and what that means.
pub struct Finding {
    object: ObjectName,
    what: &'static str,
    /// The kept snapshots that need it.
    snapshots: Vec<u64>,
    /// Nothing is known of one that could not be read.
    is_lost: bool,
}

impl Finding {
    fn new(history: &History, lost: &Lost) -> Self {
        Self {
            object: lost.object,
            what: word(lost.verdict),
            snapshots: needed_by(history, &lost.object),
            is_lost: lost.verdict != Verdict::Unread,
        }
    }

    /// What opening found.
    pub fn of_opening(history: &History, object: ObjectName, code: Code) -> Self {
        Self {
            object,
            what: match code {
                Code::NotOurs => "of another qube",
                Code::Missing => "missing",
                _ => "not what it must be",
            },
            snapshots: needed_by(history, &object),
            is_lost: true,
        }
    }

    fn means(&self) -> String {
        match self.object.kind {
            Kind::Index => "the next backup reads and stores everything again".to_owned(),
            Kind::Key => "the next backup stores it again".to_owned(),
            Kind::Packs => "what an interrupted backup stored is stored again".to_owned(),
            _ => {
                let numbers: Vec<String> = self.snapshots.iter().map(u64::to_string).collect();
                format!("needed by snapshot {}", numbers.join(", "))
            }
        }
    }
}

impl Looked {
    /// Nothing yet.
    pub fn new(name: QubeName, part: Part, storage: Option<Destination>) -> Self {
        Self {
            name: Some(name),
            part,
            storage,
            objects: 0,
            bytes: 0,
            is_nothing_there: false,
            findings: Vec::new(),
            suffers: Vec::new(),
            opened: None,
            error: None,
            seconds: 0.0,
        }
    }

    /// A volume that the ledger does not know.
    pub fn unknown(error: Error) -> Self {
        Self {
            name: None,
            part: Part::Private,
            storage: None,
            objects: 0,
            bytes: 0,
            is_nothing_there: false,
            findings: Vec::new(),
            suffers: Vec::new(),
            opened: None,
            error: Some(error),
            seconds: 0.0,
        }
    }

    /// What the digests said.
    pub fn add(&mut self, history: &History, checked: &Checked) {
        self.objects = checked.objects;
        self.bytes = checked.bytes;
        self.is_nothing_there = checked.is_nothing_there();
        let lost = checked.lost.iter();
        self.findings = lost.map(|lost| Finding::new(history, lost)).collect();
    }

    /// How the look ended: what is lost counts more than what could not be looked at.
    pub fn ended(&self) -> Ended {
        match &self.error {
            _ if self.has_lost() => Ended::Wrong,
            Some(error) => Ended::after(error),
            None => Ended::Well,
        }
    }

    /// The snapshots that need what is lost, in their order.
    pub fn suffering(&self) -> BTreeSet<u64> {
        let lost = self.findings.iter().filter(|finding| finding.is_lost);
        lost.flat_map(|finding| finding.snapshots.iter().copied())
            .collect()
    }

    /// True when something is not whole.
    pub fn has_lost(&self) -> bool {
        !self.findings.is_empty()
    }
}

impl Looked {
    /// Prints it for a person.
    pub fn print(&self) {
        let of = self.name.as_ref().map_or("?", QubeName::as_str);
        let of = format!("{of}{}", self.part.suffix());
        if self.objects > 0 {
            let lost = self.findings.len();
            println!(
                "{of}: {}",
                told(self.objects, self.bytes, lost, self.seconds)
            );
        }
        for finding in self.findings.iter().take(MOST_LINES) {
            let Finding { object, what, .. } = finding;
            println!("  {object} is {what}: {}", finding.means());
        }
        if let Some(more) = self
            .findings
            .len()
            .checked_sub(MOST_LINES)
            .filter(|more| *more > 0)
        {
            println!("  and {more} more: see --json");
        }
        if self.is_nothing_there {
            println!("  not one object was found: is the storage qube's disk attached?");
        } else if self.has_lost() {
            self.print_suffering();
            println!("  the next backup stores again what its qube still has of that");
        }
        if let Some(counts) = &self.opened {
            println!(
                "  opened and compared: {} files, {}, in {} folders; {} links and others",
                text::number(counts.files),
                text::bytes(counts.file_bytes),
                text::number(counts.folders),
                text::number(counts.others),
            );
        }
        if let Some(error) = &self.error {
            eprintln!("qib: error: {of}: {error}");
        }
    }

    fn print_suffering(&self) {
        for suffers in &self.suffers {
            println!("  {}", suffers.told());
        }
        if !self.suffers.is_empty() {
            println!(
                "  what else a snapshot has comes with 'qib restore --as NAME --hold-back lost'"
            );
        }
        let more = self.suffering().len().saturating_sub(self.suffers.len());
        match self.suffers.is_empty() {
            _ if more == 0 => {}
            false => println!("  and {more} older snapshots, not counted"),
            // Where there is an error, it is of the counting.
            true if self.error.is_some() => {}
            true => println!("  with the passphrase (-p) it is counted how many files that is"),
        }
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let findings = self.findings.iter().map(|finding| {
            json!({
                "object": finding.object.to_string(),
                "is": finding.what,
                "snapshots": finding.snapshots,
            })
        });
        json!({
            "qube": self.name.as_ref().map(QubeName::as_str),
            "part": self.part.name(),
            "storage": self.storage.as_ref().map(Destination::to_string),
            "ok": self.ended() == Ended::Well,
            "objects": self.objects,
            "bytes": self.bytes,
            "affected": self.suffers.iter().map(Suffers::json).collect::<Vec<Value>>(),
            "not_whole": findings.collect::<Vec<Value>>(),
            "opened": self.opened.as_ref().map(report::counts),
            "error": self.error.as_ref().map(ToString::to_string),
            "seconds": self.seconds,
        })
    }
}
