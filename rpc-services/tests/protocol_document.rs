//! `docs/protocol.md` says what the code says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use qib_rpc::message::TABLE;
use qib_rpc::service::{Service, Side};
use std::collections::BTreeMap;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

const SOURCES: [&str; 12] = [
    include_str!("../src/fault.rs"),
    include_str!("../src/message/backup.rs"),
    include_str!("../src/message/browse.rs"),
    include_str!("../src/message/forget.rs"),
    include_str!("../src/message/key.rs"),
    include_str!("../src/message/object.rs"),
    include_str!("../src/message/permit.rs"),
    include_str!("../src/message/record.rs"),
    include_str!("../src/message/restore.rs"),
    include_str!("../src/message/scrub.rs"),
    include_str!("../src/message/version.rs"),
    include_str!("../src/message/verify.rs"),
];

/// The cells of every table row of the document, without back quotes.
fn rows() -> impl Iterator<Item = Vec<String>> {
    DOCUMENT
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().replace('`', ""))
                .collect()
        })
}

/// The public fields of every struct in the sources, in their order.
fn fields() -> BTreeMap<String, String> {
    let mut structs: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for source in SOURCES {
        let mut current = String::new();
        for line in source.lines() {
            if let Some(rest) = line.strip_prefix("pub struct ") {
                current = rest.split([' ', '{', '(']).next().unwrap().to_owned();
                structs.entry(current.clone()).or_default();
            } else if let Some((field, _)) = line
                .strip_prefix("    pub ")
                .and_then(|rest| rest.split_once(": "))
                && !field.contains(' ')
            {
                structs.entry(current.clone()).or_default().push(field);
            }
        }
    }
    structs
        .into_iter()
        .map(|(name, fields)| (name, fields.join(", ")))
        .collect()
}

#[test]
fn every_message_stands_there_with_its_number_and_fields_and_no_other() {
    let fields = fields();
    let documented: Vec<(u16, String, String)> = rows()
        .filter_map(|row| Some((row[0].parse().ok()?, row[1].clone(), row[3].clone())))
        .collect();
    let expected: Vec<(u16, String, String)> = TABLE
        .iter()
        .map(|(number, name)| (*number, (*name).to_owned(), fields[*name].clone()))
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn every_service_stands_there_with_its_sides_and_no_other() {
    let side = |side| match side {
        Side::Dom0 => "dom0",
        Side::Helper => "helper",
        Side::Storage => "storage",
    };
    let documented: Vec<[String; 3]> = rows()
        .filter(|row| row[0].starts_with("qib."))
        .map(|row| [row[0].clone(), row[1].clone(), row[2].clone()])
        .collect();
    let expected: Vec<[String; 3]> = Service::ALL
        .iter()
        .map(|service| {
            let (caller, answerer) = service.sides();
            [service.name(), side(caller), side(answerer)].map(str::to_owned)
        })
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn the_limits_stand_there() {
    use qib_rpc::limit::{
        MAX_DATA_BYTES, MAX_HELPER_ANSWER_BYTES, MAX_MESSAGE_BYTES, MAX_OBJECTS_IN_MESSAGE,
        MAX_PARTIALS, MAX_PATH_BYTES, MAX_PATHS, MAX_RANGE_BYTES, MAX_SHOWN_SNAPSHOTS,
    };
    assert_eq!((MAX_DATA_BYTES, MAX_MESSAGE_BYTES), (262_144, 65_536));
    assert_eq!((MAX_OBJECTS_IN_MESSAGE, MAX_SHOWN_SNAPSHOTS), (1000, 1000));
    assert_eq!((MAX_HELPER_ANSWER_BYTES, MAX_PARTIALS), (4096, 36));
    assert_eq!(
        (MAX_RANGE_BYTES, MAX_PATHS, MAX_PATH_BYTES),
        (16_777_216, 12, 4096)
    );
    for number in [
        "262,144",
        "65,536",
        "4,096",
        "at most 36",
        "16,777,216",
        "1 to 12",
        "1 to 1,000",
    ] {
        assert!(DOCUMENT.contains(number), "{number}");
    }
}
