//! Small texts in age files.

use age::{DecryptError, Decryptor, Encryptor};
use qib_rpc::fault::{Code, Fault};
use std::io::{Read, Write};
use zeroize::Zeroizing;

/// The longest text that is sealed here, in bytes.
const MAX_TEXT_BYTES: u64 = 1024;

/// Seals `text` to one recipient.
///
/// # Errors
/// A fault when the helper has no randomness or memory.
pub fn seal(text: &str, to: &dyn age::Recipient) -> Result<Vec<u8>, Fault> {
    let sealed = || {
        let encryptor = Encryptor::with_recipients(std::iter::once(to)).ok()?;
        let mut output = encryptor.wrap_output(Vec::new()).ok()?;
        output.write_all(text.as_bytes()).ok()?;
        output.finish().ok()
    };
    sealed().ok_or(Fault::new(Code::HelperFailed))
}

/// Opens a sealed text. `wrong_key` is the fault when the file is whole and for
/// another key; anything else that is wrong with it is damage.
///
/// # Errors
/// One of these two faults.
pub fn open(
    untrusted_sealed: &[u8],
    with: &dyn age::Identity,
    wrong_key: Code,
) -> Result<Zeroizing<String>, Fault> {
    let damaged = Fault::new(Code::Damaged);
    let opened = Decryptor::new_buffered(untrusted_sealed)
        .map_err(|_| damaged)?
        .decrypt(std::iter::once(with))
        .map_err(|error| match error {
            DecryptError::NoMatchingKeys
            | DecryptError::DecryptionFailed
            | DecryptError::KeyDecryptionFailed => Fault::new(wrong_key),
            _ => damaged,
        })?;
    let mut text = Zeroizing::new(String::with_capacity(4096));
    opened
        .take(MAX_TEXT_BYTES)
        .read_to_string(&mut text)
        .map_err(|_| damaged)?;
    Ok(text)
}
