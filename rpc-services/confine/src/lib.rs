//! With what the programs outside dom0 give up what they do not need, before they work on what
//! somebody else wrote.
//!
//! 1. [limits]: how much it may take; a crash leaves no core file;
//! 2. Landlock: which [files], programs and networks are left;
//! 3. capabilities: what is left of root's [power];
//! 4. seccomp: a [filter] of system calls by a list, such as those of [`calls`].
//!
//! Landlock is as strict as the kernel knows it; the rest every kernel of Qubes knows.
//!
//! **Invariant:** no other thread runs meanwhile: Landlock and capabilities are a thread's own, and
//! new threads inherit them.

pub mod calls;
pub mod files;
pub mod filter;
pub mod limits;
pub mod power;
