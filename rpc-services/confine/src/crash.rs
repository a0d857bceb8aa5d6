//! What lay in memory when a program crashed.

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on it leaves no core file.
///
/// # Errors
/// When the kernel refuses.
pub fn leave_nothing() -> Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)
}
