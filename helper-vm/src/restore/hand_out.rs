//! Handing a part of a snapshot to a qube, the *taker*, by `qubes.Filecopy`, as qvm-copy does. It
//! keeps what comes in its `QubesIncoming`; Qubes asks the user before the first byte.
//!
//! * `items` makes of the walk what is to be sent, in its order;
//! * `batch` fetches the data of some of that at once, and sends it;
//! * `file_copy` is the form in which it goes.
//!
//! Memory: a batch of 8 MiB, and a frame.

mod batch;
mod file_copy;
mod items;

use super::part::Part;
use super::survey::Survey;
use super::tally::Tally;
use super::walk::{Stopped, Walk};
use crate::error::{Error, Result};
use batch::Batch;
use file_copy::{Packer, answer};
use items::Items;
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::message::restore::HandedOut;
use std::io::{BufWriter, Read, Write};

/// How many times its volume's size a snapshot may hold, as where it is only opened.
const MOST_TIMES: u64 = 32;

/// What is handed out.
pub struct Handing<'a, R, W> {
    /// The snapshot object.
    pub digest: Digest,
    /// The part of it.
    pub part: &'a Part<'a, R, W>,
    /// The length of the volume that it is of, in bytes.
    pub volume_bytes: u64,
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

    fn send_all<DW: Write + Send + 'static>(
        &self,
        packer: &mut Packer<impl Write>,
        most: u64,
        tally: &Tally<'_, DW>,
    ) -> Result<u64> {
        let (spool, snapshot) = (self.part.frames.spool, &self.part.snapshot);
        let mut batch = Batch::new(&self.part.frames, packer, self.digest, most);
        let mut items = Items::default();
        let mut walk = Walk::new(spool, snapshot);
        let mut all = || {
            while let Some(step) = walk.next_step()? {
                items.step(step, spool, &mut |item| Ok(batch.add(item, tally)?))?;
            }
            Ok(batch.send(tally)?)
        };
        all().map_err(|stopped: Stopped| stopped.about(self.digest))?;
        Ok(items.held_back)
    }
}
