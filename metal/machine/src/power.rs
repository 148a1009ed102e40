//! The end of the machine: reset, power-off, halt.

use crate::{acpi, console, fatal, ports};
use types::Width;

/// Resets the machine.
pub fn reset() -> ! {
    console::flush();
    fatal::stop_others();
    if let Some(reset) = acpi::reset_register() {
        reset();
        wait();
    }
    // The chipset's reset register, then the keyboard controller, then a triple fault.
    ports::outb(0xcf9, 0x02);
    ports::outb(0xcf9, 0x06);
    wait();
    ports::outb(0x64, 0xfe);
    wait();
    let nothing = x86::descriptor::TablePointer { limit: 0, base: 0 };
    // SAFETY: [RESET] The next exception finds no gate, which is what is wanted here.
    unsafe {
        x86::descriptor::lidt(&nothing);
        core::arch::asm!("int3", options(noreturn));
    }
}

/// Turns the machine off (ACPI state S5); halts if the firmware does not say how.
pub fn off() -> ! {
    console::flush();
    fatal::stop_others();
    if let Some(off) = acpi::sleep_registers() {
        for (port, value) in off {
            ports::write(port, Width::Word, value.into());
        }
        // The chipset may take its time.
        for _ in 0..500 {
            wait();
        }
    }
    console::write(b"(no power-off; halted)\n");
    halt()
}

/// Stops the machine, still powered.
pub fn halt() -> ! {
    fatal::stop_others();
    x86::stop();
}

/// Some milliseconds, without a clock.
fn wait() {
    for _ in 0..10_000 {
        // Reading port 0x80 takes about a microsecond on real hardware.
        ports::inb(0x80);
    }
}
