//! A running qube: processes in namespaces of their own, with a file system of their own.

pub(crate) mod agent;
pub(crate) mod attach;
pub(crate) mod init;
pub(crate) mod plan;
pub(crate) mod root;
pub(crate) mod spawn;
pub(crate) mod sync;
pub(crate) mod unpacker;
pub(crate) mod window;
