//! The calls of a daemon whose place is a folder, beside those of every confined program that reads.

use libc as c;

/// To answer calls on the socket that is open.
pub const SERVING: &[i64] = &[
    c::SYS_accept4,
    c::SYS_recvfrom,
    c::SYS_sendto,
    c::SYS_shutdown,
    c::SYS_getsockopt,
    c::SYS_setsockopt,
];

/// To keep objects in a folder.
pub const FOLDER: &[i64] = &[
    c::SYS_mkdirat,
    c::SYS_linkat,
    c::SYS_renameat,
    c::SYS_renameat2,
    c::SYS_unlinkat,
    c::SYS_fchmod,
];
