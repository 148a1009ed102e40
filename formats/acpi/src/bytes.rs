//! Little-endian fields of a table; what lies outside reads as absent.

/// A table's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// One byte.
    #[must_use]
    pub fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// Two bytes.
    #[must_use]
    pub fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    /// Four bytes.
    #[must_use]
    pub fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// Eight bytes.
    #[must_use]
    pub fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// Everything from an offset on.
    #[must_use]
    pub fn from(self, at: usize) -> Bytes<'a> {
        Bytes(self.0.get(at..).unwrap_or(&[]))
    }

    /// Records that begin with a type byte and a length byte.
    pub fn records(self) -> impl Iterator<Item = (u8, Bytes<'a>)> {
        let mut rest = self;
        core::iter::from_fn(move || {
            let (kind, len) = (rest.u8(0)?, usize::from(rest.u8(1)?));
            let record = rest.0.get(..len).filter(|_| len >= 2)?;
            rest = rest.from(len);
            Some((kind, Bytes(record)))
        })
    }
}

/// Whether all bytes add up to zero.
#[must_use]
pub fn sums_to_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}
