//! The words of grant tables (`grant_table.h`): entries in shared memory, operations, statuses.
//!
//! Always: an operation on a list carries its result in each element's `status`; the call itself fails only when
//! the list cannot be read.
//!
//! Not here: the rules (`logic/grant_table`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::handle::GuestPtr;

pub const GNTTABOP_MAP_GRANT_REF: u32 = 0;
pub const GNTTABOP_UNMAP_GRANT_REF: u32 = 1;
pub const GNTTABOP_SETUP_TABLE: u32 = 2;
pub const GNTTABOP_DUMP_TABLE: u32 = 3;
pub const GNTTABOP_TRANSFER: u32 = 4;
pub const GNTTABOP_COPY: u32 = 5;
pub const GNTTABOP_QUERY_SIZE: u32 = 6;
pub const GNTTABOP_UNMAP_AND_REPLACE: u32 = 7;
pub const GNTTABOP_SET_VERSION: u32 = 8;
pub const GNTTABOP_GET_STATUS_FRAMES: u32 = 9;
pub const GNTTABOP_GET_VERSION: u32 = 10;
pub const GNTTABOP_SWAP_GRANT_REF: u32 = 11;
pub const GNTTABOP_CACHE_FLUSH: u32 = 12;

/// References that the tools may fill before the guest starts.
pub const GNTTAB_NR_RESERVED_ENTRIES: u32 = 8;
pub const GNTTAB_RESERVED_CONSOLE: u32 = 0;
pub const GNTTAB_RESERVED_XENSTORE: u32 = 1;

/// An entry of a version 1 table (`struct grant_entry_v1`). It lives in memory that both sides write.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EntryV1 {
    /// `GTF_*`.
    pub flags: u16,
    /// Who may use it.
    pub domid: RawDomId,
    /// The frame, 32 bits wide.
    pub frame: u32,
}

const _: () = assert!(size_of::<EntryV1>() == 8 && offset_of!(EntryV1, frame) == 4);

/// What every entry of a version 2 table begins with (`struct grant_entry_header`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EntryHeader {
    /// `GTF_*`.
    pub flags: u16,
    /// Who may use it.
    pub domid: RawDomId,
}

const _: () = assert!(size_of::<EntryHeader>() == 4 && offset_of!(EntryHeader, domid) == 2);

/// An entry of a version 2 table, of a whole page (`union grant_entry_v2`, `full_page`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EntryV2FullPage {
    pub hdr: EntryHeader,
    pub pad0: u32,
    pub frame: u64,
}

const _: () =
    assert!(size_of::<EntryV2FullPage>() == 16 && offset_of!(EntryV2FullPage, frame) == 8);

/// An entry of a version 2 table, of a part of a page (`union grant_entry_v2`, `sub_page`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EntryV2SubPage {
    pub hdr: EntryHeader,
    pub page_off: u16,
    pub length: u16,
    pub frame: u64,
}

const _: () = assert!(size_of::<EntryV2SubPage>() == 16 && offset_of!(EntryV2SubPage, frame) == 8);

/// An entry of a version 2 table that passes on another's grant (`union grant_entry_v2`, `transitive`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EntryV2Transitive {
    pub hdr: EntryHeader,
    pub trans_domid: RawDomId,
    pub pad0: u16,
    pub gref: u32,
    pub _pad: [u8; 4],
}

const _: () =
    assert!(size_of::<EntryV2Transitive>() == 16 && offset_of!(EntryV2Transitive, gref) == 8);

// Kinds of entry.
pub const GTF_INVALID: u16 = 0x0;
pub const GTF_PERMIT_ACCESS: u16 = 0x1;
pub const GTF_ACCEPT_TRANSFER: u16 = 0x2;
pub const GTF_TRANSITIVE: u16 = 0x3;
pub const GTF_TYPE_MASK: u16 = 0x3;
// Of an access: what the granter allows, and what the grantee does (set by the hypervisor).
pub const GTF_READONLY: u16 = 0x4;
pub const GTF_READING: u16 = 0x8;
pub const GTF_WRITING: u16 = 0x10;
pub const GTF_PWT: u16 = 0x20;
pub const GTF_PCD: u16 = 0x40;
pub const GTF_PAT: u16 = 0x80;
pub const GTF_SUB_PAGE: u16 = 0x100;
// Of a transfer.
pub const GTF_TRANSFER_COMMITTED: u16 = 0x4;
pub const GTF_TRANSFER_COMPLETED: u16 = 0x8;

/// Element of `GNTTABOP_map_grant_ref` (`struct gnttab_map_grant_ref`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MapGrantRef {
    /// In: where; with `GNTMAP_CONTAINS_PTE` the machine address of the page-table entry.
    pub host_addr: u64,
    /// In: `GNTMAP_*`.
    pub flags: u32,
    /// In.
    pub ref_: u32,
    /// In: the granter.
    pub dom: RawDomId,
    /// Out: `GNTST_*`.
    pub status: i16,
    /// Out: for the unmap.
    pub handle: u32,
    /// Out.
    pub dev_bus_addr: u64,
}

const _: () =
    assert!(size_of::<MapGrantRef>() == 32 && offset_of!(MapGrantRef, dev_bus_addr) == 24);

/// Element of `GNTTABOP_unmap_grant_ref` (`struct gnttab_unmap_grant_ref`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct UnmapGrantRef {
    /// In: as when mapped; 0 leaves that mapping alone.
    pub host_addr: u64,
    /// In: likewise.
    pub dev_bus_addr: u64,
    /// In.
    pub handle: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad: [u8; 2],
}

const _: () = assert!(size_of::<UnmapGrantRef>() == 24 && offset_of!(UnmapGrantRef, status) == 20);

/// Argument of `GNTTABOP_setup_table` (`struct gnttab_setup_table`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetupTable {
    /// In.
    pub dom: RawDomId,
    pub _pad0: [u8; 2],
    /// In.
    pub nr_frames: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad1: [u8; 6],
    /// Out.
    pub frame_list: GuestPtr<u64>,
}

const _: () = assert!(size_of::<SetupTable>() == 24 && offset_of!(SetupTable, frame_list) == 16);

/// Argument of `GNTTABOP_dump_table` (`struct gnttab_dump_table`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DumpTable {
    /// In.
    pub dom: RawDomId,
    /// Out: `GNTST_*`.
    pub status: i16,
}

const _: () = assert!(size_of::<DumpTable>() == 4 && offset_of!(DumpTable, status) == 2);

/// Element of `GNTTABOP_transfer` (`struct gnttab_transfer`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Transfer {
    /// In.
    pub mfn: u64,
    /// In: who gets the frame.
    pub domid: RawDomId,
    pub _pad0: [u8; 2],
    /// In: the entry that accepts it.
    pub ref_: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad1: [u8; 6],
}

const _: () = assert!(size_of::<Transfer>() == 24 && offset_of!(Transfer, status) == 16);

/// One end of a copy (`struct gnttab_copy_ptr`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CopyPtr {
    /// A reference (`u.ref`, low half) or a frame (`u.gmfn`), as the flags say.
    pub u: u64,
    pub domid: RawDomId,
    pub offset: u16,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<CopyPtr>() == 16 && offset_of!(CopyPtr, offset) == 10);

/// Element of `GNTTABOP_copy` (`struct gnttab_copy`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Copy {
    /// In.
    pub source: CopyPtr,
    /// In.
    pub dest: CopyPtr,
    /// In.
    pub len: u16,
    /// In: `GNTCOPY_*`.
    pub flags: u16,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad: [u8; 2],
}

const _: () = assert!(size_of::<Copy>() == 40 && offset_of!(Copy, status) == 36);

/// The source is a reference.
pub const GNTCOPY_SOURCE_GREF: u16 = 1;
/// The destination is a reference.
pub const GNTCOPY_DEST_GREF: u16 = 2;

/// Argument of `GNTTABOP_query_size` (`struct gnttab_query_size`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct QuerySize {
    /// In.
    pub dom: RawDomId,
    pub _pad0: [u8; 2],
    /// Out.
    pub nr_frames: u32,
    /// Out.
    pub max_nr_frames: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad1: [u8; 2],
}

const _: () = assert!(size_of::<QuerySize>() == 16 && offset_of!(QuerySize, status) == 12);

/// Element of `GNTTABOP_unmap_and_replace` (`struct gnttab_unmap_and_replace`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct UnmapAndReplace {
    /// In: as when mapped.
    pub host_addr: u64,
    /// In: the mapping here moves to `host_addr`.
    pub new_addr: u64,
    /// In.
    pub handle: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad: [u8; 2],
}

const _: () =
    assert!(size_of::<UnmapAndReplace>() == 24 && offset_of!(UnmapAndReplace, status) == 20);

/// Argument of `GNTTABOP_set_version` (`struct gnttab_set_version`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetVersion {
    /// In: the version wanted. Out: the version in force.
    pub version: u32,
}

const _: () = assert!(size_of::<SetVersion>() == 4 && offset_of!(SetVersion, version) == 0);

/// Argument of `GNTTABOP_get_status_frames` (`struct gnttab_get_status_frames`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetStatusFrames {
    /// In.
    pub nr_frames: u32,
    /// In.
    pub dom: RawDomId,
    /// Out: `GNTST_*`.
    pub status: i16,
    /// Out.
    pub frame_list: GuestPtr<u64>,
}

const _: () =
    assert!(size_of::<GetStatusFrames>() == 16 && offset_of!(GetStatusFrames, frame_list) == 8);

/// Argument of `GNTTABOP_get_version` (`struct gnttab_get_version`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetVersion {
    /// In.
    pub dom: RawDomId,
    pub pad: u16,
    /// Out.
    pub version: u32,
}

const _: () = assert!(size_of::<GetVersion>() == 8 && offset_of!(GetVersion, version) == 4);

/// Element of `GNTTABOP_swap_grant_ref` (`struct gnttab_swap_grant_ref`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SwapGrantRef {
    /// In.
    pub ref_a: u32,
    /// In.
    pub ref_b: u32,
    /// Out: `GNTST_*`.
    pub status: i16,
    pub _pad: [u8; 2],
}

const _: () = assert!(size_of::<SwapGrantRef>() == 12 && offset_of!(SwapGrantRef, status) == 8);

/// Element of `GNTTABOP_cache_flush` (`struct gnttab_cache_flush`); Arm only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CacheFlush {
    /// A bus address, or a reference with `GNTTAB_CACHE_SOURCE_GREF`.
    pub a: u64,
    pub offset: u16,
    pub length: u16,
    pub op: u32,
}

const _: () = assert!(size_of::<CacheFlush>() == 16 && offset_of!(CacheFlush, op) == 12);

pub const GNTTAB_CACHE_CLEAN: u32 = 0x1;
pub const GNTTAB_CACHE_INVAL: u32 = 0x2;
pub const GNTTAB_CACHE_SOURCE_GREF: u32 = 0x8000_0000;

/// Map for devices.
pub const GNTMAP_DEVICE_MAP: u32 = 0x1;
/// Map for CPUs.
pub const GNTMAP_HOST_MAP: u32 = 0x2;
pub const GNTMAP_READONLY: u32 = 0x4;
/// User mode may use the mapping.
pub const GNTMAP_APPLICATION_MAP: u32 = 0x8;
/// `host_addr` names the page-table entry instead of the linear address.
pub const GNTMAP_CONTAINS_PTE: u32 = 0x10;
/// Shift of the bits that go into the entry's available bits.
pub const GNTMAP_GUEST_AVAIL0: u32 = 16;
pub const GNTMAP_GUEST_AVAIL_MASK: u32 = 0xffff_0000;

pub const GNTST_OKAY: i16 = 0;
pub const GNTST_GENERAL_ERROR: i16 = -1;
pub const GNTST_BAD_DOMAIN: i16 = -2;
pub const GNTST_BAD_GNTREF: i16 = -3;
pub const GNTST_BAD_HANDLE: i16 = -4;
pub const GNTST_BAD_VIRT_ADDR: i16 = -5;
pub const GNTST_BAD_DEV_ADDR: i16 = -6;
pub const GNTST_NO_DEVICE_SPACE: i16 = -7;
pub const GNTST_PERMISSION_DENIED: i16 = -8;
pub const GNTST_BAD_PAGE: i16 = -9;
pub const GNTST_BAD_COPY_ARG: i16 = -10;
pub const GNTST_ADDRESS_TOO_BIG: i16 = -11;
pub const GNTST_EAGAIN: i16 = -12;
pub const GNTST_NO_SPACE: i16 = -13;
