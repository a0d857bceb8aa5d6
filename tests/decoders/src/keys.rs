//! The text in a sealed key. It is sealed to a master identity before it is opened.
//!
//! The law: it is opened or refused, as it is and by its title. What opens is this qube's, and is
//! what the encoder writes with the same values, but for the case of the identity's letters.

use crate::fixed::QUBE;
use age::secrecy::ExposeSecret;
use age::x25519;
use qib_helper::key::{age_file, key_text, sealed_identity};
use qib_rpc::fault::Code;
use qib_rpc::key::{ChunkKey, Recipient, SealedIdentity};
use std::sync::LazyLock;

const KIT: (&str, [&str; 1]) = ("qib recovery kit 1", ["dom0 secret"]);
const QUBE_KEY: (&str, [&str; 2]) = ("qib qube key 1", ["qube", "chunk key"]);

static MASTER: LazyLock<x25519::Identity> = LazyLock::new(x25519::Identity::generate);

/// Checks the text of a key.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    one_form(text, KIT);
    one_form(text, QUBE_KEY);
    let sealed = age_file::seal(text, &MASTER.to_public()).unwrap();
    let opened = age_file::open(&sealed, &*MASTER, Code::WrongKit);
    assert!(opened.is_ok_and(|opened| text.starts_with(opened.as_str())));
    if let Ok(sealed) = SealedIdentity::new(sealed)
        && let Ok(data) = sealed_identity::open(&sealed, &MASTER, QUBE)
    {
        let secret = data.to_string().expose_secret().to_lowercase();
        assert!(text.contains(&format!("# qube: {QUBE}\n")));
        assert!(text.to_lowercase().ends_with(&format!("{secret}\n")));
    }
}

fn one_form<const N: usize>(text: &str, (title, names): (&str, [&str; N])) {
    let Some((values, identity)) = key_text::read(text, title, names) else {
        return;
    };
    let values = names.into_iter().zip(values);
    let values: Vec<_> = values.map(|(name, value)| (name, value.to_owned().into())).collect();
    let again = key_text::write(title, &values, &identity);
    assert!(again.eq_ignore_ascii_case(text));
}

/// The text of a kit and that of a qube's key.
pub fn seeds() -> Vec<Vec<u8>> {
    let data = x25519::Identity::generate();
    let secret = "01".repeat(32);
    let kit = key_text::write(KIT.0, &[(KIT.1[0], secret.into())], &MASTER);
    let master = Recipient::new(MASTER.to_public().to_string()).unwrap();
    let sealed = sealed_identity::seal(&data, QUBE, &ChunkKey::new([3; 32]), &master).unwrap();
    let key = age_file::open(sealed.expose(), &*MASTER, Code::WrongKit).unwrap();
    vec![kit.as_bytes().to_vec(), key.as_bytes().to_vec()]
}
