//! Compressing frames, each with a proof.

use qib_rpc::compression::Compression;
use std::io;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// How much of a frame the trial compresses, in bytes.
const TRIAL_BYTES: usize = 64 << 10;

/// The tables that zstd searches at its default level, as powers of two: half of its own
/// choice fits into a processor's nearest caches. On a home's small files that takes a
/// tenth less time and 0.3 % more space.
const SEARCH_LOGS: [CParameter; 2] = [CParameter::HashLog(16), CParameter::ChainLog(15)];

/// What a thread keeps from frame to frame.
pub struct Zstd {
    level: i32,
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
    trial: Compressor<'static>,
    packed: Vec<u8>,
    proof: Vec<u8>,
}

impl Zstd {
    /// Begins.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new(compression: Compression) -> io::Result<Self> {
        let level = match compression {
            Compression::NONE => store_level(),
            compression => compression.level().into(),
        };
        let mut compressor = Compressor::new(level)?;
        if compression == Compression::default() {
            for log in SEARCH_LOGS {
                compressor.set_parameter(log)?;
            }
        }
        Ok(Self {
            level,
            compressor,
            decompressor: Decompressor::new()?,
            trial: Compressor::new(1)?,
            packed: Vec::new(),
            proof: Vec::new(),
        })
    }

    /// Compresses, and decompresses again as a proof: compressors and memory
    /// have failed in other programs, and nobody noticed for years.
    ///
    /// # Errors
    /// When zstd fails or does not give back what it was given.
    pub fn compress(&mut self, plain: &[u8]) -> io::Result<&[u8]> {
        let level = self.level_for(plain)?;
        self.compressor.set_compression_level(level)?;
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.compressor
            .compress_to_buffer(plain, &mut self.packed)?;
        self.proof.clear();
        self.proof.reserve(plain.len());
        self.decompressor
            .decompress_to_buffer(&self.packed, &mut self.proof)?;
        if self.proof != plain {
            return Err(io::Error::other("zstd did not give back what it was given"));
        }
        Ok(&self.packed)
    }

    /// Data that a quick trial does not make 3 % smaller is stored as it is.
    fn level_for(&mut self, plain: &[u8]) -> io::Result<i32> {
        let middle = plain.len().saturating_sub(TRIAL_BYTES) / 2;
        let sample = plain.get(middle..).unwrap_or(plain);
        let sample = sample.get(..TRIAL_BYTES).unwrap_or(sample);
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(sample.len()));
        let packed_bytes = self.trial.compress_to_buffer(sample, &mut self.packed)?;
        let limit = sample.len().saturating_sub(sample.len() / 32);
        Ok(if packed_bytes > limit {
            store_level()
        } else {
            self.level
        })
    }
}

/// The level at which zstd looks for nothing and stores.
fn store_level() -> i32 {
    *zstd::compression_level_range().start()
}
