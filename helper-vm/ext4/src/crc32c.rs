//! CRC-32C, eight bytes at a time.
//!
//! Written here because the crates that use the processor's instruction need
//! unsafe code; tables are fast enough for metadata.

const POLYNOMIAL: u32 = 0x82F6_3B78;

static TABLES: [[u32; 256]; 8] = tables();

/// Continues `crc` over `bytes`. Neither inverts at the start nor at the end, as ext4 wants it.
pub fn crc32c(mut crc: u32, mut bytes: &[u8]) -> u32 {
    while let Some((word, rest)) = bytes.split_first_chunk() {
        crc = eight(crc, *word);
        bytes = rest;
    }
    bytes.iter().fold(crc, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        entry(0, low ^ byte) ^ (crc >> 8)
    })
}

fn eight(crc: u32, word: [u8; 8]) -> u32 {
    let [a, b, c, d, e, f, g, h] = word;
    let [k, l, m, n] = crc.to_le_bytes();
    entry(7, a ^ k)
        ^ entry(6, b ^ l)
        ^ entry(5, c ^ m)
        ^ entry(4, d ^ n)
        ^ entry(3, e)
        ^ entry(2, f)
        ^ entry(1, g)
        ^ entry(0, h)
}

#[expect(
    clippy::indexing_slicing,
    reason = "the table is below 8, and a byte is below 256"
)]
fn entry(table: usize, byte: u8) -> u32 {
    TABLES[table & 7][usize::from(byte)]
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
#[expect(
    clippy::as_conversions,
    reason = "`From` can not be called in a constant"
)]
const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ POLYNOMIAL
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(!crc32c(!0, b"123456789"), 0xE306_9283);
    }

    #[test]
    fn pieces_give_the_whole() {
        let bytes: Vec<u8> = (0..=255).collect();
        for cut in 0..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            assert_eq!(crc32c(crc32c(7, a), b), crc32c(7, &bytes));
        }
    }
}
