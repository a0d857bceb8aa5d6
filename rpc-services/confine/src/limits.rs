//! How much a program may take, and what it leaves when it crashes: nothing of its memory.

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a program needs at the most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open files, calls and connections at once.
    pub files: u64,
    /// Bytes of memory of its own; room that threads' stacks have and do not use counts.
    pub memory: u64,
}

impl Limits {
    /// From now on it takes no more, nor more than it might before, and leaves no core file.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set(self) -> Result<()> {
        let all = [
            (Resource::Core, 0),
            (Resource::Nofile, self.files),
            (Resource::Data, self.memory),
        ];
        for (resource, most) in all {
            // Nobody but root could raise what somebody has set lower.
            let most = getrlimit(resource)
                .maximum
                .map_or(most, |had| had.min(most));
            let limit = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            setrlimit(resource, limit)?;
        }
        Ok(())
    }
}
