//! Trees as tests wish them: what the writer is told, and what is to be found then.

use std::collections::HashMap;

use qib_ext4::Timestamp;
use qib_ext4_writer::{BlockWriter, Known, Meta, Placed, Result, Run, Special, Writer};

use super::content::Content;
use super::copy;
use super::copy::AddFile;
use super::reading::dice::Dice;
use super::volume::Volume;

/// What every entry has.
#[derive(Clone, Debug)]
pub struct Owned {
    pub permissions: u16,
    pub uid: u32,
    pub gid: u32,
    pub mtime: (i64, u32),
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A name's own things.
#[derive(Clone, Debug)]
pub struct Entry {
    pub owned: Owned,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Each name once.
    Folder(Vec<(Vec<u8>, Entry)>),
    /// A folder of so many empty files and links, with names of up to so many bytes.
    Many {
        count: usize,
        length: usize,
        seed: u64,
    },
    File(Content),
    Symlink(Vec<u8>),
    CharDevice(u32, u32),
    BlockDevice(u32, u32),
    Fifo,
    Socket,
    /// One more name of something that came before, if there is any.
    Again(usize),
}

/// A tree step by step, as the writer takes it.
#[derive(Clone, Debug)]
pub enum Step {
    Enter(Vec<u8>),
    Add {
        name: Vec<u8>,
        owned: Owned,
        what: What,
        links: u32,
    },
    /// A name of what the step with this number added.
    Link(Vec<u8>, usize),
    Leave(Owned),
}

/// The data of runs, and where each belongs.
pub type Data = Vec<(Placed, Vec<u8>)>;

/// What is to be done for the root and all in it.
pub fn steps(root: &Entry) -> Vec<Step> {
    let mut planning = Planning::default();
    planning.folder(root);
    planning.steps
}

#[derive(Default)]
struct Planning {
    steps: Vec<Step>,
    /// Those that added what may have more names.
    added: Vec<usize>,
}

impl Planning {
    fn folder(&mut self, folder: &Entry) {
        let many;
        let entries = match &folder.what {
            What::Folder(entries) => entries,
            What::Many {
                count,
                length,
                seed,
            } => {
                many = many_names(*count, *length, *seed, &folder.owned);
                &many
            }
            other => panic!("no folder: {other:?}"),
        };
        for (name, entry) in entries {
            self.entry(name, entry);
        }
        self.steps.push(Step::Leave(folder.owned.clone()));
    }

    fn entry(&mut self, name: &[u8], entry: &Entry) {
        let name = name.to_vec();
        match &entry.what {
            What::Folder(_) | What::Many { .. } => {
                self.steps.push(Step::Enter(name));
                self.folder(entry);
            }
            What::Again(_) if self.added.is_empty() => {}
            What::Again(number) => {
                let first = self.added[number % self.added.len()];
                if let Step::Add { links, .. } = &mut self.steps[first] {
                    *links += 1;
                }
                self.steps.push(Step::Link(name, first));
            }
            what => {
                self.added.push(self.steps.len());
                let (owned, what) = (entry.owned.clone(), what.clone());
                self.steps.push(Step::Add {
                    name,
                    owned,
                    what,
                    links: 1,
                });
            }
        }
    }
}

/// Names that differ, of many lengths and bytes; some are links to any earlier file.
pub fn many_names(count: usize, length: usize, seed: u64, owned: &Owned) -> Vec<(Vec<u8>, Entry)> {
    let mut dice = Dice(seed);
    let mut entry = |number: usize| {
        let mut name = format!("{number} ").into_bytes();
        while name.len() < length && dice.below(20) > 0 {
            let byte = u8::try_from(1 + dice.below(255)).unwrap();
            name.push(if byte == b'/' { b'|' } else { byte });
        }
        let again = number % 4 == 3;
        let what = if again {
            What::Again(dice.below(1 << 20))
        } else {
            What::File(Content::default())
        };
        let xattrs = Vec::new();
        let owned = Owned {
            xattrs,
            ..owned.clone()
        };
        (name, Entry { owned, what })
    };
    (0..count).map(&mut entry).collect()
}

impl Owned {
    pub fn meta(&self) -> Meta<'_> {
        Meta {
            permissions: self.permissions,
            uid: self.uid,
            gid: self.gid,
            mtime: Timestamp {
                seconds: self.mtime.0,
                nanoseconds: self.mtime.1,
            },
            xattrs: &self.xattrs,
        }
    }

    pub fn plain() -> Self {
        Self {
            permissions: 0o755,
            uid: 1000,
            gid: 1000,
            mtime: (1_600_000_000, 5),
            xattrs: Vec::new(),
        }
    }
}

impl Entry {
    pub fn plain(what: What) -> Self {
        let owned = Owned::plain();
        Self { owned, what }
    }
}

/// Tells the writer everything; returns the data that is still to be written.
pub fn write<D: BlockWriter>(steps: &[Step], writer: &mut Writer<D>) -> Result<Data> {
    let mut known: HashMap<usize, Known> = HashMap::new();
    let mut data = Data::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Enter(name) => {
                writer.enter(name)?;
            }
            Step::Leave(owned) => writer.leave(&owned.meta())?,
            Step::Link(name, first) => writer.link(name, known[first])?,
            Step::Add {
                name,
                owned,
                what: What::File(content),
                links,
            } => {
                let runs: Vec<Run> = content.runs().collect();
                let meta = owned.meta();
                let (file, places) = writer.add_file(name, &meta, *links, content.size, &runs)?;
                data.extend(places.into_iter().zip(content.data()));
                known.insert(number, file);
            }
            Step::Add {
                name,
                owned,
                what,
                links,
            } => {
                let special = special(what);
                let made = writer.special(name, &owned.meta(), *links, special)?;
                known.insert(number, made);
            }
        }
    }
    Ok(data)
}

/// Fills a volume with a tree and its data.
pub fn fill(volume: &Volume, steps: &[Step]) {
    let mut writer = volume.writer();
    let data = write(steps, &mut writer).unwrap();
    for (placed, bytes) in &data {
        copy::write(writer.space(), &volume, *placed, bytes);
    }
    writer.finish().unwrap();
}

fn special(what: &What) -> Special<'_> {
    match what {
        What::Symlink(target) => Special::Symlink(target),
        What::CharDevice(major, minor) => Special::CharDevice(*major, *minor),
        What::BlockDevice(major, minor) => Special::BlockDevice(*major, *minor),
        What::Fifo => Special::Fifo,
        What::Socket => Special::Socket,
        other => panic!("nothing special: {other:?}"),
    }
}
