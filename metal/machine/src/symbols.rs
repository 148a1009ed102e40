//! Names of our functions, for backtraces.
//!
//! `xtask` appends them to the flat image, right behind `__image_end`, all little-endian:
//! 8 bytes `XNSYMS1\0`; `u32` count; `u32` length of the names; then `count` pairs of `u32` (address minus
//! `IMAGE_BASE`, offset of the name), sorted by address; then the names, UTF-8, each ended by a NUL.
//!
//! Always: an image without them works, with bare addresses.

use crate::layout::IMAGE_BASE;
use crate::sync::SetOnce;

const MAGIC: &[u8; 8] = b"XNSYMS1\0";
const HEADER: usize = 16;
/// More than that is no list of ours.
const LIMIT: usize = 16 << 20;

static BLOB: SetOnce<&'static [u8]> = SetOnce::new();

unsafe extern "C" {
    static __image_end: u8;
}

/// Looks for the list behind the image. The boot page tables map 1 GiB from the image's base on.
pub(crate) fn init() {
    let start = &raw const __image_end;
    let read = |offset: usize| {
        // SAFETY: [BOOT-MAP] The boot page tables map this address; what lies there is only compared.
        unsafe { start.add(offset).read_volatile() }
    };
    let word = |offset: usize| {
        u32::from_le_bytes(core::array::from_fn(|byte| read(offset + byte))) as usize
    };
    let len = if (0..8).all(|index| read(index) == MAGIC[index]) {
        HEADER
            .saturating_add(word(8).saturating_mul(8))
            .saturating_add(word(12))
    } else {
        0
    };
    let len = if len <= LIMIT { len } else { 0 };
    // SAFETY: [IMAGE] The image, with what is appended to it, is kept out of free memory and is mapped read-only.
    BLOB.set(unsafe { core::slice::from_raw_parts(start, len) });
}

/// Bytes behind the image.
pub(crate) fn blob_len() -> u64 {
    BLOB.try_get().map_or(0, |blob| blob.len() as u64)
}

/// The function at an address, and how far into it the address is.
pub(crate) fn find(address: u64) -> Option<(&'static str, u64)> {
    let blob = *BLOB.try_get()?;
    let word = |offset: usize| {
        Some(u32::from_le_bytes(
            blob.get(offset..offset + 4)?.try_into().ok()?,
        ))
    };
    let count = word(8)? as usize;
    let wanted = u32::try_from(address.checked_sub(IMAGE_BASE)?).ok()?;
    // The last entry at or below the address.
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        if word(HEADER + middle * 8)? <= wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let entry = HEADER + low.checked_sub(1)? * 8;
    let names = blob.get(HEADER + count * 8..)?;
    let name = names.get(word(entry + 4)? as usize..)?;
    let end = name.iter().position(|byte| *byte == 0)?;
    Some((
        core::str::from_utf8(name.get(..end)?).ok()?,
        u64::from(wanted - word(entry)?),
    ))
}
