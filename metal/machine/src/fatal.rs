//! The end: panics and faults of the hypervisor itself.
//!
//! Always: it takes no lock that a dead CPU may hold, allocates nothing, and stops the other CPUs first.

use crate::console::{self, say};
use crate::layout::{IMAGE_BASE, PER_CPU, PER_CPU_STRIDE};
use crate::{cpu, heap, lapic, memory, paging, percpu, power, symbols};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use types::GuestFrame;

static DYING: AtomicBool = AtomicBool::new(false);
static CONTEXT: AtomicUsize = AtomicUsize::new(0);

/// Whether the machine prints its last words.
pub(crate) fn is_dying() -> bool {
    DYING.load(Ordering::Relaxed)
}

/// Lets the body add lines to a panic: the domain, the vCPU, the last hypercalls. It must not lock or allocate.
pub fn set_panic_context(context: fn(&mut dyn Write)) {
    CONTEXT.store(context as usize, Ordering::Release);
}

/// Stops all other CPUs, whatever they do.
pub(crate) fn stop_others() {
    DYING.store(true, Ordering::SeqCst);
    if crate::smp::is_up() {
        lapic::send_nmi_to_others();
    }
}

/// The first to die prints; a second CPU stops, and a second fault of the same one ends it.
fn begin() {
    x86::disable_interrupts();
    if DYING.swap(true, Ordering::SeqCst) {
        console::force_unlock();
        console::write(b"\n(another fault while dying)\n");
        x86::stop();
    }
    stop_others();
    console::force_unlock();
    heap::force_unlock();
}

fn end() -> ! {
    if let context @ 1.. = CONTEXT.load(Ordering::Acquire) {
        // SAFETY: [ENTRY] `set_panic_context` stored a function of this type.
        let context: fn(&mut dyn Write) = unsafe { core::mem::transmute(context) };
        context(&mut console::Writer);
    }
    console::flush();
    let noreboot = memory::command_line()
        .split(' ')
        .any(|word| matches!(word, "noreboot" | "noreboot=1" | "reboot=no"));
    if noreboot {
        say!("Halted (noreboot).");
        x86::stop();
    }
    say!("Resetting.");
    power::reset()
}

/// Prints one address with its name.
fn print_address(address: u64) {
    match symbols::find(address) {
        Some((name, offset)) => say!("   {address:016x}  {name}+{offset:#x}"),
        None => say!("   {address:016x}"),
    }
}

/// Follows the chain of frame pointers, as far as it stays on a stack of ours.
fn print_backtrace(mut frame_pointer: u64) {
    for _ in 0..64 {
        let on_stack = (PER_CPU..PER_CPU + 256 * PER_CPU_STRIDE).contains(&frame_pointer)
            || frame_pointer >= IMAGE_BASE && frame_pointer < IMAGE_BASE + memory::image().end;
        if !on_stack
            || frame_pointer & 7 != 0
            || !paging::is_mapped(frame_pointer)
            || !paging::is_mapped(frame_pointer + 8)
        {
            return;
        }
        // SAFETY: [BACKTRACE] The address is aligned, in an area or the image, and was just found to be mapped.
        let (next, address) = unsafe {
            (
                (frame_pointer as *const u64).read(),
                (frame_pointer as *const u64).add(1).read(),
            )
        };
        if address == 0 {
            return;
        }
        // A return address: the call is before it.
        print_address(address - 1);
        if next <= frame_pointer {
            return;
        }
        frame_pointer = next;
    }
}

fn print_registers(frame: &GuestFrame) {
    say!(
        "   rip {:04x}:{:016x}  rflags {:08x}  rsp {:04x}:{:016x}",
        frame.cs,
        frame.rip,
        frame.rflags,
        frame.ss,
        frame.rsp
    );
    let rows = [
        [
            ("rax", frame.rax),
            ("rbx", frame.rbx),
            ("rcx", frame.rcx),
            ("rdx", frame.rdx),
        ],
        [
            ("rsi", frame.rsi),
            ("rdi", frame.rdi),
            ("rbp", frame.rbp),
            ("r8 ", frame.r8),
        ],
        [
            ("r9 ", frame.r9),
            ("r10", frame.r10),
            ("r11", frame.r11),
            ("r12", frame.r12),
        ],
        [
            ("r13", frame.r13),
            ("r14", frame.r14),
            ("r15", frame.r15),
            ("cr3", x86::control::cr3()),
        ],
        [
            ("cr0", x86::control::cr0()),
            ("cr2", x86::control::cr2()),
            ("cr4", x86::control::cr4()),
            ("", 0),
        ],
    ];
    for row in rows {
        let mut line = console::Writer;
        for (name, value) in row {
            if !name.is_empty() {
                let _ = write!(line, "   {name} {value:016x}");
            }
        }
        let _ = line.write_str("\n");
    }
}

const NAMES: [&str; 22] = [
    "divide error",
    "debug",
    "NMI",
    "breakpoint",
    "overflow",
    "bound range",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor overrun",
    "invalid TSS",
    "segment not present",
    "stack fault",
    "general protection",
    "page fault",
    "reserved",
    "x87 error",
    "alignment check",
    "machine check",
    "SIMD error",
    "virtualization",
    "control protection",
];

/// An exception of the hypervisor itself that nothing foresaw.
pub(crate) fn exception(frame: &mut GuestFrame) -> ! {
    let cr2 = x86::control::cr2();
    begin();
    let name = NAMES.get(frame.entry_vector as usize).unwrap_or(&"unknown");
    say!(
        "\nXENOLITH: fatal exception {} ({name}), error {:04x}, on CPU {}",
        frame.entry_vector,
        frame.error_code,
        cpu::this().0
    );
    if frame.entry_vector == 14 {
        say!("   at address {cr2:016x}");
    }
    if frame.entry_vector == 8 && !paging::is_mapped(frame.rsp.wrapping_sub(8)) {
        say!(
            "   the stack pointer {:016x} is on a guard page: the stack has overflowed",
            frame.rsp
        );
    }
    print_registers(frame);
    say!("Backtrace:");
    print_address(frame.rip);
    print_backtrace(frame.rbp);
    end()
}

/// Prints a panic of ours.
pub(crate) fn panicked(info: &PanicInfo<'_>) -> ! {
    let frame_pointer = x86::frame_pointer();
    begin();
    let location = info.location();
    let place: &dyn fmt::Display = match &location {
        Some(location) => location,
        None => &"?",
    };
    // Early panics have no CPU block yet.
    if percpu::is_ready() {
        say!(
            "\nXENOLITH: panic on CPU {} at {place}: {}",
            cpu::this().0,
            info.message()
        );
    } else {
        say!(
            "\nXENOLITH: panic during boot at {place}: {}",
            info.message()
        );
    }
    say!("Backtrace:");
    print_backtrace(frame_pointer);
    end()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    panicked(info)
}
