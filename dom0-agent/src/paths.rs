//! The absolute paths that dom0's part works with.

/// Everything that qib remembers; root only.
pub const STATE: &str = "/var/lib/qib";

/// What the administrator decides.
pub const CONFIG: &str = "/etc/qubes/qib.conf";

/// Which release of Qubes this is.
pub const RELEASE: &str = "/etc/qubes-release";

/// Where policy lies: what stays, and from Qubes 4.3 on what the next start forgets.
pub const POLICY_FOLDERS: [&str; 2] = ["/etc/qubes/policy.d", "/run/qubes/policy.d"];

/// The name of our policy there.
pub const POLICY_NAME: &str = "10-qib.policy";

/// Who decides about calls by it.
pub const POLICY_DAEMON: &str = "/run/qubes/policy.sock";
/// This program itself.
pub const QIB: &str = "/usr/bin/qib";

/// The folder of saved choices.
pub const PROFILES: &str = "/etc/qubes/qib";

/// The Admin API.
pub const QUBESD: &str = "/run/qubesd.sock";

/// The part of it that only dom0 may use.
pub const QUBESD_INTERNAL: &str = "/run/qubesd.internal.sock";
