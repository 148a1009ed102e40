//! The checksum of gzip and xz (CRC-32, polynomial 0x04c11db7, reflected), eight bytes at a time.

/// `TABLES[n][b]`: the sum of the byte `b` with `n` zero bytes behind it.
static TABLES: [[u32; 256]; 8] = tables();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time"
)]
const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ ((sum & 1) * 0xedb8_8320);
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let sum = tables[zeros - 1][byte];
            tables[zeros][byte] = (sum >> 8) ^ tables[0][(sum & 0xff) as usize];
            byte += 1;
        }
        zeros += 1;
    }
    tables
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut sum = u32::MAX;
    for chunk in chunks {
        let mixed = u64::from_le_bytes(*chunk) ^ u64::from(sum);
        let parts = TABLES.iter().rev().zip(mixed.to_le_bytes());
        sum = parts.fold(0, |sum, (table, byte)| sum ^ look_up(table, byte));
    }
    let [last, ..] = &TABLES;
    for byte in rest {
        let [low, ..] = sum.to_le_bytes();
        sum = (sum >> 8) ^ look_up(last, low ^ byte);
    }
    !sum
}

fn look_up(table: &[u32; 256], byte: u8) -> u32 {
    // There is one for every byte; the compiler sees that too.
    table.get(usize::from(byte)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_sums_are_those_of_everybody_else() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(
            crc32(b"The quick brown fox jumps over the lazy dog"),
            0x414f_a339
        );
    }
}
