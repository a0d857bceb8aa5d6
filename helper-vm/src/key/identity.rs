//! Making X25519 identities, and their two text forms.

use age::secrecy::ExposeSecret;
use age::x25519;
use bech32::{Bech32, Hrp};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::key::{Entropy, Identity, Recipient};
use zeroize::Zeroizing;

/// What an identity is for: two that are made from the same bytes differ.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The master identity.
    Master,
    /// A qube's data identity.
    Data,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Master => "qib 2026-11 master identity v1",
            Self::Data => "qib 2026-11 data identity v1",
        }
    }
}

/// A new identity. It is secret when the helper's randomness or dom0's is.
///
/// # Errors
/// A fault when the helper has no randomness.
pub fn make(purpose: Purpose, entropy: &Entropy) -> Result<x25519::Identity, Fault> {
    let mut both = Zeroizing::new([0; 64]);
    let (own, other) = both.split_at_mut(32);
    getrandom::fill(own).map_err(|_| failed())?;
    other.copy_from_slice(entropy.expose());
    let mut secret = Zeroizing::new([0; 32]);
    let mut mixer = blake3::Hasher::new_derive_key(purpose.label());
    mixer.update(both.as_slice());
    mixer.finalize_xof().fill(secret.as_mut_slice());
    from_secret(&secret)
}

fn from_secret(secret: &[u8; 32]) -> Result<x25519::Identity, Fault> {
    let prefix = Hrp::parse("AGE-SECRET-KEY-").map_err(|_| failed())?;
    let text = bech32::encode_upper::<Bech32>(prefix, secret).map_err(|_| failed())?;
    Zeroizing::new(text).parse().map_err(|_| failed())
}

/// The recipient of an identity.
///
/// # Errors
/// Never for an identity that age made.
pub fn recipient(identity: &x25519::Identity) -> Result<Recipient, Fault> {
    Recipient::new(identity.to_public().to_string()).map_err(|_| failed())
}

/// An identity as text.
///
/// # Errors
/// Never for an identity that age made.
pub fn text(identity: &x25519::Identity) -> Result<Identity, Fault> {
    Identity::new(identity.to_string().expose_secret().to_owned()).map_err(|_| failed())
}

fn failed() -> Fault {
    Fault::new(Code::HelperFailed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helpers_own_randomness_makes_identities_differ() {
        let entropy = Entropy::new([0; 32]);
        let make = |purpose| recipient(&make(purpose, &entropy).unwrap()).unwrap();
        assert_ne!(make(Purpose::Data), make(Purpose::Data));
    }

    #[test]
    fn a_secret_is_what_age_reads_back() {
        let identity = from_secret(&[7; 32]).unwrap();
        let again: x25519::Identity = text(&identity).unwrap().expose().parse().unwrap();
        assert_eq!(recipient(&identity), recipient(&again));
    }
}
