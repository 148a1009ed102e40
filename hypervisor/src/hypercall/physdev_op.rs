//! `physdev_op`: real devices for those who drive them.

use abi::physdev::*;
use abi::{Errno, GuestPtr, RawDomId};
use alloc::sync::Arc;
use metal::irq::{self, Polarity, Trigger};
use metal::pci::Bdf;

use super::Call;
use crate::devices::msi::Message;
use crate::devices::pirq;
use crate::domain::Domain;
use crate::pv::IoBitmap;

/// Answers one operation.
pub fn physdev_op(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    match cmd {
        PHYSDEVOP_EOI => {
            let request: Eoi = call.read(arg.cast())?;
            pirq::end_of_interrupt(&call.domain, request.irq)?;
            // What came meanwhile must be told again.
            call.domain.events.unmask_pirq(&call.domain, request.irq);
        }
        PHYSDEVOP_IRQ_STATUS_QUERY => {
            let mut request: IrqStatusQuery = call.read(arg.cast())?;
            if request.irq >= pirq::PIRQS {
                return Err(Errno::EINVAL);
            }
            request.flags = if pirq::needs_eoi(&call.domain, request.irq) {
                XENIRQSTAT_NEEDS_EOI
            } else {
                0
            };
            call.write(arg.cast(), &request)?;
        }
        PHYSDEVOP_SET_IOPL => {
            let request: SetIopl = call.read(arg.cast())?;
            if request.iopl > 3 {
                return Err(Errno::EINVAL);
            }
            call.state.pv.iopl = request.iopl as u8;
        }
        PHYSDEVOP_SET_IOBITMAP => {
            let request: SetIobitmap = call.read(arg.cast())?;
            if request.nr_ports > 65536 {
                return Err(Errno::EINVAL);
            }
            call.state.pv.io_bitmap = (request.nr_ports != 0).then_some(IoBitmap {
                address: request.bitmap.addr(),
                ports: request.nr_ports,
            });
        }
        PHYSDEVOP_APIC_READ | PHYSDEVOP_APIC_WRITE => {
            call.require_privilege()?;
            io_apic(call, cmd, arg.cast())?;
        }
        PHYSDEVOP_ALLOC_IRQ_VECTOR => {
            call.require_privilege()?;
            let mut request: Irq = call.read(arg.cast())?;
            request.vector = u32::from(pirq::vector_of(request.irq)?);
            call.write(arg.cast(), &request)?;
        }
        PHYSDEVOP_MAP_PIRQ => return map_pirq(call, arg.cast()),
        PHYSDEVOP_UNMAP_PIRQ => {
            let request: UnmapPirq = call.read(arg.cast())?;
            let target = device_target(call, request.domid)?;
            pirq::unmap(
                &target,
                u32::try_from(request.pirq).map_err(|_| Errno::EINVAL)?,
            )?;
        }
        PHYSDEVOP_SETUP_GSI => {
            call.require_privilege()?;
            let request: SetupGsi = call.read(arg.cast())?;
            let gsi = u32::try_from(request.gsi).map_err(|_| Errno::EINVAL)?;
            let trigger = if request.triggering == 0 {
                Trigger::Edge
            } else {
                Trigger::Level
            };
            let polarity = if request.polarity == 0 {
                Polarity::High
            } else {
                Polarity::Low
            };
            pirq::setup_gsi(gsi, trigger, polarity)?;
        }
        PHYSDEVOP_GET_FREE_PIRQ => {
            let mut request: GetFreePirq = call.read(arg.cast())?;
            request.pirq = pirq::FIRST_MSI;
            call.write(arg.cast(), &request)?;
        }
        // The hypervisor keeps no list of devices: it needs none without an IOMMU. The caller's rights are checked.
        PHYSDEVOP_MANAGE_PCI_ADD
        | PHYSDEVOP_MANAGE_PCI_REMOVE
        | PHYSDEVOP_MANAGE_PCI_ADD_EXT
        | PHYSDEVOP_PCI_DEVICE_ADD
        | PHYSDEVOP_PCI_DEVICE_REMOVE
        | PHYSDEVOP_PCI_MMCFG_RESERVED
        | PHYSDEVOP_PREPARE_MSIX
        | PHYSDEVOP_RELEASE_MSIX
        | PHYSDEVOP_DBGP_OP => call.require_privilege()?,
        _ => return Err(Errno::ENOSYS),
    }
    Ok(0)
}

/// Reads an IO-APIC's register; a write changes nothing, for the routes are the hypervisor's.
fn io_apic(call: &Call, cmd: u32, arg: GuestPtr<Apic>) -> Result<(), Errno> {
    let mut request = call.read(arg)?;
    let index = irq::io_apics()
        .iter()
        .position(|apic| apic.address == request.apic_physbase)
        .ok_or(Errno::EINVAL)?;
    if cmd == PHYSDEVOP_APIC_READ {
        request.value = irq::io_apic_read(index, request.reg as u8);
        call.write(arg, &request)?;
    }
    Ok(())
}

/// The domain whose pirqs are changed: the caller's own, or anyone's for domain 0.
fn device_target(call: &Call, raw: RawDomId) -> Result<Arc<Domain>, Errno> {
    call.require_privilege()?;
    call.target(raw)
}

fn map_pirq(call: &mut Call, arg: GuestPtr<MapPirq>) -> Result<u64, Errno> {
    let mut request = call.read(arg)?;
    let target = device_target(call, request.domid)?;
    let number = |value: i32| u32::try_from(value).map_err(|_| Errno::EINVAL);
    let pirq = match request.type_ {
        MAP_PIRQ_TYPE_GSI => pirq::map_line(&target, number(request.index)?)?,
        MAP_PIRQ_TYPE_MSI | MAP_PIRQ_TYPE_MSI_SEG => {
            pirq::map_message(&target, message_of(&request)?)?
        }
        MAP_PIRQ_TYPE_MULTI_MSI => return Err(Errno::EOPNOTSUPP),
        _ => return Err(Errno::EINVAL),
    };
    request.pirq = pirq.cast_signed();
    call.write(arg, &request)?;
    Ok(0)
}

/// The device and its message; MSI-X where the caller says where the table's BAR is.
fn message_of(request: &MapPirq) -> Result<Message, Errno> {
    // The upper half of the bus number is the segment; there is one segment.
    if request.type_ == MAP_PIRQ_TYPE_MSI_SEG && request.bus >> 16 != 0 {
        return Err(Errno::ENODEV);
    }
    let bdf = Bdf((request.bus as u16 & 0xff) << 8 | request.devfn as u16 & 0xff);
    if request.table_base == 0 {
        Message::msi(bdf)
    } else {
        let entry = u16::try_from(request.entry_nr).map_err(|_| Errno::EINVAL)?;
        Message::msix(bdf, entry, request.table_base)
    }
}
