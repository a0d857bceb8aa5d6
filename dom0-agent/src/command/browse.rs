//! `qib browse` and `qib find`: snapshots of a qube as folders, in a disposable, and what is found
//! in them.

use super::Ended;
use crate::browse::on_show::OnShow;
use crate::browse::{Look, Show};
use crate::cli::{Browse, Find};
use crate::error::{Error, Result};
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::progress::Progress;
use crate::restore::source::with_number;
use crate::undo::{Undo, Undos};
use crate::{passphrase, restore, storage, text};
use qib_rpc::call::Window;
use qib_rpc::glob::Globs;
use qib_rpc::limit::MAX_SHOWN_SNAPSHOTS;
use qib_rpc::service::{FOUND_FILE, HELPER_FOLDER};

pub(super) fn run(arguments: &Browse, quiet: bool) -> Result<Ended> {
    let find = Globs::default();
    look(
        arguments,
        &Look {
            window: window(arguments, Window::Files),
            find,
        },
        quiet,
    )
}

pub(super) fn find(arguments: &Find, quiet: bool) -> Result<Ended> {
    let find = arguments.patterns();
    let find = find.map_err(|error| Error::Usage(error.to_string()))?;
    let arguments = &arguments.look;
    look(
        arguments,
        &Look {
            window: window(arguments, Window::Found),
            find,
        },
        quiet,
    )
}

fn look(arguments: &Browse, look: &Look, quiet: bool) -> Result<Ended> {
    let mut machine = Machine::open()?;
    let installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    let name = &arguments.qube;
    let asked = Asked {
        name,
        id: arguments.id.as_deref(),
        storage: arguments.dest_vm.as_ref(),
    };
    let history = named::history(&installation.ledger.book, asked)?;
    let snapshots = chosen(history, arguments.snapshot)?;
    storage::wake(history.storage()?, &progress)?;
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
    progress.stage(name, "opening the keys");
    let qube = &history.qube;
    let identity = restore::open_identity(&machine, &installation, qube, passphrase, &mut undos)?;
    progress.stage(name, "starting a disposable with a screen");
    let helper = Helper::start_with_screen(&machine, &mut undos)?;
    let on_show = OnShow::note(helper.name())?;
    let with = (&helper, identity);
    let show = Show::start(
        &machine,
        &installation,
        history,
        with,
        &snapshots,
        look,
        &mut progress,
    );
    progress.clear();
    let show = show.map_err(|error| error.of(name))?;
    undos.keep(&Undo::Helper(helper.name().clone()))?;
    drop(undos);
    machine.let_others_work();
    if !quiet {
        eprint!("{}", told(arguments, &helper, look, snapshots.len()));
    }
    let looked = show.wait();
    on_show.end()?;
    let counts = looked.map_err(|error| error.of(name))?;
    if !quiet {
        let fetched = text::bytes(counts.bytes_stored);
        eprintln!("{name}: {} is gone; {fetched} were fetched", helper.name());
    }
    Ok(Ended::Well)
}

/// The newest come first where there are too many.
fn chosen(history: &History, number: Option<u64>) -> Result<Vec<&SnapshotRecord>> {
    if let Some(number) = number {
        return Ok(vec![with_number(history, number)?]);
    }
    let newest = history.snapshots.iter().rev();
    let snapshots: Vec<_> = newest.take(MAX_SHOWN_SNAPSHOTS).collect();
    if snapshots.is_empty() {
        let name = &history.qube.name;
        return Err(Error::Restore(format!("{name} has no files stored")));
    }
    Ok(snapshots)
}

fn window(arguments: &Browse, otherwise: Window) -> Window {
    if arguments.terminal {
        Window::Terminal
    } else {
        otherwise
    }
}

fn told(arguments: &Browse, helper: &Helper, look: &Look, snapshots: usize) -> String {
    let (name, helper) = (&arguments.qube, helper.name());
    let snapshots = u64::try_from(snapshots).unwrap_or(u64::MAX);
    let found = if look.find.items().is_empty() {
        String::new()
    } else {
        format!("  what was found says {HELPER_FOLDER}/{FOUND_FILE}\n")
    };
    format!(
        "{name}: {} in {helper}, in {HELPER_FOLDER}\n{found}  \
         files go from there to another qube with qvm-copy; Qubes will ask you\n  \
         ^C here, or shutting {helper} down, ends it\n",
        text::count(snapshots, "snapshot", "snapshots"),
    )
}
