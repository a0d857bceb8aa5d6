//! Proving objects by their digests, a message of dom0's after the other.

use super::objects::Objects;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use qib_rpc::count::Counts;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::verify::{Verdict, VerifiedObjects, VerifyObjects};
use std::io::{Read, Write};

/// Answers each message until dom0 ends the call.
///
/// # Errors
/// When a line breaks, or the storage qube refuses.
pub fn prove<DR, DW, SR, SW>(
    mut from_dom0: Receiver<DR>,
    dom0: &Dom0<DW>,
    (input, output): (SR, SW),
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read,
    SW: Write,
{
    let mut storage = Objects::new(input, output);
    let mut counts = Counts::default();
    while let Some(frame) = from_dom0.next_frame().map_err(Error::Dom0)? {
        let asked = frame.decode::<VerifyObjects>().map_err(Error::Dom0)?;
        let asked = asked.map_err(|_| Error::Dom0(LineError::Lost))?;
        let mut told = |bytes| {
            counts.objects = counts.objects.saturating_add(1);
            counts.bytes_stored = counts.bytes_stored.saturating_add(bytes);
            dom0.count(&counts);
        };
        let proved = storage.prove(asked.objects.items(), &mut told)?;
        let whole = proved.iter().filter(|(found, _)| *found == Verdict::Whole);
        let bytes = whole.map(|(_, bytes)| *bytes).fold(0, u64::saturating_add);
        let verdicts: Vec<Verdict> = proved.iter().map(|(found, _)| *found).collect();
        let verdicts = verdicts.try_into().map_err(Error::Job)?;
        dom0.say(&VerifiedObjects { verdicts, bytes })?;
    }
    Ok(())
}
