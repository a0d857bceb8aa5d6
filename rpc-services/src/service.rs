//! The table of services: who calls whom for what.

/// The volume in the helper.
pub const HELPER_DEVICE: &str = "/dev/xvdi";

/// The name under which dom0 attaches the volume to the helper.
pub const HELPER_FRONTEND: &str = "xvdi";

/// Where a helper shows snapshots as folders.
pub const HELPER_FOLDER: &str = "/run/qib/snapshots";

/// The name of the file there that says what a search through them found.
pub const FOUND_FILE: &str = "found.txt";

/// Qubes' own service by which a qube takes files. Names are a user's, in any script.
pub const FILE_COPY: &str = "qubes.Filecopy+allow-all-names";

/// One of the three programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `qib` in dom0.
    Dom0,
    /// `qib-helper` in a disposable.
    Helper,
    /// `qib-storage` in the storage qube.
    Storage,
}

/// A qrexec service of qib: one privilege each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Make a backup of the attached volume.
    Backup,
    /// Restore a snapshot to the attached volume.
    Restore,
    /// Prove what is stored, and change nothing.
    Verify,
    /// Show snapshots as folders, in the helper.
    Browse,
    /// Make the master identity and the recovery kit.
    KeyInit,
    /// Make a qube's data identity.
    KeyQube,
    /// Open a qube's data identity with the passphrase.
    KeyOpen,
    /// Open the recovery kit with the passphrase, for a dom0 that has lost everything.
    KeyRecover,
    /// Let one helper put or get under one prefix, for as long as the call lives.
    Permit,
    /// Keep and return dom0's own objects.
    Records,
    /// List what lies under a prefix, and move it to the trash, back, or out of it.
    Forget,
    /// Read objects again and compare them with their names.
    Scrub,
    /// Put a session's objects, and get its index objects.
    Put,
    /// Get objects of one prefix.
    Get,
    /// Tell the version of `qib-helper`. Another one than storage's: both programs may be in
    /// one template.
    HelperVersion,
    /// Tell the version of `qib-storage`.
    StorageVersion,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 16] = [
        Self::Backup,
        Self::Restore,
        Self::Verify,
        Self::Browse,
        Self::KeyInit,
        Self::KeyQube,
        Self::KeyOpen,
        Self::KeyRecover,
        Self::Permit,
        Self::Records,
        Self::Forget,
        Self::Scrub,
        Self::Put,
        Self::Get,
        Self::HelperVersion,
        Self::StorageVersion,
    ];

    /// The name of the service for qrexec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backup => "qib.Backup",
            Self::Restore => "qib.Restore",
            Self::Verify => "qib.Verify",
            Self::Browse => "qib.Browse",
            Self::KeyInit => "qib.KeyInit",
            Self::KeyQube => "qib.KeyQube",
            Self::KeyOpen => "qib.KeyOpen",
            Self::KeyRecover => "qib.KeyRecover",
            Self::Permit => "qib.Permit",
            Self::Records => "qib.Records",
            Self::Forget => "qib.Forget",
            Self::Scrub => "qib.Scrub",
            Self::Put => "qib.Put",
            Self::Get => "qib.Get",
            Self::HelperVersion => "qib.HelperVersion",
            Self::StorageVersion => "qib.StorageVersion",
        }
    }

    /// Who calls, and who answers.
    pub const fn sides(self) -> (Side, Side) {
        match self {
            Self::Backup
            | Self::Restore
            | Self::Verify
            | Self::Browse
            | Self::KeyInit
            | Self::KeyQube
            | Self::KeyOpen
            | Self::KeyRecover
            | Self::HelperVersion => (Side::Dom0, Side::Helper),
            Self::Permit | Self::Records | Self::Forget | Self::Scrub | Self::StorageVersion => {
                (Side::Dom0, Side::Storage)
            }
            Self::Put | Self::Get => (Side::Helper, Side::Storage),
        }
    }

    /// The service with this name.
    pub fn parse(untrusted_name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.name() == untrusted_name)
    }
}
