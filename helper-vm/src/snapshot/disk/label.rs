//! The label of an ext file system.

/// At most 16 bytes, none of them zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label {
    bytes: [u8; 16],
    length: usize,
}

impl Label {
    /// A label with these bytes, if they can be one.
    pub fn new(untrusted_bytes: &[u8]) -> Option<Self> {
        let mut label = Self {
            length: untrusted_bytes.len(),
            ..Self::default()
        };
        let room = label.bytes.get_mut(..untrusted_bytes.len())?;
        room.copy_from_slice(untrusted_bytes);
        (!untrusted_bytes.contains(&0)).then_some(label)
    }

    /// A label as a superblock holds it: it ends before the first zero.
    pub fn of_super_block(untrusted_bytes: &[u8; 16]) -> Option<Self> {
        untrusted_bytes
            .split(|byte| *byte == 0)
            .next()
            .and_then(Self::new)
    }

    /// The bytes of the label.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
