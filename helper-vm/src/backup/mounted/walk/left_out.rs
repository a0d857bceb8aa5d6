//! What the rules leave out of a mounted volume, counted with all that lies in it.

use super::Walk;
use crate::backup::mounted::failed;
use crate::backup::mounted::folders::open;
use crate::backup::mounted::look::Look;
use crate::backup::paths::{CACHEDIR_NAME, CACHEDIR_SIGNATURE, Position};
use crate::error::Result;
use crate::manifest::EntryName;
use qib_ext4::FileType;
use qib_rpc::rule::Rule;
use rustix::fs::OFlags;
use rustix::io::pread;
use std::io::Write;

/// The name of the folder that fsck fills.
const LOST_FOUND: &[u8] = b"lost+found";

impl<W: Write + Send + 'static> Walk<'_, W> {
    /// Why an entry is not in the backup at all.
    pub(super) fn left_out_by(&self, at: Position, name: &EntryName, look: &Look) -> Option<Rule> {
        let is_folder = look.file_type == FileType::Directory;
        let by_path = self.paths.rule(at, name.bytes(), is_folder);
        let by_itself = self.left_out_by_itself(name, look);
        if is_folder {
            by_itself.or(by_path)
        } else {
            by_path.or(by_itself)
        }
    }

    fn left_out_by_itself(&self, name: &EntryName, look: &Look) -> Option<Rule> {
        let rules = self.session.job.rules;
        let at_root = self.folders.at_root() && look.file_type == FileType::Directory;
        if at_root && name.bytes() == LOST_FOUND && rules.holds(Rule::LostFound) {
            return Some(Rule::LostFound);
        }
        if look.file_type == FileType::Socket {
            return Some(Rule::Socket);
        }
        if look.nodump && rules.holds(Rule::NoDump) {
            return Some(Rule::NoDump);
        }
        let is_file = look.file_type == FileType::Regular;
        let limit = rules.max_file_bytes.filter(|_| is_file);
        limit
            .is_some_and(|limit| look.size > limit)
            .then_some(Rule::MaxFileSize)
    }

    /// The mark of a cache, if it is among the names and valid.
    pub(super) fn cache_tag(&self, at: Position, names: &[EntryName]) -> Result<Option<EntryName>> {
        let holds = self.session.job.rules.holds(Rule::CacheDirTag);
        let may_be = holds && self.paths.may_be_cache(at);
        let tag = names.iter().find(|name| name.bytes() == CACHEDIR_NAME);
        let Some(tag) = tag.filter(|_| may_be) else {
            return Ok(None);
        };
        let here = self.folders.here();
        if Look::at(here, CACHEDIR_NAME)?.file_type != FileType::Regular {
            return Ok(None);
        }
        let mut start = [0; CACHEDIR_SIGNATURE.len()];
        let file = open(here, tag, OFlags::empty())?;
        pread(&file, &mut start, 0).map_err(failed)?;
        Ok((start == CACHEDIR_SIGNATURE).then(|| tag.clone()))
    }

    pub(super) fn leave_out(&mut self, rule: Rule, name: &EntryName, look: &Look) -> Result<()> {
        self.count_left_out(rule, look);
        if look.file_type == FileType::Directory {
            self.folders.enter(name, look.id)?;
            let names = self.folders.names()?;
            self.leave_out_all(rule, names)?;
            self.folders.leave()?;
        }
        Ok(())
    }

    fn count_left_out(&mut self, rule: Rule, look: &Look) {
        let is_file = look.file_type == FileType::Regular;
        self.left_out.add(rule, if is_file { look.size } else { 0 });
    }

    /// Counts entries of the folder where the walk is, and all that lies in them.
    pub(super) fn leave_out_all(&mut self, rule: Rule, names: Vec<EntryName>) -> Result<()> {
        let mut levels = vec![names.into_iter()];
        while let Some(names) = levels.last_mut() {
            let Some(name) = names.next() else {
                levels.pop();
                if !levels.is_empty() {
                    self.folders.leave()?;
                }
                continue;
            };
            let look = self.look(&name)?;
            self.count_left_out(rule, &look);
            if look.file_type == FileType::Directory {
                self.folders.enter(&name, look.id)?;
                levels.push(self.folders.names()?.into_iter());
            }
        }
        Ok(())
    }
}
