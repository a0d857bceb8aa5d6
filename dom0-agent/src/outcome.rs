//! What a backup or restore came to.

use crate::alarm::Signs;
use crate::part::Part;
use crate::revision::Revision;
use crate::rules::QubeRules;
use crate::unchanged::Unchanged;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::line::Heard;
use qib_rpc::message::backup::StoredBackup;
use qib_rpc::message::trial::Findings;
use qib_rpc::reading::Manner;
use std::fs;

/// What came of a volume.
#[derive(Clone, Debug)]
pub enum Done {
    /// It was read.
    Read(Box<Backup>),
    /// It did not have to be.
    Unchanged {
        /// Which volume, since when.
        volume: Unchanged,
        /// How its qube is set up had changed, and was stored.
        has_new_settings: bool,
    },
}

/// A backup that ended well.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Of which volume.
    pub part: Part,
    /// What was stored; none in a dry run.
    pub stored: Option<StoredBackup>,
    /// The snapshot's number; none in a dry run.
    pub sequence: Option<u64>,
    /// dom0's time when it began, in seconds since 1970.
    pub time: i64,
    /// Which state of the volume was read.
    pub state: &'static str,
    /// The older state that it is of, if it is one.
    pub revision: Option<Revision>,
    /// Who read it, and as what.
    pub manner: Manner,
    /// What was done.
    pub counts: Counts,
    /// The rules that held.
    pub rules: QubeRules,
    /// What was left out.
    pub left_out: LeftOuts,
    /// What is unusual about it, if anything is.
    pub alarm: Option<Signs>,
    /// How many rules the qube suggests.
    pub suggestions: u32,
    /// What a dry run found out besides.
    pub findings: Option<Findings>,
    /// How long it took.
    pub seconds: f64,
    /// What it cost dom0.
    pub dom0: Dom0,
    /// True when the index was lost, so that everything was read and sent again.
    pub index_lost: bool,
    /// What went wrong although the snapshot exists.
    pub warnings: Vec<String>,
}

/// What a session cost dom0.
#[derive(Clone, Copy, Debug)]
pub struct Dom0 {
    /// Bytes read from the helper, progress aside.
    pub answer_bytes: u64,
    /// Bytes of progress read from the helper.
    pub progress_bytes: u64,
    /// The most memory that this process has had so far, in KiB.
    pub peak_kib: u64,
}

impl Dom0 {
    /// The cost of a conversation that has ended.
    pub fn heard(heard: Heard) -> Self {
        let Heard {
            progress_bytes,
            answer_bytes,
        } = heard;
        Self {
            answer_bytes,
            progress_bytes,
            peak_kib: peak_kib().unwrap_or(0),
        }
    }
}

fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
