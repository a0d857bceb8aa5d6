//! `qib-lab create`

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::control::Request;
use crate::daemon::launch;
use crate::daemon::machine::{Machine, STORAGE};
use crate::dom0::files;
use crate::layout::Layout;
use crate::pool::{Driver, Pool, mounted};
use crate::release::Release;
use crate::vm::image;
use crate::{programs, random, shipped, userns};

const USAGE: &str = "usage: qib-lab create DIR [--programs DIR2] [--release 4.2|4.3] \
                     [--driver file-reflink|file|lvm_thin|zfs] [--callback] [--helpers vm]";

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let wish = Wish::parse(arguments)?;
    create(&wish)?;
    println!("{}: ready", wish.dir.display());
    Ok(ExitCode::SUCCESS)
}

/// What the command line asks for.
struct Wish<'a> {
    dir: &'a Path,
    programs: Option<&'a Path>,
    release: Release,
    driver: Option<Driver>,
    is_wrapped: bool,
    has_vm_helpers: bool,
}

impl<'a> Wish<'a> {
    fn parse(mut arguments: &'a [OsString]) -> Result<Self> {
        let mut dir = None;
        let mut programs = None;
        let mut release = Release::default();
        let mut driver = None;
        let mut is_wrapped = false;
        let mut has_vm_helpers = false;
        while let [word, rest @ ..] = arguments {
            arguments = match (word.to_str(), rest) {
                (Some("--programs"), [folder, rest @ ..]) => {
                    programs = Some(Path::new(folder));
                    rest
                }
                (Some("--release"), [name, rest @ ..]) => {
                    release = name.to_str().unwrap_or_default().parse()?;
                    rest
                }
                (Some("--driver"), [name, rest @ ..]) => {
                    driver = Some(name.to_str().unwrap_or_default().parse()?);
                    rest
                }
                (Some("--callback"), rest) => {
                    is_wrapped = true;
                    rest
                }
                (Some("--helpers"), [kind, rest @ ..]) if kind == "vm" => {
                    has_vm_helpers = true;
                    rest
                }
                _ if dir.is_none() => {
                    dir = Some(Path::new(word));
                    rest
                }
                _ => bail!("{USAGE}"),
            };
        }
        let dir = dir.context(USAGE)?;
        Ok(Self {
            dir,
            programs,
            release,
            driver,
            is_wrapped,
            has_vm_helpers,
        })
    }
}

fn create(wish: &Wish<'_>) -> Result<()> {
    let dir = wish.dir;
    userns::check()?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    // Mounts are found by their place in the mount table, which knows no links.
    let layout = Layout::planned(&dir.canonicalize()?)?;
    ensure!(
        fs::read_dir(layout.dir())?.next().is_none(),
        "{} is not empty",
        dir.display()
    );
    fs::write(layout.id_file(), random::id()?)?;
    let made = fill(&layout, wish);
    if made.is_err() {
        super::destroy::destroy(&layout)?;
    }
    made
}

fn fill(layout: &Layout, wish: &Wish<'_>) -> Result<()> {
    for folder in [layout.mount_point(), layout.host_usr()] {
        fs::create_dir_all(folder)?;
    }
    programs::install(layout, wish.programs)?;
    files::lay_out(layout, wish.release)?;
    shipped::install(layout)?;
    if wish.has_vm_helpers {
        image::make(layout)?;
    }
    let driver = mounted::create(layout, wish.driver)?;
    let machine = Machine::new(wish.release, driver, wish.has_vm_helpers)?;
    let pool = Pool::new(machine.driver, layout)?;
    if wish.is_wrapped {
        fs::write(layout.callback(), pool.configuration().to_string())?;
    }
    for (name, qube) in &machine.qubes {
        pool.create(name, "private", None, qube.private_size)?;
    }
    machine.save(&layout.state())?;
    launch::ask_daemon(layout, &Request::Start(STORAGE.to_owned()))?;
    Ok(())
}
