//! Gzip (RFC 1952): one member, whose trailer holds the checksum and the size.

use alloc::boxed::Box;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::crc32::crc32;
use crate::{Error, Format};

const CORRUPT: Error = Error::Corrupt(Format::Gzip);

// Flags of the header.
const HAS_HEADER_SUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

pub fn gzip(packed: &[u8], kernel: &mut [u8]) -> Result<usize, Error> {
    let deflated = skip_header(packed).ok_or(CORRUPT)?;
    // On the heap: it is 11 KiB, much for a hypervisor's stack.
    let mut state = Box::<DecompressorOxide>::default();
    let (status, read, written) = decompress(
        &mut state,
        deflated,
        kernel,
        0,
        TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    );
    match status {
        TINFLStatus::Done => {}
        TINFLStatus::HasMoreOutput => {
            return Err(Error::Size {
                promised: kernel.len(),
            });
        }
        _ => return Err(CORRUPT),
    }
    let trailer: &[u8; 8] = deflated
        .get(read..)
        .and_then(|rest| rest.try_into().ok())
        .ok_or(CORRUPT)?;
    let (sum, _size) = trailer.split_first_chunk().ok_or(CORRUPT)?;
    let unpacked = kernel.get(..written).ok_or(CORRUPT)?;
    if crc32(unpacked) == u32::from_le_bytes(*sum) {
        Ok(written)
    } else {
        Err(Error::Checksum(Format::Gzip))
    }
}

fn skip_header(packed: &[u8]) -> Option<&[u8]> {
    let (&[_, _, method, flags, ..], mut rest) = packed.split_first_chunk::<10>()?;
    if method != 8 || flags & RESERVED != 0 {
        return None;
    }
    if flags & HAS_EXTRA != 0 {
        let (size, after) = rest.split_first_chunk()?;
        rest = after.get(u16::from_le_bytes(*size).into()..)?;
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end.checked_add(1)?..)?;
        }
    }
    if flags & HAS_HEADER_SUM != 0 {
        rest.get(2..)
    } else {
        Some(rest)
    }
}
