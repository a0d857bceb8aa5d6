//! seccomp: of all system calls those of a list, some with certain arguments only.
//!
//! Any other fails with `EPERM`, as one that its caller has no right to; a list that lacks
//! something a new C library wants must not cost a backup.

use super::Needs;
use super::calls::{ALWAYS, READING_PATHS, WRITING};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Which arguments of a call are allowed: its place, its length, the comparison, the value.
type Argument = (
    u8,
    seccompiler::SeccompCmpArgLen,
    seccompiler::SeccompCmpOp,
    u64,
);

/// From now on only calls of the list.
///
/// # Errors
/// When the kernel refuses.
pub fn install(needs: Needs<'_>, calls: &[u32]) -> Result<(), Error> {
    // Its arguments are out of a filter's sight; the C library then takes `clone`.
    let unseen: Rules = [(libc::SYS_clone3, vec![])].into();
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    apply(unseen, SeccompAction::Allow, absent)?;
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    apply(rules(needs, calls)?, refused, SeccompAction::Allow)
}

fn apply(rules: Rules, others: SeccompAction, those: SeccompAction) -> Result<(), Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    let program: BpfProgram = SeccompFilter::new(rules, others, those, arch)?.try_into()?;
    apply_filter_all_threads(&program)
}

fn rules(needs: Needs<'_>, calls: &[u32]) -> Result<Rules, BackendError> {
    let more: &[&[i64]] = match needs {
        Needs::Nothing => &[],
        Needs::Tree { .. } => &[READING_PATHS],
        Needs::Volume => &[READING_PATHS, WRITING],
    };
    let lists = [ALWAYS].into_iter().chain(more.iter().copied());
    let mut rules: Rules = lists.flatten().map(|call| (*call, vec![])).collect();
    for (call, argument) in narrow(needs, calls) {
        let (place, length, comparison, value) = argument;
        let condition = SeccompCondition::new(place, length, comparison, value)?;
        let rule = SeccompRule::new(vec![condition])?;
        rules.entry(call).or_default().push(rule);
    }
    Ok(rules)
}

/// Calls that are allowed with some arguments only.
fn narrow(needs: Needs<'_>, calls: &[u32]) -> Vec<(i64, Argument)> {
    let thread = (libc::CLONE_VM | libc::CLONE_THREAD).unsigned_abs().into();
    let code = libc::PROT_EXEC.unsigned_abs().into();
    let own = u64::from(std::process::id());
    let mut narrow = vec![
        (libc::SYS_tgkill, (0, Dword, Eq, own)),
        (
            libc::SYS_prctl,
            (0, Dword, Eq, libc::PR_SET_NAME.unsigned_abs().into()),
        ),
        // To ask for a limit, not to set one.
        (libc::SYS_prlimit64, (2, Qword, Eq, 0)),
    ];
    let end = |call: &u32| (libc::SYS_kill, (0, Dword, Eq, u64::from(*call)));
    narrow.extend(calls.iter().map(end));
    if !matches!(needs, Needs::Volume) {
        narrow.extend([
            // A thread, and no process.
            (libc::SYS_clone, (0, Qword, MaskedEq(thread), thread)),
            // Memory, and no program in it.
            (libc::SYS_mmap, (2, Dword, MaskedEq(code), 0)),
            (libc::SYS_mprotect, (2, Dword, MaskedEq(code), 0)),
        ]);
    }
    narrow
}
