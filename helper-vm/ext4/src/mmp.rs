//! The block of multiple mount protection: says whether another machine has the volume mounted.

use crate::block_reader::BlockReader;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::ext4::Ext4;
use crate::fields::Fields;

const MAGIC: u32 = 0x004D_4D50;
const SEQUENCE_CLEAN: u32 = 0xFF4D_4D50;
const CHECKSUM_AT: usize = 0x3FC;

/// Fails when the volume is in use, or the block that says so is damaged.
pub(crate) fn check<R: BlockReader>(fs: &Ext4<R>) -> Result<(), Error> {
    let sb = fs.super_block();
    if !sb.features.mmp {
        return Ok(());
    }
    let site = Site::new(Structure::Mmp, Place::Volume);
    let place = sb
        .run(sb.mmp_block, 1)
        .ok_or_else(|| site.fault(Fault::OutOfVolume))?;
    let block = fs.block(place)?;
    let fields = Fields::new(&block, site);
    if fields.u32(0x0)? != MAGIC {
        return Err(site.fault(Fault::Magic));
    }
    if let Some(seed) = sb.checksums.seed() {
        let computed = crc32c(seed, fields.slice(0, CHECKSUM_AT)?);
        if computed != fields.u32(CHECKSUM_AT)? {
            return Err(site.fault(Fault::Checksum));
        }
    }
    if fields.u32(0x4)? != SEQUENCE_CLEAN {
        return Err(Error::Incompatible(Feature::MmpInUse));
    }
    Ok(())
}
