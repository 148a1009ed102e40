//! Message-signalled interrupts: the hypervisor writes address and data into the device, because only it knows vectors.
//!
//! Always: a device's message is masked, where it can be, while no port is bound to it.

use abi::Errno;
use metal::pci::Width::{Byte, Dword, Word};
use metal::pci::{self, Bdf};

const STATUS: u16 = 0x06;
const CAPABILITIES: u16 = 0x34;
const STATUS_HAS_CAPABILITIES: u32 = 1 << 4;
const ID_MSI: u32 = 0x05;
const ID_MSIX: u32 = 0x11;
/// Capabilities in a list that does not loop.
const MOST_CAPABILITIES: usize = 48;

/// In the control word of MSI.
const MSI_ENABLE: u32 = 1;
const MSI_VECTORS: u32 = 7 << 4;
const MSI_64_BIT: u32 = 1 << 7;
const MSI_MASKABLE: u32 = 1 << 8;
/// In the control word of MSI-X.
const MSIX_ENABLE: u32 = 1 << 15;
const MSIX_ENTRIES: u32 = 0x7ff;

/// A message of a device.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    bdf: Bdf,
    capability: u16,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Msi,
    MsiX {
        entry: u16,
        /// Physical address of the table.
        table: u64,
    },
}

fn capability(bdf: Bdf, wanted: u32) -> Option<u16> {
    if pci::read(bdf, STATUS, Word) & STATUS_HAS_CAPABILITIES == 0 {
        return None;
    }
    let mut at = (pci::read(bdf, CAPABILITIES, Byte) & 0xfc) as u16;
    for _ in 0..MOST_CAPABILITIES {
        if at < 0x40 {
            return None;
        }
        let header = pci::read(bdf, at, Word);
        if header & 0xff == wanted {
            return Some(at);
        }
        at = (header >> 8 & 0xfc) as u16;
    }
    None
}

impl Message {
    /// A device's only message.
    pub fn msi(bdf: Bdf) -> Result<Self, Errno> {
        let capability = capability(bdf, ID_MSI).ok_or(Errno::ENODEV)?;
        Ok(Self {
            bdf,
            capability,
            kind: Kind::Msi,
        })
    }

    /// One of a device's many; `bar` is where the table's BAR was mapped by the firmware or domain 0.
    pub fn msix(bdf: Bdf, entry: u16, bar: u64) -> Result<Self, Errno> {
        let capability = capability(bdf, ID_MSIX).ok_or(Errno::ENODEV)?;
        let entries = pci::read(bdf, capability.wrapping_add(2), Word) & MSIX_ENTRIES;
        if u32::from(entry) > entries {
            return Err(Errno::EINVAL);
        }
        let offset = pci::read(bdf, capability.wrapping_add(4), Dword) & !7;
        let table = bar.checked_add(u64::from(offset)).ok_or(Errno::EINVAL)?;
        Ok(Self {
            bdf,
            capability,
            kind: Kind::MsiX { entry, table },
        })
    }

    fn control(&self) -> u16 {
        self.capability.wrapping_add(2)
    }

    /// Tells the device what to write where.
    pub fn program(&self, address: u64, data: u32) -> Result<(), Errno> {
        let at = |offset: u16| self.capability.wrapping_add(offset);
        let control = pci::read(self.bdf, self.control(), Word);
        match self.kind {
            Kind::Msi => {
                pci::write(self.bdf, at(4), Dword, address as u32);
                let data_at = if control & MSI_64_BIT != 0 {
                    pci::write(self.bdf, at(8), Dword, (address >> 32) as u32);
                    at(12)
                } else {
                    at(8)
                };
                pci::write(self.bdf, data_at, Word, data);
                pci::write(
                    self.bdf,
                    self.control(),
                    Word,
                    control & !MSI_VECTORS | MSI_ENABLE,
                );
            }
            Kind::MsiX { entry, table } => {
                if !pci::msix_write(self.bdf, table, entry, address, data, true) {
                    return Err(Errno::EINVAL);
                }
                pci::write(self.bdf, self.control(), Word, control | MSIX_ENABLE);
            }
        }
        Ok(())
    }

    /// Lets it through.
    pub fn unmask(&self) {
        self.set_mask(false);
    }

    /// Holds it back.
    pub fn mask(&self) {
        self.set_mask(true);
    }

    fn set_mask(&self, masked: bool) {
        match self.kind {
            Kind::Msi => {
                let control = pci::read(self.bdf, self.control(), Word);
                if control & MSI_MASKABLE != 0 {
                    let at = self.capability.wrapping_add(if control & MSI_64_BIT != 0 {
                        16
                    } else {
                        12
                    });
                    let mask = pci::read(self.bdf, at, Dword) & !1 | u32::from(masked);
                    pci::write(self.bdf, at, Dword, mask);
                }
            }
            Kind::MsiX { entry, table } => {
                pci::msix_mask(table, entry, masked);
            }
        }
    }

    /// Switches the message off for good.
    pub fn silence(&self) {
        self.mask();
        if matches!(self.kind, Kind::Msi) {
            let control = pci::read(self.bdf, self.control(), Word);
            pci::write(self.bdf, self.control(), Word, control & !MSI_ENABLE);
        }
    }
}
