//! `qib init`: keys and recovery kit, made in a helper of their own.

use super::Ended;
use crate::cli::Init;
use crate::error::{Error, Result};
use crate::helper::Helper;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::ledger::record::Record;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::records::Records;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use crate::undo::Undos;
use crate::{passphrase, state, storage};
use qib_rpc::key::{Dom0Secret, Entropy, Passphrase};
use qib_rpc::message::key::{KeyInitDone, KeyInitJob};
use qib_rpc::message::record::Place;
use qib_rpc::object::Kind;
use qib_rpc::service::Service;

pub(super) fn run(arguments: &Init, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    if state::is_initialised() {
        return Err(Error::AlreadyInitialised);
    }
    let progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    storage::wake(&machine.config.storage, &progress)?;
    if !arguments.begin_anew {
        refuse_beside_an_earlier_one(&machine)?;
    }
    let passphrase = choose(&machine, arguments)?;
    let secret = Dom0Secret::new(machine.random()?);
    let made = make(&machine, passphrase.clone(), secret.clone(), &mut undos)?;
    if arguments.generate {
        // Before anything is sealed that it alone opens.
        println!("Passphrase, shown this once: {}", passphrase.expose());
    }
    let mut records = Records::start(&machine, &machine.config.storage)?;
    if !arguments.no_kit_at_storage {
        records.put(Place::Root, Kind::Kit, made.kit.expose())?;
    }
    state::put_aside()?;
    state::write(&secret, &made.kit)?;
    let begin = Record::Begin {
        master: made.recipient,
    };
    let ledger = Ledger::create(&state::ledger_path(), Keys::new(&secret).ledger(), begin)?;
    if let Err(error) = records.copy_ledger(&ledger) {
        eprintln!("qib: warning: the ledger has no copy at the storage qube yet: {error}");
    }
    report(arguments);
    Ok(Ended::Well)
}

/// Who reinstalled wants the backups back, and a new ledger would be what storage shows from now
/// on. A kit without a ledger is of an init that was cut off: nothing was ever stored with it.
fn refuse_beside_an_earlier_one(machine: &Machine) -> Result<()> {
    let mut records = Records::start(machine, &machine.config.storage)?;
    match records.newest(Kind::Ledger)? {
        Some(_) => Err(Error::EarlierInstallation(machine.config.storage.clone())),
        None => Ok(()),
    }
}

fn choose(machine: &Machine, arguments: &Init) -> Result<Passphrase> {
    if arguments.generate {
        passphrase::generate(machine.random()?)
    } else {
        passphrase::choose(arguments.passphrase_file.as_deref(), &machine.stop)
    }
}

fn make(
    machine: &Machine,
    passphrase: Passphrase,
    secret: Dom0Secret,
    undos: &mut Undos,
) -> Result<KeyInitDone> {
    let helper = Helper::start(machine, undos)?;
    let mut talk = Talk::with_helper(helper.name(), Service::KeyInit, ANSWER_LIMIT, &machine.stop)?;
    talk.say(&KeyInitJob {
        passphrase,
        secret,
        entropy: Entropy::new(machine.random()?),
    })?;
    let made = talk.hear()?;
    drop(talk);
    undos.all()?;
    Ok(made)
}

fn report(arguments: &Init) {
    println!("Set up. Keep the passphrase: without it nothing that is stored can be read again.");
    println!("The recovery kit is {}", state::kit_path().display());
    if arguments.no_kit_at_storage {
        println!("and nowhere else: copy it to a safe place now.");
    } else {
        println!("and lies with the backups too; a printed or copied one does no harm.");
    }
    println!("Next: 'qib backup --all', or 'qib backup QUBE'.");
}
