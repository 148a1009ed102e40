//! Model-specific registers: those on the list can be written and read back.

use crate::world;

/// Reads a register of this CPU; `None` if there is none with this index.
#[must_use]
pub fn read(index: u32) -> Option<u64> {
    may_write(index).then(|| world::local().msrs.get(&index).copied().unwrap_or(0))
}

/// Writes a register of this CPU, if the list allows it.
#[must_use = "the write may have been refused"]
pub fn write(index: u32, value: u64) -> Option<()> {
    may_write(index).then(|| {
        world::local().msrs.insert(index, value);
    })
}

const TSC_AUX: u32 = 0xc000_0103;

/// The list of `machine`.
const fn may_write(index: u32) -> bool {
    matches!(index, TSC_AUX | 0x17a | 0x400..=0x47f | 0x48 | 0x49 | 0x199 | 0xc001_0000..=0xc001_0007 | 0xc001_0062)
}
