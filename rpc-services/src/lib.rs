//! What crosses a boundary of qib: names, ids, limits, frames, messages and calls.
//!
//! Three programs talk: `qib` in dom0, `qib-helper` in a disposable, and
//! `qib-storage` in the storage qube. Every conversation is one qrexec call
//! over which both sides send [`frame`]s. A frame has a fixed header and a body
//! that is either raw object bytes or one [`message`].
//!
//! The rules, which `docs/protocol.md` states in full:
//!
//! * A receiver MUST decode a body into its type before it uses any of it.
//! * A receiver MUST refuse a frame whose length is over the limit of its kind
//!   before it reads the body.
//! * An end of file without the message that closes the conversation is an
//!   abort: a peer that was killed looks exactly like that.
//! * A peer MAY answer any request with a [`fault::Fault`]; it ends the
//!   conversation.

pub mod calendar;
pub mod call;
pub mod class;
pub mod codec;
pub mod compression;
pub mod count;
pub mod fault;
pub mod frame;
pub mod glob;
pub mod hex;
pub mod id;
pub mod key;
pub mod limit;
pub mod line;
pub mod message;
pub mod name;
pub mod object;
pub mod path;
pub mod plain_name;
pub mod reading;
pub mod rule;
pub mod service;
