//! The words of memory operations (`memory.h`): reservations, exchange, maps, placement in a guest's frame space.
//!
//! Always: the low six bits of a command are the operation; the rest is where a long one goes on.
//!
//! Not here: whose memory it is and who may ask (`hypervisor::memory`, `hypervisor::policy`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::handle::GuestPtr;
use crate::physdev::PciDevice;

/// `memory_op`: the bits of a command that are the operation (`MEMOP_EXTENT_SHIFT`, `MEMOP_CMD_MASK`).
pub const MEMOP_EXTENT_SHIFT: u32 = 6;
pub const MEMOP_CMD_MASK: u64 = 0x3f;

pub const XENMEM_INCREASE_RESERVATION: u32 = 0;
pub const XENMEM_DECREASE_RESERVATION: u32 = 1;
pub const XENMEM_MAXIMUM_RAM_PAGE: u32 = 2;
pub const XENMEM_CURRENT_RESERVATION: u32 = 3;
pub const XENMEM_MAXIMUM_RESERVATION: u32 = 4;
pub const XENMEM_MACHPHYS_MFN_LIST: u32 = 5;
pub const XENMEM_POPULATE_PHYSMAP: u32 = 6;
pub const XENMEM_ADD_TO_PHYSMAP: u32 = 7;
pub const XENMEM_MEMORY_MAP: u32 = 9;
pub const XENMEM_MACHINE_MEMORY_MAP: u32 = 10;
pub const XENMEM_EXCHANGE: u32 = 11;
pub const XENMEM_MACHPHYS_MAPPING: u32 = 12;
pub const XENMEM_SET_MEMORY_MAP: u32 = 13;
pub const XENMEM_MAXIMUM_GPFN: u32 = 14;
pub const XENMEM_REMOVE_FROM_PHYSMAP: u32 = 15;
pub const XENMEM_SET_POD_TARGET: u32 = 16;
pub const XENMEM_GET_POD_TARGET: u32 = 17;
pub const XENMEM_GET_SHARING_FREED_PAGES: u32 = 18;
pub const XENMEM_GET_SHARING_SHARED_PAGES: u32 = 19;
pub const XENMEM_PAGING_OP: u32 = 20;
pub const XENMEM_ACCESS_OP: u32 = 21;
pub const XENMEM_SHARING_OP: u32 = 22;
pub const XENMEM_ADD_TO_PHYSMAP_BATCH: u32 = 23;
pub const XENMEM_CLAIM_PAGES: u32 = 24;
pub const XENMEM_MACHPHYS_COMPAT_MFN_LIST: u32 = 25;
pub const XENMEM_GET_VNUMAINFO: u32 = 26;
pub const XENMEM_RESERVED_DEVICE_MEMORY_MAP: u32 = 27;
pub const XENMEM_ACQUIRE_RESOURCE: u32 = 28;

// `MemoryReservation::mem_flags`: an address width in bits 0 to 7, a NUMA node plus one in bits 8 to 15.

/// Only note the frames; give memory at first use.
pub const XENMEMF_POPULATE_ON_DEMAND: u32 = 0x1_0000;
/// Fail rather than take another node.
pub const XENMEMF_EXACT_NODE_REQUEST: u32 = 0x2_0000;
/// The node is a virtual one.
pub const XENMEMF_VNODE: u32 = 0x4_0000;

/// Argument of increase, decrease and populate (`struct xen_memory_reservation`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemoryReservation {
    /// Frames: of the guest, of the machine or out, as the operation says.
    pub extent_start: GuestPtr<u64>,
    pub nr_extents: u64,
    /// Each extent is 2^order frames.
    pub extent_order: u32,
    /// `XENMEMF_*`.
    pub mem_flags: u32,
    pub domid: RawDomId,
    pub _pad: [u8; 6],
}

const _: () =
    assert!(size_of::<MemoryReservation>() == 32 && offset_of!(MemoryReservation, domid) == 24);

/// Argument of `XENMEM_exchange` (`struct xen_memory_exchange`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemoryExchange {
    /// What is given back.
    pub in_: MemoryReservation,
    /// What is to be had for it.
    pub out: MemoryReservation,
    /// Out: extents of `in_` that were given back. Must be 0 on entry.
    pub nr_exchanged: u64,
}

const _: () =
    assert!(size_of::<MemoryExchange>() == 72 && offset_of!(MemoryExchange, nr_exchanged) == 64);

/// Argument of the three questions about a domain's size (`struct xen_memory_domain`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemoryDomain {
    pub domid: RawDomId,
}

const _: () = assert!(size_of::<MemoryDomain>() == 2 && offset_of!(MemoryDomain, domid) == 0);

/// Argument of `XENMEM_machphys_mfn_list` (`struct xen_machphys_mfn_list`): which frames hold the m2p table.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MachphysMfnList {
    /// In: room.
    pub max_extents: u32,
    pub _pad0: [u8; 4],
    /// Out: first frame of each 2 MiB of the table.
    pub extent_start: GuestPtr<u64>,
    /// Out.
    pub nr_extents: u32,
    pub _pad1: [u8; 4],
}

const _: () =
    assert!(size_of::<MachphysMfnList>() == 24 && offset_of!(MachphysMfnList, nr_extents) == 16);

/// Answer of `XENMEM_machphys_mapping` (`struct xen_machphys_mapping`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MachphysMapping {
    /// Where the m2p table begins.
    pub v_start: u64,
    pub v_end: u64,
    /// The last frame in it.
    pub max_mfn: u64,
}

const _: () =
    assert!(size_of::<MachphysMapping>() == 24 && offset_of!(MachphysMapping, max_mfn) == 16);

pub const XENMAPSPACE_SHARED_INFO: u32 = 0;
pub const XENMAPSPACE_GRANT_TABLE: u32 = 1;
pub const XENMAPSPACE_GMFN: u32 = 2;
pub const XENMAPSPACE_GMFN_RANGE: u32 = 3;
pub const XENMAPSPACE_GMFN_FOREIGN: u32 = 4;
pub const XENMAPSPACE_DEV_MMIO: u32 = 5;
/// Set in an index into `XENMAPSPACE_GRANT_TABLE`: the status frames.
pub const XENMAPIDX_GRANT_TABLE_STATUS: u32 = 0x8000_0000;

/// Argument of `XENMEM_add_to_physmap` (`struct xen_add_to_physmap`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AddToPhysmap {
    pub domid: RawDomId,
    /// Number of frames, for `XENMAPSPACE_GMFN_RANGE`.
    pub size: u16,
    /// `XENMAPSPACE_*`.
    pub space: u32,
    /// Index into the space.
    pub idx: u64,
    /// Where it is to appear.
    pub gpfn: u64,
}

const _: () = assert!(size_of::<AddToPhysmap>() == 24 && offset_of!(AddToPhysmap, gpfn) == 16);

/// Argument of `XENMEM_add_to_physmap_batch` (`struct xen_add_to_physmap_batch`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AddToPhysmapBatch {
    pub domid: RawDomId,
    /// `XENMAPSPACE_*`.
    pub space: u16,
    /// Entries of the arrays.
    pub size: u16,
    /// The foreign domain for `XENMAPSPACE_GMFN_FOREIGN` (`u.foreign_domid`), else 0.
    pub u: u16,
    pub idxs: GuestPtr<u64>,
    pub gpfns: GuestPtr<u64>,
    /// Out: one result for each.
    pub errs: GuestPtr<i32>,
}

const _: () =
    assert!(size_of::<AddToPhysmapBatch>() == 32 && offset_of!(AddToPhysmapBatch, errs) == 24);

/// Argument of `XENMEM_remove_from_physmap` (`struct xen_remove_from_physmap`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RemoveFromPhysmap {
    pub domid: RawDomId,
    pub _pad: [u8; 6],
    pub gpfn: u64,
}

const _: () =
    assert!(size_of::<RemoveFromPhysmap>() == 16 && offset_of!(RemoveFromPhysmap, gpfn) == 8);

/// Argument of the two memory maps (`struct xen_memory_map`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemoryMap {
    /// In: room. Out: entries.
    pub nr_entries: u32,
    pub _pad: [u8; 4],
    pub buffer: GuestPtr<E820Entry>,
}

const _: () = assert!(size_of::<MemoryMap>() == 16 && offset_of!(MemoryMap, buffer) == 8);

/// One entry of a memory map, as the firmware gives it: 20 bytes, without alignment.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct E820Entry {
    pub addr: u64,
    pub size: u64,
    /// `E820_*`.
    pub type_: u32,
}

const _: () = assert!(size_of::<E820Entry>() == 20 && offset_of!(E820Entry, type_) == 16);

pub const E820_RAM: u32 = 1;
pub const E820_RESERVED: u32 = 2;
pub const E820_ACPI: u32 = 3;
pub const E820_NVS: u32 = 4;
pub const E820_UNUSABLE: u32 = 5;
/// Room that a caller should have for a map (`E820_MAX` of the tools, `E820MAX` of kernels).
pub const E820_MAX: usize = 128;

/// Argument of `XENMEM_set_memory_map` (`struct xen_foreign_memory_map`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ForeignMemoryMap {
    pub domid: RawDomId,
    pub _pad: [u8; 6],
    pub map: MemoryMap,
}

const _: () =
    assert!(size_of::<ForeignMemoryMap>() == 24 && offset_of!(ForeignMemoryMap, map) == 8);

/// Argument of the two populate-on-demand targets (`struct xen_pod_target`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PodTarget {
    /// In.
    pub target_pages: u64,
    /// Out, like the rest.
    pub tot_pages: u64,
    pub pod_cache_pages: u64,
    pub pod_entries: u64,
    /// In.
    pub domid: RawDomId,
    pub _pad: [u8; 6],
}

const _: () = assert!(size_of::<PodTarget>() == 40 && offset_of!(PodTarget, domid) == 32);

/// Argument of `XENMEM_paging_op` (`struct xen_mem_paging_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemPagingOp {
    pub op: u8,
    pub _pad0: [u8; 1],
    pub domain: RawDomId,
    pub _pad1: [u8; 4],
    pub buffer: GuestPtr<u8>,
    pub gfn: u64,
}

const _: () = assert!(size_of::<MemPagingOp>() == 24 && offset_of!(MemPagingOp, gfn) == 16);

/// Argument of `XENMEM_access_op` (`struct xen_mem_access_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemAccessOp {
    pub op: u8,
    pub access: u8,
    pub domid: RawDomId,
    pub nr: u32,
    pub pfn: u64,
    pub pfn_list: GuestPtr<u64>,
    pub access_list: GuestPtr<u8>,
}

const _: () = assert!(size_of::<MemAccessOp>() == 32 && offset_of!(MemAccessOp, access_list) == 24);

/// A range that a device must find where it is (`struct xen_reserved_device_memory`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ReservedDeviceMemory {
    pub start_pfn: u64,
    pub nr_pages: u64,
}

const _: () = assert!(
    size_of::<ReservedDeviceMemory>() == 16 && offset_of!(ReservedDeviceMemory, nr_pages) == 8
);

/// Argument of `XENMEM_reserved_device_memory_map` (`struct xen_reserved_device_memory_map`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ReservedDeviceMemoryMap {
    /// `XENMEM_RDM_ALL`, or only those of `dev`.
    pub flags: u32,
    /// In: room. Out: entries.
    pub nr_entries: u32,
    pub buffer: GuestPtr<ReservedDeviceMemory>,
    pub dev: PciDevice,
    pub _pad: [u8; 4],
}

const _: () = assert!(
    size_of::<ReservedDeviceMemoryMap>() == 24 && offset_of!(ReservedDeviceMemoryMap, dev) == 16
);

pub const XENMEM_RDM_ALL: u32 = 1;

/// Argument of `XENMEM_acquire_resource` (`struct xen_mem_acquire_resource`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemAcquireResource {
    pub domid: RawDomId,
    /// `XENMEM_RESOURCE_*`.
    pub type_: u16,
    /// Which one of that type.
    pub id: u32,
    /// In: how many; 0 asks for the size, which is put here.
    pub nr_frames: u32,
    pub pad: u32,
    /// In: the first one.
    pub frame: u64,
    /// In for a translated caller, else out; null asks for the size.
    pub frame_list: GuestPtr<u64>,
}

const _: () = assert!(
    size_of::<MemAcquireResource>() == 32 && offset_of!(MemAcquireResource, frame_list) == 24
);

pub const XENMEM_RESOURCE_IOREQ_SERVER: u16 = 0;
pub const XENMEM_RESOURCE_GRANT_TABLE: u16 = 1;
pub const XENMEM_RESOURCE_VMTRACE_BUF: u16 = 2;

pub const XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED: u32 = 0;
pub const XENMEM_RESOURCE_GRANT_TABLE_ID_STATUS: u32 = 1;
pub const XENMEM_RESOURCE_IOREQ_SERVER_FRAME_BUFIOREQ: u32 = 0;

/// A range of memory of a virtual NUMA node (`struct xen_vmemrange`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Vmemrange {
    pub start: u64,
    pub end: u64,
    pub flags: u32,
    pub nid: u32,
}

const _: () = assert!(size_of::<Vmemrange>() == 24 && offset_of!(Vmemrange, nid) == 20);

/// Argument of `XENMEM_get_vnumainfo` (`struct xen_vnuma_topology_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VnumaTopologyInfo {
    pub domid: RawDomId,
    pub pad: u16,
    pub nr_vnodes: u32,
    pub nr_vcpus: u32,
    pub nr_vmemranges: u32,
    pub vdistance: GuestPtr<u32>,
    pub vcpu_to_vnode: GuestPtr<u32>,
    pub vmemrange: GuestPtr<Vmemrange>,
}

const _: () =
    assert!(size_of::<VnumaTopologyInfo>() == 40 && offset_of!(VnumaTopologyInfo, vmemrange) == 32);
