//! What a careful restore holds back.

use crate::manifest::{Entry, EntryName, Node};
use qib_rpc::class::{Class, Classes};

/// May be executed, or runs as another user.
const EXECUTES: u32 = 0o6111;

/// Holds back, and counts.
#[derive(Debug)]
pub struct Held {
    classes: Classes,
    /// How much was held back, a folder counting as one.
    pub count: u64,
}

impl Held {
    /// Holds back these classes.
    pub fn new(classes: Classes) -> Self {
        Self { classes, count: 0 }
    }

    /// Whether a folder is held back with all that lies in it; it lies at this depth, 1 in the root.
    pub fn folder(&mut self, name: &EntryName, depth: usize) -> bool {
        let is_system = depth == 1 && name.bytes() != b"home";
        self.hold(&[(Class::Hidden, is_hidden(name)), (Class::System, is_system)])
    }

    /// Whether anything else is.
    pub fn entry(&mut self, entry: &Entry, depth: usize) -> bool {
        let executes = match &entry.node {
            Node::File(_) => {
                entry.meta.mode & EXECUTES != 0 || entry.name.bytes().ends_with(b".desktop")
            }
            _ => false,
        };
        let is_device = matches!(
            entry.node,
            Node::CharDevice(..) | Node::BlockDevice(..) | Node::Fifo
        );
        self.hold(&[
            (Class::Hidden, is_hidden(&entry.name)),
            (Class::Executable, executes),
            (Class::Link, matches!(entry.node, Node::Symlink(_))),
            (Class::Device, is_device),
            (Class::System, depth == 1),
        ])
    }

    /// Whether it matters what is lost.
    pub const fn asks_for_loss(&self) -> bool {
        self.classes.has(Class::Lost)
    }

    /// Whether something is held back of which something is lost, or not.
    pub fn lost(&mut self, is_lost: bool) -> bool {
        self.hold(&[(Class::Lost, is_lost)])
    }

    fn hold(&mut self, found: &[(Class, bool)]) -> bool {
        let is_held = |(class, is_it): &(Class, bool)| *is_it && self.classes.has(*class);
        let held = found.iter().any(is_held);
        self.count = self.count.saturating_add(u64::from(held));
        held
    }
}

fn is_hidden(name: &EntryName) -> bool {
    name.bytes().starts_with(b".")
}
