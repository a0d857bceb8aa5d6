//! The recovery kit: master identity and dom0 secret under the passphrase.

use super::{age_file, key_text};
use age::secrecy::SecretString;
use age::{scrypt, x25519};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::hex;
use qib_rpc::key::{Dom0Secret, Kit, Passphrase};
use zeroize::Zeroizing;

const TITLE: &str = "qib recovery kit 1";
const SECRET: &str = "dom0 secret";

/// 2^17 rounds of 1 KiB: 128 MiB and about half a second, so that a small helper
/// can open every kit, and no other kit can cost it more.
const WORK_FACTOR: u8 = 17;

/// What a kit holds.
pub struct OpenedKit {
    /// The master identity.
    pub master: x25519::Identity,
    /// dom0's secret.
    pub secret: Dom0Secret,
}

/// Makes the kit.
///
/// # Errors
/// A fault when the helper has no randomness or memory.
pub fn make(
    master: &x25519::Identity,
    secret: &Dom0Secret,
    passphrase: &Passphrase,
) -> Result<Kit, Fault> {
    let secret = Zeroizing::new(hex::encode(secret.expose()));
    let text = key_text::write(TITLE, &[(SECRET, secret)], master);
    let mut to = scrypt::Recipient::new(secret_string(passphrase));
    to.set_work_factor(WORK_FACTOR);
    let sealed = age_file::seal(&text, &to)?;
    Kit::new(sealed).map_err(|_| Fault::new(Code::HelperFailed))
}

/// Opens a kit.
///
/// # Errors
/// A fault that says whether passphrase or kit is to blame.
pub fn open(kit: &Kit, passphrase: &Passphrase) -> Result<OpenedKit, Fault> {
    let mut with = scrypt::Identity::new(secret_string(passphrase));
    with.set_max_work_factor(WORK_FACTOR);
    let text = age_file::open(kit.expose(), &with, Code::WrongPassphrase)?;
    let opened = || {
        let ([secret], master) = key_text::read(&text, TITLE, [SECRET])?;
        let secret = Zeroizing::new(hex::decode::<32>(secret)?);
        Some(OpenedKit {
            master,
            secret: Dom0Secret::new(*secret),
        })
    };
    opened().ok_or(Fault::new(Code::Damaged))
}

fn secret_string(passphrase: &Passphrase) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}
