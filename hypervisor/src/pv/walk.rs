//! Walks the page table that this CPU has loaded, in software.
//!
//! Always: it reads each entry once; what it finds may have changed when it returns, so a caller takes a reference and
//! lets that decide.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::Mfn;
use metal::cpu;
use metal::frame::Frame;

const PRESENT: u64 = 1;
const LARGE: u64 = 1 << 7;
/// The frame number's bits of an entry.
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

/// What an address leads to.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// The L1 table.
    pub table: Frame,
    /// The entry's place in it.
    pub index: usize,
    /// The entry as it was.
    pub entry: u64,
    /// The frame that it names.
    pub mfn: Mfn,
}

/// The L1 entry of an address, present or not; `None` if there is no L1 table.
pub fn l1_entry(va: u64) -> Option<Leaf> {
    let mut table = cpu::current_root()?;
    for level in [4u32, 3, 2] {
        let entry = word(table, index(va, level))?.load(Ordering::Relaxed);
        if entry & PRESENT == 0 || entry & LARGE != 0 && level < 4 {
            return None;
        }
        table = Frame::new(frame_of(entry))?;
    }
    let index = index(va, 1);
    let entry = word(table, index)?.load(Ordering::Relaxed);
    Some(Leaf {
        table,
        index,
        entry,
        mfn: frame_of(entry),
    })
}

/// The L1 entry of an address that is mapped.
pub fn leaf(va: u64) -> Option<Leaf> {
    l1_entry(va).filter(|leaf| leaf.entry & PRESENT != 0)
}

fn word(table: Frame, index: usize) -> Option<&'static AtomicU64> {
    table.words().get(index)
}

/// The place in a table of this level.
fn index(va: u64, level: u32) -> usize {
    let shift = level.wrapping_sub(1).wrapping_mul(9).wrapping_add(12);
    (va.checked_shr(shift).unwrap_or(0) & 511) as usize
}

fn frame_of(entry: u64) -> Mfn {
    Mfn((entry & ADDRESS) >> 12)
}
