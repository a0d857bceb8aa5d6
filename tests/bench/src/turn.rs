//! A turn: the volume in one state, and every tool once.

use crate::change::Change;
use crate::results::Key;
use crate::scale::Scale;
use crate::temperature::Temperature;
use crate::tool::{BLOCKS, PIPELINE, Tool};
use crate::workload::{Action, Workload};

/// One change, after which every tool runs once.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) workload: &'static Workload,
    round: u32,
    pub(crate) temperature: Temperature,
}

impl Turn {
    pub(crate) fn all(
        workload: &'static Workload,
        rounds: u32,
        temperatures: &[Temperature],
    ) -> Vec<Self> {
        let turn = |round, temperature| Self {
            workload,
            round,
            temperature,
        };
        let round = |round| temperatures.iter().map(move |one| turn(round, *one));
        (1..=rounds).flat_map(round).collect()
    }

    /// Those of the tools that can do it.
    pub(crate) fn tools(self, tools: &[Tool]) -> Vec<Tool> {
        let tools = tools.iter().copied();
        tools
            .filter(|tool| tool.can(self.workload.action))
            .collect()
    }

    /// Their names, and those of the rows that are no tools.
    pub(crate) fn rows(self, tools: &[Tool]) -> Vec<&'static str> {
        let mut rows: Vec<&str> = self.tools(tools).into_iter().map(Tool::name).collect();
        if self.workload.action == Action::First {
            rows.push(PIPELINE);
        }
        if matches!(self.workload.change, Some(Change::Browsing)) {
            rows.push(BLOCKS);
        }
        rows
    }

    pub(crate) fn key(self, row: &str, scale: Scale) -> Key {
        Key {
            workload: self.workload.letter.to_owned(),
            tool: row.to_owned(),
            round: self.round,
            temperature: self.temperature,
            scale,
        }
    }

    /// What decides the change.
    pub(crate) fn seed(self) -> u64 {
        u64::from(self.round) * 2 + u64::from(self.temperature == Temperature::Warm)
    }

    pub(crate) fn name(self, row: &str) -> String {
        let (letter, temperature) = (self.workload.letter, self.temperature.name());
        format!("({letter}) {temperature} {} {row}", self.round)
    }
}
