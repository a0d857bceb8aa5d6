//! A spot: where one object lies, whether it exists or not.

use qib_rpc::message::record::Place;
use qib_rpc::object::ObjectName;

/// Where one object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Under which prefix.
    pub place: Place,
    /// Its name there.
    pub name: ObjectName,
}
