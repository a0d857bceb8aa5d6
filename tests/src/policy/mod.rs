//! The policy engine of qrexec, for the multi-file format of Qubes 4.1 and later.
//!
//! First matching line decides, no line is a refusal, and one line that cannot
//! be read refuses every call.

mod evaluate;
mod files;
mod parse;
mod system;
mod token;

pub use evaluate::{Request, Verdict, decide_by, disposable_template};
pub use files::{decide, dom0_folders};
pub use parse::{Rule, parse};
pub use system::{Domain, SystemInfo};
