//! `qib forget`: what goes, what that frees, and the ledger's record of it.

use super::{Ended, lock, print_json};
use crate::admin::call;
use crate::admin::reply::Qube;
use crate::cli::Forget as Arguments;
use crate::destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::{MAX_SEQUENCES, Record};
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::progress::Progress;
use crate::retention::plan::{self, Freed, Going};
use crate::retention::policy::Policy;
use crate::select::{Choice, Selector};
use crate::{storage, text};
use qib_rpc::id::QubeId;
use qib_rpc::name::QubeName;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The feature that holds a qube's policy.
const FEATURE: &str = "qib.retention";

/// What went of one history.
struct Forgotten {
    qube: QubeId,
    /// The qube's name, with the part.
    name: String,
    sequences: Vec<u64>,
    kept: Vec<u64>,
    freed: Freed,
}

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let policy = arguments.keep.policy();
    let policy = policy.map_err(|error| Error::Usage(error.to_string()))?;
    let is_one = matches!(arguments.qubes.as_slice(), [Selector::Name(_)]);
    if !is_one && (arguments.id.is_some() || !arguments.snapshot.is_empty()) {
        let text = "--id and --snapshot are for one qube, by its name";
        return Err(Error::Usage(text.to_owned()));
    }
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let known = storage::known(&machine.config, &installation.ledger.book);
    if !arguments.dry_run {
        // Only the ledger changes: a storage qube that is away gets its copy later.
        storage::reach(&machine, &installation, &known, &Progress::new(quiet))?;
    }
    let qubes = call::qubes()?;
    let choice = Choice {
        all: arguments.all,
        of: &arguments.qubes,
        but: &arguments.exclude,
    };
    let (mut done, mut each) = (Vec::new(), Vec::new());
    for name in choice.names(&qubes, &destination::qubes(&known))? {
        match of_qube(arguments, policy, &installation, &qubes, &name) {
            Ok(found) => {
                done.extend(found);
                each.push(Ended::Well);
            }
            Err(error) => {
                eprintln!("qib: error: {name}: {error}");
                each.push(Ended::after(&error));
            }
        }
    }
    if !arguments.dry_run {
        for record in done.iter().flat_map(|one| records(one, machine.now())) {
            installation.ledger.append(record)?;
        }
        storage::spread(&machine, &installation);
    }
    if arguments.json {
        let all: Vec<Value> = done.iter().map(|one| one.json(arguments.dry_run)).collect();
        print_json(&json!({ "qubes": all }))?;
    } else {
        done.iter().for_each(|one| one.print(arguments.dry_run));
    }
    Ok(Ended::of_each(each))
}

fn of_qube(
    arguments: &Arguments,
    policy: Option<Policy>,
    installation: &Installation,
    qubes: &[Qube],
    name: &QubeName,
) -> Result<Vec<Forgotten>> {
    let book = &installation.ledger.book;
    let histories = histories(arguments, installation, qubes, name)?;
    if histories.is_empty() {
        return Ok(Vec::new());
    }
    for history in &histories {
        refuse_frozen(history)?;
        book.root(history.qube.id).map_or(Ok(()), refuse_frozen)?;
    }
    let root = |history: &History| book.root(history.qube.id);
    let going = if !arguments.snapshot.is_empty() {
        let history = named::only(&histories)?;
        plan::with_root(numbered(history, &arguments.snapshot)?, root(history))
    } else if let Some(policy) = policy.map_or_else(|| policy_of(name), |given| Ok(Some(given)))? {
        let plans = histories.into_iter();
        let plans = plans.map(|history| plan::by_policy(&policy, history, root(history)));
        plans.flatten().collect()
    } else if arguments.all {
        return Ok(Vec::new());
    } else {
        return Err(Error::Config(format!(
            "no policy says what to keep; give one, such as --keep-daily 7, or set one with \
             'qvm-features {name} {FEATURE} daily=7,weekly=4'"
        )));
    };
    Ok(going.iter().map(Forgotten::new).collect())
}

fn asked<'a>(arguments: &'a Arguments, name: &'a QubeName) -> Asked<'a> {
    Asked {
        name,
        id: arguments.id.as_deref(),
        storage: None,
    }
}

/// While an alarm lasts, what went before it may be all that is good.
fn refuse_frozen(history: &History) -> Result<()> {
    let Some((sequence, signs)) = history.frozen() else {
        return Ok(());
    };
    let name = &history.qube.name;
    Err(Error::Restore(format!(
        "alarm since snapshot {sequence}: {signs}; nothing is forgotten until 'qib thaw {name}'"
    )))
}

/// The histories that are meant, one for each storage qube; none of a qube that was never backed
/// up and not named.
fn histories<'a>(
    arguments: &Arguments,
    installation: &'a Installation,
    qubes: &[Qube],
    name: &QubeName,
) -> Result<Vec<&'a History>> {
    let book = &installation.ledger.book;
    let living: Vec<&History> = match qubes.iter().find(|qube| qube.name == *name) {
        Some(qube) => book.of_living(name, call::with_uuid(qube)?.uuid).collect(),
        None => Vec::new(),
    };
    if (living.is_empty() && arguments.all) || (!living.is_empty() && arguments.id.is_none()) {
        return Ok(living);
    }
    let histories = named::histories(book, asked(arguments, name))?;
    let exists = |id: QubeId| living.iter().any(|living| living.qube.id == id);
    if arguments.yes || histories.iter().all(|history| exists(history.qube.id)) {
        return Ok(histories);
    }
    let text = "this qube does not exist any more, and what is stored of it may be all that is \
                left; to forget some of that, add --yes";
    Err(Error::Declined(text.to_owned()))
}

/// The policy that was set for a qube.
fn policy_of(name: &QubeName) -> Result<Option<Policy>> {
    let text = match call::feature(name, FEATURE) {
        // A qube that is gone has no features.
        Err(error) if error.is("QubesVMNotFoundError") => None,
        text => text?.filter(|text| !text.is_empty()),
    };
    let wrong = |error| Error::Config(format!("its feature '{FEATURE}': {error}"));
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

fn numbered<'a>(history: &'a History, sequences: &[u64]) -> Result<Going<'a>> {
    let ordered: BTreeSet<u64> = sequences.iter().copied().collect();
    for sequence in &ordered {
        if history.snapshot(*sequence).is_none() {
            return Err(lock::no_snapshot(&history.qube.name, *sequence));
        }
        if history.is_locked(*sequence) {
            let text = format!("snapshot {sequence} is locked; see 'qib unlock --help'");
            return Err(Error::Restore(text));
        }
    }
    Ok(Going {
        history,
        sequences: ordered.into_iter().collect(),
    })
}

fn records(one: &Forgotten, time: i64) -> impl Iterator<Item = Record> {
    let qube = one.qube;
    let parts = one.sequences.chunks(MAX_SEQUENCES);
    parts.map(move |sequences| Record::Forgot {
        qube,
        time,
        sequences: sequences.to_vec(),
    })
}

impl Forgotten {
    fn new(going: &Going<'_>) -> Self {
        let history = going.history;
        Self {
            qube: history.qube.id,
            name: format!("{}{}", history.qube.name, history.part().suffix()),
            sequences: going.sequences.clone(),
            kept: going.stay(),
            freed: going.freed(),
        }
    }

    fn print(&self, dry_run: bool) {
        let (name, kept) = (&self.name, text::ranges(&self.kept));
        if self.sequences.is_empty() {
            println!("{name}: nothing goes; kept: {kept}");
            return;
        }
        let verb = if dry_run { "would be " } else { "" };
        let gone = text::ranges(&self.sequences);
        println!("{name}: {verb}forgotten: {gone}; kept: {kept}");
        let Freed {
            packs,
            bytes,
            shared_bytes,
        } = self.freed;
        println!(
            "  frees {} in {}; of {} in packs that kept snapshots need too, an unknown part",
            text::bytes(bytes),
            text::count(packs, "pack", "packs"),
            text::bytes(shared_bytes),
        );
    }

    fn json(&self, dry_run: bool) -> Value {
        json!({
            "qube": self.name,
            "id": self.qube.to_string(),
            "dry_run": dry_run,
            "forgotten": self.sequences,
            "kept": self.kept,
            "freed_packs": self.freed.packs,
            "freed_bytes": self.freed.bytes,
            "shared_bytes_at_most": self.freed.shared_bytes,
        })
    }
}
