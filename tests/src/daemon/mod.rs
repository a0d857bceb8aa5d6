//! The one background process of a lab: qubesd, the dom0 end of qrexec, and the qubes.

pub(crate) mod calls;
pub(crate) mod control;
pub(crate) mod devices;
pub(crate) mod launch;
pub(crate) mod lifecycle;
pub(crate) mod loops;
pub(crate) mod machine;
pub(crate) mod process;
pub(crate) mod world;
