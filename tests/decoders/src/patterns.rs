//! What a qube or a person writes to leave things out, and the names that it meets: a pattern, a
//! NUL, a path; and the same bytes as a qube's own file of patterns.
//!
//! The law: a pattern fits exactly what `docs/rules.md` says, told by a slow reading of it, and
//! following it takes no longer than its names are long. A file gives as many patterns as a list
//! may hold, each one a line of it.

use qib_helper::backup::paths::Paths;
use qib_helper::backup::suggestions::Suggestions;
use qib_helper::name_pattern::matches;
use qib_helper::path_pattern::Pattern;
use qib_rpc::glob::{Glob, PathRules, Step};
use qib_rpc::limit::MAX_GLOBS;
use qib_rpc::rule::Rules;

/// The longest name that the slow reading is asked about, in bytes.
const NAME_MAX: usize = 200;
const DEPTH_MAX: usize = 12;

/// Checks a pattern with a path, and a file of patterns.
pub fn check(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (pattern, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').take(DEPTH_MAX).collect();
    for name in names.iter().filter(|name| name.len() <= NAME_MAX) {
        assert_eq!(matches(pattern, name), fits(pattern, name));
    }
    let text = std::str::from_utf8(pattern).ok();
    if let Some(glob) = text.and_then(|text| text.parse::<Glob>().ok()) {
        follow(&glob, &names);
    }
    file(input, &names);
}

/// Whether a name fits, by a table of which ends of the pattern fit which ends of the name.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let mut below = vec![false; name.len() + 1];
    below[name.len()] = true;
    // What a backslash stands before is no star and no question mark.
    let mut steps = Vec::new();
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'\\').then(|| after.first()).flatten();
        steps.push(escaped.map_or((*first, false), |byte| (*byte, true)));
        rest = if escaped.is_some() { &after[1..] } else { after };
    }
    for (byte, is_plain) in steps.iter().rev() {
        let mut here = vec![false; name.len() + 1];
        for from in (0..=name.len()).rev() {
            let one = name.get(from).is_some_and(|other| {
                let any = *byte == b'?' && !is_plain;
                (any || other == byte) && below[from + 1]
            });
            here[from] = match byte {
                b'*' if !is_plain => below[from] || here.get(from + 1) == Some(&true),
                _ => one,
            };
        }
        below = here;
    }
    below[0]
}

fn follow(glob: &Glob, names: &[&[u8]]) {
    let steps: Vec<Step> = glob.steps().collect();
    let pattern = Pattern::new(glob);
    let mut at = pattern.start();
    for (number, name) in names.iter().enumerate() {
        let (inside, is_it) = pattern.enter(at, name, true);
        assert_eq!(is_it, fits_path(&steps, &names[..=number]));
        let (_, is_file) = pattern.enter(at, name, false);
        assert_eq!(is_file, is_it && !glob.folders_only());
        at = inside;
    }
}

fn fits_path(steps: &[Step], names: &[&[u8]]) -> bool {
    let mut below = vec![false; names.len() + 1];
    below[names.len()] = true;
    let mut is_last = true;
    for step in steps.iter().rev() {
        let mut here = vec![false; names.len() + 1];
        for from in (0..=names.len()).rev() {
            here[from] = match step {
                Step::Deep if is_last => from < names.len(),
                Step::Deep => below[from] || here.get(from + 1) == Some(&true),
                Step::Name(pattern) => names
                    .get(from)
                    .is_some_and(|name| matches(pattern.as_bytes(), name) && below[from + 1]),
            };
        }
        (below, is_last) = (here, false);
    }
    below[0]
}

fn file(input: &[u8], names: &[&[u8]]) {
    let suggestions = Suggestions::parse(input);
    let globs = suggestions.globs.items();
    let lines = input.split(|byte| *byte == b'\n').count();
    let counted = usize::try_from(suggestions.lines).unwrap();
    assert!(globs.len() == counted.min(MAX_GLOBS) && counted <= lines);
    assert!(globs.iter().all(|glob| glob.to_string().parse::<Glob>().as_ref() == Ok(glob)));
    let mut paths = Paths::new(Rules::DEFAULT, &PathRules::default(), &suggestions.globs);
    let mut at = Paths::ROOT;
    for name in names {
        let _rule = paths.rule(at, name, true);
        let Ok(inside) = paths.enter(at, name) else {
            break;
        };
        // The same folder has the same place, however often it is met.
        assert_eq!(paths.enter(at, name).unwrap(), inside);
        at = inside;
    }
}

/// Patterns of each kind, with paths that fit.
pub fn seeds() -> Vec<Vec<u8>> {
    let seeds = [
        "*.odt\0home/user/x.odt",
        "a*b?c*\0axxbxcx",
        "\\*\\?\\\\\0*?\\",
        "home/*/.cache/**\0home/user/.cache/a/b",
        "**/target/\0home/user/x/target",
        "/a/**/b/**/c\0a/x/b/y/z/c",
        "*a*a*a*b\0aaaaaaaaaaaaaaaaaaaaaaaa",
        "# mine\nhome/user/Downloads/**\n*.iso\n\nnode_modules/\n\0home/user/x.iso",
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).to_vec()
}
