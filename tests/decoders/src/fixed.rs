//! Ids and keys that are the same each time.

use qib_helper::seal::{OpenWith, SealTo};
use qib_rpc::id::{QubeId, SessionId};
use qib_rpc::key::{ChunkKey, IndexSeed};
use std::sync::LazyLock;

/// Whose objects they are.
pub const QUBE: QubeId = QubeId::new([7; 16]);

/// Who made them.
pub const SESSION: SessionId = SessionId::new([8; 16]);

/// What opens objects of the helper's.
pub static OPEN_WITH: LazyLock<OpenWith> =
    LazyLock::new(|| OpenWith::seed(&IndexSeed::new([1; 32])).unwrap());

/// Whom they are sealed to.
pub static SEAL_TO: LazyLock<SealTo> = LazyLock::new(|| SealTo::identity(&OPEN_WITH));

/// Keys the ids of chunks.
pub fn chunk_key() -> ChunkKey {
    ChunkKey::new([2; 32])
}
