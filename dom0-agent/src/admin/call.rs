//! The Admin API's methods that qib uses, with types.

use crate::admin::reply::{self, Property, Qube};
use crate::admin::{AdminError, call, call_internal};
use crate::revision::RevisionId;
use crate::settings::Word;
use qib_rpc::name::QubeName;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The tag with which Qubes refuses to start a qube.
pub const RESTORING: &str = "backup-restore-in-progress";

pub(super) type Result<T> = std::result::Result<T, AdminError>;

/// Where a volume lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its pool.
    pub pool: String,
    /// Its name in the pool.
    pub vid: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// A running qube writes to a copy, and what its last shutdown left stays as it is.
    pub keeps_last_shutdown: bool,
}

/// How full a pool is, as far as it can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Of the content of volumes.
    pub data: Option<Fill>,
    /// Of the tables that say where that lies.
    pub metadata: Option<Fill>,
}

/// Room and what is used of it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    size: u64,
    used: u64,
}

impl Fill {
    /// How much of it is used.
    pub fn percent(self) -> u64 {
        let used = self.used.saturating_mul(100);
        used.checked_div(self.size).unwrap_or(0)
    }
}

/// Every qube but dom0.
///
/// # Errors
/// [`AdminError`] says why.
pub fn qubes() -> Result<Vec<Qube>> {
    reply::qubes(&call("admin.vm.List", "", "dom0", b"")?).ok_or_else(|| bad("admin.vm.List"))
}

/// The qube with its uuid, which up to Qubes 4.2 no list tells.
///
/// # Errors
/// [`AdminError`] says why.
pub fn with_uuid(qube: &Qube) -> Result<Qube> {
    let uuid = match qube.uuid {
        Some(uuid) => Some(uuid),
        None => match property(&qube.name, "uuid") {
            Ok(property) => reply::uuid(&property.value),
            Err(error) if error.is("QubesNoSuchPropertyError") => None,
            Err(error) => return Err(error),
        },
    };
    Ok(Qube {
        uuid,
        ..qube.clone()
    })
}

/// The qube of this name, if there is one.
///
/// # Errors
/// [`AdminError`] says why.
pub fn find_qube(name: &QubeName) -> Result<Option<Qube>> {
    Ok(qubes()?.into_iter().find(|qube| &qube.name == name))
}

/// A property of a qube.
///
/// # Errors
/// [`AdminError`] says why.
pub fn property(qube: &QubeName, name: &str) -> Result<Property> {
    let answer = call("admin.vm.property.Get", name, qube.as_str(), b"")?;
    reply::property(&answer).ok_or_else(|| bad("admin.vm.property.Get"))
}

/// True for a qube that disposables are made from; only app qubes can be.
///
/// # Errors
/// [`AdminError`] says why.
pub fn makes_disposables(qube: &QubeName) -> Result<bool> {
    match property(qube, "template_for_dispvms") {
        Ok(property) => Ok(property.value == "True"),
        Err(error) if error.is("QubesNoSuchPropertyError") => Ok(false),
        Err(error) => Err(error),
    }
}

/// A property of the machine's own.
///
/// # Errors
/// [`AdminError`] says why.
pub fn global_property(name: &str) -> Result<Property> {
    let answer = call("admin.property.Get", name, "dom0", b"")?;
    reply::property(&answer).ok_or_else(|| bad("admin.property.Get"))
}

/// Sets a property; an empty value of a qube's kind means none.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_property(qube: &QubeName, name: &str, value: &str) -> Result<()> {
    call(
        "admin.vm.property.Set",
        name,
        qube.as_str(),
        value.as_bytes(),
    )
    .map(drop)
}

/// Sets a feature.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_feature(qube: &QubeName, name: &str, value: &str) -> Result<()> {
    call(
        "admin.vm.feature.Set",
        name,
        qube.as_str(),
        value.as_bytes(),
    )
    .map(drop)
}

/// Sets a tag.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_tag(qube: &QubeName, tag: &str) -> Result<()> {
    call("admin.vm.tag.Set", tag, qube.as_str(), b"").map(drop)
}

/// Removes a tag; none to remove is no error.
///
/// # Errors
/// [`AdminError`] says why.
pub fn remove_tag(qube: &QubeName, tag: &str) -> Result<()> {
    match call("admin.vm.tag.Remove", tag, qube.as_str(), b"") {
        Err(error) if !error.is("QubesTagNotFoundError") => Err(error),
        _ => Ok(()),
    }
}

/// True when the qube has the tag.
///
/// # Errors
/// [`AdminError`] says why.
pub fn has_tag(qube: &QubeName, tag: &str) -> Result<bool> {
    Ok(call("admin.vm.tag.Get", tag, qube.as_str(), b"")? == b"1")
}

/// Makes a named disposable.
///
/// # Errors
/// [`AdminError`] says why.
pub fn create_disposable(name: &QubeName, template: &QubeName) -> Result<()> {
    let payload = format!("name={name} label=red");
    call(
        "admin.vm.Create.DispVM",
        template.as_str(),
        "dom0",
        payload.as_bytes(),
    )
    .map(drop)
}

/// Makes a qube of a class, based on a template if it has one. Volumes that `pools` names lie
/// there, others in the default pools.
///
/// # Errors
/// [`AdminError`] says why.
pub fn create(
    name: &QubeName,
    class: &str,
    template: Option<&QubeName>,
    label: &str,
    pools: &BTreeMap<Word, Word>,
) -> Result<()> {
    let how = if pools.is_empty() { "" } else { "InPool" };
    let method = format!("admin.vm.Create{how}.{class}");
    let mut payload = format!("name={name} label={label}");
    for (volume, pool) in pools {
        payload.push_str(&format!(" pool:{volume}={pool}"));
    }
    let template = template.map_or("", QubeName::as_str);
    call(&method, template, "dom0", payload.as_bytes()).map(drop)
}

/// Calls a method of a qube that takes nothing and answers nothing.
///
/// # Errors
/// [`AdminError`] says why.
pub fn act(qube: &QubeName, method: &str) -> Result<()> {
    call(method, "", qube.as_str(), b"").map(drop)
}

/// Where a qube's volume lies.
///
/// # Errors
/// [`AdminError`] says why.
pub fn volume(qube: &QubeName, name: &str) -> Result<Volume> {
    let answer = call("admin.vm.volume.Info", name, qube.as_str(), b"")?;
    let value = |key| reply::line_value(&answer, key).ok_or_else(|| bad("admin.vm.volume.Info"));
    let bytes = value("size")?
        .parse()
        .map_err(|_| bad("admin.vm.volume.Info"))?;
    Ok(Volume {
        pool: value("pool")?,
        vid: value("vid")?,
        bytes,
        keeps_last_shutdown: value("revisions_to_keep")? != "-1",
    })
}

/// What a pool is described by, in lines of `key=value`.
///
/// # Errors
/// [`AdminError`] says why.
pub fn pool_info(pool: &str) -> Result<Vec<u8>> {
    call("admin.pool.Info", pool, "dom0", b"")
}

/// The older states of a volume that its pool keeps.
///
/// # Errors
/// [`AdminError`] says why.
pub fn revisions(qube: &QubeName, volume: &str) -> Result<Vec<RevisionId>> {
    const METHOD: &str = "admin.vm.volume.ListSnapshots";
    let answer = call(METHOD, volume, qube.as_str(), b"")?;
    let text = String::from_utf8(answer).map_err(|_| bad(METHOD))?;
    let ids: Option<Vec<RevisionId>> = text.lines().map(RevisionId::parse).collect();
    ids.ok_or_else(|| bad(METHOD))
}

/// A feature of a qube, if it is set.
///
/// # Errors
/// [`AdminError`] says why.
pub fn feature(qube: &QubeName, name: &str) -> Result<Option<String>> {
    const METHOD: &str = "admin.vm.feature.Get";
    match call(METHOD, name, qube.as_str(), b"") {
        Ok(answer) => String::from_utf8(answer).map(Some).map_err(|_| bad(METHOD)),
        Err(error) if error.is("QubesFeatureNotFoundError") => Ok(None),
        Err(error) => Err(error),
    }
}

/// How full a pool is.
///
/// # Errors
/// [`AdminError`] says why.
pub fn pool_usage(pool: &str) -> Result<Usage> {
    let answer = call("admin.pool.UsageDetails", pool, "dom0", b"")?;
    let number = |key| reply::line_value(&answer, key).and_then(|text| text.parse().ok());
    let fill = |size, used| {
        let both = number(size).zip(number(used));
        both.map(|(size, used)| Fill { size, used })
    };
    Ok(Usage {
        data: fill("data_size", "data_usage"),
        metadata: fill("metadata_size", "metadata_usage"),
    })
}

/// Begins a new content of a volume; the path is where to write it.
///
/// # Errors
/// [`AdminError`] says why.
pub fn import_begin(qube: &QubeName, volume: &str, bytes: u64) -> Result<PathBuf> {
    const METHOD: &str = "internal.vm.volume.ImportBegin";
    let answer = call_internal(METHOD, volume, qube.as_str(), bytes.to_string().as_bytes())?;
    let text = String::from_utf8(answer).map_err(|_| bad(METHOD))?;
    let (size, path) = text.trim_end().split_once(' ').ok_or_else(|| bad(METHOD))?;
    if size != bytes.to_string() || !path.starts_with('/') {
        return Err(bad(METHOD));
    }
    Ok(PathBuf::from(path))
}

/// Ends it: the new content counts, or is thrown away.
///
/// # Errors
/// [`AdminError`] says why.
pub fn import_end(qube: &QubeName, volume: &str, ok: bool) -> Result<()> {
    let word: &[u8] = if ok {
        b"ok"
    } else {
        b"fail\nrestore ended early"
    };
    call_internal("internal.vm.volume.ImportEnd", volume, qube.as_str(), word).map(drop)
}

pub(super) fn bad(method: &str) -> AdminError {
    AdminError::BadAnswer(method.to_owned())
}
