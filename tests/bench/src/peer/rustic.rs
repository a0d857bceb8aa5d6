//! rustic, at its defaults.

use super::Peer;
use crate::tool::Kind;

pub(super) const RUSTIC: Peer = Peer {
    name: "rustic",
    kind: Kind::Deduplicates,
    programs: &["rustic"],
    install: "cargo install --locked rustic-rs",
    version: "rustic --version",
    init: "rustic --log-level error --no-progress -r $REPOSITORY \
           --password-file $SECRETS/passphrase init",
    back_up: "cd $VOLUME; rustic --log-level error --no-progress -r $REPOSITORY \
              --password-file $SECRETS/passphrase backup .",
    restore: Some(
        "rustic --log-level error --no-progress -r $REPOSITORY \
         --password-file $SECRETS/passphrase restore latest $TARGET",
    ),
    restore_file: Some(
        "rustic --log-level error --no-progress -r $REPOSITORY \
         --password-file $SECRETS/passphrase restore latest:$FILE $TARGET",
    ),
};
