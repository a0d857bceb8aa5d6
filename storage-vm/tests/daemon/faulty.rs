//! A disk that fails and loses power: a file system of our own below the real daemon.
//!
//! * `disk` is its content: what is seen now, and what a loss of power leaves of it;
//! * `wrong` is which operation goes wrong, and how;
//! * `served` answers the kernel, `mounted` mounts it and cuts the power;
//! * `session` is all that qib asks of storage, and `promised` what must be true after each answer;
//! * `power` and `failing` are the tests.

mod disk;
mod failing;
mod mounted;
mod power;
mod promised;
mod served;
mod session;
mod wrong;
