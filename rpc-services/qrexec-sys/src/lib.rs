//! What qib needs of libc that no safe library gives: the only unsafe code.
//!
//! * A qrexec client must live in a session of its own, so that a ^C at the
//!   terminal reaches `qib` alone and it can end everything in order, and must
//!   end when `qib` is killed.
//! * ^C, SIGTERM and SIGHUP must become something to wait for beside pipes.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::FromRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Makes the child of `command` a session leader that ends when the thread that
/// starts it ends, and that is reached by the signals that
/// [`termination_signals`] blocks here.
pub fn set_apart(command: &mut Command) {
    let prepare = || {
        // SAFETY: setsid, prctl and sigprocmask are async-signal-safe and touch
        // only the child.
        unsafe {
            check(libc::setsid())?;
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM))?;
            let set = termination_set();
            check(libc::sigprocmask(
                libc::SIG_UNBLOCK,
                &raw const set,
                std::ptr::null_mut(),
            ))
        }
    };
    // SAFETY: `prepare` allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// Blocks ^C, SIGTERM and SIGHUP in this thread and those that it starts later;
/// the file becomes readable when one has come.
///
/// # Errors
/// What the system says.
pub fn termination_signals() -> io::Result<File> {
    let set = termination_set();
    // SAFETY: `set` is initialised; a null old set is allowed.
    unsafe {
        check(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut(),
        ))?
    };
    // SAFETY: -1 asks for a new descriptor, which nobody else owns.
    unsafe {
        let descriptor = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        check(descriptor)?;
        Ok(File::from_raw_fd(descriptor))
    }
}

fn termination_set() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set before anything reads it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
