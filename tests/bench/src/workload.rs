//! What is measured.

use anyhow::{Result, ensure};

use crate::change::Change;
use crate::corpus::Corpus;

/// What a tool does in a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A backup into an empty repository.
    First,
    /// A backup of a volume that was backed up before.
    Again,
    /// Everything back.
    Restore,
    /// One file back.
    RestoreFile,
}

impl Action {
    /// True for a backup; a restore reads the repository.
    pub(crate) fn reads_volume(self) -> bool {
        matches!(self, Self::First | Self::Again)
    }
}

/// One workload.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) letter: &'static str,
    pub(crate) title: &'static str,
    pub(crate) corpus: Corpus,
    pub(crate) action: Action,
    /// Made before every turn, in which each tool then runs once.
    pub(crate) change: Option<Change>,
}

const fn workload(
    letter: &'static str,
    title: &'static str,
    corpus: Corpus,
    action: Action,
    change: Option<Change>,
) -> Workload {
    Workload {
        letter,
        title,
        corpus,
        action,
        change,
    }
}

/// All of them; those of one volume lie together, so that it is set up once.
pub(crate) const WORKLOADS: [Workload; 8] = [
    workload("a", "home, first run", Corpus::Home, Action::First, None),
    workload("b", "home, unchanged", Corpus::Home, Action::Again, None),
    workload(
        "c",
        "home, 1 % of files changed",
        Corpus::Home,
        Action::Again,
        Some(Change::OnePercent),
    ),
    workload(
        "g",
        "home, full restore",
        Corpus::Home,
        Action::Restore,
        None,
    ),
    workload(
        "h",
        "home, one file restored",
        Corpus::Home,
        Action::RestoreFile,
        None,
    ),
    workload(
        "d",
        "1 MiB changed in a file of 10 GiB",
        Corpus::Large,
        Action::Again,
        Some(Change::Mebibyte),
    ),
    workload(
        "e",
        "browsing qube, caches churned",
        Corpus::Browser,
        Action::Again,
        Some(Change::Browsing),
    ),
    workload(
        "f",
        "1,000,000 small files, unchanged",
        Corpus::Million,
        Action::Again,
        None,
    ),
];

/// The workload with this letter.
pub(crate) fn find(letter: &str) -> Option<&'static Workload> {
    const ALL: &[Workload] = &WORKLOADS;
    ALL.iter().find(|workload| workload.letter == letter)
}

/// Those with these letters, or all, in our order.
pub(crate) fn chosen(letters: &[String]) -> Result<Vec<&'static Workload>> {
    const ALL: &[Workload] = &WORKLOADS;
    for letter in letters {
        ensure!(
            find(letter).is_some(),
            "there is no workload '{letter}'; there are a to h"
        );
    }
    let is_wanted = |workload: &&Workload| {
        letters.is_empty() || letters.iter().any(|letter| letter == workload.letter)
    };
    Ok(ALL.iter().filter(is_wanted).collect())
}
