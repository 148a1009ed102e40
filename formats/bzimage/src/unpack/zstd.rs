//! Zstandard (RFC 8878): one frame.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::io::Read;

use crate::{Error, Format};

const CORRUPT: Error = Error::Corrupt(Format::Zstd);

/// How much is unpacked between two looks at the size.
const STEP: usize = 1 << 20;

pub fn zstd(packed: &[u8], kernel: &mut [u8]) -> Result<usize, Error> {
    let mut packed = packed;
    // A decoder of its own for the one frame: a second frame would allocate the window that it claims, at once.
    let mut decoder = FrameDecoder::new();
    decoder.init(&mut packed).map_err(|_| CORRUPT)?;
    let mut written = 0_usize;
    loop {
        let rest = kernel.get_mut(written..).unwrap_or_default();
        decoder
            .decode_blocks(&mut packed, BlockDecodingStrategy::UptoBytes(STEP))
            .map_err(|_| CORRUPT)?;
        written = written.saturating_add(decoder.read(rest).map_err(|_| CORRUPT)?);
        if decoder.can_collect() != 0 {
            return Err(Error::Size {
                promised: kernel.len(),
            });
        }
        if decoder.is_finished() {
            break;
        }
    }
    if !packed.is_empty() {
        return Err(CORRUPT);
    }
    let sum = decoder.get_checksum_from_data();
    if sum.is_none() || sum == decoder.get_calculated_checksum() {
        Ok(written)
    } else {
        Err(Error::Checksum(Format::Zstd))
    }
}
