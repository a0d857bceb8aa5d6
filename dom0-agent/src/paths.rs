//! The absolute paths that dom0's part works with.

/// Everything that qib remembers; root only.
pub const STATE: &str = "/var/lib/qib";

/// What the administrator decides.
pub const CONFIG: &str = "/etc/qubes/qib.conf";

/// The Admin API.
pub const QUBESD: &str = "/run/qubesd.sock";

/// The part of it that only dom0 may use.
pub const QUBESD_INTERNAL: &str = "/run/qubesd.internal.sock";
