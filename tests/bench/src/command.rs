//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::folder::Folder;
use crate::results::Results;
use crate::run::Run;
use crate::scale::Scale;
use crate::temperature::Temperature;
use crate::{leftovers, plot, programs, summary, table, tool, workload};

/// Measures qib and its peers on the same volume, in turn.
///
/// Workloads: (a) a home of 250,000 files and 5 GB, first run; (b) again, nothing changed;
/// (c) 1 % of files changed; (d) 1 MiB changed in a file of 10 GiB; (e) a browsing qube whose
/// caches churn; (f) 1,000,000 small files, nothing changed; (g) full restore of the home; (h) one
/// file of it.
///
/// Needs root, and a disk with 40 GB free at full scale. What was measured is not measured again:
/// a run that was interrupted goes on when it is called again. Exit codes: 0 all is well; 1 a run
/// failed.
#[derive(Debug, Parser)]
#[command(name = "qib-bench", max_term_width = 90)]
struct Arguments {
    /// Where volumes, repositories and results lie.
    #[arg(long, value_name = "FOLDER", default_value = "bench")]
    dir: PathBuf,
    /// Only these, such as a,b.
    #[arg(long, value_name = "LETTERS", value_delimiter = ',')]
    workload: Vec<String>,
    /// Only these, such as qib,restic.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    tool: Vec<String>,
    /// Only cold, or only warm.
    #[arg(long, value_delimiter = ',')]
    temperature: Vec<Temperature>,
    /// How often each tool runs in each workload.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u32,
    /// A part of the full size, such as 0.02.
    #[arg(long, default_value = "1")]
    scale: Scale,
    /// A folder with qib, qib-helper, qib-storage and qib-lab [default: built by cargo].
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Measure nothing: only write the table and the plot anew.
    #[arg(long)]
    report: bool,
}

pub(crate) fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = Folder::open(&arguments.dir)?;
    let mut results = Results::open(&folder.results())?;
    let measured = if arguments.report {
        Ok(0)
    } else {
        measure(&arguments, &folder, &mut results)
    };
    let groups = summary::groups(results.of(arguments.scale));
    let table = table::markdown(&groups);
    std::fs::write(folder.table(), &table)?;
    std::fs::write(folder.plot(), plot::svg(&groups, arguments.scale))?;
    println!("\n{table}");
    for file in [folder.results(), folder.table(), folder.plot()] {
        println!("{}", file.display());
    }
    // What was measured before an error is worth its table.
    Ok(if measured? > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The number of runs that failed.
fn measure(arguments: &Arguments, folder: &Folder, results: &mut Results) -> Result<u32> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "mounts, cold caches and the lab's pool need root"
    );
    let workloads = workload::chosen(&arguments.workload)?;
    let tools = tool::chosen(&arguments.tool)?;
    let programs = programs::folder(arguments.programs.as_deref())?;
    leftovers::clear(&folder.run(), &programs.join("qib-lab"))?;
    let temperatures = if arguments.temperature.is_empty() {
        Temperature::ALL.to_vec()
    } else {
        arguments.temperature.clone()
    };
    let mut run = Run {
        folder,
        programs: &programs,
        workloads,
        tools,
        temperatures,
        rounds: arguments.rounds,
        scale: arguments.scale,
        results,
        failed: 0,
    };
    let done = run.all();
    let failed = run.failed;
    leftovers::clear(&folder.run(), &programs.join("qib-lab"))?;
    done.map(|()| failed)
}
