//! Lists of system calls.
//!
//! In none of them: new sockets, other processes' memory, tracing, modules, keys, `bpf`, `io_uring`,
//! namespaces, and all that changes the machine.

use libc as c;

/// With what is open, in memory, among the program's own threads.
pub const ALWAYS: &[i64] = &[
    // Descriptors that are open.
    c::SYS_read,
    c::SYS_readv,
    c::SYS_pread64,
    c::SYS_preadv,
    c::SYS_write,
    c::SYS_writev,
    c::SYS_pwrite64,
    c::SYS_pwritev,
    c::SYS_sendfile,
    c::SYS_splice,
    c::SYS_copy_file_range,
    c::SYS_lseek,
    c::SYS_fstat,
    c::SYS_statx,
    c::SYS_newfstatat,
    c::SYS_fstatfs,
    c::SYS_fadvise64,
    c::SYS_ftruncate,
    c::SYS_fallocate,
    c::SYS_fsync,
    c::SYS_fdatasync,
    c::SYS_fcntl,
    c::SYS_dup,
    c::SYS_poll,
    c::SYS_ppoll,
    c::SYS_close,
    // Memory that holds no program: with `mmap` and `mprotect`.
    c::SYS_munmap,
    c::SYS_mremap,
    c::SYS_madvise,
    c::SYS_brk,
    // Threads: with `clone`. The other filter says that there is no `clone3`.
    c::SYS_clone3,
    c::SYS_futex,
    c::SYS_set_robust_list,
    c::SYS_rseq,
    c::SYS_gettid,
    c::SYS_getpid,
    c::SYS_sched_yield,
    c::SYS_sched_getaffinity,
    c::SYS_membarrier,
    c::SYS_exit,
    c::SYS_exit_group,
    // Signals of its own, and the end of its call: with `kill` and `tgkill`.
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_sigaltstack,
    c::SYS_restart_syscall,
    c::SYS_wait4,
    c::SYS_waitid,
    // Time and chance.
    c::SYS_clock_gettime,
    c::SYS_clock_nanosleep,
    c::SYS_nanosleep,
    c::SYS_getrandom,
];

/// By paths, to read.
pub const READING_PATHS: &[i64] = &[
    c::SYS_openat,
    c::SYS_openat2,
    c::SYS_getdents64,
    c::SYS_readlinkat,
    c::SYS_fgetxattr,
    c::SYS_flistxattr,
    c::SYS_lgetxattr,
    c::SYS_llistxattr,
];
