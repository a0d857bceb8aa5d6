//! The arguments of `qib forget`.

use crate::retention::policy::{NotAPolicy, Numbers, Policy};
use crate::retention::span::Span;
use crate::select::Selector;
use clap::Args;

/// Arguments of `forget`.
#[derive(Debug, Args)]
pub struct Forget {
    /// The qubes whose snapshots go: names, '@tag:NAME' or '@type:CLASS'.
    #[arg(
        value_name = "QUBE",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub qubes: Vec<Selector>,
    /// Every app and standalone qube whose 'include_in_backups' is set, but the storage qube.
    #[arg(long)]
    pub all: bool,
    /// Not this one, or not what has this tag or class; may be repeated.
    #[arg(short = 'x', long, value_name = "QUBE")]
    pub exclude: Vec<Selector>,
    /// What to keep.
    #[command(flatten)]
    pub keep: Keep,
    /// Forget the snapshot of this number, whatever a policy says; may be repeated.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["all", "keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_within"]
    )]
    pub snapshot: Vec<u64>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Also of a qube that does not exist any more.
    #[arg(long)]
    pub yes: bool,
    /// Say what goes and what that frees; forget nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A policy, in numbers.
#[derive(Debug, Args)]
pub struct Keep {
    /// Keep the newest N.
    #[arg(long, value_name = "N")]
    pub keep_last: Option<u32>,
    /// Keep the last one of each of the newest N hours that have one.
    #[arg(long, value_name = "N")]
    pub keep_hourly: Option<u32>,
    /// Keep the last one of each of the newest N days that have one.
    #[arg(long, value_name = "N")]
    pub keep_daily: Option<u32>,
    /// Keep the last one of each of the newest N weeks that have one.
    #[arg(long, value_name = "N")]
    pub keep_weekly: Option<u32>,
    /// Keep the last one of each of the newest N months that have one.
    #[arg(long, value_name = "N")]
    pub keep_monthly: Option<u32>,
    /// Keep the last one of each of the newest N years that have one.
    #[arg(long, value_name = "N")]
    pub keep_yearly: Option<u32>,
    /// Keep all that are at most so much older than the newest, such as 30d or 1y6m.
    #[arg(long, value_name = "TIME")]
    pub keep_within: Option<Span>,
}

impl Keep {
    /// The policy, if one was given.
    ///
    /// # Errors
    /// [`NotAPolicy::KeepsNothing`].
    pub fn policy(&self) -> Result<Option<Policy>, NotAPolicy> {
        let of_period = [
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        ];
        let is_given = of_period.iter().any(Option::is_some)
            || self.keep_last.is_some()
            || self.keep_within.is_some();
        let numbers = Numbers {
            last: self.keep_last.unwrap_or(0),
            of_period: of_period.map(Option::unwrap_or_default),
            within: self.keep_within,
        };
        is_given.then(|| Policy::new(numbers)).transpose()
    }
}
