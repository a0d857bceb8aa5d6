//! Rules that go by the path of a folder: which folders stay empty in a backup.

use qib_rpc::rule::{Rule, Rules};

/// One step of a pattern.
enum Step {
    Is(&'static [u8]),
    Any,
}

use Step::{Any, Is};

/// Paths from the root of the volume. A private volume holds `home`.
const PATTERNS: [(Rule, &[Step]); 15] = [
    (Rule::UserCache, &[Is(b"home"), Any, Is(b".cache")]),
    (Rule::Thumbnails, &[Is(b"home"), Any, Is(b".thumbnails")]),
    (
        Rule::Trash,
        &[Is(b"home"), Any, Is(b".local"), Is(b"share"), Is(b"Trash")],
    ),
    (
        Rule::BrowserCache,
        &[
            Is(b"home"),
            Any,
            Is(b".mozilla"),
            Is(b"firefox"),
            Any,
            Is(b"cache2"),
        ],
    ),
    (
        Rule::BrowserCache,
        &[
            Is(b"home"),
            Any,
            Is(b".mozilla"),
            Is(b"firefox"),
            Any,
            Is(b"startupCache"),
        ],
    ),
    (Rule::BrowserCache, &chromium(b"chromium", b"Cache")),
    (Rule::BrowserCache, &chromium(b"chromium", b"Code Cache")),
    (Rule::BrowserCache, &chromium(b"chromium", b"GPUCache")),
    (Rule::BrowserCache, &chromium(b"google-chrome", b"Cache")),
    (
        Rule::BrowserCache,
        &chromium(b"google-chrome", b"Code Cache"),
    ),
    (Rule::BrowserCache, &chromium(b"google-chrome", b"GPUCache")),
    (Rule::BrowserCache, &brave(b"Cache")),
    (Rule::BrowserCache, &brave(b"Code Cache")),
    (Rule::BrowserCache, &brave(b"GPUCache")),
    (
        Rule::BrowserCache,
        &[
            Is(b"home"),
            Any,
            Is(b".config"),
            Is(b"chromium"),
            Is(b"ShaderCache"),
        ],
    ),
];

const fn chromium(browser: &'static [u8], cache: &'static [u8]) -> [Step; 6] {
    [
        Is(b"home"),
        Any,
        Is(b".config"),
        Is(browser),
        Any,
        Is(cache),
    ]
}

const fn brave(cache: &'static [u8]) -> [Step; 7] {
    [
        Is(b"home"),
        Any,
        Is(b".config"),
        Is(b"BraveSoftware"),
        Is(b"Brave-Browser"),
        Any,
        Is(cache),
    ]
}

/// A folder, as far as the patterns see it: its depth and which patterns its
/// path follows so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    depth: u8,
    following: u16,
}

impl Position {
    /// The root of the volume, with these rules.
    pub fn root(rules: Rules) -> Self {
        let mut following = 0;
        for (number, (rule, _)) in PATTERNS.iter().enumerate() {
            if rules.holds(*rule) {
                following |= 1 << number;
            }
        }
        Self {
            depth: 0,
            following,
        }
    }

    /// The position as a number, the same for all that no pattern reaches.
    pub fn number(self) -> u32 {
        let depth = if self.following == 0 { 0 } else { self.depth };
        u32::from(depth) << 16 | u32::from(self.following)
    }

    /// The sub-folder `name`, and the rule that empties it, if one does.
    pub fn enter(self, name: &[u8]) -> (Self, Option<Rule>) {
        let mut inside = Self {
            depth: self.depth.saturating_add(1),
            following: 0,
        };
        let mut hit = None;
        for (number, (rule, steps)) in PATTERNS.iter().enumerate() {
            if self.following >> number & 1 == 0 {
                continue;
            }
            let fits = steps
                .get(usize::from(self.depth))
                .is_some_and(|step| match step {
                    Is(word) => *word == name,
                    Any => true,
                });
            if fits {
                inside.following |= 1 << number;
                if steps.len() == usize::from(inside.depth) {
                    hit = hit.or(Some(*rule));
                }
            }
        }
        (inside, hit)
    }
}

/// The content that makes a `CACHEDIR.TAG` valid, from <https://bford.info/cachedir/>.
pub const CACHEDIR_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// The name of the file that marks a folder as a cache.
pub const CACHEDIR_NAME: &[u8] = b"CACHEDIR.TAG";

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_of(path: &str, rules: Rules) -> Option<Rule> {
        let mut position = Position::root(rules);
        let mut hit = None;
        for name in path.split('/') {
            (position, hit) = position.enter(name.as_bytes());
        }
        hit
    }

    #[test]
    fn folders_that_the_rules_name() {
        for (path, rule) in [
            ("home/user/.cache", Some(Rule::UserCache)),
            ("home/a b/.cache", Some(Rule::UserCache)),
            ("home/user/.local/share/Trash", Some(Rule::Trash)),
            ("home/user/.thumbnails", Some(Rule::Thumbnails)),
            (
                "home/user/.mozilla/firefox/x.default/cache2",
                Some(Rule::BrowserCache),
            ),
            (
                "home/user/.config/chromium/Default/Code Cache",
                Some(Rule::BrowserCache),
            ),
            (
                "home/user/.config/BraveSoftware/Brave-Browser/Default/Cache",
                Some(Rule::BrowserCache),
            ),
            ("home/.cache", None),
            ("home/user/.cache2", None),
            ("home/user/x/.cache", None),
            ("home/user/.cache/inside", None),
            ("home.bak/user/.cache", None),
            ("x/home/user/.cache", None),
            ("home/user/.config/chromium/Default/History", None),
        ] {
            assert_eq!(rule_of(path, Rules::DEFAULT), rule, "{path}");
        }
    }

    #[test]
    fn a_rule_that_does_not_hold_empties_nothing() {
        let rules = Rules::DEFAULT.without(Rule::UserCache);
        assert_eq!(rule_of("home/user/.cache", rules), None);
        assert_eq!(
            rule_of("home/user/.thumbnails", rules),
            Some(Rule::Thumbnails)
        );
    }

    #[test]
    fn deep_paths_stay_harmless() {
        let mut position = Position::root(Rules::DEFAULT);
        for _ in 0..1000 {
            let (inside, hit) = position.enter(b"home");
            assert_eq!(hit, None);
            position = inside;
        }
    }
}
