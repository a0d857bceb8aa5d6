//! The plain pipe to beat.

use super::Peer;
use crate::tool::Kind;

pub(super) const PIPE: Peer = Peer {
    name: "tar|zstd|age",
    kind: Kind::Plain,
    programs: &["tar", "zstd", "age", "age-keygen"],
    install: "apt-get install tar zstd age",
    version: "tar --version | head -n 1; zstd --version; age --version",
    init: "age-keygen -o $SECRETS/key 2> $SECRETS/init.log; \
           age-keygen -y $SECRETS/key > $SECRETS/recipient",
    back_up: "tar -C $VOLUME -cf - . | zstd -q -3 | age -R $SECRETS/recipient > $REPOSITORY/all",
    restore: Some("age -d -i $SECRETS/key $REPOSITORY/all | zstd -q -d | tar -C $TARGET -xpf -"),
    restore_file: Some(
        "age -d -i $SECRETS/key $REPOSITORY/all | zstd -q -d | tar -C $TARGET -xpf - ./$FILE",
    ),
};
