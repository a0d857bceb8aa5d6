//! The text of a qube's settings, as it was sealed for storage, and the same as sealed bytes.
//!
//! The law: it is read or refused, and what is read is written as the same text. Sealed for its
//! qube it opens, for no other and not with a byte changed.

use crate::fixed::QUBE;
use qib::keys::{Keys, SettingsKey};
use qib::settings::{Settings, Word, seal};
use qib_rpc::id::QubeId;
use qib_rpc::key::Dom0Secret;

/// Checks a text.
pub fn check(input: &[u8]) {
    assert!(seal::open(&key(QUBE), QUBE, input).is_none());
    let Some(settings) = std::str::from_utf8(input).ok().and_then(Settings::decode) else {
        return;
    };
    assert_eq!(settings.encode().as_bytes(), input);
    let words = settings.tags.iter().chain(settings.features.keys());
    let is_word = |word: &Word| word.as_str().bytes().all(|byte| byte.is_ascii_graphic());
    assert!(words.chain(settings.volumes.keys()).all(is_word));
    assert!(settings.json().is_object());
    let mut sealed = seal::seal(&key(QUBE), QUBE, &settings);
    assert_eq!(seal::open(&key(QUBE), QUBE, &sealed), Some(settings));
    let other = QubeId::new([9; 16]);
    assert!(seal::open(&key(other), other, &sealed).is_none());
    let at = input.len() % sealed.len();
    sealed[at] ^= 1;
    assert!(seal::open(&key(QUBE), QUBE, &sealed).is_none());
}

fn key(qube: QubeId) -> SettingsKey {
    Keys::new(&Dom0Secret::new([5; 32])).settings(qube)
}

const RICH: &str = "qib settings 1
class AppVM
colour 0xcc0000
property label label red
property memory int 600
property netvm vm \n\
property template vm debian-12
feature gui \n\
feature note two\\nlines \\\\ here
tag one
tag two
firewall action=accept proto=tcp
firewall action=drop
notes a b\\nc
device pci dom0 00_1f.2 * required no-strict-reset=True of=a\\sb
volume kernel linux-kernel linux-kernel - - ro lasting
volume private vm-pool lvm_thin 2147483648 -1 rw lasting
";

const POOR: &str = "qib settings 1\nclass StandaloneVM\nnotes \n";

/// Settings with something of everything, and with nothing.
pub fn seeds() -> Vec<Vec<u8>> {
    let seeds = [RICH, POOR];
    assert!(seeds.iter().all(|text| Settings::decode(text).is_some()));
    seeds.map(|text| text.as_bytes().to_vec()).to_vec()
}
