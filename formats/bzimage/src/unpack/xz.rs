//! Xz (version 1.2.1 of its format): one stream of blocks with CRC-32, of LZMA2 with or without the filter for x86 code.
//!
//! That is what the kernel's own unpacker reads; other checks and filters do not boot on a bare machine either.

use alloc::vec::Vec;

use lzma_rust2::Lzma2Reader;
use lzma_rust2::filter::bcj::BcjReader;

use super::{dictionary, read_all};
use crate::crc32::crc32;
use crate::{Error, Format};

const CORRUPT: Error = Error::Corrupt(Format::Xz);
const CHECKSUM: Error = Error::Checksum(Format::Xz);

const FILTER_X86: u64 = 0x04;
const FILTER_LZMA2: u64 = 0x21;

/// What stands behind each block.
#[derive(Clone, Copy)]
enum Check {
    None,
    Crc32,
}

/// What the index says of a block: its bytes without padding, and what comes out.
type Record = (u64, u64);

pub fn xz(packed: &[u8], kernel: &mut [u8]) -> Result<usize, Error> {
    let (head, mut rest) = packed.split_first_chunk::<12>().ok_or(CORRUPT)?;
    let flags = stream_flags(head)?;
    let check = match flags {
        [0, 0] => Check::None,
        [0, 1] => Check::Crc32,
        _ => return Err(Error::Unsupported("xz with a check other than CRC-32")),
    };
    let mut records = Vec::new();
    let mut written = 0_usize;
    // A block begins with a size that is not 0, the index with 0.
    while rest.first().ok_or(CORRUPT)? != &0 {
        let output = kernel.get_mut(written..).unwrap_or_default();
        let record = block(&mut rest, output, check)?;
        written = written.saturating_add(record.1 as usize);
        records.push(record);
    }
    let index_size = index(&mut rest, &records)?;
    footer(rest, flags, index_size)?;
    Ok(written)
}

/// The stream's header: six bytes of magic (seen already), two of flags and their sum.
fn stream_flags(head: &[u8; 12]) -> Result<[u8; 2], Error> {
    let &[.., a, b, s0, s1, s2, s3] = head;
    if crc32(&[a, b]) == u32::from_le_bytes([s0, s1, s2, s3]) {
        Ok([a, b])
    } else {
        Err(CHECKSUM)
    }
}

/// The filters of one block.
struct Filters {
    /// Where the code would lie, for the filter for x86.
    x86: Option<u32>,
    dictionary_size: u32,
}

fn block(rest: &mut &[u8], output: &mut [u8], check: Check) -> Result<Record, Error> {
    let start = *rest;
    let (filters, claimed) = block_header(rest)?;
    let dictionary_size = dictionary(filters.dictionary_size, output.len());
    let mut lzma2 = Lzma2Reader::new(*rest, dictionary_size, None);
    let written = match filters.x86 {
        Some(origin) => {
            let mut reader = BcjReader::new_x86(lzma2, origin as usize);
            let written = read_all(&mut reader, output, Format::Xz)?;
            *rest = reader.into_inner().into_inner();
            written
        }
        None => {
            let written = read_all(&mut lzma2, output, Format::Xz)?;
            *rest = lzma2.into_inner();
            written
        }
    };
    let (claimed_packed, claimed_size) = claimed;
    let header_size = header_size(start).ok_or(CORRUPT)?;
    let taken = start.len().wrapping_sub(rest.len());
    let packed = taken.wrapping_sub(header_size);
    if claimed_packed.is_some_and(|claim| claim != packed as u64)
        || claimed_size.is_some_and(|claim| claim != written as u64)
    {
        return Err(CORRUPT);
    }
    take_zeros(rest, taken.wrapping_neg() & 3)?;
    let check_size = match check {
        Check::None => 0,
        Check::Crc32 => {
            let sum = take_word(rest)?;
            if sum != crc32(output.get(..written).unwrap_or_default()) {
                return Err(CHECKSUM);
            }
            4
        }
    };
    Ok((taken.saturating_add(check_size) as u64, written as u64))
}

/// The size of a block's header, by its first byte.
fn header_size(block: &[u8]) -> Option<usize> {
    usize::from(*block.first()?).checked_add(1)?.checked_mul(4)
}

/// Sizes that a block's header may claim: packed, unpacked.
type Claims = (Option<u64>, Option<u64>);

fn block_header(rest: &mut &[u8]) -> Result<(Filters, Claims), Error> {
    let (header, after) = header_size(rest)
        .and_then(|size| rest.split_at_checked(size))
        .ok_or(CORRUPT)?;
    *rest = after;
    let (summed, sum) = header.split_last_chunk().ok_or(CORRUPT)?;
    if crc32(summed) != u32::from_le_bytes(*sum) {
        return Err(CHECKSUM);
    }
    let (&[_, flags], mut fields) = summed.split_first_chunk().ok_or(CORRUPT)?;
    if flags & 0x3c != 0 {
        return Err(CORRUPT);
    }
    let claimed_packed = if flags & 0x40 != 0 {
        Some(take_number(&mut fields)?)
    } else {
        None
    };
    let claimed_size = if flags & 0x80 != 0 {
        Some(take_number(&mut fields)?)
    } else {
        None
    };
    let filters = match flags & 3 {
        0 => Filters {
            x86: None,
            dictionary_size: take_lzma2(&mut fields)?,
        },
        1 => Filters {
            x86: Some(take_x86(&mut fields)?),
            dictionary_size: take_lzma2(&mut fields)?,
        },
        _ => return Err(Error::Unsupported("xz with more than two filters")),
    };
    let padding = fields.len();
    take_zeros(&mut fields, padding)?;
    Ok((filters, (claimed_packed, claimed_size)))
}

fn take_x86(fields: &mut &[u8]) -> Result<u32, Error> {
    if take_number(fields)? != FILTER_X86 {
        return Err(Error::Unsupported("xz with a filter other than x86"));
    }
    match take_number(fields)? {
        0 => Ok(0),
        4 => take_word(fields),
        _ => Err(CORRUPT),
    }
}

/// The size of the dictionary: powers of two and the halves between, from 4 KiB, by number.
fn take_lzma2(fields: &mut &[u8]) -> Result<u32, Error> {
    if take_number(fields)? != FILTER_LZMA2 || take_number(fields)? != 1 {
        return Err(Error::Unsupported("xz without LZMA2"));
    }
    let (&number, after) = fields.split_first().ok_or(CORRUPT)?;
    *fields = after;
    match number {
        0..40 => {
            let shift = u32::from(number >> 1).wrapping_add(11);
            Ok((2 | u32::from(number & 1)).wrapping_shl(shift))
        }
        40 => Ok(u32::MAX),
        _ => Err(CORRUPT),
    }
}

/// The index must say of the blocks what they were. Gives its size.
fn index(rest: &mut &[u8], records: &[Record]) -> Result<usize, Error> {
    let start = *rest;
    take_zeros(rest, 1)?;
    if take_number(rest)? != records.len() as u64 {
        return Err(CORRUPT);
    }
    for record in records {
        if (take_number(rest)?, take_number(rest)?) != *record {
            return Err(CORRUPT);
        }
    }
    let taken = start.len().wrapping_sub(rest.len());
    take_zeros(rest, taken.wrapping_neg() & 3)?;
    let taken = start.len().wrapping_sub(rest.len());
    let sum = take_word(rest)?;
    if sum != crc32(start.get(..taken).unwrap_or_default()) {
        return Err(CHECKSUM);
    }
    Ok(taken.saturating_add(4))
}

/// The stream's footer, which must be all that is left: a sum, the size of the index, the flags again, `YZ`.
fn footer(rest: &[u8], flags: [u8; 2], index_size: usize) -> Result<(), Error> {
    let Ok(&[s0, s1, s2, s3, z0, z1, z2, z3, a, b, y, z]) = <&[u8; 12]>::try_from(rest) else {
        return Err(CORRUPT);
    };
    if crc32(&[z0, z1, z2, z3, a, b]) != u32::from_le_bytes([s0, s1, s2, s3]) {
        return Err(CHECKSUM);
    }
    let size = u64::from(u32::from_le_bytes([z0, z1, z2, z3]))
        .saturating_add(1)
        .saturating_mul(4);
    if size == index_size as u64 && [a, b] == flags && [y, z] == *b"YZ" {
        Ok(())
    } else {
        Err(CORRUPT)
    }
}

/// A number of seven bits a byte, the lowest first, in up to nine bytes.
fn take_number(rest: &mut &[u8]) -> Result<u64, Error> {
    let mut number = 0;
    for shift in (0..63_u32).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(CORRUPT)?;
        *rest = after;
        number |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            // The last byte of several may not be 0: there is one way to write a number.
            return if byte == 0 && shift != 0 {
                Err(CORRUPT)
            } else {
                Ok(number)
            };
        }
    }
    Err(CORRUPT)
}

fn take_word(rest: &mut &[u8]) -> Result<u32, Error> {
    let (word, after) = rest.split_first_chunk().ok_or(CORRUPT)?;
    *rest = after;
    Ok(u32::from_le_bytes(*word))
}

fn take_zeros(rest: &mut &[u8], count: usize) -> Result<(), Error> {
    let (zeros, after) = rest.split_at_checked(count).ok_or(CORRUPT)?;
    *rest = after;
    if zeros.iter().all(|&byte| byte == 0) {
        Ok(())
    } else {
        Err(CORRUPT)
    }
}
