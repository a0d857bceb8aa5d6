//! seccomp: of all system calls those of a list, some with certain arguments only.
//!
//! Any other fails with `EPERM`, as one that its caller has no right to; a list that lacks
//! something a new C library wants must not cost a backup.

use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What an argument of a call must be: its place, its length, the comparison, the value.
type Argument = (
    u8,
    seccompiler::SeccompCmpArgLen,
    seccompiler::SeccompCmpOp,
    u64,
);

/// Calls that are allowed with some arguments only.
#[derive(Default)]
pub struct Narrow(Vec<(i64, Argument)>);

impl Narrow {
    /// Its name, its own signals, its limits to read.
    pub fn always() -> Self {
        let own = u64::from(std::process::id());
        Self(vec![
            (libc::SYS_tgkill, (0, Dword, Eq, own)),
            (
                libc::SYS_prctl,
                (0, Dword, Eq, libc::PR_SET_NAME.unsigned_abs().into()),
            ),
            // To ask for a limit, not to set one.
            (libc::SYS_prlimit64, (2, Qword, Eq, 0)),
        ])
    }

    /// Threads and memory, but no process, and no memory that holds a program.
    #[must_use]
    pub fn without_programs(mut self) -> Self {
        let thread = (libc::CLONE_VM | libc::CLONE_THREAD).unsigned_abs().into();
        let code = libc::PROT_EXEC.unsigned_abs().into();
        self.0.extend([
            (libc::SYS_clone, (0, Qword, MaskedEq(thread), thread)),
            (libc::SYS_mmap, (2, Dword, MaskedEq(code), 0)),
            (libc::SYS_mprotect, (2, Dword, MaskedEq(code), 0)),
        ]);
        self
    }

    /// To end these processes.
    #[must_use]
    pub fn and_end(mut self, processes: &[u32]) -> Self {
        let end = |process: &u32| (libc::SYS_kill, (0, Dword, Eq, u64::from(*process)));
        self.0.extend(processes.iter().map(end));
        self
    }
}

/// From now on only calls of the lists.
///
/// # Errors
/// When the kernel refuses.
pub fn install(lists: &[&[i64]], narrow: Narrow) -> Result<(), Error> {
    // Its arguments are out of a filter's sight; the C library then takes `clone`.
    let unseen: Rules = [(libc::SYS_clone3, vec![])].into();
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    apply(unseen, SeccompAction::Allow, absent)?;
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    apply(rules(lists, narrow)?, refused, SeccompAction::Allow)
}

fn apply(rules: Rules, others: SeccompAction, those: SeccompAction) -> Result<(), Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    let program: BpfProgram = SeccompFilter::new(rules, others, those, arch)?.try_into()?;
    apply_filter_all_threads(&program)
}

fn rules(lists: &[&[i64]], narrow: Narrow) -> Result<Rules, BackendError> {
    let calls = lists.iter().copied().flatten();
    let mut rules: Rules = calls.map(|call| (*call, vec![])).collect();
    for (call, (place, length, comparison, value)) in narrow.0 {
        let condition = SeccompCondition::new(place, length, comparison, value)?;
        let rule = SeccompRule::new(vec![condition])?;
        rules.entry(call).or_default().push(rule);
    }
    Ok(rules)
}
