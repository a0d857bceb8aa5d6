//! Results by workload and temperature: the median over the rounds of each tool.

use crate::number::{float, median};
use crate::results::{Cell, Figures};
use crate::temperature::Temperature;
use crate::workload::{WORKLOADS, Workload};

/// The medians of a tool.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) tool: String,
    pub(crate) rounds: usize,
    pub(crate) seconds: Option<f64>,
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) peak_bytes: Option<f64>,
    pub(crate) stored_bytes: Option<f64>,
    pub(crate) sent_bytes: Option<f64>,
    pub(crate) fetched_bytes: Option<f64>,
}

/// All tools in one workload at one temperature, the fastest first.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) workload: &'static Workload,
    pub(crate) temperature: Temperature,
    pub(crate) rows: Vec<Row>,
}

impl Group {
    pub(crate) fn row(&self, tool: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.tool == tool)
    }
}

/// Everything that was measured, by letter.
pub(crate) fn groups<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<Group> {
    const ALL: &[Workload] = &WORKLOADS;
    let cells: Vec<&Cell> = cells.collect();
    let mut workloads: Vec<&'static Workload> = ALL.iter().collect();
    workloads.sort_by_key(|workload| workload.letter);
    let both = workloads.into_iter().flat_map(|workload| {
        Temperature::ALL.map(|temperature| Group {
            workload,
            temperature,
            rows: rows(&cells, workload.letter, temperature),
        })
    });
    both.filter(|group| !group.rows.is_empty()).collect()
}

fn rows(cells: &[&Cell], letter: &str, temperature: Temperature) -> Vec<Row> {
    let is_here =
        |cell: &&&Cell| cell.key.workload == letter && cell.key.temperature == temperature;
    let here: Vec<&Cell> = cells.iter().filter(is_here).copied().collect();
    let mut tools: Vec<&str> = here.iter().map(|cell| cell.key.tool.as_str()).collect();
    tools.sort_unstable();
    tools.dedup();
    let mut rows: Vec<Row> = tools.into_iter().map(|tool| row(&here, tool)).collect();
    rows.sort_by(|one, other| {
        let key = |row: &Row| row.seconds.unwrap_or(f64::INFINITY);
        key(one).total_cmp(&key(other))
    });
    rows
}

fn row(here: &[&Cell], tool: &str) -> Row {
    let of_tool = here.iter().filter(|cell| cell.key.tool == tool);
    let figures: Vec<Figures> = of_tool.map(|cell| cell.figures).collect();
    let middle =
        |pick: fn(&Figures) -> Option<f64>| median(figures.iter().filter_map(pick).collect());
    Row {
        tool: tool.to_owned(),
        rounds: figures.len(),
        seconds: middle(|figures| figures.seconds),
        cpu_seconds: middle(|figures| figures.cpu_seconds),
        peak_bytes: middle(|figures| figures.peak_bytes.map(float)),
        stored_bytes: middle(|figures| figures.stored_bytes.map(float)),
        sent_bytes: middle(|figures| figures.sent_bytes.map(float)),
        fetched_bytes: middle(|figures| figures.fetched_bytes.map(float)),
    }
}
