//! What a PVH kernel finds at its start (`arch-x86/hvm/start_info.h`); ebx holds its physical address.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const XEN_HVM_START_MAGIC_VALUE: u32 = 0x336e_c578;
pub const XEN_HVM_MEMMAP_TYPE_RAM: u32 = 1;
pub const XEN_HVM_MEMMAP_TYPE_RESERVED: u32 = 2;
pub const XEN_HVM_MEMMAP_TYPE_ACPI: u32 = 3;
pub const XEN_HVM_MEMMAP_TYPE_NVS: u32 = 4;
pub const XEN_HVM_MEMMAP_TYPE_UNUSABLE: u32 = 5;
pub const XEN_HVM_MEMMAP_TYPE_DISABLED: u32 = 6;
pub const XEN_HVM_MEMMAP_TYPE_PMEM: u32 = 7;

/// The head (`struct hvm_start_info`); addresses are physical.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct StartInfo {
    /// `XEN_HVM_START_MAGIC_VALUE`.
    pub magic: u32,
    /// 1; version 0 ends before the memory map.
    pub version: u32,
    /// `xen::SIF_*`.
    pub flags: u32,
    pub nr_modules: u32,
    /// Array of `ModlistEntry`.
    pub modlist_paddr: u64,
    pub cmdline_paddr: u64,
    pub rsdp_paddr: u64,
    /// Array of `MemmapTableEntry`.
    pub memmap_paddr: u64,
    pub memmap_entries: u32,
    pub reserved: u32,
}

const _: () = assert!(size_of::<StartInfo>() == 56 && offset_of!(StartInfo, reserved) == 52);

/// One module (`struct hvm_modlist_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ModlistEntry {
    pub paddr: u64,
    pub size: u64,
    pub cmdline_paddr: u64,
    pub reserved: u64,
}

const _: () = assert!(size_of::<ModlistEntry>() == 32 && offset_of!(ModlistEntry, reserved) == 24);

/// One range of memory (`struct hvm_memmap_table_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemmapTableEntry {
    pub addr: u64,
    pub size: u64,
    /// `XEN_HVM_MEMMAP_TYPE_*`.
    pub type_: u32,
    pub reserved: u32,
}

const _: () =
    assert!(size_of::<MemmapTableEntry>() == 24 && offset_of!(MemmapTableEntry, reserved) == 20);
