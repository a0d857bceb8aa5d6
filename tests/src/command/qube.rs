//! `qib-lab qube`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::text;
use crate::control::Request;
use crate::daemon::launch::ask_daemon;
use crate::layout::Layout;
use crate::pool::image;

const USAGE: &str = "\
usage: qib-lab qube add DIR NAME --image FILE [--running]
       qib-lab qube add DIR NAME --tree PATH [--size MIB] [--running]
       qib-lab qube start|stop DIR NAME
       qib-lab qube list DIR";

#[derive(Default)]
struct Options {
    image: Option<PathBuf>,
    tree: Option<PathBuf>,
    size: Option<u64>,
    running: bool,
}

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    match arguments {
        [verb, dir, name, rest @ ..] if verb == "add" => {
            add(
                &Layout::existing(Path::new(dir))?,
                text(name)?,
                &parse(rest)?,
            )?;
        }
        [verb, dir, name] if verb == "start" || verb == "stop" => {
            let name = text(name)?.to_owned();
            let starts = verb == "start";
            let request = if starts {
                Request::Start(name)
            } else {
                Request::Stop(name)
            };
            ask_daemon(&Layout::existing(Path::new(dir))?, &request)?;
        }
        [verb, dir] if verb == "list" => {
            print!(
                "{}",
                ask_daemon(&Layout::existing(Path::new(dir))?, &Request::List)?
            );
        }
        _ => bail!(USAGE),
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(arguments: &[OsString]) -> Result<Options> {
    let mut options = Options::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().context(USAGE);
        match word.to_str() {
            Some("--image") => options.image = Some(PathBuf::from(value()?)),
            Some("--tree") => options.tree = Some(PathBuf::from(value()?)),
            Some("--size") => options.size = Some(text(value()?)?.parse().context("--size")?),
            Some("--running") => options.running = true,
            _ => bail!(USAGE),
        }
    }
    Ok(options)
}

/// The image is made where the pool lies, so that the daemon only has to rename it.
fn add(layout: &Layout, name: &str, options: &Options) -> Result<()> {
    let place = PathBuf::from(ask_daemon(layout, &Request::Staging)?);
    let made = match (&options.image, &options.tree) {
        (Some(file), None) => image::copy(file, &place),
        (None, Some(tree)) => image::from_tree(tree, options.size, &place),
        _ => bail!(USAGE),
    };
    let running = options.running;
    let request = Request::AddQube {
        name: name.to_owned(),
        image: place.clone(),
        running,
    };
    let added = made.and_then(|()| ask_daemon(layout, &request));
    if place.exists() {
        std::fs::remove_file(&place)?;
    }
    added.map(drop)
}
