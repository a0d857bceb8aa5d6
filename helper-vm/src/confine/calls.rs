//! The calls of a helper that fills a volume. Among them are no sockets either, and none of what changes
//! the machine.

use libc as c;

/// Of what fills a volume and starts the programs of e2fsprogs, and of those programs.
pub const WRITING: &[i64] = &[
    // Processes.
    c::SYS_clone,
    c::SYS_execve,
    c::SYS_mmap,
    c::SYS_mprotect,
    c::SYS_set_tid_address,
    c::SYS_arch_prctl,
    c::SYS_pipe2,
    c::SYS_dup2,
    c::SYS_dup3,
    c::SYS_getppid,
    c::SYS_getuid,
    c::SYS_geteuid,
    c::SYS_getgid,
    c::SYS_getegid,
    c::SYS_umask,
    c::SYS_uname,
    c::SYS_sysinfo,
    c::SYS_getrusage,
    c::SYS_getcwd,
    // Files, links, devices, and what is told of them.
    c::SYS_access,
    c::SYS_faccessat,
    c::SYS_faccessat2,
    c::SYS_readlink,
    c::SYS_open,
    c::SYS_stat,
    c::SYS_lstat,
    c::SYS_statfs,
    c::SYS_flock,
    c::SYS_mkdirat,
    c::SYS_mknodat,
    c::SYS_linkat,
    c::SYS_symlinkat,
    c::SYS_unlink,
    c::SYS_unlinkat,
    c::SYS_fchmod,
    c::SYS_fchmodat,
    c::SYS_fchown,
    c::SYS_fchownat,
    c::SYS_utimensat,
    c::SYS_fsetxattr,
    c::SYS_lsetxattr,
    c::SYS_syncfs,
    c::SYS_sync_file_range,
    // Disks: their sizes, loop devices, and a mount that has no name.
    c::SYS_ioctl,
    c::SYS_fsopen,
    c::SYS_fsconfig,
    c::SYS_fsmount,
];
