//! The Admin API's methods for how a qube is set up.

use crate::admin::call::{Result, bad, pool_info};
use crate::admin::device::Words;
use crate::admin::{AdminError, call, reply};
use crate::settings::{Colour, Kind, Own, Property, Text, Volume, Word, unescape};
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};

/// The properties of a qube that somebody set.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_properties(qube: &QubeName) -> Result<BTreeMap<Word, Property>> {
    const METHOD: &str = "admin.vm.property.GetAll";
    let answer = call(METHOD, "", qube.as_str(), b"")?;
    let lines = reply::lines(&answer).ok_or_else(|| bad(METHOD))?;
    let read: Option<Vec<_>> = lines.map(property_line).collect();
    let read = read.ok_or_else(|| bad(METHOD))?;
    Ok(read.into_iter().flatten().collect())
}

/// Reads `NAME default=… type=… VALUE`; none of a property that has its default.
pub fn property_line(line: &str) -> Option<Option<(Word, Property)>> {
    let mut fields = line.splitn(4, ' ');
    let name = Word::parse(fields.next()?)?;
    let is_default = reply::is_default(fields.next()?)?;
    let kind = Kind::parse(fields.next()?.strip_prefix("type=")?)?;
    let value = unescape(fields.next()?)?;
    Some((!is_default).then_some((name, Property { kind, value })))
}

/// The features of a qube.
///
/// # Errors
/// [`AdminError`] says why.
pub fn features(qube: &QubeName) -> Result<BTreeMap<Word, Text>> {
    const LIST: &str = "admin.vm.feature.List";
    let mut features = BTreeMap::new();
    for name in words(LIST, qube.as_str())? {
        match text("admin.vm.feature.Get", name.as_str(), qube) {
            Ok(value) => drop(features.insert(name, value)),
            // It went meanwhile.
            Err(error) if error.is("QubesFeatureNotFoundError") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(features)
}

/// The tags of a qube.
///
/// # Errors
/// [`AdminError`] says why.
pub fn tags(qube: &QubeName) -> Result<BTreeSet<Word>> {
    words("admin.vm.tag.List", qube.as_str())
}

/// The rules of a qube's firewall.
///
/// # Errors
/// [`AdminError`] says why.
pub fn firewall(qube: &QubeName) -> Result<Vec<Text>> {
    const METHOD: &str = "admin.vm.firewall.Get";
    let answer = call(METHOD, "", qube.as_str(), b"")?;
    let lines = reply::lines(&answer).ok_or_else(|| bad(METHOD))?;
    let rules: Option<Vec<Text>> = lines.map(Text::parse).collect();
    rules.ok_or_else(|| bad(METHOD))
}

/// What people wrote about a qube, which they can from Qubes 4.3 on.
///
/// # Errors
/// [`AdminError`] says why.
pub fn notes(qube: &QubeName) -> Result<Text> {
    match Words::for_qube(qube)? {
        Words::Qubes42 => Ok(Text::default()),
        Words::Qubes43 => text("admin.vm.notes.Get", "", qube),
    }
}

/// The names of a qube's volumes.
///
/// # Errors
/// [`AdminError`] says why.
pub fn volumes(qube: &QubeName) -> Result<BTreeSet<Word>> {
    words("admin.vm.volume.List", qube.as_str())
}

/// How a volume of a qube's is set up.
///
/// # Errors
/// [`AdminError`] says why.
pub fn volume(qube: &QubeName, name: &Word) -> Result<Volume> {
    const METHOD: &str = "admin.vm.volume.Info";
    let answer = call(METHOD, name.as_str(), qube.as_str(), b"")?;
    let pool = reply::line_value(&answer, "pool").ok_or_else(|| bad(METHOD))?;
    const POOL: &str = "admin.pool.Info";
    let driver = reply::line_value(&pool_info(&pool)?, "driver").ok_or_else(|| bad(POOL))?;
    volume_of(&answer, &pool, &driver).ok_or_else(|| bad(METHOD))
}

/// A property of the machine's own.
///
/// # Errors
/// [`AdminError`] says why.
pub fn global(name: &str) -> Result<String> {
    const METHOD: &str = "admin.property.Get";
    let answer = call(METHOD, name, "dom0", b"")?;
    let property = reply::property(&answer).ok_or_else(|| bad(METHOD))?;
    Ok(property.value)
}

/// The names of the labels.
///
/// # Errors
/// [`AdminError`] says why.
pub fn labels() -> Result<BTreeSet<Word>> {
    words("admin.label.List", "dom0")
}

/// The colour of a label; none if there is no such label any more, or its colour is none that
/// Qubes would make one with.
///
/// # Errors
/// [`AdminError`] says why.
pub fn colour(label: &Word) -> Result<Option<Colour>> {
    const METHOD: &str = "admin.label.Get";
    match call(METHOD, label.as_str(), "dom0", b"") {
        Ok(answer) => {
            let text = String::from_utf8(answer).map_err(|_| bad(METHOD))?;
            Ok(Colour::parse(&text))
        }
        Err(AdminError::Exception { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a label.
///
/// # Errors
/// [`AdminError`] says why.
pub fn create_label(label: &Word, colour: &Colour) -> Result<()> {
    let (method, colour) = ("admin.label.Create", colour.as_str().as_bytes());
    call(method, label.as_str(), "dom0", colour).map(drop)
}

/// The names of the pools.
///
/// # Errors
/// [`AdminError`] says why.
pub fn pools() -> Result<BTreeSet<Word>> {
    words("admin.pool.List", "dom0")
}

/// Gives a property its default back.
///
/// # Errors
/// [`AdminError`] says why.
pub fn reset_property(qube: &QubeName, name: &Word) -> Result<()> {
    let method = "admin.vm.property.Reset";
    call(method, name.as_str(), qube.as_str(), b"").map(drop)
}

/// Removes a feature.
///
/// # Errors
/// [`AdminError`] says why.
pub fn remove_feature(qube: &QubeName, name: &Word) -> Result<()> {
    let method = "admin.vm.feature.Remove";
    call(method, name.as_str(), qube.as_str(), b"").map(drop)
}

/// Sets the rules of a qube's firewall.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_firewall(qube: &QubeName, rules: &[Text]) -> Result<()> {
    let lines: String = rules
        .iter()
        .map(|rule| format!("{}\n", rule.as_str()))
        .collect();
    let method = "admin.vm.firewall.Set";
    call(method, "", qube.as_str(), lines.as_bytes()).map(drop)
}

/// Sets what people wrote about a qube.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_notes(qube: &QubeName, notes: &Text) -> Result<()> {
    let method = "admin.vm.notes.Set";
    call(method, "", qube.as_str(), notes.as_str().as_bytes()).map(drop)
}

/// Sets `revisions_to_keep`, `rw` or `ephemeral` of a volume.
///
/// # Errors
/// [`AdminError`] says why.
pub fn set_volume(qube: &QubeName, volume: &Word, what: &str, value: &str) -> Result<()> {
    let method = format!("admin.vm.volume.Set.{what}");
    call(&method, volume.as_str(), qube.as_str(), value.as_bytes()).map(drop)
}

/// Makes a volume larger.
///
/// # Errors
/// [`AdminError`] says why.
pub fn resize(qube: &QubeName, volume: &Word, bytes: u64) -> Result<()> {
    let (method, size) = ("admin.vm.volume.Resize", bytes.to_string());
    call(method, volume.as_str(), qube.as_str(), size.as_bytes()).map(drop)
}

/// Reads the answer to `admin.vm.volume.Info` for a volume in a pool of this driver.
pub fn volume_of(answer: &[u8], pool: &str, driver: &str) -> Option<Volume> {
    let value = |key| reply::line_value(answer, key);
    let flag = |key| match value(key)?.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    };
    let own = match flag("save_on_stop")? {
        true => Some(Own {
            bytes: value("size")?.parse().ok()?,
            revisions: value("revisions_to_keep")?.parse().ok()?,
        }),
        false => None,
    };
    Some(Volume {
        pool: Word::parse(pool)?,
        driver: Word::parse(driver)?,
        own,
        is_writable: flag("rw")?,
        is_ephemeral: flag("ephemeral")?,
    })
}

fn words(method: &str, qube: &str) -> Result<BTreeSet<Word>> {
    let answer = call(method, "", qube, b"")?;
    let words = reply::words(&answer).ok_or_else(|| bad(method))?;
    Ok(words.into_iter().collect())
}

fn text(method: &str, argument: &str, qube: &QubeName) -> Result<Text> {
    let answer = call(method, argument, qube.as_str(), b"")?;
    let answer = String::from_utf8(answer).map_err(|_| bad(method))?;
    Text::parse(&answer).ok_or_else(|| bad(method))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::sample::{property, word};

    #[test]
    fn lines_of_properties() {
        let read = property_line("kernelopts default=False type=str a b\\n\\\\c");
        let value = property(Kind::Text, "a b\n\\c");
        assert_eq!(read, Some(Some((word("kernelopts"), value))));
        let none = property_line("netvm default=False type=vm ");
        assert_eq!(none.unwrap().unwrap().1, property(Kind::Qube, ""));
        assert_eq!(
            property_line("memory default=True type=int 400"),
            Some(None)
        );
        for wrong in [
            "",
            "memory",
            "memory default=Perhaps type=int 4",
            "memory default=False int 4",
            "memory default=False type=float 4",
            "memory default=False type=int",
            "memory default=False type=str \\x",
        ] {
            assert_eq!(property_line(wrong), None, "{wrong}");
        }
    }
}
