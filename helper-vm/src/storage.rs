//! The one call to the storage qube: first gets, then puts, each acknowledged.

mod fetching;
mod putting;

pub use fetching::Fetching;
pub use putting::Putting;

use crate::error::Error;
use qib_rpc::line::LineError;

fn line(error: LineError) -> Error {
    Error::StorageLine(error)
}
