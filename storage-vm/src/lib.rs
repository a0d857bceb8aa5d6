//! The storage qube's side of qib: checks a name against a permit, then moves
//! opaque bytes.
//!
//! * `descriptor` reads who calls for what; `service` answers each service.
//! * `permit` knows which sessions live; `allowed` turns a request into a proof
//!   that it may be done, and nothing is put or got without one.
//! * `receive` turns such a proof and a stream into an object whose digest is
//!   proven, and nothing is stored without that.
//! * `backend` is what a place must promise; `folder` is a folder of this qube, `remote` any place
//!   over a network, `rclone` a way to more of them. `config` says which, `place` opens one,
//!   `places` is all of them, and `check` tries them.
//!
//! **Invariant:** no function here overwrites an object. What removes one moves it to the trash,
//! on dom0's word, and out of it only after days by two clocks (`stamp`).

pub mod allowed;
pub mod backend;
pub mod check;
pub mod cli;
pub mod config;
pub mod confine;
pub mod descriptor;
pub mod digest;
pub mod folder;
pub mod hang_up;
pub mod layout;
pub mod listen;
pub mod log;
pub mod permit;
pub mod place;
pub mod places;
pub mod quota;
pub mod rclone;
pub mod receive;
pub mod remote;
pub mod send;
pub mod service;
pub mod spot;
pub mod stamp;
