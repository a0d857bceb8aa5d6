//! Short texts that something is made of: names, ids, words of a command line or of dom0's files.
//!
//! The law: what parses prints the same text, or one that parses as the same; and none of it is a
//! path to elsewhere or an option of a program.

use qib::destination::Destinations;
use qib::ledger::record::Class as QubeClass;
use qib::lvm::Lv;
use qib::pool::Mark;
use qib::profile::ProfileName;
use qib::receipt::Receipt;
use qib::revision::{Named, RevisionId};
use qib::select::Selector;
use qib::settings::{Colour, Word};
use qib::zfs::{Dataset, Snapshot};
use qib_helper::chunk_id::ChunkId;
use qib_helper::index::RulesMark;
use qib_helper::manifest::EntryName;
use qib_helper::snapshot::Features;
use qib_rpc::calendar;
use qib_rpc::class::Class;
use qib_rpc::compression::Compression;
use qib_rpc::glob::Glob;
use qib_rpc::id::{Digest, Prefix, QubeId, SessionId};
use qib_rpc::name::QubeName;
use qib_rpc::object::ObjectName;
use qib_rpc::path::PathPattern;
use qib_rpc::plain_name::PlainName;
use qib_rpc::rule::Rule;
use qib_rpc::service::Service;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Checks a text.
pub fn check(input: &[u8]) {
    if let Some(name) = EntryName::new(input) {
        assert_eq!(name.bytes(), input);
        assert!(!input.contains(&b'/') && !matches!(input, b"." | b".." | b""));
    }
    assert!(ChunkId::parse(input).is_none_or(|id| id.to_string().as_bytes() == input));
    if let Ok(text) = std::str::from_utf8(input) {
        ids(text);
        shared(text);
        of_dom0(text);
        of_pools(text);
    }
}

/// Another form that parses must be the same value.
fn again<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().unwrap(), value);
    }
}

fn is(text: &str, printed: Option<impl Display>) {
    assert!(printed.is_none_or(|printed| printed.to_string() == text), "{text:?}");
}

fn is_one_plain_name(name: &str) {
    assert!(!name.contains(['/', '\0', '\n', ' ']) && !name.starts_with('-'), "{name:?}");
    assert!(!matches!(name, "" | "." | ".."));
}

fn ids(text: &str) {
    is(text, SessionId::parse(text));
    is(text, QubeId::parse(text));
    is(text, Prefix::parse(text));
    is(text, Digest::parse(text));
    is(text, ObjectName::parse(text));
    is(text, Mark::parse(text).map(|mark| mark.text()));
}

fn shared(text: &str) {
    let name = QubeName::parse(text).ok();
    name.iter().for_each(|name| is_one_plain_name(name.as_str()));
    is(text, name);
    is(text, PlainName::try_from(text.to_owned()).map(String::from).ok());
    is(text, PathPattern::try_from(text.to_owned()).map(String::from).ok());
    if let Ok(path) = text.parse::<PathPattern>() {
        assert!(path.names().all(|name| !matches!(name, "" | "." | ".." )));
        assert_eq!(String::from(path), text.trim_matches('/'));
    }
    is(text, text.parse::<Glob>().ok());
    is(text, text.parse::<Class>().map(Class::name).ok());
    is(text, Rule::set(text));
    is(text, Service::parse(text).map(Service::name));
    again::<Compression>(text);
    if let Some(seconds) = calendar::seconds(text) {
        let printed = calendar::time(seconds).replace(" UTC", "Z").replace(' ', "T");
        assert_eq!(calendar::seconds(&printed), Some(seconds));
    }
}

fn of_dom0(text: &str) {
    is(text, Word::parse(text));
    is(text, Colour::parse(text));
    is(text, QubeClass::parse(text).map(QubeClass::name));
    is(text, text.parse::<Selector>().ok());
    if let Ok(name) = text.parse::<ProfileName>() {
        is_one_plain_name(&name.to_string());
        is(text, Some(name));
    }
    again::<Destinations>(text);
    again::<Receipt>(text);
    if let Ok(span) = text.parse::<qib::span::Span>() {
        assert!(span.seconds() > 0);
    }
    assert!(qib::size::bytes(text).is_ok() || qib::size::bytes(text).is_err());
    if let Some(mark) = RulesMark::parse(text) {
        assert_eq!(RulesMark::parse(&mark.to_string()), Some(mark));
    }
    if let Some(features) = Features::parse(text) {
        let names: Vec<&str> = features.names().collect();
        assert_eq!(Features::parse(&names.join(" ")), Some(features));
    }
}

fn of_pools(text: &str) {
    let plain = |id: &RevisionId| is_one_plain_name(id.as_str());
    RevisionId::parse(text).iter().for_each(plain);
    is(text, RevisionId::parse(text));
    if let Ok(named) = text.parse::<Named>() {
        plain(&named.id);
    }
    if let Some(lv) = Lv::parse(text) {
        text.split('/').for_each(is_one_plain_name);
        is(text, Some(lv));
    }
    if let Some(dataset) = Dataset::parse(text) {
        text.split('/').for_each(is_one_plain_name);
        is(text, Some(dataset));
    }
    if let Some(snapshot) = Snapshot::parse(text) {
        is_one_plain_name(snapshot.name());
        is(text, Some(snapshot));
    }
}

/// One of each.
pub fn seeds() -> Vec<Vec<u8>> {
    let hex = "0123456789abcdef".repeat(4);
    let object = format!("snapshot-{hex}");
    let texts = [
        &hex,
        &hex[..32],
        &object,
        "sys-net_2.x",
        "2026-11-30_09-57-49_12",
        "home/user/*.odt",
        "**/[a-z\\*]?/target/",
        "hidden",
        "lost+found",
        "qib.HelperVersion",
        "19",
        "2026-11-30T09:57:49Z",
        "0xcc0000",
        "StandaloneVM",
        "@tag:audio-qube",
        "@type:AppVM",
        "sys-usb sys-net",
        "57-abcd-efgh-jkmn-pqrs",
        "12h",
        "20GiB",
        "255 0123456789abcdef0123456789abcdef",
        "has_journal extent 64bit",
        "qubes:before-start:1700000000.123456",
        "root:1700000000-back",
        "qubes_dom0/vm-work-private",
        "tank/vms/work/private@qubes-clean-01ab",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
