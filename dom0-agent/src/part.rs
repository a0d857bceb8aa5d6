//! The volumes of a qube that are its own, and so are backed up.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What every qube has: `/home` and `/rw`.
    Private,
    /// The system of a qube that is based on no template.
    Root,
}

impl Part {
    /// Its name in Qubes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Root => "root",
        }
    }

    /// What is put behind a qube's name to tell it from the private volume.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Private => "",
            Self::Root => " (root)",
        }
    }
}
