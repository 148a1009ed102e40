//! Memory of the guest whose address space is loaded, by virtual address.
//!
//! Always: [GUEST-RANGE] only addresses outside the hypervisor's slots are touched; a fault ends the copy and
//! is an answer, not a crash. Bytes are copied once, never borrowed.
//!
//! Not here: memory of guests that do not run (`frame`).

use core::arch::asm;
use types::{Fault, HYPERVISOR_END};

/// End of the lower half.
const LOWER_END: u64 = 0x0000_8000_0000_0000;

/// Whether a range is canonical and outside the hypervisor's slots.
#[inline(always)]
fn is_guests(address: u64, len: usize) -> bool {
    let Some(end) = address.checked_add(len as u64) else {
        // The last byte of the address space may be the guest's.
        return address >= HYPERVISOR_END && address.wrapping_add(len as u64) == 0;
    };
    end <= LOWER_END || address >= HYPERVISOR_END
}

/// REP MOVS of one width with one side the guest's; gives the elements that were left.
macro_rules! rep_movs {
    ($name:ident, $instruction:literal) => {
        #[inline(always)]
        fn $name(target: u64, source: u64, count: usize) -> usize {
            let mut left = count;
            // SAFETY:
            // 1. [GUEST-RANGE] The caller has checked the guest's side; the other is a Rust slice of this length.
            // 2. [EX-TABLE] A fault on either side goes on at label 4 with the rest of the count in rcx.
            unsafe {
                asm!(
                    "9: .byte 0x0f, 0x1f, 0x00",
                    concat!("2: rep ", $instruction),
                    "4: .byte 0x0f, 0x1f, 0x00",
                    ".pushsection .ex_table, \"a\"",
                    ".long 2b - .",
                    ".long 4b - .",
                    ".popsection",
                    ".pushsection .smap_sites, \"a\"",
                    ".long 9b - .",
                    ".long 0xcb",
                    ".long 4b - .",
                    ".long 0xca",
                    ".popsection",
                    inout("rcx") left, inout("rdi") target => _, inout("rsi") source => _, options(nostack),
                );
            }
            left
        }
    };
}

rep_movs!(copy_words, "movsq");
rep_movs!(copy_bytes, "movsb");

/// Copies with one side the guest's, eight bytes at a time; gives the bytes that were left.
#[inline]
fn copy(target: u64, source: u64, len: usize) -> usize {
    let (words, tail) = (len / 8, len % 8);
    let left = copy_words(target, source, words);
    if left != 0 {
        return left * 8 + tail;
    }
    let done = (words * 8) as u64;
    if tail == 0 {
        0
    } else {
        copy_bytes(target.wrapping_add(done), source.wrapping_add(done), tail)
    }
}

/// A copy that is tried once more where it stopped: a fault may come from a TLB entry that the guest has
/// already replaced by a more generous one, and the fault itself has dropped it.
#[inline]
fn copy_twice(target: u64, source: u64, len: usize) -> Result<(), Fault> {
    let left = copy(target, source, len);
    if left == 0 {
        return Ok(());
    }
    let done = (len - left) as u64;
    match copy(target.wrapping_add(done), source.wrapping_add(done), left) {
        0 => Ok(()),
        left => Err(Fault { copied: len - left }),
    }
}

/// Copies from the guest.
pub fn copy_from(buffer: &mut [u8], address: u64) -> Result<(), Fault> {
    if !is_guests(address, buffer.len()) {
        return Err(Fault { copied: 0 });
    }
    copy_twice(buffer.as_mut_ptr() as u64, address, buffer.len())
}

/// Copies to the guest.
pub fn copy_to(address: u64, bytes: &[u8]) -> Result<(), Fault> {
    if !is_guests(address, bytes.len()) {
        return Err(Fault { copied: 0 });
    }
    copy_twice(address, bytes.as_ptr() as u64, bytes.len())
}

/// Reads words of the guest's.
#[inline(always)]
pub fn read_words<const N: usize>(address: u64, words: &mut [u64; N]) -> Result<(), Fault> {
    if !is_guests(address, N * 8) {
        return Err(Fault { copied: 0 });
    }
    let target = words.as_mut_ptr() as u64;
    if copy_words(target, address, N) == 0 {
        Ok(())
    } else {
        copy_twice(target, address, N * 8)
    }
}

/// Writes words to the guest.
#[inline(always)]
pub fn write_words<const N: usize>(address: u64, words: &[u64; N]) -> Result<(), Fault> {
    if !is_guests(address, N * 8) {
        return Err(Fault { copied: 0 });
    }
    let source = words.as_ptr() as u64;
    if copy_words(address, source, N) == 0 {
        Ok(())
    } else {
        copy_twice(address, source, N * 8)
    }
}

/// Fills guest memory with zeros.
pub fn zero(address: u64, len: usize) -> Result<(), Fault> {
    const ZEROS: [u8; 512] = [0; 512];
    let mut done = 0;
    while done < len {
        let part = (len - done).min(ZEROS.len());
        copy_to(address.wrapping_add(done as u64), &ZEROS[..part]).map_err(|fault| Fault {
            copied: done + fault.copied,
        })?;
        done += part;
    }
    Ok(())
}

macro_rules! word {
    ($type:ty, $read:ident, $write:ident, $class:ident, $modifier:literal, $size:literal) => {
        #[doc = concat!("Reads ", $size, " of the guest's at once.")]
        #[inline]
        pub fn $read(address: u64) -> Result<$type, Fault> {
            if !is_guests(address, size_of::<$type>()) {
                return Err(Fault { copied: 0 });
            }
            for _ in 0..2 {
                let value: $type;
                let mut fault: u32 = 0;
                // SAFETY:
                // 1. [GUEST-RANGE] Checked above.
                // 2. [EX-TABLE] A fault goes on at label 3, which says so.
                unsafe {
                    asm!(
                        "9: .byte 0x0f, 0x1f, 0x00",
                        concat!("2: mov {value", $modifier, "}, ", $size, " ptr [{address}]"),
                        "4: .byte 0x0f, 0x1f, 0x00",
                        ".pushsection .text.fixup, \"ax\"",
                        "3: mov {fault:e}, 1",
                        concat!("xor {value", ":e", "}, {value", ":e", "}"),
                        "jmp 4b",
                        ".popsection",
                        ".pushsection .ex_table, \"a\"",
                        ".long 2b - .",
                        ".long 3b - .",
                        ".popsection",
                        ".pushsection .smap_sites, \"a\"",
                        ".long 9b - .",
                        ".long 0xcb",
                        ".long 4b - .",
                        ".long 0xca",
                        ".popsection",
                        address = in(reg) address, value = out($class) value, fault = inout(reg) fault,
                        options(nostack),
                    );
                }
                if fault == 0 {
                    return Ok(value);
                }
            }
            Err(Fault { copied: 0 })
        }

        #[doc = concat!("Writes ", $size, " of the guest's at once.")]
        #[inline]
        pub fn $write(address: u64, value: $type) -> Result<(), Fault> {
            if !is_guests(address, size_of::<$type>()) {
                return Err(Fault { copied: 0 });
            }
            for _ in 0..2 {
                let mut fault: u32 = 0;
                // SAFETY: [GUEST-RANGE], [EX-TABLE] as in the reading.
                unsafe {
                    asm!(
                        "9: .byte 0x0f, 0x1f, 0x00",
                        concat!("2: mov ", $size, " ptr [{address}], {value", $modifier, "}"),
                        "4: .byte 0x0f, 0x1f, 0x00",
                        ".pushsection .text.fixup, \"ax\"",
                        "3: mov {fault:e}, 1",
                        "jmp 4b",
                        ".popsection",
                        ".pushsection .ex_table, \"a\"",
                        ".long 2b - .",
                        ".long 3b - .",
                        ".popsection",
                        ".pushsection .smap_sites, \"a\"",
                        ".long 9b - .",
                        ".long 0xcb",
                        ".long 4b - .",
                        ".long 0xca",
                        ".popsection",
                        address = in(reg) address, value = in($class) value, fault = inout(reg) fault,
                        options(nostack),
                    );
                }
                if fault == 0 {
                    return Ok(());
                }
            }
            Err(Fault { copied: 0 })
        }
    };
}

word!(u64, read_u64, write_u64, reg, "", "qword");
word!(u32, read_u32, write_u32, reg, ":e", "dword");

/// Reads one byte of the guest's.
#[inline]
pub fn read_u8(address: u64) -> Result<u8, Fault> {
    let mut byte = [0];
    copy_from(&mut byte, address)?;
    Ok(byte[0])
}

/// Writes one byte of the guest's.
#[inline]
pub fn write_u8(address: u64, value: u8) -> Result<(), Fault> {
    copy_to(address, &[value])
}
