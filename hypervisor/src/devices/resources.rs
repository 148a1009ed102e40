//! Ports, I/O memory and interrupts: which domain may use which.
//!
//! Domain 0 has everything but what the hypervisor uses itself; other domains have what they were given.
//!
//! Always: the PCI configuration address of a domain is its own, so that two of them, or one and the hypervisor, cannot
//! meet in the address register.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::{DomId, Mfn};
use metal::pci::{Bdf, Width};
use page_types::IoAccess;

use crate::domain::{Domain, table};

const PCI_ADDRESS: u16 = 0xcf8;
const PCI_DATA: u16 = 0xcfc;
const PCI_ENABLE: u32 = 1 << 31;

/// What a domain may use.
#[derive(Debug, Default)]
pub struct Resources {
    everything: bool,
    ports: Vec<Range<u32>>,
    frames: Vec<Range<u64>>,
    irqs: Vec<Range<u64>>,
    taken_ports: Vec<Range<u32>>,
    taken_frames: Vec<Range<u64>>,
}

impl Resources {
    /// All for domain 0, nothing for others.
    pub fn for_domain(privileged: bool) -> Self {
        Self {
            everything: privileged,
            ..Self::default()
        }
    }

    /// `XEN_DOMCTL_ioport_permission`.
    pub fn allow_ports(&mut self, ports: Range<u32>, allow: bool) {
        change(&mut self.ports, &mut self.taken_ports, ports, allow);
    }

    /// `XEN_DOMCTL_iomem_permission`.
    pub fn allow_frames(&mut self, frames: Range<u64>, allow: bool) {
        change(&mut self.frames, &mut self.taken_frames, frames, allow);
    }

    /// `XEN_DOMCTL_irq_permission`.
    pub fn allow_irq(&mut self, irq: u64, allow: bool) {
        let range = irq..irq.saturating_add(1);
        if allow {
            self.irqs.push(range);
        } else {
            self.irqs.retain(|held| *held != range);
        }
    }

    fn may_use_port(&self, port: u32) -> bool {
        let within = |ranges: &[Range<u32>]| ranges.iter().any(|range| range.contains(&port));
        (self.everything || within(&self.ports)) && !within(&self.taken_ports)
    }

    fn may_map(&self, frame: u64) -> bool {
        let within = |ranges: &[Range<u64>]| ranges.iter().any(|range| range.contains(&frame));
        (self.everything || within(&self.frames)) && !within(&self.taken_frames)
    }
}

/// Gives a range, or takes it back: from what was given, and for good from who has everything.
fn change<T: PartialOrd + Copy>(
    given: &mut Vec<Range<T>>,
    taken: &mut Vec<Range<T>>,
    range: Range<T>,
    allow: bool,
) {
    if allow {
        taken.retain(|held| *held != range);
        given.push(range);
    } else {
        given.retain(|held| *held != range);
        taken.push(range);
    }
}

/// What a domain may do with a frame that is not RAM.
pub fn io_access(domain: DomId, mfn: Mfn) -> IoAccess {
    let Some(domain) = table::get(domain) else {
        // Domain 0 while it is built maps no devices.
        return IoAccess::None;
    };
    if !domain.resources.lock().may_map(mfn.0) {
        IoAccess::None
    } else if metal::memory::is_mmio(mfn) {
        IoAccess::ReadWrite
    } else if metal::memory::is_mmio_ro(mfn) {
        IoAccess::Read
    } else {
        IoAccess::None
    }
}

/// The PCI configuration address that domain 0 last wrote.
static PCI_LATCH: AtomicU32 = AtomicU32::new(0);

/// Ones in every bit of so many bytes.
fn ones(width: Width) -> u32 {
    match width {
        Width::Byte => 0xff,
        Width::Word => 0xffff,
        Width::Dword => u32::MAX,
    }
}

/// How many ports an access of this width covers.
fn bytes(width: Width) -> u16 {
    match width {
        Width::Byte => 1,
        Width::Word => 2,
        Width::Dword => 4,
    }
}

/// Reads a port for a domain; ones where it may not.
pub fn read_port(domain: &Domain, port: u16, width: Width) -> u32 {
    if !may_use(domain, port, width) {
        return ones(width);
    }
    if is_pci(port) {
        return if port == PCI_ADDRESS && width == Width::Dword {
            PCI_LATCH.load(Ordering::Relaxed)
        } else {
            read_pci(port, width)
        };
    }
    metal::ports::read(port, width)
}

/// Writes a port for a domain; nothing happens where it may not.
pub fn write_port(domain: &Domain, port: u16, width: Width, value: u32) {
    if !may_use(domain, port, width) {
        return;
    }
    if port == PCI_ADDRESS && width == Width::Dword {
        PCI_LATCH.store(value, Ordering::Relaxed);
    } else if (PCI_DATA..PCI_DATA.wrapping_add(4)).contains(&port) {
        write_pci(port, width, value);
    } else {
        metal::ports::write(port, width, value);
    }
}

fn may_use(domain: &Domain, port: u16, width: Width) -> bool {
    let resources = domain.resources.lock();
    (0..bytes(width)).all(|offset| {
        let port = port.wrapping_add(offset);
        resources.may_use_port(u32::from(port)) && !metal::ports::is_ours(port)
    })
}

fn is_pci(port: u16) -> bool {
    port == PCI_ADDRESS || (PCI_DATA..PCI_DATA.wrapping_add(4)).contains(&port)
}

/// Function and register that the latched address names.
fn pci_target(port: u16) -> Option<(Bdf, u16)> {
    let address = PCI_LATCH.load(Ordering::Relaxed);
    if address & PCI_ENABLE == 0 {
        return None;
    }
    let register = (address & 0xfc) as u16 | port.wrapping_sub(PCI_DATA) & 3;
    Some((Bdf((address >> 8) as u16), register))
}

fn read_pci(port: u16, width: Width) -> u32 {
    match pci_target(port) {
        Some((bdf, register)) => metal::pci::read(bdf, register, width),
        None => ones(width),
    }
}

fn write_pci(port: u16, width: Width, value: u32) {
    if let Some((bdf, register)) = pci_target(port) {
        metal::pci::write(bdf, register, width, value);
    }
}
