//! The words of physical devices (`physdev.h`): interrupt lines, I/O privilege, PCI functions.
//!
//! Not here: routing (`metal`), permission (`hypervisor::policy`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::handle::GuestPtr;

pub const PHYSDEVOP_IRQ_UNMASK_NOTIFY: u32 = 4;
pub const PHYSDEVOP_IRQ_STATUS_QUERY: u32 = 5;
pub const PHYSDEVOP_SET_IOPL: u32 = 6;
pub const PHYSDEVOP_SET_IOBITMAP: u32 = 7;
pub const PHYSDEVOP_APIC_READ: u32 = 8;
pub const PHYSDEVOP_APIC_WRITE: u32 = 9;
pub const PHYSDEVOP_ALLOC_IRQ_VECTOR: u32 = 10;
pub const PHYSDEVOP_FREE_IRQ_VECTOR: u32 = 11;
pub const PHYSDEVOP_EOI: u32 = 12;
pub const PHYSDEVOP_MAP_PIRQ: u32 = 13;
pub const PHYSDEVOP_UNMAP_PIRQ: u32 = 14;
pub const PHYSDEVOP_MANAGE_PCI_ADD: u32 = 15;
pub const PHYSDEVOP_MANAGE_PCI_REMOVE: u32 = 16;
pub const PHYSDEVOP_PIRQ_EOI_GMFN_V1: u32 = 17;
pub const PHYSDEVOP_RESTORE_MSI: u32 = 19;
pub const PHYSDEVOP_MANAGE_PCI_ADD_EXT: u32 = 20;
pub const PHYSDEVOP_SETUP_GSI: u32 = 21;
pub const PHYSDEVOP_GET_FREE_PIRQ: u32 = 23;
pub const PHYSDEVOP_PCI_MMCFG_RESERVED: u32 = 24;
pub const PHYSDEVOP_PCI_DEVICE_ADD: u32 = 25;
pub const PHYSDEVOP_PCI_DEVICE_REMOVE: u32 = 26;
pub const PHYSDEVOP_RESTORE_MSI_EXT: u32 = 27;
pub const PHYSDEVOP_PIRQ_EOI_GMFN_V2: u32 = 28;
pub const PHYSDEVOP_DBGP_OP: u32 = 29;
pub const PHYSDEVOP_PREPARE_MSIX: u32 = 30;
pub const PHYSDEVOP_RELEASE_MSIX: u32 = 31;
pub const PHYSDEVOP_PCI_DEVICE_RESET: u32 = 32;

/// Argument of `PHYSDEVOP_eoi` (`struct physdev_eoi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Eoi {
    pub irq: u32,
}

const _: () = assert!(size_of::<Eoi>() == 4 && offset_of!(Eoi, irq) == 0);

/// Argument of the two `PHYSDEVOP_pirq_eoi_gmfn` (`struct physdev_pirq_eoi_gmfn`): a page with one bit for each
/// interrupt that needs an EOI.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PirqEoiGmfn {
    pub gmfn: u64,
}

const _: () = assert!(size_of::<PirqEoiGmfn>() == 8 && offset_of!(PirqEoiGmfn, gmfn) == 0);

/// Argument of `PHYSDEVOP_irq_status_query` (`struct physdev_irq_status_query`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IrqStatusQuery {
    /// In.
    pub irq: u32,
    /// Out: `XENIRQSTAT_*`.
    pub flags: u32,
}

const _: () = assert!(size_of::<IrqStatusQuery>() == 8 && offset_of!(IrqStatusQuery, flags) == 4);

pub const XENIRQSTAT_NEEDS_EOI: u32 = 0x1;
pub const XENIRQSTAT_SHARED: u32 = 0x2;

/// Argument of `PHYSDEVOP_set_iopl` (`struct physdev_set_iopl`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetIopl {
    pub iopl: u32,
}

const _: () = assert!(size_of::<SetIopl>() == 4 && offset_of!(SetIopl, iopl) == 0);

/// Argument of `PHYSDEVOP_set_iobitmap` (`struct physdev_set_iobitmap`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetIobitmap {
    /// A bit that is 0 allows its port to user mode.
    pub bitmap: GuestPtr<u8>,
    pub nr_ports: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<SetIobitmap>() == 16 && offset_of!(SetIobitmap, nr_ports) == 8);

/// Argument of the two accesses to an I/O APIC (`struct physdev_apic`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Apic {
    /// Which one.
    pub apic_physbase: u64,
    pub reg: u32,
    /// In to write, out to read.
    pub value: u32,
}

const _: () = assert!(size_of::<Apic>() == 16 && offset_of!(Apic, value) == 12);

/// Argument of `PHYSDEVOP_alloc_irq_vector` and its counterpart (`struct physdev_irq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Irq {
    /// In.
    pub irq: u32,
    /// Out.
    pub vector: u32,
}

const _: () = assert!(size_of::<Irq>() == 8 && offset_of!(Irq, vector) == 4);

/// Argument of `PHYSDEVOP_map_pirq` (`struct physdev_map_pirq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MapPirq {
    pub domid: RawDomId,
    pub _pad0: [u8; 2],
    /// In: `MAP_PIRQ_TYPE_*`.
    pub type_: i32,
    /// In: a GSI or the like; unused (-1) for MSI.
    pub index: i32,
    /// In: the number wanted, or -1. Out: the number given.
    pub pirq: i32,
    /// In, MSI: bus in the low byte, with `MAP_PIRQ_TYPE_MSI_SEG` the segment above it.
    pub bus: i32,
    /// In, MSI.
    pub devfn: i32,
    /// In: entry of an MSI-X table, or number of messages. Out: messages given.
    pub entry_nr: i32,
    pub _pad1: [u8; 4],
    /// In: address of the MSI-X table; 0 for MSI.
    pub table_base: u64,
}

const _: () = assert!(size_of::<MapPirq>() == 40 && offset_of!(MapPirq, table_base) == 32);

pub const MAP_PIRQ_TYPE_MSI: i32 = 0x0;
pub const MAP_PIRQ_TYPE_GSI: i32 = 0x1;
pub const MAP_PIRQ_TYPE_UNKNOWN: i32 = 0x2;
pub const MAP_PIRQ_TYPE_MSI_SEG: i32 = 0x3;
pub const MAP_PIRQ_TYPE_MULTI_MSI: i32 = 0x4;

/// Argument of `PHYSDEVOP_unmap_pirq` (`struct physdev_unmap_pirq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct UnmapPirq {
    pub domid: RawDomId,
    pub _pad: [u8; 2],
    pub pirq: i32,
}

const _: () = assert!(size_of::<UnmapPirq>() == 8 && offset_of!(UnmapPirq, pirq) == 4);

/// Argument of the oldest way to report a PCI function (`struct physdev_manage_pci`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ManagePci {
    pub bus: u8,
    pub devfn: u8,
}

const _: () = assert!(size_of::<ManagePci>() == 2 && offset_of!(ManagePci, devfn) == 1);

/// Argument of `PHYSDEVOP_restore_msi` (`struct physdev_restore_msi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RestoreMsi {
    pub bus: u8,
    pub devfn: u8,
}

const _: () = assert!(size_of::<RestoreMsi>() == 2 && offset_of!(RestoreMsi, devfn) == 1);

/// Argument of the second way to report a PCI function (`struct physdev_manage_pci_ext`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ManagePciExt {
    pub bus: u8,
    pub devfn: u8,
    pub _pad0: [u8; 2],
    pub is_extfn: u32,
    pub is_virtfn: u32,
    pub physfn_bus: u8,
    pub physfn_devfn: u8,
    pub _pad1: [u8; 2],
}

const _: () =
    assert!(size_of::<ManagePciExt>() == 16 && offset_of!(ManagePciExt, physfn_devfn) == 13);

/// Argument of the old form of the call (`struct physdev_op`), which carries the operation inside.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Op {
    pub cmd: u32,
    pub _pad: [u8; 4],
    /// The operation's own structure.
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<Op>() == 24 && offset_of!(Op, u) == 8);

/// Argument of `PHYSDEVOP_setup_gsi` (`struct physdev_setup_gsi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetupGsi {
    pub gsi: i32,
    /// 0 edge, 1 level.
    pub triggering: u8,
    /// 0 active high, 1 active low.
    pub polarity: u8,
    pub _pad: [u8; 2],
}

const _: () = assert!(size_of::<SetupGsi>() == 8 && offset_of!(SetupGsi, polarity) == 5);

/// Argument of `PHYSDEVOP_get_free_pirq` (`struct physdev_get_free_pirq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetFreePirq {
    /// In: `MAP_PIRQ_TYPE_*`.
    pub type_: i32,
    /// Out.
    pub pirq: u32,
}

const _: () = assert!(size_of::<GetFreePirq>() == 8 && offset_of!(GetFreePirq, pirq) == 4);

/// Argument of `PHYSDEVOP_pci_mmcfg_reserved` (`struct physdev_pci_mmcfg_reserved`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PciMmcfgReserved {
    pub address: u64,
    pub segment: u16,
    pub start_bus: u8,
    pub end_bus: u8,
    /// `XEN_PCI_MMCFG_RESERVED`: the firmware keeps the range free for this.
    pub flags: u32,
}

const _: () =
    assert!(size_of::<PciMmcfgReserved>() == 16 && offset_of!(PciMmcfgReserved, flags) == 12);

pub const XEN_PCI_MMCFG_RESERVED: u32 = 1;
pub const XEN_PCI_DEV_EXTFN: u32 = 0x1;
pub const XEN_PCI_DEV_VIRTFN: u32 = 0x2;
pub const XEN_PCI_DEV_PXM: u32 = 0x4;

/// Argument of `PHYSDEVOP_pci_device_add` (`struct physdev_pci_device_add`). With `XEN_PCI_DEV_PXM` one word, the
/// proximity domain, follows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PciDeviceAdd {
    pub seg: u16,
    pub bus: u8,
    pub devfn: u8,
    /// `XEN_PCI_DEV_*`.
    pub flags: u32,
    /// The physical function of a virtual one.
    pub physfn_bus: u8,
    pub physfn_devfn: u8,
    pub _pad: [u8; 2],
}

const _: () =
    assert!(size_of::<PciDeviceAdd>() == 12 && offset_of!(PciDeviceAdd, physfn_devfn) == 9);

/// Names a PCI function (`struct physdev_pci_device`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PciDevice {
    pub seg: u16,
    pub bus: u8,
    pub devfn: u8,
}

const _: () = assert!(size_of::<PciDevice>() == 4 && offset_of!(PciDevice, devfn) == 3);

/// Argument of `PHYSDEVOP_pci_device_reset` (`struct pci_device_reset`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PciDeviceReset {
    pub dev: PciDevice,
    /// `PCI_DEVICE_RESET_*`.
    pub flags: u32,
}

const _: () = assert!(size_of::<PciDeviceReset>() == 8 && offset_of!(PciDeviceReset, flags) == 4);

pub const PCI_DEVICE_RESET_COLD: u32 = 0;
pub const PCI_DEVICE_RESET_WARM: u32 = 1;
pub const PCI_DEVICE_RESET_HOT: u32 = 2;
pub const PCI_DEVICE_RESET_FLR: u32 = 3;
pub const PCI_DEVICE_RESET_MASK: u32 = 3;

/// Argument of `PHYSDEVOP_dbgp_op` (`struct physdev_dbgp_op`): dom0 resets the USB controller of a debug port.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DbgpOp {
    pub op: u8,
    pub bus: u8,
    pub pci: PciDevice,
}

const _: () = assert!(size_of::<DbgpOp>() == 6 && offset_of!(DbgpOp, pci) == 2);

pub const PHYSDEVOP_DBGP_RESET_PREPARE: u8 = 1;
pub const PHYSDEVOP_DBGP_RESET_DONE: u8 = 2;
pub const PHYSDEVOP_DBGP_BUS_UNKNOWN: u8 = 0;
pub const PHYSDEVOP_DBGP_BUS_PCI: u8 = 1;
