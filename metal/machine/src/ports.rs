//! I/O ports: wide access for the body, which checks permission, and the list of those that are ours.

use crate::sync::Plain;
use core::ops::RangeInclusive;
pub use types::Width;

const NONE: RangeInclusive<u16> = RangeInclusive::new(1, 0);
/// Interrupt controllers, the first timer; the UART is added when it is found.
static OURS: Plain<([RangeInclusive<u16>; 8], usize)> = Plain::new((
    [
        0x20..=0x21,
        0xa0..=0xa1,
        0x40..=0x40,
        0x43..=0x43,
        NONE,
        NONE,
        NONE,
        NONE,
    ],
    4,
));

/// Adds ports to those that are ours.
pub(crate) fn claim(ports: RangeInclusive<u16>) {
    OURS.with(|(list, count)| {
        if *count < list.len() {
            list[*count] = ports;
            *count += 1;
        }
    });
}

/// Whether the hypervisor keeps a port to itself.
#[must_use]
pub fn is_ours(port: u16) -> bool {
    OURS.with(|(list, count)| list[..*count].iter().any(|ports| ports.contains(&port)))
}

/// Reads a port.
#[inline]
#[must_use]
pub fn read(port: u16, width: Width) -> u32 {
    // SAFETY: [PORTS] Ports reach devices, and no device that the machine uses itself moves memory.
    unsafe {
        match width {
            Width::Byte => x86::port::inb(port).into(),
            Width::Word => x86::port::inw(port).into(),
            Width::Dword => x86::port::inl(port),
        }
    }
}

/// Writes a port. What a device does then is dom0's responsibility, as its right to drive devices is.
#[inline]
pub fn write(port: u16, width: Width, value: u32) {
    // SAFETY: [PORTS] As above; without an IOMMU a device of dom0's could reach any memory, which is said in
    // `SUPPORT.md` and is so for every hypervisor.
    unsafe {
        match width {
            Width::Byte => x86::port::outb(port, value as u8),
            Width::Word => x86::port::outw(port, value as u16),
            Width::Dword => x86::port::outl(port, value),
        }
    }
}

pub(crate) fn inb(port: u16) -> u8 {
    read(port, Width::Byte) as u8
}

pub(crate) fn outb(port: u16, value: u8) {
    write(port, Width::Byte, value.into());
}
