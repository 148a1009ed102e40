//! The unpackers. Each writes into a buffer that has the size promised, and tells how much it wrote.
//!
//! Always: an unpacker that would write more, or whose input does not end where it should, fails.

mod gzip;
mod lz4;
mod lzma;
mod xz;
mod zstd;

pub use gzip::gzip;
pub use lz4::lz4;
pub use lzma::lzma;
pub use xz::xz;
pub use zstd::zstd;

use lzma_rust2::Read;

use crate::{Error, Format};

/// Reads until the reader ends, and fails if that is not before the buffer does.
fn read_all(reader: &mut impl Read, buffer: &mut [u8], format: Format) -> Result<usize, Error> {
    let mut written = 0_usize;
    loop {
        let mut beyond = [0; 1];
        let rest = buffer.get_mut(written..).unwrap_or_default();
        let full = rest.is_empty();
        let count = reader
            .read(if full { &mut beyond } else { rest })
            .map_err(|_| Error::Corrupt(format))?;
        match count {
            0 => return Ok(written),
            _ if full => {
                return Err(Error::Size {
                    promised: buffer.len(),
                });
            }
            _ => written = written.saturating_add(count),
        }
    }
}

/// A dictionary larger than all that comes out is of no use; its size is the sender's word.
fn dictionary(claimed: u32, output: usize) -> u32 {
    const SMALLEST: u32 = 4096;
    claimed
        .min(u32::try_from(output).unwrap_or(u32::MAX))
        .max(SMALLEST)
}
