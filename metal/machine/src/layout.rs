//! The hypervisor's part of every address space: L4 slots 256 to 271.
//!
//! Always: the 16 entries are made once, before the first guest, and are the same in every root.

/// Machine-to-physical table as guests see it: read-only (slot 256).
pub const M2P: u64 = 0xffff_8000_0000_0000;
/// The same table, for us to write (slot 257).
pub const M2P_ALIAS: u64 = 0xffff_8080_0000_0000;
/// Room for the table: 256 GiB, which is 128 TiB of memory.
pub const M2P_SIZE: u64 = 256 << 30;
/// Tables that the body asks for at boot, such as its frame table (slot 258).
pub const TABLES: u64 = 0xffff_8100_0000_0000;
/// The heap (slot 259).
pub const HEAP: u64 = 0xffff_8180_0000_0000;
/// One area for each CPU (slot 260).
pub const PER_CPU: u64 = 0xffff_8200_0000_0000;
/// Distance of two CPUs' areas; also their alignment, so that a stack pointer tells the area.
pub const PER_CPU_STRIDE: u64 = 1 << 20;
/// Device registers (slot 260 too, well above the areas).
pub const IOREMAP: u64 = 0xffff_8220_0000_0000;
/// Image: this plus the physical address (slot 261).
pub const IMAGE_BASE: u64 = 0xffff_82d0_4000_0000;
/// All RAM (slots 262 to 271).
pub const DIRECT: u64 = 0xffff_8300_0000_0000;
/// Size of the direct map; RAM beyond it is left out.
pub const DIRECT_SIZE: u64 = types::HYPERVISOR_END - DIRECT;

/// Offsets in a CPU's area. Every stack has an unmapped page below it.
pub mod area {
    /// The `PerCpu` block.
    pub const BLOCK: u64 = 0;
    /// Pages of the block.
    pub const BLOCK_PAGES: u64 = 4;
    /// GDT: 14 pages of the guest, our page, one that is never mapped.
    pub const GDT: u64 = 0x1_0000;
    /// Pages of the guest's LDT.
    pub const LDT: u64 = 0x2_0000;
    /// Top of the stack for #DF.
    pub const DOUBLE_FAULT_TOP: u64 = 0x3_3000;
    /// Top of the stack for NMI.
    pub const NMI_TOP: u64 = 0x3_7000;
    /// Top of the stack for #MC.
    pub const MACHINE_CHECK_TOP: u64 = 0x3_b000;
    /// Top of the stack for #DB.
    pub const DEBUG_TOP: u64 = 0x3_f000;
    /// Pages of each of those.
    pub const SMALL_STACK_PAGES: u64 = 2;
    /// Top of the stack on which the body runs.
    pub const STACK_TOP: u64 = 0x5_0000;
    /// Its pages.
    pub const STACK_PAGES: u64 = 15;
}

/// Our code segment.
pub const HOST_CS: u16 = 0xe008;
/// Our stack and data segment.
pub const HOST_SS: u16 = 0xe010;
/// The task state segment.
pub const TSS_SELECTOR: u16 = 0xe040;
/// The guest's LDT.
pub const LDT_SELECTOR: u16 = 0xe050;
/// The page of the GDT that is ours.
pub const GDT_OWN_PAGE: usize = 14;

/// Vectors of ours, above those of devices.
pub mod vector {
    /// Legacy PIC, masked; only its spurious interrupts can arrive.
    pub const PIC: u8 = 0x20;
    /// The console's UART.
    pub const CONSOLE: u8 = 0xf0;
    /// The local APIC noticed an error.
    pub const ERROR: u8 = 0xf9;
    /// Look at your mailbox.
    pub const FLUSH: u8 = 0xfb;
    /// Somebody wants the body's attention.
    pub const KICK: u8 = 0xfc;
    /// The local timer.
    pub const TIMER: u8 = 0xfd;
    /// The local APIC's spurious vector.
    pub const SPURIOUS: u8 = 0xff;
}
