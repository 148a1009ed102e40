//! Descriptor tables and the registers that point to them.

use core::arch::asm;

/// Operand of LGDT and LIDT.
#[repr(C, packed)]
#[derive(Clone, Copy)]
pub struct TablePointer {
    /// Size of the table minus 1.
    pub limit: u16,
    /// Linear address of the table.
    pub base: u64,
}

/// Loads the GDT register.
///
/// # Safety
/// The table stays mapped and well-formed for as long as it is loaded.
pub unsafe fn lgdt(pointer: &TablePointer) {
    // SAFETY: [CALLER] The table is good.
    unsafe { asm!("lgdt [{}]", in(reg) pointer, options(nostack, preserves_flags)) };
}

/// Loads the IDT register.
///
/// # Safety
/// The table stays mapped, and its gates lead to code that keeps Rust's rules.
pub unsafe fn lidt(pointer: &TablePointer) {
    // SAFETY: [CALLER] The table is good.
    unsafe { asm!("lidt [{}]", in(reg) pointer, options(nostack, preserves_flags)) };
}

/// Loads the task register.
///
/// # Safety
/// The selector names an available 64-bit TSS in the GDT.
pub unsafe fn ltr(selector: u16) {
    // SAFETY: [CALLER] The descriptor is good.
    unsafe { asm!("ltr {:x}", in(reg) selector, options(nostack, preserves_flags)) };
}

/// Loads the LDT register; 0 means "no LDT".
///
/// # Safety
/// The selector is 0 or names an LDT descriptor in the GDT.
#[inline(always)]
pub unsafe fn lldt(selector: u16) {
    // SAFETY: [CALLER] The descriptor is good.
    unsafe { asm!("lldt {:x}", in(reg) selector, options(nostack, preserves_flags)) };
}

/// The lower word of a descriptor of memory that spans everything.
///
/// `kind` is the access byte (present, privilege, type); `long` marks 64-bit code, else 32-bit.
#[must_use]
pub const fn flat(kind: u8, long: bool) -> u64 {
    let flags: u64 = if long { 0xa } else { 0xc };
    0x0000_ffff | (kind as u64) << 40 | 0xf << 48 | flags << 52
}

/// Both words of a system descriptor (TSS: type 9, LDT: type 2).
#[must_use]
pub const fn system(kind: u8, base: u64, limit: u32) -> [u64; 2] {
    let low = (limit as u64 & 0xffff)
        | (base & 0x00ff_ffff) << 16
        | (0x80 | kind as u64) << 40
        | (limit as u64 >> 16 & 0xf) << 48
        | (base >> 24 & 0xff) << 56;
    [low, base >> 32]
}

/// Both words of an interrupt gate: interrupts go off on entry.
#[must_use]
pub const fn interrupt_gate(handler: u64, selector: u16, stack: u8, privilege: u8) -> [u64; 2] {
    let low = (handler & 0xffff)
        | (selector as u64) << 16
        | (stack as u64 & 7) << 32
        | (0x8e | (privilege as u64 & 3) << 5) << 40
        | (handler >> 16 & 0xffff) << 48;
    [low, handler >> 32]
}
