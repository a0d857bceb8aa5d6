//! The properties of a qube: names, types, defaults.

/// Types, with the names that the API gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Number,
    Flag,
    Qube,
    Label,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "str",
            Self::Number => "int",
            Self::Flag => "bool",
            Self::Qube => "vm",
            Self::Label => "label",
        }
    }
}

/// The properties and what they are when nobody set them, in order of name.
pub(crate) const QUBE: &[(&str, Type, &str)] = &[
    ("audiovm", Type::Qube, "dom0"),
    ("auto_cleanup", Type::Flag, "False"),
    ("autostart", Type::Flag, "False"),
    ("backup_timestamp", Type::Number, ""),
    ("debug", Type::Flag, "False"),
    ("default_dispvm", Type::Qube, ""),
    ("default_user", Type::Text, "user"),
    ("dispid", Type::Number, ""),
    ("guivm", Type::Qube, "dom0"),
    ("include_in_backups", Type::Flag, "True"),
    ("installed_by_rpm", Type::Flag, "False"),
    ("ip", Type::Text, ""),
    ("ip6", Type::Text, ""),
    ("kernel", Type::Text, "6.12.0"),
    ("kernelopts", Type::Text, ""),
    ("keyboard_layout", Type::Text, "us++"),
    ("label", Type::Label, "red"),
    ("mac", Type::Text, "00:16:3e:5e:6c:00"),
    ("management_dispvm", Type::Qube, ""),
    ("maxmem", Type::Number, "4000"),
    ("memory", Type::Number, "400"),
    ("name", Type::Text, ""),
    ("netvm", Type::Qube, ""),
    ("provides_network", Type::Flag, "False"),
    ("qid", Type::Number, ""),
    ("qrexec_timeout", Type::Number, "60"),
    ("shutdown_timeout", Type::Number, "60"),
    ("stubdom_mem", Type::Number, ""),
    ("template", Type::Qube, ""),
    ("template_for_dispvms", Type::Flag, "False"),
    ("updateable", Type::Flag, "False"),
    ("uuid", Type::Text, ""),
    ("vcpus", Type::Number, "2"),
    ("virt_mode", Type::Text, "pvh"),
];

/// True for a property that qubes of this class have.
pub(crate) fn has(class: &str, property: &str) -> bool {
    match property {
        "template" => ["AppVM", "DispVM"].contains(&class),
        "template_for_dispvms" => class == "AppVM",
        "auto_cleanup" | "dispid" => class == "DispVM",
        _ => true,
    }
}

/// The machine's own properties.
pub(crate) const GLOBAL: &[(&str, Type, &str)] = &[
    ("clockvm", Type::Qube, ""),
    ("default_dispvm", Type::Qube, ""),
    ("default_guivm", Type::Qube, "dom0"),
    ("default_kernel", Type::Text, "6.12.0"),
    ("default_netvm", Type::Qube, ""),
    ("default_pool", Type::Text, crate::pool::NAME),
    ("default_pool_private", Type::Text, crate::pool::NAME),
    (
        "default_template",
        Type::Qube,
        crate::daemon::machine::TEMPLATE,
    ),
    ("management_dispvm", Type::Qube, ""),
    ("updatevm", Type::Qube, ""),
];

/// What belongs to the qube itself and is never set.
pub(crate) const FIXED: [&str; 5] = ["name", "qid", "uuid", "updateable", "dispid"];
