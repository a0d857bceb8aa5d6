//! BorgBackup, at its defaults.

use super::Peer;
use crate::tool::Kind;

pub(super) const BORG: Peer = Peer {
    name: "borg",
    kind: Kind::Deduplicates,
    programs: &["borg"],
    install: "apt-get install borgbackup",
    version: "borg --version",
    init: "export BORG_PASSPHRASE=$(cat $SECRETS/passphrase); \
           borg init -e repokey-blake2 $REPOSITORY 2> $SECRETS/init.log",
    back_up: "export BORG_PASSPHRASE=$(cat $SECRETS/passphrase); \
              cd $VOLUME; borg create $REPOSITORY::{now:%s%f} .",
    restore: Some(
        "export BORG_PASSPHRASE=$(cat $SECRETS/passphrase); \
         cd $TARGET; borg extract $REPOSITORY::$(borg list --last 1 --short $REPOSITORY)",
    ),
    restore_file: Some(
        "export BORG_PASSPHRASE=$(cat $SECRETS/passphrase); \
         cd $TARGET; borg extract $REPOSITORY::$(borg list --last 1 --short $REPOSITORY) $FILE",
    ),
};
