//! Files of a snapshot for a qube that is there, the *taker*: as files, or as one tar.

use super::{Ended, print_json};
use crate::admin::call;
use crate::command::restore::note_lost_pack;
use crate::error::{Error, Result};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::source::{Wish, files};
use crate::restore::{self, Volume, Work};
use crate::undo::Undos;
use crate::{passphrase, report, storage, text};
use qib_rpc::message::restore::{HandOutForm, HandedOut};
use qib_rpc::name::QubeName;
use qib_rpc::plain_name::PlainName;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// What is to be handed out, and how.
pub(super) struct HandOut<'a> {
    /// Of what; with paths.
    pub wish: Wish<'a>,
    /// Who gets it.
    pub taker: &'a QubeName,
    /// As one tar.
    pub as_tar: bool,
    /// Say what would be done, and stop.
    pub dry_run: bool,
    /// Where the passphrase is.
    pub passphrase_file: Option<&'a Path>,
    /// Print the result as JSON.
    pub json: bool,
}

impl HandOut<'_> {
    pub(super) fn run(&self, quiet: bool) -> Result<Ended> {
        let began = Instant::now();
        let machine = Machine::open()?;
        let mut installation = Installation::open()?;
        let mut progress = Progress::new(quiet);
        let mut undos = Undos::sweep()?;
        self.check_taker()?;
        let volume = files(&installation.ledger.book, &self.wish)?;
        storage::wake(&volume.storage, &progress)?;
        if self.dry_run || !quiet {
            eprint!("{}", self.plan(&volume));
        }
        if self.dry_run {
            return Ok(Ended::Well);
        }
        let passphrase = passphrase::read(self.passphrase_file, &machine.stop)?;
        progress.stage(&volume.qube.name, "opening the keys");
        let qube = &volume.qube;
        let identity =
            restore::open_identity(&machine, &installation, qube, passphrase, &mut undos)?;
        let mut work = Work {
            machine: &machine,
            installation: &installation,
            undos: &mut undos,
            progress: &mut progress,
        };
        let handed = work.hand_out(&volume, identity, self.taker, self.form(&volume)?);
        progress.clear();
        if let Err(error) = &handed {
            note_lost_pack(&mut installation, std::slice::from_ref(&volume), error)?;
        }
        self.tell(&volume, &handed?, began.elapsed().as_secs_f64())?;
        Ok(Ended::Well)
    }

    fn check_taker(&self) -> Result<()> {
        let taker = self.taker;
        match call::find_qube(taker)? {
            Some(_) => Ok(()),
            None => Err(Error::Restore(format!(
                "there is no qube {taker} to take the files; 'qib restore --as {taker}' makes one of them"
            ))),
        }
    }

    fn form(&self, volume: &Volume) -> Result<HandOutForm> {
        if !self.as_tar {
            return Ok(HandOutForm::Files);
        }
        let time = text::time_in_name(volume.snapshot.time);
        let name = format!(
            "{}_{time}_{}.tar",
            volume.qube.name, volume.snapshot.sequence
        );
        let name = PlainName::try_from(name);
        let name = name.map_err(|error| Error::Ledger(error.to_owned()))?;
        Ok(HandOutForm::Tar(name))
    }

    fn plan(&self, volume: &Volume) -> String {
        format!(
            "{}: {} from snapshot {} of {}, {}, into its QubesIncoming; Qubes will ask you\n",
            self.taker,
            if self.as_tar { "a tar" } else { "files" },
            volume.snapshot.sequence,
            volume.qube.name,
            text::time(volume.snapshot.time),
        )
    }

    fn tell(&self, volume: &Volume, handed: &HandedOut, seconds: f64) -> Result<()> {
        if self.json {
            return print_json(&self.report(volume, handed, seconds));
        }
        let counts = &handed.counts;
        println!(
            "{}: has {} of {} from snapshot {}, {}",
            self.taker,
            text::count(counts.files, "file", "files"),
            volume.qube.name,
            volume.snapshot.sequence,
            text::time(volume.snapshot.time),
        );
        println!(
            "  {}, in {}; {} fetched in {}; {seconds:.1} s",
            text::bytes(counts.file_bytes),
            text::count(counts.folders, "folder", "folders"),
            text::bytes(counts.bytes_stored),
            text::count(counts.objects, "object", "objects"),
        );
        if handed.held_back > 0 {
            let held_back = text::number(handed.held_back);
            println!(
                "  held back: {held_back}, such as links that lead elsewhere; a folder counts as one"
            );
        }
        Ok(())
    }

    fn report(&self, volume: &Volume, handed: &HandedOut, seconds: f64) -> Value {
        json!({
            "qube": self.taker.as_str(),
            "from": volume.qube.name.as_str(),
            "snapshot": volume.snapshot.sequence,
            "time": volume.snapshot.time,
            "counts": report::counts(&handed.counts),
            "bytes_fetched": handed.counts.bytes_stored,
            "held_back": handed.held_back,
            "seconds": seconds,
        })
    }
}
