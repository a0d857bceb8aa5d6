//! Which names paths with `*` and `?` mean, folder by folder.

use crate::name_pattern::matches;
use qib_rpc::path::{PathPattern, PathPatterns};

/// What paths mean in a folder, or make of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// It is meant, with everything in it.
    pub whole: bool,
    /// Paths that mean something in it, by their numbers.
    pub paths: Vec<usize>,
}

impl Scope {
    /// True when nothing is meant.
    pub fn is_empty(&self) -> bool {
        !self.whole && self.paths.is_empty()
    }
}

/// The paths of a job.
pub struct Paths<'a> {
    paths: &'a [PathPattern],
    met: Vec<bool>,
}

impl<'a> Paths<'a> {
    /// Begins at the root.
    pub fn new(paths: &'a PathPatterns) -> Self {
        Self {
            paths: paths.items(),
            met: vec![false; paths.items().len()],
        }
    }

    /// What is meant in the root.
    pub fn root(&self) -> Scope {
        Scope {
            whole: false,
            paths: (0..self.paths.len()).collect(),
        }
    }

    /// What is made of a name in a folder `depth` below the root.
    pub fn judge(&mut self, folder: &Scope, depth: usize, name: &[u8]) -> Scope {
        let mut scope = Scope {
            whole: folder.whole,
            paths: Vec::new(),
        };
        for number in &folder.paths {
            let path = self.paths.get(*number);
            let mut names = path.into_iter().flat_map(|path| path.names().skip(depth));
            if !names
                .next()
                .is_some_and(|pattern| matches(pattern.as_bytes(), name))
            {
                continue;
            }
            if names.next().is_some() {
                scope.paths.push(*number);
                continue;
            }
            scope.whole = true;
            if let Some(met) = self.met.get_mut(*number) {
                *met = true;
            }
        }
        scope
    }

    /// True when each path means something.
    pub fn all_met(&self) -> bool {
        self.met.iter().all(|met| *met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_followed_name_by_name() {
        let parsed = ["home/u*/x", "home/user/y", "home/user"].map(|path| path.parse().unwrap());
        let patterns = PathPatterns::try_from(parsed.to_vec()).unwrap();
        let mut paths = Paths::new(&patterns);
        let scope = |whole, paths: &[usize]| Scope {
            whole,
            paths: paths.to_vec(),
        };
        let root = paths.root();
        assert_eq!(paths.judge(&root, 0, b"home"), scope(false, &[0, 1, 2]));
        let home = scope(false, &[0, 1, 2]);
        assert_eq!(paths.judge(&home, 1, b"ulla"), scope(false, &[0]));
        assert!(paths.judge(&home, 1, b"else").is_empty());
        assert!(paths.judge(&scope(false, &[0]), 2, b"y").is_empty());
        assert_eq!(paths.judge(&home, 1, b"user"), scope(true, &[0, 1]));
        let user = scope(true, &[0, 1]);
        assert_eq!(paths.judge(&user, 2, b"any"), scope(true, &[]));
        assert_eq!(paths.judge(&user, 2, b"x"), scope(true, &[]));
        assert!(!paths.all_met());
        paths.judge(&user, 2, b"y");
        assert!(paths.all_met());
    }
}
