//! qrexec between the lab's qubes: the two clients, the agent, and the daemon between them.
//!
//! A connection is one Unix stream socket. The client sends its request on it,
//! the daemon decides and hands the same socket on to the agent of the target,
//! so that data never passes through the daemon.

pub(crate) mod agent;
pub(crate) mod broker;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod client_dom0;
pub(crate) mod client_vm;
pub(crate) mod executable;
pub(crate) mod frame;
pub(crate) mod policy_daemon;
pub(crate) mod service;
pub(crate) mod socket_service;
