//! One block of data for each CPU, at the start of its area, reached through GS.
//!
//! Always: [GS-IS-OURS] while Rust code runs, GS points to this CPU's block. [PER-CPU] a block lives for
//! ever at its address; `Local` is touched only by its own CPU, `Shared` holds atomics only.

use crate::cpu::Mailbox;
use crate::layout::{PER_CPU, PER_CPU_STRIDE};
use core::arch::asm;
use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use types::CpuId;

/// The task state segment: where the CPU finds stacks.
#[repr(C, packed(4))]
pub struct Tss {
    reserved0: u32,
    /// Stack on entry from ring 3: the end of the current guest's frame.
    pub rsp0: u64,
    rsp1_2: [u64; 2],
    reserved1: u64,
    /// Stacks that a gate may name, 1 to 7.
    pub ist: [u64; 7],
    reserved2: u64,
    reserved3: u16,
    /// Offset of the I/O bitmap; beyond the limit, so that no port is open to ring 3.
    pub io_map: u16,
}

/// What only this CPU touches.
#[repr(C)]
pub struct Local {
    /// Address of this block.
    pub this: u64,
    /// Where `run_guest` left the host's stack.
    pub host_rsp: u64,
    /// Room for one register during entry.
    pub scratch: u64,
    /// Vector that ended `idle`, 0 for none.
    pub idle_vector: Cell<u32>,
    /// Number of this CPU.
    pub id: u32,
    tss_pad: u32,
    /// Task state.
    pub tss: Tss,
    /// LDT entries that are loaded.
    pub ldt_entries: Cell<u32>,
    /// CR3 as it is loaded, without flags.
    pub root: Cell<u64>,
    /// The guest frames in the GDT window (0: the empty page).
    pub gdt_frames: [Cell<u64>; 14],
    /// The guest frames in the LDT window (0: not mapped).
    pub ldt_frames: [Cell<u64>; 16],
    /// CR4 as it is.
    pub cr4: Cell<u64>,
    /// CR0.TS as it is.
    pub task_switched: Cell<bool>,
    /// XCR0 as it is.
    pub xcr0: Cell<u64>,
    /// The deadline that the timer is set to, `u64::MAX` for none.
    pub deadline_ns: Cell<u64>,
    /// DR7 as it is.
    pub dr7: Cell<u64>,
    /// Ranks of the locks that are held (debug builds).
    pub ranks: [Cell<u8>; 16],
    /// How many of them.
    pub rank_count: Cell<usize>,
}

/// What every CPU may touch.
#[repr(C, align(64))]
pub struct Shared {
    /// Flush requests to this CPU.
    pub mailbox: Mailbox,
    /// Whether this CPU has come up.
    pub online: AtomicBool,
    /// Local APIC id.
    pub apic_id: AtomicU32,
    /// The firmware's processor number.
    pub acpi_id: AtomicU32,
    /// NMIs that this CPU has taken.
    pub nmis: AtomicU64,
}

/// The block.
#[repr(C)]
pub struct PerCpu {
    /// Touched by its own CPU only.
    pub local: Local,
    /// Touched by all.
    pub shared: Shared,
}

/// Offsets for the entry code.
pub const HOST_RSP: usize = offset_of!(Local, host_rsp);
pub const SCRATCH: usize = offset_of!(Local, scratch);
pub const IDLE_VECTOR: usize = offset_of!(Local, idle_vector);
pub const RSP0: usize = offset_of!(Local, tss) + offset_of!(Tss, rsp0);

const _: () = assert!(
    RSP0.is_multiple_of(8)
        && size_of::<Tss>() == 104
        && offset_of!(PerCpu, local) == 0
        && size_of::<PerCpu>() <= (crate::layout::area::BLOCK_PAGES * 4096) as usize
);

/// Start of a CPU's area.
pub const fn area(cpu: CpuId) -> u64 {
    PER_CPU + cpu.0 as u64 * PER_CPU_STRIDE
}

/// This CPU's own data.
#[inline(always)]
pub fn local() -> &'static Local {
    let block: *const PerCpu;
    // SAFETY:
    // 1. [GS-IS-OURS] GS points to this CPU's block, whose first word is its own address.
    // 2. [PER-CPU] The block lives for ever, and `Local` is not `Sync`, so the reference stays on this CPU.
    unsafe {
        asm!("mov {}, gs:[0]", out(reg) block, options(nostack, preserves_flags, pure, readonly));
        &(*block).local
    }
}

/// Another CPU's shared data. The CPU must be one of [`crate::cpu::count`].
pub fn shared(cpu: CpuId) -> &'static Shared {
    assert!(cpu.0 < crate::cpu::count(), "no CPU {}", cpu.0);
    // SAFETY: [PER-CPU] Areas of all counted CPUs are mapped before `count` includes them, for ever.
    unsafe { &(*(area(cpu) as *const PerCpu)).shared }
}

/// Number of this CPU.
#[inline(always)]
pub fn id() -> CpuId {
    CpuId(local().id)
}

/// The boot CPU's block is reachable (the other CPUs run no Rust before theirs is).
static READY: AtomicBool = AtomicBool::new(false);

pub fn set_ready() {
    READY.store(true, Ordering::Relaxed);
}

pub fn is_ready() -> bool {
    READY.load(Ordering::Relaxed)
}
