//! What a restore calls.

use crate::confine::Needs;
use crate::error::Result;
use qib_rpc::message::restore::RestoreJob;
use qib_rpc::name::QubeName;
use std::io::{Read, Write};

/// The calls of a restore, each made once at most.
pub trait Outside {
    /// Another qube's words.
    type Hear: Read + Send + 'static;
    /// Words to it.
    type Speak: Write + Send + 'static;

    /// Calls the storage qube, and nobody after it. This may confine the helper: it hears what is
    /// needed from then on, and no other thread runs.
    ///
    /// # Errors
    /// When it can not be called.
    fn call_storage(
        &mut self,
        job: &RestoreJob,
        needs: Needs<'_>,
    ) -> Result<(Self::Hear, Self::Speak)>;

    /// Calls the qube that is to take files.
    ///
    /// # Errors
    /// When it can not be called.
    fn call_taker(&mut self, taker: &QubeName) -> Result<(Self::Hear, Self::Speak)>;
}
