//! Opening a snapshot as a restore would, and comparing everything, with no volume to write to.

use crate::dom0::Dom0;
use crate::error::Result;
use crate::restore::{Spool, to_nowhere};
use qib_rpc::message::restore::RestoreJob;
use qib_rpc::message::verify::{VerifiedSnapshot, digest_of_packs};
use std::io::{Read, Write};

/// Opens a snapshot and everything that it needs, with an empty spool.
///
/// # Errors
/// When an object is missing or damaged, something that the manifest names does not come, or a
/// line breaks.
pub fn open<DW, SR, SW>(
    job: &RestoreJob,
    volume_bytes: u64,
    dom0: &Dom0<DW>,
    line: (SR, SW),
    spool: Spool,
) -> Result<VerifiedSnapshot>
where
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let (snapshot, counts) = to_nowhere(job, volume_bytes, dom0, line, spool)?;
    let packs = digest_of_packs(snapshot.packs.iter().map(|pack| pack.digest));
    Ok(VerifiedSnapshot { counts, packs })
}
