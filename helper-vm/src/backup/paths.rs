//! Rules that go by paths: what they make of each name, walked folder by folder.
//!
//! All patterns are followed at once, so a name costs one look at each pattern that the path
//! still follows, and nothing is ever tried twice.

mod sets;

use crate::error::{Error, Result};
use crate::path_pattern::{Pattern, Places};
use qib_rpc::glob::{Glob, Globs, PathRules};
use qib_rpc::rule::{GlobNumber, Rule, Rules};
use std::collections::HashMap;

/// Ways in which folders may stand to the patterns. What a volume shows must not fill the memory.
const MAX_POSITIONS: usize = 1 << 16;

/// A folder that is in the backup, as far as the patterns see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(u32);

/// Which patterns a path still follows, and where it is in each.
type Following = Vec<(u32, Places)>;

/// What a pattern does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Keep,
    LeaveOut(Rule),
}

/// The patterns of a job, and the positions met so far.
pub struct Paths {
    /// What is kept comes first, then what is left out; the first that fits decides.
    patterns: Vec<(Effect, Pattern)>,
    positions: Vec<Following>,
    numbers: HashMap<Following, u32>,
}

impl Paths {
    /// The root of the volume.
    pub const ROOT: Position = Position(2);

    /// A folder that no pattern reaches.
    pub const FREE: Position = Position(0);

    /// A folder that is kept whatever the patterns say.
    const KEPT: Position = Position(1);

    /// The patterns of rules that hold, of dom0's lists, and of the qube where it is obeyed.
    pub fn new(rules: Rules, own: &PathRules, obeyed: &Globs) -> Self {
        let sets = sets::SETS
            .iter()
            .filter(|(rule, _)| rules.holds(*rule))
            .filter_map(|(rule, text)| Some((*rule, text.parse::<Glob>().ok()?)));
        let numbers = GlobNumber::all().map(Rule::Exclude);
        let exclude = numbers.zip(own.exclude.items().iter().cloned());
        let keep = own.include.items().iter();
        let keep = keep.map(|glob| (Effect::Keep, Pattern::new(glob)));
        let obeyed = obeyed.items().iter().cloned();
        let obeyed = obeyed.map(|glob| (Rule::Suggested, glob));
        let out = exclude.chain(sets).chain(obeyed);
        let out = out.map(|(rule, glob)| (Effect::LeaveOut(rule), Pattern::new(&glob)));
        Self::of(keep.chain(out).collect())
    }

    /// The patterns of the qube alone.
    pub fn suggested(globs: &Globs) -> Self {
        let effect = Effect::LeaveOut(Rule::Suggested);
        let patterns = globs
            .items()
            .iter()
            .map(|glob| (effect, Pattern::new(glob)));
        Self::of(patterns.collect())
    }

    fn of(patterns: Vec<(Effect, Pattern)>) -> Self {
        let start = |(number, (_, pattern)): (u32, &(_, Pattern))| (number, pattern.start());
        let root = (0..).zip(&patterns).map(start).collect();
        Self {
            patterns,
            positions: vec![Vec::new(), Vec::new(), root],
            numbers: HashMap::new(),
        }
    }

    /// Why an entry of a folder at a position is left out, if it is.
    pub fn rule(&self, at: Position, name: &[u8], is_folder: bool) -> Option<Rule> {
        match self.effect(at, name, is_folder)? {
            Effect::Keep => None,
            Effect::LeaveOut(rule) => Some(rule),
        }
    }

    /// False for a folder that is kept, and for one whose mark would be left out itself.
    pub fn may_be_cache(&self, at: Position) -> bool {
        at != Self::KEPT && self.rule(at, CACHEDIR_NAME, false).is_none()
    }

    /// The position of a folder in a folder, which is not left out.
    ///
    /// # Errors
    /// When a volume shows more positions than patterns of people do.
    pub fn enter(&mut self, at: Position, name: &[u8]) -> Result<Position> {
        if self.effect(at, name, true) == Some(Effect::Keep) || at == Self::KEPT {
            return Ok(Self::KEPT);
        }
        let entered = self.entered(at, name, true);
        let inside = entered.map(|(number, _, places, _)| (number, places));
        let inside: Following = inside.filter(|(_, places)| places.0 != 0).collect();
        self.number(inside)
    }

    /// The position as the index holds it, the same in each run with the same rules. Folders in
    /// which other things are left out have other numbers, but for one pair in a thousand million.
    pub fn stand(&self, at: Position) -> u32 {
        const KEPT: u32 = 1;
        let following = self.following(at);
        if following.is_empty() {
            return if at == Self::KEPT { KEPT } else { 0 };
        }
        let mut hasher = blake3::Hasher::new();
        for (number, places) in following {
            hasher.update(&number.to_le_bytes());
            hasher.update(&places.0.to_le_bytes());
        }
        let hash = hasher.finalize();
        let [a, b, c, d] = *hash.as_bytes().first_chunk().unwrap_or(&[0; 4]);
        (u32::from_le_bytes([a, b, c, d]) >> 2).max(KEPT + 1)
    }

    fn effect(&self, at: Position, name: &[u8], is_folder: bool) -> Option<Effect> {
        let mut entered = self.entered(at, name, is_folder);
        let fits = entered.find(|(.., fits)| *fits);
        fits.map(|(_, effect, ..)| effect)
    }

    /// Each pattern that is followed, after another name.
    fn entered<'a>(
        &'a self,
        at: Position,
        name: &'a [u8],
        is_folder: bool,
    ) -> impl Iterator<Item = (u32, Effect, Places, bool)> + 'a {
        self.following(at)
            .iter()
            .filter_map(move |(number, places)| {
                let (effect, pattern) = self.patterns.get(crate::number::place(*number))?;
                let (inside, fits) = pattern.enter(*places, name, is_folder);
                Some((*number, *effect, inside, fits))
            })
    }

    fn following(&self, at: Position) -> &[(u32, Places)] {
        let following = self.positions.get(crate::number::place(at.0));
        following.map(Vec::as_slice).unwrap_or_default()
    }

    fn number(&mut self, following: Following) -> Result<Position> {
        if following.is_empty() {
            return Ok(Self::FREE);
        }
        if let Some(number) = self.numbers.get(&following) {
            return Ok(Position(*number));
        }
        let full = Error::VolumeTooLarge("folders that stand to the rules in too many ways");
        let number = u32::try_from(self.positions.len()).ok();
        let number = number.filter(|_| self.positions.len() < MAX_POSITIONS);
        let number = number.ok_or(full)?;
        self.positions.push(following.clone());
        self.numbers.insert(following, number);
        Ok(Position(number))
    }
}

/// The content that makes a `CACHEDIR.TAG` valid, from <https://bford.info/cachedir/>.
pub const CACHEDIR_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// The name of the file that marks a folder as a cache.
pub const CACHEDIR_NAME: &[u8] = b"CACHEDIR.TAG";

#[cfg(test)]
mod tests;
