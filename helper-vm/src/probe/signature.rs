//! Signatures at fixed places.

use qib_rpc::reading::VolumeKind;

const SIGNATURES: [(VolumeKind, usize, &[u8]); 18] = [
    (VolumeKind::Xfs, 0, b"XFSB"),
    (VolumeKind::Luks, 0, b"LUKS\xba\xbe"),
    (VolumeKind::Ntfs, 3, b"NTFS    "),
    (VolumeKind::Fat, 3, b"EXFAT   "),
    // A disk's sectors have 512 or 4,096 bytes.
    (VolumeKind::Disk, 512, b"EFI PART"),
    (VolumeKind::Disk, 4096, b"EFI PART"),
    (VolumeKind::F2fs, 1024, b"\x10\x20\xf5\xf2"),
    (VolumeKind::Ext, 1080, b"\x53\xef"),
    // At the end of the first page, whose size is the machine's.
    (VolumeKind::Swap, (4 << 10) - 10, b"SWAPSPACE2"),
    (VolumeKind::Swap, (8 << 10) - 10, b"SWAPSPACE2"),
    (VolumeKind::Swap, (16 << 10) - 10, b"SWAPSPACE2"),
    (VolumeKind::Swap, (64 << 10) - 10, b"SWAPSPACE2"),
    (VolumeKind::Swap, (4 << 10) - 10, b"SWAP-SPACE"),
    (VolumeKind::Swap, (8 << 10) - 10, b"SWAP-SPACE"),
    (VolumeKind::Swap, (16 << 10) - 10, b"SWAP-SPACE"),
    (VolumeKind::Swap, (64 << 10) - 10, b"SWAP-SPACE"),
    (VolumeKind::Swap, (4 << 10) - 10, b"S1SUSPEND\0"),
    (VolumeKind::Btrfs, (64 << 10) + 64, b"_BHRfS_M"),
];

/// Every signature that is there.
pub(super) fn found(untrusted_head: &[u8]) -> impl Iterator<Item = VolumeKind> + '_ {
    let is_there = |place: usize, bytes: &[u8]| {
        let rest = untrusted_head.get(place..);
        rest.is_some_and(|rest| rest.starts_with(bytes))
    };
    SIGNATURES
        .into_iter()
        .filter(move |(_, place, bytes)| is_there(*place, bytes))
        .map(|(kind, _, _)| kind)
}
