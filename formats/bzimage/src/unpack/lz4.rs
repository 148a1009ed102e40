//! Lz4 as the kernel's build uses it: the legacy frame, a magic number and then blocks, each a size and its bytes.
//!
//! A block holds 8 MiB, the last one less; blocks do not refer to one another, and nothing is summed.

use crate::{Error, Format};

const CORRUPT: Error = Error::Corrupt(Format::Lz4);
const BLOCK_SIZE: usize = 8 << 20;

pub fn lz4(packed: &[u8], kernel: &mut [u8]) -> Result<usize, Error> {
    let promised = kernel.len();
    let mut packed = packed.get(4..).ok_or(CORRUPT)?;
    let mut rest = kernel;
    while let Some((size, after)) = packed.split_first_chunk() {
        let size = u32::from_le_bytes(*size) as usize;
        let (block, after) = after.split_at_checked(size).ok_or(CORRUPT)?;
        packed = after;
        let room = rest.len().min(BLOCK_SIZE);
        let written =
            match lz4_flex::block::decompress_into(block, rest.get_mut(..room).unwrap_or_default())
            {
                Ok(written) => written,
                Err(lz4_flex::block::DecompressError::OutputTooSmall { .. })
                    if room < BLOCK_SIZE =>
                {
                    return Err(Error::Size { promised });
                }
                Err(_) => return Err(CORRUPT),
            };
        rest = rest.get_mut(written..).unwrap_or_default();
    }
    if packed.is_empty() {
        Ok(promised.saturating_sub(rest.len()))
    } else {
        Err(CORRUPT)
    }
}
