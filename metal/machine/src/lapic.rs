//! The local interrupt controller: x2APIC where the CPU has it, else the registers in memory.
//!
//! Always: who sends an interrupt waits until the controller has taken it.

use crate::layout::vector;
use crate::percpu::shared;
use crate::{acpi, console, cpuid, memory, paging};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use types::CpuId;
use x86::msr::index;

/// Registers, as offsets in memory; as model-specific registers, a sixteenth of that.
mod register {
    pub const ID: u32 = 0x20;
    pub const TASK_PRIORITY: u32 = 0x80;
    pub const EOI: u32 = 0xb0;
    pub const DESTINATION_FORMAT: u32 = 0xe0;
    pub const SPURIOUS: u32 = 0xf0;
    pub const IN_SERVICE: u32 = 0x100;
    pub const ERROR: u32 = 0x280;
    pub const COMMAND: u32 = 0x300;
    pub const COMMAND_HIGH: u32 = 0x310;
    pub const TIMER: u32 = 0x320;
    pub const LINT0: u32 = 0x350;
    pub const LINT1: u32 = 0x360;
    pub const ERROR_VECTOR: u32 = 0x370;
    pub const INITIAL_COUNT: u32 = 0x380;
    pub const CURRENT_COUNT: u32 = 0x390;
    pub const DIVIDE: u32 = 0x3e0;
}

const MASKED: u32 = 1 << 16;
const MODE_NMI: u32 = 4 << 8;
const MODE_INIT: u32 = 5 << 8;
const MODE_STARTUP: u32 = 6 << 8;
const TIMER_DEADLINE: u32 = 2 << 17;
const PENDING: u32 = 1 << 12;

static X2APIC: AtomicBool = AtomicBool::new(false);
/// Virtual address of the registers in memory.
static REGISTERS: AtomicU64 = AtomicU64::new(0);

fn read(register: u32) -> u32 {
    if X2APIC.load(Ordering::Relaxed) {
        // SAFETY: [MSR-EXISTS] x2APIC is on, and all registers named here exist in it.
        unsafe { x86::rdmsr(index::X2APIC + register / 16) as u32 }
    } else {
        let address = REGISTERS.load(Ordering::Relaxed) + u64::from(register);
        // SAFETY: [DEVICE] The page was mapped by `init_boot_cpu` and holds the APIC's registers.
        unsafe { (address as *const u32).read_volatile() }
    }
}

#[inline]
fn write(register: u32, value: u32) {
    if X2APIC.load(Ordering::Relaxed) {
        // SAFETY: [MSR-EXISTS] As in `read`; the values are ours, and none has a reserved bit.
        unsafe { x86::wrmsr(index::X2APIC + register / 16, value.into()) };
    } else {
        let address = REGISTERS.load(Ordering::Relaxed) + u64::from(register);
        // SAFETY: [DEVICE] As in `read`.
        unsafe { (address as *mut u32).write_volatile(value) };
    }
}

/// Chooses the mode for all CPUs, and starts the boot CPU's.
pub(crate) fn init_boot_cpu() {
    let wanted = crate::memory::command_line()
        .split(' ')
        .filter_map(|word| word.strip_prefix("x2apic="))
        .next_back();
    let refused =
        wanted.is_some_and(|value| matches!(value, "0" | "no" | "off" | "false" | "disable"));
    // SAFETY: [MSR-EXISTS] Every CPU with a local APIC has its base register.
    let already = unsafe { x86::rdmsr(index::APIC_BASE) } >> 10 & 1 != 0;
    X2APIC.store(
        already || cpuid::features().x2apic && !refused,
        Ordering::Relaxed,
    );
    let address = match acpi::tables().local_apic {
        0 => 0xfee0_0000,
        address => address,
    };
    memory::claim_registers(address);
    if !X2APIC.load(Ordering::Relaxed) {
        REGISTERS.store(paging::ioremap(address, 4096), Ordering::Relaxed);
    }
    init_cpu();
}

/// Starts this CPU's controller: nothing masked by priority, nothing on its own pins.
pub(crate) fn init_cpu() {
    // SAFETY: [MSR-EXISTS] As above; the address in it stays.
    unsafe {
        let base = x86::rdmsr(index::APIC_BASE) | 1 << 11;
        x86::wrmsr(index::APIC_BASE, base);
        if X2APIC.load(Ordering::Relaxed) {
            x86::wrmsr(index::APIC_BASE, base | 1 << 10);
        }
    }
    if !X2APIC.load(Ordering::Relaxed) {
        write(register::DESTINATION_FORMAT, u32::MAX);
    }
    write(register::TASK_PRIORITY, 0);
    write(register::TIMER, MASKED | u32::from(vector::TIMER));
    write(register::LINT0, MASKED | u32::from(vector::SPURIOUS));
    write(register::LINT1, MODE_NMI);
    write(register::ERROR, 0);
    write(register::ERROR_VECTOR, vector::ERROR.into());
    write(register::DIVIDE, 0xb);
    write(register::SPURIOUS, 1 << 8 | u32::from(vector::SPURIOUS));
}

/// This CPU's id.
pub(crate) fn id() -> u32 {
    let id = read(register::ID);
    if X2APIC.load(Ordering::Relaxed) {
        id
    } else {
        id >> 24
    }
}

/// Acknowledges the interrupt that is being served.
#[inline]
pub(crate) fn eoi() {
    write(register::EOI, 0);
}

/// Whether the controller waits for the acknowledgement of a vector.
pub(crate) fn is_in_service(vector: u8) -> bool {
    let word = u32::from(vector) / 32;
    read(register::IN_SERVICE + word * 16) >> (vector % 32) & 1 != 0
}

/// Says what the controller found wrong.
pub(crate) fn report_error() {
    write(register::ERROR, 0);
    let error = read(register::ERROR);
    eoi();
    console::say!("CPU {}: local APIC error {error:#x}", crate::cpu::this().0);
}

fn command(apic_id: u32, low: u32) {
    if X2APIC.load(Ordering::Relaxed) {
        // What was written to memory must be seen by the CPU that the interrupt reaches; the write of a
        // model-specific register alone does not order that.
        core::sync::atomic::fence(Ordering::SeqCst);
        // SAFETY: [MSR-EXISTS] x2APIC is on; the command is a well-formed one.
        unsafe {
            x86::wrmsr(
                index::X2APIC + register::COMMAND / 16,
                u64::from(apic_id) << 32 | u64::from(low),
            )
        };
    } else {
        wait_sent();
        write(register::COMMAND_HIGH, apic_id << 24);
        write(register::COMMAND, low);
    }
}

fn wait_sent() {
    while read(register::COMMAND) & PENDING != 0 {
        x86::pause();
    }
}

/// Interrupts a CPU.
pub(crate) fn send(cpu: CpuId, vector: u8) {
    command(
        shared(cpu).apic_id.load(Ordering::Relaxed),
        1 << 14 | u32::from(vector),
    );
}

/// Sends an NMI to all CPUs but this one.
pub(crate) fn send_nmi_to_others() {
    command(0, 3 << 18 | 1 << 14 | MODE_NMI);
}

/// Puts a CPU into the state in which it waits for `send_startup`.
pub(crate) fn send_init(apic_id: u32) {
    command(apic_id, 1 << 14 | 1 << 15 | MODE_INIT);
}

/// Lets a CPU start in real mode at a page below 1 MiB.
pub(crate) fn send_startup(apic_id: u32, page: u8) {
    command(apic_id, 1 << 14 | MODE_STARTUP | u32::from(page));
}

// ---- The timer.

/// One shot after so many counts; 0 stops it.
#[inline]
pub(crate) fn set_count(count: u32) {
    write(register::INITIAL_COUNT, count);
}

pub(crate) fn count() -> u32 {
    read(register::CURRENT_COUNT)
}

/// Lets the timer interrupt, by count or by TSC deadline.
pub(crate) fn enable_timer(deadline: bool) {
    write(
        register::TIMER,
        u32::from(vector::TIMER) | if deadline { TIMER_DEADLINE } else { 0 },
    );
    // The mode must be in force before the first deadline is written (manual, "TSC-Deadline Mode").
    core::sync::atomic::fence(Ordering::SeqCst);
}
