//! Reads an instruction's bytes, one after another.

use crate::Error;
use crate::decode::MAX_LEN;

/// The place in the bytes. Never beyond the longest instruction.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
    used: u8,
}

impl<'b> Cursor<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    pub(crate) fn used(&self) -> u8 {
        self.used
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        if self.used >= MAX_LEN {
            return Err(Error::Unknown);
        }
        let byte = *self
            .bytes
            .get(usize::from(self.used))
            .ok_or(Error::Truncated)?;
        self.used = self.used.wrapping_add(1);
        Ok(byte)
    }

    /// A number of 1, 2, 4 or 8 bytes, extended by its sign.
    pub(crate) fn signed(&mut self, bytes: u8) -> Result<i64, Error> {
        let mut value = 0u64;
        for number in 0..bytes {
            value |= u64::from(self.byte()?) << (number.wrapping_mul(8) & 63);
        }
        let unused = 64u8.wrapping_sub(bytes.wrapping_mul(8)) & 63;
        Ok((value << unused) as i64 >> unused)
    }
}
