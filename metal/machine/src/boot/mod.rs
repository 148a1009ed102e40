//! From the bootloader to the body: what each step needs, the step before has made.
//!
//! Always: when `main` is called, every function of this crate works.

mod info;

pub use info::{Info, info, module_frames};

use crate::{
    acpi, console, cpu, descriptors, fpu, heap, irq, lapic, layout, m2p, memory, paging, percpu,
    smp, symbols, time, traps,
};
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU64, Ordering};

global_asm!(
    include_str!("entry.s"),
    start = sym start,
    start_other = sym smp::start_other,
    idle_root = sym paging::IDLE_ROOT,
    starting_area = sym smp::STARTING_AREA,
    stack_top = const layout::area::STACK_TOP,
);

/// Set by the first instructions of Rust: time stamp at entry.
static ENTRY_TSC: AtomicU64 = AtomicU64::new(0);

/// The time stamp counter when Rust was entered.
pub fn entry_tsc() -> u64 {
    ENTRY_TSC.load(Ordering::Relaxed)
}

unsafe extern "Rust" {
    /// The body's entry, which the `entry!` macro defines.
    safe fn xenolith_main() -> !;
}

/// First Rust code: boot page tables, boot stack, the bootloader's registers.
extern "C" fn start(magic: u32, info_address: u32) -> ! {
    ENTRY_TSC.store(x86::rdtsc(), Ordering::Relaxed);
    console::init_early();
    info::read(magic, info_address);
    console::init(info().command_line());
    symbols::init();
    traps::use_smap();
    memory::init();
    paging::init();
    paging::switch_to_idle_root();
    let area = paging::make_area(types::CpuId(0));
    descriptors::init_boot_cpu(area);
    // SAFETY:
    // 1. [STACK] The new stack is mapped, unused, and big enough; the old one is never needed again.
    // 2. [PER-CPU] `rest` never returns, so nothing looks for its caller.
    unsafe {
        asm!("mov rsp, {stack}", "xor ebp, ebp", "call {rest}", "ud2",
            stack = in(reg) area + layout::area::STACK_TOP, rest = sym rest, options(noreturn));
    }
}

/// The rest, on the boot CPU's own stack and the real page tables.
extern "C" fn rest() -> ! {
    fpu::init();
    memory::open_all();
    heap::init();
    m2p::init();
    acpi::init();
    smp::find_cpus();
    lapic::init_boot_cpu();
    time::init();
    irq::init();
    console::init_input();
    percpu::local().deadline_ns.set(u64::MAX);
    cpu::init();
    xenolith_main()
}
