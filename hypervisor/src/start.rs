//! From the machine's hand-over to domain 0's first instruction, and what happens when domain 0 ends.

use alloc::string::String;
use core::fmt::Write;

use metal::cpu::{self, CpuId};
use metal::memory::Arena;

use crate::cpu::Cpu;
use crate::options::Options;
use crate::{console, dom0, memory, schedule, time};

/// Memory for unpacking domain 0's kernel, with the window that its packing may need.
const ARENA: u64 = 256 << 20;

/// Called by the machine on the boot CPU.
pub fn start() -> ! {
    let line = metal::memory::command_line();
    let options = Options::parse(line);
    console::configure(&options);
    metal::set_panic_context(describe_current);
    banner(line);
    for word in &options.unknown {
        console::always(format_args!(
            "warning: option \"{word}\" is not known, and ignored"
        ));
    }
    NO_REBOOT.store(options.noreboot, core::sync::atomic::Ordering::Relaxed);

    let arena = Arena::take(ARENA);
    prepare();
    console::always(format_args!(
        "{} CPUs, {} MiB of memory, {} MiB free, TSC at {} kHz",
        cpu::count(),
        metal::memory::total_pages() >> 8,
        memory::allocator::free_pages() >> 8,
        metal::time::tsc_khz()
    ));

    if let Err(why) = start_dom0(&options, arena) {
        console::always(format_args!("cannot start domain 0: {why}"));
        stop_machine();
    }
    metal::cpu::start_others(|_: CpuId| Cpu::this().run());
    Cpu::this().run()
}

/// All that the body needs before there can be a domain.
pub fn prepare() {
    memory::allocator::start();
    memory::frames::start();
    for range in metal::memory::pool() {
        memory::allocator::add(range.clone());
    }
    schedule::start(cpu::count());
    time::start_wall_clock();
    crate::hypercall::domctl::policy::start();
}

fn banner(line: &str) {
    console::always(format_args!(
        "Xenolith {} (Xen 4.20 ABI)",
        env!("CARGO_PKG_VERSION")
    ));
    console::always(format_args!("Command line: {line}"));
}

fn start_dom0(options: &Options, arena: Arena) -> Result<(), String> {
    let modules = metal::memory::take_modules().ok_or("the boot loader gave no modules")?;
    let domain = dom0::build(options, modules, arena)?;
    domain.unpause_by_controller();
    Ok(())
}

static NO_REBOOT: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

/// Domain 0 has shut down: so does the machine.
pub fn dom0_shut_down(reason: u32) -> ! {
    match reason {
        abi::sched::SHUTDOWN_POWEROFF => {
            console::always(format_args!("Hardware Dom0 halted: powering off"));
            metal::power::off()
        }
        abi::sched::SHUTDOWN_REBOOT | abi::sched::SHUTDOWN_SOFT_RESET => {
            console::always(format_args!("Hardware Dom0 shutdown: rebooting machine"));
            metal::power::reset()
        }
        abi::sched::SHUTDOWN_CRASH | abi::sched::SHUTDOWN_WATCHDOG => {
            console::always(format_args!("Hardware Dom0 crashed"));
            stop_machine()
        }
        other => {
            console::always(format_args!("Hardware Dom0 shutdown with reason {other}"));
            stop_machine()
        }
    }
}

/// Reboots, unless the administrator wants to read the screen.
fn stop_machine() -> ! {
    if NO_REBOOT.load(core::sync::atomic::Ordering::Relaxed) {
        console::always(format_args!("noreboot set: the machine stays halted"));
        metal::power::halt()
    }
    metal::power::reset()
}

/// What a fatal error says beside registers and backtrace.
fn describe_current(out: &mut dyn Write) {
    let _console_is_all_we_have = writeln!(out, "CPU {}", cpu::this().0);
}
