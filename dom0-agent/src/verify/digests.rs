//! One session that proves objects by their digests: a permit to get, a helper without keys.

use super::named::Named;
use crate::error::{Error, Result};
use crate::getting::{At, Getting};
use crate::helper::Helper;
use crate::machine::Machine;
use crate::progress::{Looked, Progress};
use crate::source::ANSWER_LIMIT;
use qib_rpc::limit::MAX_OBJECTS_IN_MESSAGE;
use qib_rpc::message::backup::Progress as ProgressMessage;
use qib_rpc::message::verify::{Verdict, VerifiedObjects, VerifyJob, VerifyObjects};
use qib_rpc::object::ObjectName;
use qib_rpc::service::Service;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Objects looked at.
    pub objects: u64,
    /// Bytes of those that are whole.
    pub bytes: u64,
    /// Those that are not whole.
    pub lost: Vec<Lost>,
}

/// An object that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which.
    pub object: ObjectName,
    /// What is wrong with it.
    pub verdict: Verdict,
}

/// Proves objects by their digests.
///
/// # Errors
/// When helper or storage fail, or nothing was checked.
pub fn digests(
    machine: &Machine,
    helper: &Helper,
    named: &Named,
    progress: &mut Progress,
) -> Result<Checked> {
    let objects: Vec<ObjectName> = named.objects.keys().copied().collect();
    let verdicts = u64::try_from(objects.len()).unwrap_or(u64::MAX);
    let limit = ANSWER_LIMIT.saturating_add(verdicts.saturating_mul(2));
    let at = At {
        storage: &named.storage,
        prefix: named.prefix,
    };
    let mut getting = Getting::start(machine, at, helper, Service::Verify, limit)?;
    let checked = converse(&mut getting, named, &objects, progress)?;
    getting.end()?;
    if checked.objects == 0 {
        return Err(Error::Disagree("nothing was checked".to_owned()));
    }
    Ok(checked)
}

fn converse(
    getting: &mut Getting<'_>,
    named: &Named,
    objects: &[ObjectName],
    progress: &mut Progress,
) -> Result<Checked> {
    let session = getting.id;
    let talk = &mut getting.talk;
    talk.say(&VerifyJob {
        session,
        storage: named.storage.qube.clone(),
    })?;
    let verdicts = u64::try_from(objects.len()).unwrap_or(u64::MAX);
    let mut looked = Looked::begin(verdicts, named.objects.values().sum());
    let mut checked = Checked::default();
    for some in objects.chunks(MAX_OBJECTS_IN_MESSAGE) {
        let objects = some.to_vec().try_into();
        let objects = objects.map_err(|text: &str| Error::Disagree(text.to_owned()))?;
        talk.say(&VerifyObjects { objects })?;
        let answer: VerifiedObjects = loop {
            let frame = talk.hear_any()?;
            if !frame.is::<ProgressMessage>() {
                break talk.decode(&frame)?;
            }
            looked.is_at(&talk.decode::<ProgressMessage>(&frame)?.counts);
            progress.show_looked(&named.name, &looked);
        };
        checked.add(some, &answer)?;
    }
    Ok(checked)
}

impl Checked {
    fn add(&mut self, objects: &[ObjectName], answer: &VerifiedObjects) -> Result<()> {
        let verdicts = answer.verdicts.items();
        if verdicts.len() != objects.len() {
            let text = "the helper did another job than asked";
            return Err(Error::Disagree(text.to_owned()));
        }
        let count = u64::try_from(objects.len()).unwrap_or(u64::MAX);
        self.objects = self.objects.saturating_add(count);
        self.bytes = self.bytes.saturating_add(answer.bytes);
        let pairs = objects.iter().zip(verdicts);
        let lost = pairs.filter(|(_, verdict)| **verdict != Verdict::Whole);
        self.lost.extend(lost.map(|(object, verdict)| Lost {
            object: *object,
            verdict: *verdict,
        }));
        Ok(())
    }

    /// Objects of which it is known that they are not there whole.
    pub fn known_lost(&self) -> impl Iterator<Item = &ObjectName> {
        let known = self.lost.iter();
        known
            .filter(|lost| lost.verdict != Verdict::Unread)
            .map(|lost| &lost.object)
    }

    /// True when not one object was there: the place itself may be away.
    pub fn is_nothing_there(&self) -> bool {
        u64::try_from(self.lost.len()).is_ok_and(|lost| lost == self.objects)
    }
}
