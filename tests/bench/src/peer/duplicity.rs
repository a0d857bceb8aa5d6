//! duplicity with a passphrase, for a first run.

use super::Peer;
use crate::tool::Kind;

pub(super) const DUPLICITY: Peer = Peer {
    name: "duplicity",
    kind: Kind::Plain,
    programs: &["duplicity", "gpg"],
    install: "apt-get install duplicity",
    version: "duplicity --version",
    init: "mkdir -p $HOME",
    back_up: "export PASSPHRASE=$(cat $SECRETS/passphrase); \
              duplicity full -v1 --no-print-statistics $VOLUME file://$REPOSITORY",
    restore: None,
    restore_file: None,
};
