//! The way of `qvm-backup`: the volume as one sparse file in a tar, gzip, and pieces of 100 MB,
//! each encrypted by scrypt. What is restored is the image, not its files.

use super::Peer;
use crate::tool::Kind;

pub(super) const QVM_BACKUP: Peer = Peer {
    name: "qvm-backup's way",
    kind: Kind::Plain,
    programs: &["tar", "gzip", "split", "scrypt"],
    install: "apt-get install scrypt",
    version: "scrypt --version",
    init: "true",
    back_up: "cd $(dirname $IMAGE); \
              tar --posix --sparse -cf - $(basename $IMAGE) | gzip | \
              split -b 100MB --filter='scrypt enc --passphrase file:$SECRETS/passphrase - > \
              $FILE.enc' - $REPOSITORY/piece.",
    restore: Some(
        "for piece in $REPOSITORY/piece.*; do \
         scrypt dec --passphrase file:$SECRETS/passphrase $piece; done | \
         gzip -d | tar -C $TARGET --sparse -xf -",
    ),
    restore_file: None,
};
