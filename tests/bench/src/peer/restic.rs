//! restic, at its defaults.

use super::Peer;
use crate::tool::Kind;

pub(super) const RESTIC: Peer = Peer {
    name: "restic",
    kind: Kind::Deduplicates,
    programs: &["restic"],
    install: "apt-get install restic",
    version: "restic version",
    init: "restic -q -r $REPOSITORY -p $SECRETS/passphrase init",
    back_up: "cd $VOLUME; restic -q -r $REPOSITORY -p $SECRETS/passphrase backup .",
    restore: Some(
        "restic -q -r $REPOSITORY -p $SECRETS/passphrase restore latest --target $TARGET",
    ),
    restore_file: Some(
        "restic -q -r $REPOSITORY -p $SECRETS/passphrase restore latest --target $TARGET \
         --include /$FILE",
    ),
};
