//! Makes the checksums of tar headers right, so that a change is not all that is seen.

const BLOCK: usize = 512;

/// The same tar with right checksums, as far as its members can be followed.
pub fn tar(changed: &[u8]) -> Vec<u8> {
    let mut whole = changed.to_vec();
    let mut at = 0;
    while let Some(block) = whole.get_mut(at..).and_then(|rest| rest.get_mut(..BLOCK)) {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes().copy_from_slice(block);
        header.set_cksum();
        block.copy_from_slice(header.as_bytes());
        let bytes = usize::try_from(header.entry_size().unwrap_or(0)).unwrap_or(usize::MAX);
        let blocks = bytes.div_ceil(BLOCK).saturating_add(1);
        at = at.saturating_add(blocks.saturating_mul(BLOCK));
    }
    whole
}
