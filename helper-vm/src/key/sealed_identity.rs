//! A qube's data identity, qube id and chunk key, sealed to the master recipient.

use super::{age_file, key_text};
use age::x25519;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::hex;
use qib_rpc::id::QubeId;
use qib_rpc::key::{ChunkKey, Recipient, SealedIdentity};
use zeroize::Zeroizing;

const TITLE: &str = "qib qube key 1";
const QUBE: &str = "qube";
const CHUNK_KEY: &str = "chunk key";

/// Seals a data identity.
///
/// # Errors
/// A fault when `master` is no recipient or the helper has no randomness.
pub fn seal(
    data: &x25519::Identity,
    qube: QubeId,
    chunk_key: &ChunkKey,
    master: &Recipient,
) -> Result<SealedIdentity, Fault> {
    let master: x25519::Recipient = master
        .expose()
        .parse()
        .map_err(|_| Fault::new(Code::Protocol))?;
    let values = [
        (QUBE, Zeroizing::new(qube.to_string())),
        (CHUNK_KEY, Zeroizing::new(hex::encode(chunk_key.expose()))),
    ];
    let text = key_text::write(TITLE, &values, data);
    let sealed = age_file::seal(&text, &master)?;
    SealedIdentity::new(sealed).map_err(|_| Fault::new(Code::HelperFailed))
}

/// Opens a data identity, which must be this qube's.
///
/// # Errors
/// A fault that says whether kit, qube or sealed identity is to blame.
pub fn open(
    sealed: &SealedIdentity,
    master: &x25519::Identity,
    qube: QubeId,
) -> Result<x25519::Identity, Fault> {
    let damaged = Fault::new(Code::Damaged);
    let text = age_file::open(sealed.expose(), master, Code::WrongKit)?;
    let ([untrusted_qube, untrusted_key], data) =
        key_text::read(&text, TITLE, [QUBE, CHUNK_KEY]).ok_or(damaged)?;
    let _chunk_key = Zeroizing::new(hex::decode::<32>(untrusted_key).ok_or(damaged)?);
    match QubeId::parse(untrusted_qube) {
        Some(found) if found == qube => Ok(data),
        Some(_) => Err(Fault::new(Code::NotOurs)),
        None => Err(damaged),
    }
}
