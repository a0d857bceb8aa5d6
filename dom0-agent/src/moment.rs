//! Which states of a qube's volumes a backup is of: as the command line says, else as the qube's
//! feature says, else the one that it is in.

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::cli::Backup as Arguments;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::part::Part;
use crate::pool::{Moment, Pooled};
use crate::revision::{Named, Revision};
use qib_rpc::name::QubeName;

/// The feature of a qube with which dom0 chooses between [`LIVE`] and [`LAST_SHUTDOWN`].
const FEATURE: &str = "qib.moment";
const LIVE: &str = "live";
const LAST_SHUTDOWN: &str = "last-shutdown";

/// What to read of a qube, in this order.
///
/// # Errors
/// When there is no such revision, the feature has another value, or qubesd does not tell.
pub fn wanted(
    arguments: &Arguments,
    book: &Book,
    (qube, storage): (&Qube, &Destination),
    parts: &[Part],
) -> Result<Vec<(Part, Moment)>> {
    if let Some(named) = &arguments.revision {
        let revision = named_one(&qube.name, named)?;
        return Ok(vec![(named.part, Moment::Revision(revision))]);
    }
    let present = present(arguments, &qube.name)?;
    let mut wanted = Vec::new();
    for part in parts {
        if arguments.revisions {
            let older = new_ones(book, (qube, storage), *part)?.into_iter();
            wanted.extend(older.map(|revision| (*part, Moment::Revision(revision))));
        }
        wanted.push((*part, present.clone()));
    }
    Ok(wanted)
}

fn present(arguments: &Arguments, qube: &QubeName) -> Result<Moment> {
    if arguments.live {
        return Ok(Moment::Now);
    }
    if arguments.last_shutdown {
        return Ok(Moment::LastShutdown);
    }
    match call::feature(qube, FEATURE)?.as_deref() {
        None | Some(LIVE) => Ok(Moment::Now),
        Some(LAST_SHUTDOWN) => Ok(Moment::LastShutdown),
        Some(_) => Err(Error::Config(format!(
            "its feature '{FEATURE}' must be '{LIVE}' or '{LAST_SHUTDOWN}'"
        ))),
    }
}

fn named_one(qube: &QubeName, named: &Named) -> Result<Revision> {
    let mut all = Pooled::find(qube, named.part)?.revisions()?.into_iter();
    all.find(|revision| revision.id == named.id).ok_or_else(|| {
        let part = named.part.name();
        Error::Volume(format!(
            "its {part} volume has no revision {}; see 'qvm-volume info {qube}:{part}'",
            named.id
        ))
    })
}

/// The revisions that no snapshot was made of at a storage qube, the oldest first.
fn new_ones(
    book: &Book,
    (qube, storage): (&Qube, &Destination),
    part: Part,
) -> Result<Vec<Revision>> {
    let mut all = Pooled::find(&qube.name, part)?.revisions()?;
    let private = book.living_at(&qube.name, qube.uuid, storage);
    let history: Option<&History> = private.and_then(|private| match part {
        Part::Private => Some(private),
        Part::Root => book.root(private.qube.id),
    });
    all.retain(|revision| !history.is_some_and(|history| history.has_revision(revision)));
    Ok(all)
}
