//! Handing a part of a snapshot to a qube, the *taker*, by `qubes.Filecopy`, as qvm-copy does. It
//! keeps what comes in its `QubesIncoming`; Qubes asks the user before the first byte.
//!
//! * `items` makes of the walk what is to be sent, in its order; `members` the same for a tar;
//! * `batch` fetches the data of some of that at once, and sends it;
//! * `file_copy` is the form in which it goes.
//!
//! Memory: a batch of 8 MiB, and a frame.

mod batch;
mod file_copy;
mod items;
mod members;

use super::part::Part;
use super::spool::Spool;
use super::steps::each_step;
use super::survey::Survey;
use super::tally::Tally;
use super::walk::{Step, Stopped};
use crate::error::{Error, Result};
use batch::Batch;
use file_copy::Header;
use file_copy::{Packer, answer};
use items::{Item, Items};
use members::Members;
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::message::restore::{HandOutForm, HandedOut};
use qib_rpc::plain_name::PlainName;
use std::io::{BufWriter, Read, Write};

/// How many times its volume's size a snapshot may hold, as where it is only opened.
const MOST_TIMES: u64 = 32;

/// A plain file that its owner alone reads: it holds what files of others hold.
const TAR_MODE: u32 = 0o100_600;

/// What is handed out.
pub struct Handing<'a, R, W> {
    /// The snapshot object.
    pub digest: Digest,
    /// The part of it.
    pub part: &'a Part<'a, R, W>,
    /// The length of the volume that it is of, in bytes.
    pub volume_bytes: u64,
    /// As what it goes.
    pub form: &'a HandOutForm,
}

impl<R: Read, W: Write> Handing<'_, R, W> {
    /// Sends everything, and hears that the taker has it.
    ///
    /// # Errors
    /// When the snapshot lies, its data does not come, or the taker does not take it.
    pub fn send<DW: Write + Send + 'static>(
        &self,
        (mut hear, speak): (impl Read, impl Write),
        tally: &Tally<'_, DW>,
    ) -> Result<HandedOut> {
        let most = self.volume_bytes.saturating_mul(MOST_TIMES);
        let survey = Survey::new(
            self.part.frames.spool,
            &self.part.snapshot,
            self.digest,
            most,
        )?;
        tally.count(|counts| {
            counts.files = survey.counts.files;
            counts.folders = survey.counts.folders;
            counts.others = survey.counts.others;
            counts.file_bytes = survey.counts.file_bytes;
            counts.bytes_expected = survey.data_bytes;
        });
        let mut packer = Packer::new(BufWriter::new(speak));
        let sent = self.send_all(&mut packer, most, tally);
        let held_back = match sent {
            Ok(held_back) => held_back.saturating_add(self.part.held_back),
            // It says why it took no more, if it took anything.
            Err(Error::Taker(gone)) => {
                return Err(Error::Taker(answer(&mut hear).err().unwrap_or(gone)));
            }
            Err(other) => return Err(other),
        };
        let sum = packer.end().map_err(|_| Error::Taker(Code::TakerRefused));
        let heard = answer(&mut hear).map_err(Error::Taker)?;
        if sum? == heard {
            let counts = tally.counts();
            Ok(HandedOut { counts, held_back })
        } else {
            Err(Error::Taker(Code::TakerFailed))
        }
    }

    /// Returns how many entries no taker takes.
    fn send_all<DW: Write + Send + 'static>(
        &self,
        packer: &mut Packer<impl Write>,
        most: u64,
        tally: &Tally<'_, DW>,
    ) -> Result<u64> {
        let mut batch = Batch::new(&self.part.frames, packer, self.digest, most);
        let (mut items, mut members) = (Items::default(), Members::default());
        match self.form {
            HandOutForm::Files => self.each(|step, spool| {
                items.step(step, spool, &mut |item| Ok(batch.add(item, tally)?))
            })?,
            HandOutForm::Tar(name) => {
                batch.add(self.tar(name)?, tally)?;
                self.each(|step, spool| {
                    members.step(step, spool, &mut |item| Ok(batch.add(item, tally)?))
                })?;
            }
        }
        batch.send(tally)?;
        Ok(items.held_back)
    }

    /// The file that is a tar; its length goes before it.
    fn tar(&self, name: &PlainName) -> Result<Item> {
        let (mut members, mut bytes) = (Members::default(), 0_u64);
        self.each(|step, spool| {
            members.step(step, spool, &mut |item| {
                bytes = bytes.saturating_add(members::length(&item));
                Ok(())
            })
        })?;
        Ok(Item::Entry(Header {
            path: name.as_str().into(),
            mode: TAR_MODE,
            bytes,
            seconds: u32::try_from(self.part.snapshot.time).unwrap_or_default(),
            nanoseconds: 0,
        }))
    }

    /// Walks the part.
    fn each(
        &self,
        mut take: impl FnMut(Step, &Spool) -> std::result::Result<(), Stopped>,
    ) -> Result<()> {
        let spool = self.part.frames.spool;
        each_step(spool, &self.part.snapshot, self.digest, |step| {
            take(step, spool)
        })
    }
}
