//! Memory of the guest whose address space is loaded, by virtual address: a walk of its page tables for each page.
//!
//! Always: the hypervisor's slots fault; so does what the tables do not give to ring 3, and what is no pool frame. The
//! walk sets accessed and dirty bits, as the CPU does.

use crate::cpu;
use crate::frame::Frame;
use core::sync::atomic::Ordering;
use types::{Fault, HYPERVISOR_END, Mfn, PAGE_SIZE};

const PRESENT: u64 = 1;
const WRITABLE: u64 = 2;
const USER: u64 = 4;
const ACCESSED: u64 = 0x20;
const DIRTY: u64 = 0x40;
const LARGE: u64 = 0x80;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;
const LOWER_END: u64 = 0x0000_8000_0000_0000;

/// Whether an address is canonical and outside the hypervisor's slots.
fn is_guests(address: u64) -> bool {
    !(LOWER_END..HYPERVISOR_END).contains(&address)
}

/// Where an address leads, for a reading or a writing of the guest's.
fn walk(address: u64, write: bool) -> Option<(Frame, usize)> {
    if !is_guests(address) {
        return None;
    }
    let wanted = PRESENT | USER | if write { WRITABLE } else { 0 };
    let mut table = cpu::current_root()?;
    for level in (0..4).rev() {
        let shift = 12 + level * 9;
        let entry = &table.words()[(address >> shift & 511) as usize];
        let value = entry.load(Ordering::Relaxed);
        if value & wanted != wanted {
            return None;
        }
        let is_leaf = level == 0 || level < 3 && value & LARGE != 0;
        let touched = if write && is_leaf {
            ACCESSED | DIRTY
        } else {
            ACCESSED
        };
        entry.fetch_or(touched, Ordering::Relaxed);
        let inside = address & ((1 << shift) - 1);
        if is_leaf {
            let frame = (value & ADDRESS & !((1 << shift) - 1) | inside) >> 12;
            return Some((Frame::new(Mfn(frame))?, (address & 0xfff) as usize));
        }
        table = Frame::new(Mfn((value & ADDRESS) >> 12))?;
    }
    None
}

/// Works on each page's part of a range.
fn each_page(
    address: u64,
    len: usize,
    write: bool,
    mut work: impl FnMut(Frame, usize, core::ops::Range<usize>),
) -> Result<(), Fault> {
    let mut done = 0;
    while done < len {
        let at = address.wrapping_add(done as u64);
        let (frame, offset) = walk(at, write).ok_or(Fault { copied: done })?;
        let part = (len - done).min(PAGE_SIZE - offset);
        work(frame, offset, done..done + part);
        done += part;
    }
    Ok(())
}

/// A range that touches what is not the guest's is refused as a whole.
fn checked(address: u64, len: usize) -> Result<(), Fault> {
    let fine = match address.checked_add(len as u64) {
        Some(end) => end <= LOWER_END || address >= HYPERVISOR_END,
        None => address >= HYPERVISOR_END && address.wrapping_add(len as u64) == 0,
    };
    if fine {
        Ok(())
    } else {
        Err(Fault { copied: 0 })
    }
}

/// Copies from the guest.
pub fn copy_from(buffer: &mut [u8], address: u64) -> Result<(), Fault> {
    checked(address, buffer.len())?;
    each_page(address, buffer.len(), false, |frame, offset, part| {
        frame
            .read(offset, &mut buffer[part])
            .expect("a part lies in one page");
    })
}

/// Copies to the guest.
pub fn copy_to(address: u64, bytes: &[u8]) -> Result<(), Fault> {
    checked(address, bytes.len())?;
    each_page(address, bytes.len(), true, |frame, offset, part| {
        frame
            .write(offset, &bytes[part])
            .expect("a part lies in one page");
    })
}

/// Fills guest memory with zeros.
pub fn zero(address: u64, len: usize) -> Result<(), Fault> {
    checked(address, len)?;
    each_page(address, len, true, |frame, offset, part| {
        frame
            .write(offset, &vec![0; part.len()])
            .expect("a part lies in one page");
    })
}

/// Reads words of the guest's.
pub fn read_words<const N: usize>(address: u64, words: &mut [u64; N]) -> Result<(), Fault> {
    let mut bytes = vec![0; N * 8];
    copy_from(&mut bytes, address)?;
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    Ok(())
}

/// Writes words to the guest.
pub fn write_words<const N: usize>(address: u64, words: &[u64; N]) -> Result<(), Fault> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    copy_to(address, &bytes)
}

macro_rules! word {
    ($type:ty, $read:ident, $write:ident) => {
        #[doc = concat!("Reads a `", stringify!($type), "` of the guest's.")]
        pub fn $read(address: u64) -> Result<$type, Fault> {
            let mut bytes = [0; size_of::<$type>()];
            copy_from(&mut bytes, address)?;
            Ok(<$type>::from_le_bytes(bytes))
        }

        #[doc = concat!("Writes a `", stringify!($type), "` of the guest's.")]
        pub fn $write(address: u64, value: $type) -> Result<(), Fault> {
            copy_to(address, &value.to_le_bytes())
        }
    };
}

word!(u64, read_u64, write_u64);
word!(u32, read_u32, write_u32);
word!(u8, read_u8, write_u8);
