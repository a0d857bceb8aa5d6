//! What was measured, a line of JSON for each cell; what is there is not measured again.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::meter::Cost;
use crate::scale::Scale;
use crate::temperature::Temperature;

/// Which run of which tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) workload: String,
    pub(crate) tool: String,
    pub(crate) round: u32,
    pub(crate) temperature: Temperature,
    pub(crate) scale: Scale,
}

/// One run. What a tool does not tell, or the machine can not, is not there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    #[serde(flatten)]
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// From its start to its end, in seconds.
    pub(crate) seconds: Option<f64>,
    /// Processor time of all its processes, in seconds.
    pub(crate) cpu_seconds: Option<f64>,
    /// Memory of the helper, or of a peer's largest process.
    pub(crate) peak_bytes: Option<u64>,
    /// Length of everything in the repository after it.
    pub(crate) stored_bytes: Option<u64>,
    /// What it added there.
    pub(crate) sent_bytes: Option<u64>,
    /// What a restore read from there.
    #[serde(default)]
    pub(crate) fetched_bytes: Option<u64>,
}

impl Figures {
    /// The figures of a run that cost this.
    pub(crate) fn of(cost: &Cost, process: Option<&str>) -> Self {
        Self {
            seconds: Some(cost.time.as_secs_f64()),
            cpu_seconds: cost.processor.map(|time| time.as_secs_f64()),
            peak_bytes: cost.peak(process),
            ..Self::default()
        }
    }
}

/// The file of results.
#[derive(Debug)]
pub(crate) struct Results {
    file: PathBuf,
    cells: Vec<Cell>,
}

impl Results {
    /// Reads what is there.
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let text = if file.exists() {
            fs::read_to_string(file)?
        } else {
            String::new()
        };
        // An interrupted run may have left a part of a line.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let lines = text.get(..whole).unwrap_or_default();
        if whole < text.len() {
            fs::write(file, lines)?;
        }
        let cells = lines
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>();
        Ok(Self {
            file: file.to_owned(),
            cells: cells.with_context(|| file.display().to_string())?,
        })
    }

    pub(crate) fn has(&self, key: &Key) -> bool {
        self.cells.iter().any(|cell| cell.key == *key)
    }

    pub(crate) fn add(&mut self, key: Key, figures: Figures) -> Result<()> {
        let cell = Cell { key, figures };
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)?;
        writeln!(file, "{}", serde_json::to_string(&cell)?)?;
        self.cells.push(cell);
        Ok(())
    }

    /// All cells of this scale.
    pub(crate) fn of(&self, scale: Scale) -> impl Iterator<Item = &Cell> {
        self.cells
            .iter()
            .filter(move |cell| cell.key.scale == scale)
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Key, Results};
    use crate::temperature::Temperature;

    #[test]
    fn cells_come_back_and_half_a_line_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("results.jsonl");
        let key = Key {
            workload: "a".to_owned(),
            tool: "qib".to_owned(),
            round: 1,
            temperature: Temperature::Cold,
            scale: "0.5".parse().unwrap(),
        };
        let mut results = Results::open(&file).unwrap();
        assert!(!results.has(&key));
        results.add(key.clone(), Figures::default()).unwrap();
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{whole}{{\"workload\"")).unwrap();
        let again = Results::open(&file).unwrap();
        assert!(again.has(&key));
        assert!(!again.has(&Key {
            round: 2,
            ..key.clone()
        }));
        assert_eq!(again.of("1".parse().unwrap()).count(), 0);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    }
}
