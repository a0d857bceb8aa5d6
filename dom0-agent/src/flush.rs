//! A running qube is asked to write to its disk what it still holds, before its state is kept.
//!
//! It is a wish: the qube may refuse, lie or never answer. So it is waited for only so long, what
//! it prints goes nowhere, and its state is kept in any case.

use crate::error::{Error, Result};
use crate::stop::Stop;
use qib_rpc::call::Call;
use qib_rpc::name::QubeName;
use std::time::{Duration, Instant};

/// How long the qube has.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long between looks whether it has answered.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks; the answer is what the user is to know.
///
/// # Errors
/// When somebody asked to stop.
pub fn ask(qube: &QubeName, stop: &Stop) -> Result<Option<&'static str>> {
    const NOT_DONE: &str = "it could not be asked to write to its disk what it still held (sync)";
    const TOO_SLOW: &str = "it did not write to its disk what it still held (sync) in 10 seconds";
    let Ok(mut call) = Call::sync(qube) else {
        return Ok(Some(NOT_DONE));
    };
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        match call.ended() {
            Some(status) if status.success() => return Ok(None),
            Some(_) => return Ok(Some(NOT_DONE)),
            None if stop.wait(PAUSE) => return Err(Error::Stopped),
            None => {}
        }
    }
    Ok(Some(TOO_SLOW))
}
