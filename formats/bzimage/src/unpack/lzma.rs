//! Lzma in its old container: a byte of properties, the size of the dictionary, the size of the contents or all ones.

use lzma_rust2::LzmaReader;

use super::{dictionary, read_all};
use crate::{Error, Format};

const CORRUPT: Error = Error::Corrupt(Format::Lzma);

pub fn lzma(packed: &[u8], kernel: &mut [u8]) -> Result<usize, Error> {
    let (&properties, rest) = packed.split_first().ok_or(CORRUPT)?;
    let (dictionary_size, rest) = rest.split_first_chunk().ok_or(CORRUPT)?;
    let (size, rest) = rest.split_first_chunk().ok_or(CORRUPT)?;
    let size = u64::from_le_bytes(*size);
    let promised = kernel.len();
    if size != u64::MAX && size != promised as u64 {
        return Err(Error::Size { promised });
    }
    let dictionary_size = dictionary(u32::from_le_bytes(*dictionary_size), promised);
    let reader = LzmaReader::new_with_props(rest, size, properties, dictionary_size, None);
    read_all(&mut reader.map_err(|_| CORRUPT)?, kernel, Format::Lzma)
}
