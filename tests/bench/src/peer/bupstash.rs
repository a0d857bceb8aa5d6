//! bupstash, at its defaults.

use super::Peer;
use crate::tool::Kind;

pub(super) const BUPSTASH: Peer = Peer {
    name: "bupstash",
    kind: Kind::Deduplicates,
    programs: &["bupstash"],
    install: "apt-get install libsodium-dev pkg-config && cargo install --locked bupstash",
    version: "bupstash --version",
    init: "rmdir $REPOSITORY; bupstash init -r $REPOSITORY; bupstash new-key -o $SECRETS/key",
    back_up: "bupstash put -q -r $REPOSITORY -k $SECRETS/key name=volume $VOLUME > $SECRETS/id",
    restore: Some(
        "bupstash restore -q -r $REPOSITORY -k $SECRETS/key --into $TARGET id=$(cat $SECRETS/id)",
    ),
    restore_file: Some(
        "bupstash get -q -r $REPOSITORY -k $SECRETS/key --pick $FILE id=$(cat $SECRETS/id) \
         > $TARGET/file",
    ),
};
