//! The order of play: volume by volume, round by round, and in each round every tool in turn.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::change::Change;
use crate::corpus::Corpus;
use crate::folder::Folder;
use crate::number;
use crate::results::{Figures, Results};
use crate::scale::Scale;
use crate::session::Session;
use crate::temperature::Temperature;
use crate::tool::{BLOCKS, PIPELINE, Tool};
use crate::turn::Turn;
use crate::workload::{Action, Workload};
use crate::{blocks, pipeline};

/// What is to be run.
pub(crate) struct Run<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) programs: &'a Path,
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) temperatures: Vec<Temperature>,
    pub(crate) rounds: u32,
    pub(crate) scale: Scale,
    pub(crate) results: &'a mut Results,
    /// Runs that failed; the others go on.
    pub(crate) failed: u32,
}

impl Run<'_> {
    /// Runs everything that is not among the results.
    pub(crate) fn all(&mut self) -> Result<()> {
        for corpus in [
            Corpus::Home,
            Corpus::Large,
            Corpus::Browser,
            Corpus::Million,
        ] {
            let mut open = self.turns(corpus);
            open.retain(|turn| self.is_open(*turn));
            if open.is_empty() {
                continue;
            }
            self.folder.check_room(corpus, self.scale)?;
            let session = Session::open(self.folder, self.programs, corpus, self.scale);
            let mut session = session?;
            for turn in open {
                self.turn(&mut session, turn)?;
            }
        }
        Ok(())
    }

    fn turns(&self, corpus: Corpus) -> Vec<Turn> {
        let workloads = self.workloads.iter().copied();
        let here = workloads.filter(|workload| workload.corpus == corpus);
        here.flat_map(|workload| Turn::all(workload, self.rounds, &self.temperatures))
            .collect()
    }

    fn is_open(&self, turn: Turn) -> bool {
        let mut rows = turn.rows(&self.tools).into_iter();
        rows.any(|row| !self.has(turn, row))
    }

    fn has(&self, turn: Turn, row: &str) -> bool {
        self.results.has(&turn.key(row, self.scale))
    }

    fn turn(&mut self, session: &mut Session, turn: Turn) -> Result<()> {
        let mut tools = Vec::new();
        for tool in turn.tools(&self.tools) {
            let stored = match turn.workload.action {
                Action::First => Ok(()),
                _ => session.store(tool),
            };
            if stored.is_ok() {
                tools.push(tool);
            }
            self.note(turn, tool.name(), stored.map(|()| None))?;
        }
        if let Some(change) = turn.workload.change {
            self.change(session, turn, change)?;
        }
        if turn.rows(&self.tools).contains(&PIPELINE) && !self.has(turn, PIPELINE) {
            let figures = session
                .mounted()
                .and_then(|volume| pipeline::measure(volume.path()));
            self.note(turn, PIPELINE, figures.map(Some))?;
        }
        for tool in tools {
            let is_done = self.has(turn, tool.name());
            if is_done && turn.workload.change.is_none() {
                continue;
            }
            let action = turn.workload.action;
            let figures = session.measure(tool, action, turn.temperature);
            // Whoever was measured before an interruption still has to see this change, or would
            // find two of them in the next turn.
            self.note(
                turn,
                tool.name(),
                figures.map(|figures| (!is_done).then_some(figures)),
            )?;
        }
        Ok(())
    }

    fn change(&mut self, session: &Session, turn: Turn, change: Change) -> Result<()> {
        let counts = turn.rows(&self.tools).contains(&BLOCKS);
        let (volume, before) = session.files()?;
        if counts {
            rustix::fs::ioctl_ficlone(fs::File::create(&before)?, fs::File::open(&volume)?)?;
        }
        session.change(change, turn.seed())?;
        if counts {
            let changed = blocks::changed(&before, &volume);
            fs::remove_file(&before)?;
            let figures = Figures {
                sent_bytes: Some(changed?),
                ..Figures::default()
            };
            if !self.has(turn, BLOCKS) {
                self.note(turn, BLOCKS, Ok(Some(figures)))?;
            }
        }
        Ok(())
    }

    /// Records and prints what came of a run, if it is to be recorded.
    fn note(&mut self, turn: Turn, tool: &str, figures: Result<Option<Figures>>) -> Result<()> {
        let head = turn.name(tool);
        match figures {
            Ok(None) => {}
            Ok(Some(figures)) => {
                let time = figures.seconds.map(number::seconds).unwrap_or_default();
                println!("{head}: {time} s");
                self.results.add(turn.key(tool, self.scale), figures)?;
            }
            Err(error) => {
                eprintln!("qib-bench: {head}: {error:#}");
                self.failed += 1;
            }
        }
        Ok(())
    }
}
