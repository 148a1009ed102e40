//! The words of device models (`hvm/dm_op.h`): what the emulator of an HVM guest's devices may do to it.
//!
//! Always: `DmOp` has room for every operation; buffers come as a list of `DmOpBuf`, the first holding the operation.
//!
//! Not here: requests for emulation (`ioreq`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::handle::GuestPtr;

pub const XEN_DMOP_CREATE_IOREQ_SERVER: u32 = 1;
pub const XEN_DMOP_GET_IOREQ_SERVER_INFO: u32 = 2;
pub const XEN_DMOP_MAP_IO_RANGE_TO_IOREQ_SERVER: u32 = 3;
pub const XEN_DMOP_UNMAP_IO_RANGE_FROM_IOREQ_SERVER: u32 = 4;
pub const XEN_DMOP_SET_IOREQ_SERVER_STATE: u32 = 5;
pub const XEN_DMOP_DESTROY_IOREQ_SERVER: u32 = 6;
pub const XEN_DMOP_TRACK_DIRTY_VRAM: u32 = 7;
pub const XEN_DMOP_SET_PCI_INTX_LEVEL: u32 = 8;
pub const XEN_DMOP_SET_ISA_IRQ_LEVEL: u32 = 9;
pub const XEN_DMOP_SET_PCI_LINK_ROUTE: u32 = 10;
pub const XEN_DMOP_MODIFIED_MEMORY: u32 = 11;
pub const XEN_DMOP_SET_MEM_TYPE: u32 = 12;
pub const XEN_DMOP_INJECT_EVENT: u32 = 13;
pub const XEN_DMOP_INJECT_MSI: u32 = 14;
pub const XEN_DMOP_MAP_MEM_TYPE_TO_IOREQ_SERVER: u32 = 15;
pub const XEN_DMOP_REMOTE_SHUTDOWN: u32 = 16;
pub const XEN_DMOP_RELOCATE_MEMORY: u32 = 17;
pub const XEN_DMOP_PIN_MEMORY_CACHEATTR: u32 = 18;
pub const XEN_DMOP_SET_IRQ_LEVEL: u32 = 19;
pub const XEN_DMOP_NR_VCPUS: u32 = 20;

/// The first buffer of the call (`struct xen_dm_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DmOp {
    /// One of `XEN_DMOP_*`.
    pub op: u32,
    pub pad: u32,
    /// The operation's own structure.
    pub u: [u64; 3],
}

const _: () = assert!(size_of::<DmOp>() == 32 && offset_of!(DmOp, u) == 8);

/// One buffer of the call (`struct xen_dm_op_buf`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DmOpBuf {
    pub h: GuestPtr<u8>,
    pub size: u64,
}

const _: () = assert!(size_of::<DmOpBuf>() == 16 && offset_of!(DmOpBuf, size) == 8);

/// `XEN_DMOP_create_ioreq_server` (`struct xen_dm_op_create_ioreq_server`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CreateIoreqServer {
    /// `hvm_op::HVM_IOREQSRV_BUFIOREQ_*`.
    pub handle_bufioreq: u8,
    pub pad: [u8; 3],
    /// Out.
    pub id: u16,
}

const _: () =
    assert!(size_of::<CreateIoreqServer>() == 6 && offset_of!(CreateIoreqServer, id) == 4);

/// `XEN_DMOP_get_ioreq_server_info` (`struct xen_dm_op_get_ioreq_server_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetIoreqServerInfo {
    pub id: u16,
    /// `XEN_DMOP_NO_GFNS`.
    pub flags: u16,
    /// Out, like the rest.
    pub bufioreq_port: u32,
    pub ioreq_gfn: u64,
    pub bufioreq_gfn: u64,
}

const _: () = assert!(
    size_of::<GetIoreqServerInfo>() == 24 && offset_of!(GetIoreqServerInfo, bufioreq_gfn) == 16
);

pub const XEN_DMOP_NO_GFNS: u16 = 1;

/// `XEN_DMOP_map_io_range_to_ioreq_server` and its counterpart (`struct xen_dm_op_ioreq_server_range`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IoreqServerRange {
    pub id: u16,
    pub pad: u16,
    /// `XEN_DMOP_IO_RANGE_*`.
    pub type_: u32,
    /// First and last, both included.
    pub start: u64,
    pub end: u64,
}

const _: () =
    assert!(size_of::<IoreqServerRange>() == 24 && offset_of!(IoreqServerRange, end) == 16);

pub const XEN_DMOP_IO_RANGE_PORT: u32 = 0;
pub const XEN_DMOP_IO_RANGE_MEMORY: u32 = 1;
pub const XEN_DMOP_IO_RANGE_PCI: u32 = 2;

/// `XEN_DMOP_set_ioreq_server_state` (`struct xen_dm_op_set_ioreq_server_state`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetIoreqServerState {
    pub id: u16,
    pub enabled: u8,
    pub pad: u8,
}

const _: () =
    assert!(size_of::<SetIoreqServerState>() == 4 && offset_of!(SetIoreqServerState, pad) == 3);

/// `XEN_DMOP_destroy_ioreq_server` (`struct xen_dm_op_destroy_ioreq_server`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DestroyIoreqServer {
    pub id: u16,
    pub pad: u16,
}

const _: () =
    assert!(size_of::<DestroyIoreqServer>() == 4 && offset_of!(DestroyIoreqServer, pad) == 2);

/// `XEN_DMOP_track_dirty_vram` (`struct xen_dm_op_track_dirty_vram`); the second buffer gets the bitmap.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TrackDirtyVram {
    pub nr: u32,
    pub pad: u32,
    pub first_pfn: u64,
}

const _: () =
    assert!(size_of::<TrackDirtyVram>() == 16 && offset_of!(TrackDirtyVram, first_pfn) == 8);

/// `XEN_DMOP_set_pci_intx_level` (`struct xen_dm_op_set_pci_intx_level`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetPciIntxLevel {
    pub domain: u16,
    pub bus: u8,
    pub device: u8,
    pub intx: u8,
    pub level: u8,
}

const _: () = assert!(size_of::<SetPciIntxLevel>() == 6 && offset_of!(SetPciIntxLevel, level) == 5);

/// `XEN_DMOP_set_isa_irq_level` (`struct xen_dm_op_set_isa_irq_level`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetIsaIrqLevel {
    pub isa_irq: u8,
    pub level: u8,
}

const _: () = assert!(size_of::<SetIsaIrqLevel>() == 2 && offset_of!(SetIsaIrqLevel, level) == 1);

/// `XEN_DMOP_set_pci_link_route` (`struct xen_dm_op_set_pci_link_route`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetPciLinkRoute {
    pub link: u8,
    /// 0 disconnects.
    pub isa_irq: u8,
}

const _: () =
    assert!(size_of::<SetPciLinkRoute>() == 2 && offset_of!(SetPciLinkRoute, isa_irq) == 1);

/// `XEN_DMOP_modified_memory` (`struct xen_dm_op_modified_memory`); the second buffer holds the extents.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ModifiedMemory {
    pub nr_extents: u32,
    /// 0 on entry; where a long one goes on.
    pub opaque: u32,
}

const _: () = assert!(size_of::<ModifiedMemory>() == 8 && offset_of!(ModifiedMemory, opaque) == 4);

/// One extent of it (`struct xen_dm_op_modified_memory_extent`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ModifiedMemoryExtent {
    pub nr: u32,
    pub pad: u32,
    pub first_pfn: u64,
}

const _: () = assert!(
    size_of::<ModifiedMemoryExtent>() == 16 && offset_of!(ModifiedMemoryExtent, first_pfn) == 8
);

/// `XEN_DMOP_set_mem_type` (`struct xen_dm_op_set_mem_type`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetMemType {
    pub nr: u32,
    /// `hvm_op::HVMMEM_*`.
    pub mem_type: u16,
    pub pad: u16,
    pub first_pfn: u64,
}

const _: () = assert!(size_of::<SetMemType>() == 16 && offset_of!(SetMemType, first_pfn) == 8);

/// `XEN_DMOP_inject_event` (`struct xen_dm_op_inject_event`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct InjectEvent {
    pub vcpuid: u32,
    pub vector: u8,
    /// `XEN_DMOP_EVENT_*`.
    pub type_: u8,
    pub insn_len: u8,
    pub pad0: u8,
    /// All ones: none.
    pub error_code: u32,
    pub pad1: u32,
    pub cr2: u64,
}

const _: () = assert!(size_of::<InjectEvent>() == 24 && offset_of!(InjectEvent, cr2) == 16);

pub const XEN_DMOP_EVENT_EXT_INT: u8 = 0;
pub const XEN_DMOP_EVENT_NMI: u8 = 2;
pub const XEN_DMOP_EVENT_HW_EXC: u8 = 3;
pub const XEN_DMOP_EVENT_SW_INT: u8 = 4;
pub const XEN_DMOP_EVENT_PRI_SW_EXC: u8 = 5;
pub const XEN_DMOP_EVENT_SW_EXC: u8 = 6;

/// `XEN_DMOP_inject_msi` (`struct xen_dm_op_inject_msi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct InjectMsi {
    pub data: u32,
    pub pad: u32,
    pub addr: u64,
}

const _: () = assert!(size_of::<InjectMsi>() == 16 && offset_of!(InjectMsi, addr) == 8);

/// `XEN_DMOP_map_mem_type_to_ioreq_server` (`struct xen_dm_op_map_mem_type_to_ioreq_server`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MapMemTypeToIoreqServer {
    pub id: u16,
    pub type_: u16,
    /// `XEN_DMOP_IOREQ_MEM_ACCESS_*`.
    pub flags: u32,
    pub opaque: u64,
}

const _: () = assert!(
    size_of::<MapMemTypeToIoreqServer>() == 16 && offset_of!(MapMemTypeToIoreqServer, opaque) == 8
);

pub const XEN_DMOP_IOREQ_MEM_ACCESS_READ: u32 = 1;
pub const XEN_DMOP_IOREQ_MEM_ACCESS_WRITE: u32 = 2;

/// `XEN_DMOP_remote_shutdown` (`struct xen_dm_op_remote_shutdown`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RemoteShutdown {
    /// `sched::SHUTDOWN_*`.
    pub reason: u32,
}

const _: () = assert!(size_of::<RemoteShutdown>() == 4 && offset_of!(RemoteShutdown, reason) == 0);

/// `XEN_DMOP_relocate_memory` (`struct xen_dm_op_relocate_memory`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RelocateMemory {
    pub size: u32,
    pub pad: u32,
    pub src_gfn: u64,
    pub dst_gfn: u64,
}

const _: () =
    assert!(size_of::<RelocateMemory>() == 24 && offset_of!(RelocateMemory, dst_gfn) == 16);

/// `XEN_DMOP_pin_memory_cacheattr` (`struct xen_dm_op_pin_memory_cacheattr`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PinMemoryCacheattr {
    pub start: u64,
    pub end: u64,
    /// `XEN_DMOP_MEM_CACHEATTR_*`.
    pub type_: u32,
    pub pad: u32,
}

const _: () =
    assert!(size_of::<PinMemoryCacheattr>() == 24 && offset_of!(PinMemoryCacheattr, pad) == 20);

pub const XEN_DMOP_MEM_CACHEATTR_UC: u32 = 0;
pub const XEN_DMOP_MEM_CACHEATTR_WC: u32 = 1;
pub const XEN_DMOP_MEM_CACHEATTR_WT: u32 = 4;
pub const XEN_DMOP_MEM_CACHEATTR_WP: u32 = 5;
pub const XEN_DMOP_MEM_CACHEATTR_WB: u32 = 6;
pub const XEN_DMOP_MEM_CACHEATTR_UCM: u32 = 7;
pub const XEN_DMOP_DELETE_MEM_CACHEATTR: u32 = 0xffff_ffff;

/// `XEN_DMOP_set_irq_level` (`struct xen_dm_op_set_irq_level`); Arm only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetIrqLevel {
    pub irq: u32,
    pub level: u8,
    pub pad: [u8; 3],
}

const _: () = assert!(size_of::<SetIrqLevel>() == 8 && offset_of!(SetIrqLevel, pad) == 5);

/// `XEN_DMOP_nr_vcpus` (`struct xen_dm_op_nr_vcpus`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct NrVcpus {
    /// Out.
    pub vcpus: u32,
}

const _: () = assert!(size_of::<NrVcpus>() == 4 && offset_of!(NrVcpus, vcpus) == 0);
