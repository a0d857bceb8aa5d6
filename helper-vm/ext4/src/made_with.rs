//! What the superblock keeps of how the volume was made, so that another can be made like it.

use crate::error::Error;
use crate::fields::Fields;

/// Names and feature words as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeWith {
    /// The UUID.
    pub uuid: [u8; 16],
    /// The label, with zeros behind its end.
    pub label: [u8; 16],
    /// `s_feature_compat`, all bits.
    pub compat: u32,
    /// `s_feature_incompat`, all bits.
    pub incompat: u32,
    /// `s_feature_ro_compat`, all bits.
    pub ro_compat: u32,
}

impl MadeWith {
    pub(crate) fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        Ok(Self {
            uuid: fields.bytes(0x68)?,
            label: fields.bytes(0x78)?,
            compat: fields.u32(0x5C)?,
            incompat: fields.u32(0x60)?,
            ro_compat: fields.u32(0x64)?,
        })
    }
}
