//! The words that name qubes in a policy line.

use super::system::SystemInfo;

/// A source or destination in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// `*`
    All,
    /// `@anyvm`: every qube but dom0.
    AnyVm,
    /// `@adminvm`
    AdminVm,
    /// `@default`: no target was named.
    Default,
    /// `@dispvm`
    DispVm,
    /// `@dispvm:NAME`
    DispVmOf(String),
    /// `@dispvm:@tag:TAG`
    DispVmOfTag(String),
    /// `@tag:TAG`
    Tag(String),
    /// `@type:CLASS`
    Type(String),
    /// `uuid:UUID`
    Uuid(String),
    /// A qube's name.
    Name(String),
}

/// What a word begins with, and what its rest makes.
type Prefix = (&'static str, fn(String) -> Token);

impl Token {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let fixed = match word {
            "*" => Some(Self::All),
            "@anyvm" => Some(Self::AnyVm),
            "@adminvm" | "dom0" => Some(Self::AdminVm),
            "@default" => Some(Self::Default),
            "@dispvm" => Some(Self::DispVm),
            _ => None,
        };
        let prefixes: [Prefix; 5] = [
            ("@dispvm:@tag:", Self::DispVmOfTag),
            ("@dispvm:", Self::DispVmOf),
            ("@tag:", Self::Tag),
            ("@type:", Self::Type),
            ("uuid:", Self::Uuid),
        ];
        let prefixed = || {
            let found = prefixes
                .iter()
                .find_map(|(prefix, make)| word.strip_prefix(prefix).map(|rest| (rest, make)));
            found
                .filter(|(rest, _)| is_plain(rest))
                .map(|(rest, make)| make(rest.to_owned()))
        };
        let name = || is_plain(word).then(|| Self::Name(word.to_owned()));
        fixed.or_else(prefixed).or_else(name)
    }

    /// Can this word stand for the qube that calls?
    pub(crate) fn is_source(&self) -> bool {
        !matches!(self, Self::Default | Self::DispVm | Self::DispVmOfTag(_))
    }

    /// Does it mean this qube, given by name?
    pub(crate) fn matches_qube(&self, name: &str, system: &SystemInfo) -> bool {
        let Some(domain) = system.get(name) else {
            return false;
        };
        match self {
            Self::All => true,
            Self::AnyVm => domain.class != "AdminVM",
            Self::AdminVm => domain.class == "AdminVM",
            Self::Tag(tag) => domain.class != "AdminVM" && domain.tags.contains(tag),
            Self::Type(class) => domain.class == *class,
            Self::Uuid(uuid) => domain.uuid == *uuid,
            Self::Name(own) => own == name,
            Self::Default | Self::DispVm | Self::DispVmOf(_) | Self::DispVmOfTag(_) => false,
        }
    }

    /// Does it mean a new disposable made from this template?
    pub(crate) fn matches_disposable(&self, template: &str, system: &SystemInfo) -> bool {
        match self {
            Self::All | Self::AnyVm => true,
            Self::DispVmOf(own) => own == template,
            Self::DispVmOfTag(tag) => system
                .get(template)
                .is_some_and(|domain| domain.tags.contains(tag)),
            _ => false,
        }
    }
}

fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !word.is_empty() && word.chars().all(plain)
}
