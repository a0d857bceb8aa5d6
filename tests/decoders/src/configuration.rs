//! Files that administrators write: dom0's configuration, a profile, the notes on unchanged
//! volumes, and the storage qube's configuration.
//!
//! The law: each is read or refused with a reason that names the trouble. What is read of dom0's
//! is written and read back as the same; no limit of the storage qube's lets nothing through.

use qib::config::Config;
use qib::profile::Profile;
use qib::unchanged;
use qib_storage::config::{Config as Storage, Site};

/// Checks a file.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Config::parse(text) {
        Ok(config) => assert_eq!(Config::parse(&config.text()).unwrap(), config),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match Profile::parse(text) {
        Ok(profile) => one_form(&profile),
        Err(error) => assert!(!error.is_empty()),
    }
    for (qube, (sequence, mark)) in text.lines().filter_map(unchanged::parse) {
        let line = format!("{qube} {sequence} {}", mark.text());
        assert_eq!(unchanged::parse(&line), Some((qube, (sequence, mark))));
    }
    match Storage::parse(text) {
        Ok(storage) => {
            for (_, Site { transfer, .. }) in storage.sites() {
                assert!(transfer.requests_at_once > 0 && transfer.max_bytes_per_second != Some(0));
            }
        }
        Err(error) => assert!(!error.is_empty()),
    }
}

/// What a command line makes a profile of has one form.
fn one_form(profile: &Profile) {
    assert!(profile.all == profile.include.is_empty());
    let again = Profile::parse(&profile.text()).unwrap();
    assert!(again.all == profile.all && again.include == profile.include);
    assert!(again.exclude == profile.exclude && again.storage == profile.storage);
    assert_eq!(again.compression, profile.compression);
}

/// One of each, and the example that is shipped, place by place.
pub fn seeds() -> Vec<Vec<u8>> {
    let config = "# Where qib stores.\nstorage = sys-backup:nas\nhelper_template = qib-helper-dvm\n";
    let profile = "include = work @tag:private @type:TemplateVM\nexclude = big\n\
                   exclude_paths = *.iso:/tmp/**\ninclude_paths = /home/user/x\nmax_file_size = 2G\n\
                   sets = +nodump -trash\nstorage = one two:cloud\ncompression = 19\n\
                   retention = last 3\n";
    let hex = "0123456789abcdef".repeat(4);
    let line = format!("{} 12 {hex}\n", &hex[..32]);
    let mut seeds: Vec<Vec<u8>> = [config, profile, "all = yes\n", &line]
        .map(|text| text.as_bytes().to_vec())
        .to_vec();
    let shipped = include_str!("../../../packaging/storage.toml");
    seeds.push(shipped.as_bytes().to_vec());
    for part in shipped.split("\n\n").filter(|part| part.contains("\n#[place]")) {
        let lines = part.lines().filter_map(|line| line.strip_prefix('#'));
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with(' ')).collect();
        seeds.push(lines.join("\n").into_bytes());
    }
    seeds
}
