//! The words of platform operations (`platform.h`): what dom0's kernel does to the machine.
//!
//! Always: `PlatformOp` has room for every operation; an operation's structure is read from the bytes of `u`.
//!
//! Not here: which of them are allowed (`hypervisor::policy`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::handle::GuestPtr;

/// Any other is answered -EACCES.
pub const XENPF_INTERFACE_VERSION: u32 = 0x300_0001;

pub const XENPF_SETTIME32: u32 = 17;
pub const XENPF_ADD_MEMTYPE: u32 = 31;
pub const XENPF_DEL_MEMTYPE: u32 = 32;
pub const XENPF_READ_MEMTYPE: u32 = 33;
pub const XENPF_MICROCODE_UPDATE: u32 = 35;
pub const XENPF_PLATFORM_QUIRK: u32 = 39;
pub const XENPF_GET_CPU_VERSION: u32 = 48;
pub const XENPF_EFI_RUNTIME_CALL: u32 = 49;
pub const XENPF_FIRMWARE_INFO: u32 = 50;
pub const XENPF_ENTER_ACPI_SLEEP: u32 = 51;
pub const XENPF_CHANGE_FREQ: u32 = 52;
pub const XENPF_GETIDLETIME: u32 = 53;
pub const XENPF_SET_PROCESSOR_PMINFO: u32 = 54;
pub const XENPF_GET_CPUINFO: u32 = 55;
pub const XENPF_CPU_ONLINE: u32 = 56;
pub const XENPF_CPU_OFFLINE: u32 = 57;
pub const XENPF_CPU_HOTADD: u32 = 58;
pub const XENPF_MEM_HOTADD: u32 = 59;
pub const XENPF_CORE_PARKING: u32 = 60;
pub const XENPF_RESOURCE_OP: u32 = 61;
pub const XENPF_SETTIME64: u32 = 62;
pub const XENPF_GET_SYMBOL: u32 = 63;
pub const XENPF_GET_DOM0_CONSOLE: u32 = 64;
pub const XENPF_GET_UCODE_REVISION: u32 = 65;
pub const XENPF_MICROCODE_UPDATE2: u32 = 66;

/// Argument of the call (`struct xen_platform_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PlatformOp {
    /// One of `XENPF_*`.
    pub cmd: u32,
    /// `XENPF_INTERFACE_VERSION`.
    pub interface_version: u32,
    /// The operation's own structure.
    pub u: [u64; 16],
}

const _: () = assert!(size_of::<PlatformOp>() == 136 && offset_of!(PlatformOp, u) == 8);

/// `XENPF_settime32` (`struct xenpf_settime32`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Settime32 {
    /// Wall clock at `system_time`.
    pub secs: u32,
    pub nsecs: u32,
    pub system_time: u64,
}

const _: () = assert!(size_of::<Settime32>() == 16 && offset_of!(Settime32, system_time) == 8);

/// `XENPF_settime64` (`struct xenpf_settime64`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Settime64 {
    /// Wall clock at `system_time`.
    pub secs: u64,
    pub nsecs: u32,
    /// Must be 0.
    pub mbz: u32,
    pub system_time: u64,
}

const _: () = assert!(size_of::<Settime64>() == 24 && offset_of!(Settime64, system_time) == 16);

/// `XENPF_add_memtype` (`struct xenpf_add_memtype`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AddMemtype {
    pub mfn: u64,
    pub nr_mfns: u64,
    pub type_: u32,
    /// Out.
    pub handle: u32,
    /// Out.
    pub reg: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<AddMemtype>() == 32 && offset_of!(AddMemtype, reg) == 24);

/// `XENPF_del_memtype` (`struct xenpf_del_memtype`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DelMemtype {
    pub handle: u32,
    pub reg: u32,
}

const _: () = assert!(size_of::<DelMemtype>() == 8 && offset_of!(DelMemtype, reg) == 4);

/// `XENPF_read_memtype` (`struct xenpf_read_memtype`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ReadMemtype {
    /// In: number of the MTRR.
    pub reg: u32,
    pub _pad0: [u8; 4],
    /// Out, like the rest.
    pub mfn: u64,
    pub nr_mfns: u64,
    pub type_: u32,
    pub _pad1: [u8; 4],
}

const _: () = assert!(size_of::<ReadMemtype>() == 32 && offset_of!(ReadMemtype, type_) == 24);

/// `XENPF_microcode_update` (`struct xenpf_microcode_update`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MicrocodeUpdate {
    pub data: GuestPtr<u8>,
    pub length: u32,
    pub _pad: [u8; 4],
}

const _: () =
    assert!(size_of::<MicrocodeUpdate>() == 16 && offset_of!(MicrocodeUpdate, length) == 8);

/// `XENPF_microcode_update2` (`struct xenpf_microcode_update2`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MicrocodeUpdate2 {
    /// `XENPF_UCODE_FORCE`.
    pub flags: u32,
    pub length: u32,
    pub data: GuestPtr<u8>,
}

const _: () =
    assert!(size_of::<MicrocodeUpdate2>() == 16 && offset_of!(MicrocodeUpdate2, data) == 8);

/// `XENPF_platform_quirk` (`struct xenpf_platform_quirk`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PlatformQuirk {
    pub quirk_id: u32,
}

const _: () = assert!(size_of::<PlatformQuirk>() == 4 && offset_of!(PlatformQuirk, quirk_id) == 0);

/// A time of EFI (`struct xenpf_efi_time`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EfiTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub min: u8,
    pub sec: u8,
    pub _pad0: [u8; 1],
    pub ns: u32,
    pub tz: i16,
    pub daylight: u8,
    pub _pad1: [u8; 1],
}

const _: () = assert!(size_of::<EfiTime>() == 16 && offset_of!(EfiTime, daylight) == 14);

/// A GUID of EFI (`struct xenpf_efi_guid`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EfiGuid {
    pub data1: u32,
    pub data2: u16,
    pub data3: u16,
    pub data4: [u8; 8],
}

const _: () = assert!(size_of::<EfiGuid>() == 16 && offset_of!(EfiGuid, data4) == 8);

/// `XENPF_efi_runtime_call` (`struct xenpf_efi_runtime_call`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EfiRuntimeCall {
    /// `XEN_EFI_*`.
    pub function: u32,
    pub misc: u32,
    /// Out.
    pub status: u64,
    /// The function's own arguments.
    pub u: [u64; 5],
}

const _: () = assert!(size_of::<EfiRuntimeCall>() == 56 && offset_of!(EfiRuntimeCall, u) == 16);

pub const XEN_EFI_GET_TIME: u32 = 1;
pub const XEN_EFI_SET_TIME: u32 = 2;
pub const XEN_EFI_GET_WAKEUP_TIME: u32 = 3;
pub const XEN_EFI_SET_WAKEUP_TIME: u32 = 4;
pub const XEN_EFI_GET_NEXT_HIGH_MONOTONIC_COUNT: u32 = 5;
pub const XEN_EFI_GET_VARIABLE: u32 = 6;
pub const XEN_EFI_SET_VARIABLE: u32 = 7;
pub const XEN_EFI_GET_NEXT_VARIABLE_NAME: u32 = 8;
pub const XEN_EFI_QUERY_VARIABLE_INFO: u32 = 9;
pub const XEN_EFI_QUERY_CAPSULE_CAPABILITIES: u32 = 10;
pub const XEN_EFI_UPDATE_CAPSULE: u32 = 11;

/// `XENPF_firmware_info` (`struct xenpf_firmware_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FirmwareInfo {
    /// `XEN_FW_*`.
    pub type_: u32,
    pub index: u32,
    /// One of the structures below; for the keyboard its flags in the first byte.
    pub u: [u64; 4],
}

const _: () = assert!(size_of::<FirmwareInfo>() == 40 && offset_of!(FirmwareInfo, u) == 8);

/// A disk as the BIOS numbers them (`struct xenpf_firmware_info`, `u.disk_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FirmwareDiskInfo {
    pub device: u8,
    pub version: u8,
    pub interface_support: u16,
    pub legacy_max_cylinder: u16,
    pub legacy_max_head: u8,
    pub legacy_sectors_per_track: u8,
    pub edd_params: GuestPtr<u8>,
}

const _: () =
    assert!(size_of::<FirmwareDiskInfo>() == 16 && offset_of!(FirmwareDiskInfo, edd_params) == 8);

/// The signature of such a disk (`struct xenpf_firmware_info`, `u.disk_mbr_signature`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FirmwareDiskMbrSignature {
    pub device: u8,
    pub _pad: [u8; 3],
    pub mbr_signature: u32,
}

const _: () = assert!(
    size_of::<FirmwareDiskMbrSignature>() == 8
        && offset_of!(FirmwareDiskMbrSignature, mbr_signature) == 4
);

/// The monitor (`struct xenpf_firmware_info`, `u.vbeddc_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FirmwareVbeddcInfo {
    pub capabilities: u8,
    pub edid_transfer_time: u8,
    pub _pad: [u8; 6],
    pub edid: GuestPtr<u8>,
}

const _: () =
    assert!(size_of::<FirmwareVbeddcInfo>() == 16 && offset_of!(FirmwareVbeddcInfo, edid) == 8);

pub const XEN_FW_DISK_INFO: u32 = 1;
pub const XEN_FW_DISK_MBR_SIGNATURE: u32 = 2;
pub const XEN_FW_VBEDDC_INFO: u32 = 3;
pub const XEN_FW_EFI_INFO: u32 = 4;
pub const XEN_FW_KBD_SHIFT_FLAGS: u32 = 5;
pub const XEN_FW_EFI_VERSION: u32 = 0;
pub const XEN_FW_EFI_CONFIG_TABLE: u32 = 1;
pub const XEN_FW_EFI_VENDOR: u32 = 2;
pub const XEN_FW_EFI_MEM_INFO: u32 = 3;
pub const XEN_FW_EFI_RT_VERSION: u32 = 4;
pub const XEN_FW_EFI_PCI_ROM: u32 = 5;
pub const XEN_FW_EFI_APPLE_PROPERTIES: u32 = 6;

/// `XENPF_enter_acpi_sleep` (`struct xenpf_enter_acpi_sleep`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct EnterAcpiSleep {
    /// For the PM1a control register.
    pub val_a: u16,
    /// For the PM1b control register.
    pub val_b: u16,
    /// 1 to 5.
    pub sleep_state: u32,
    /// `XENPF_ACPI_SLEEP_EXTENDED`.
    pub flags: u32,
}

const _: () = assert!(size_of::<EnterAcpiSleep>() == 12 && offset_of!(EnterAcpiSleep, flags) == 8);

pub const XENPF_ACPI_SLEEP_EXTENDED: u32 = 1;

/// `XENPF_change_freq` (`struct xenpf_change_freq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ChangeFreq {
    pub flags: u32,
    pub cpu: u32,
    pub freq: u64,
}

const _: () = assert!(size_of::<ChangeFreq>() == 16 && offset_of!(ChangeFreq, freq) == 8);

/// `XENPF_getidletime` (`struct xenpf_getidletime`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getidletime {
    /// In: which CPUs. Out: which exist.
    pub cpumap_bitmap: GuestPtr<u8>,
    pub cpumap_nr_cpus: u32,
    pub _pad: [u8; 4],
    pub idletime: GuestPtr<u64>,
    /// Out.
    pub now: u64,
}

const _: () = assert!(size_of::<Getidletime>() == 32 && offset_of!(Getidletime, now) == 24);

/// `XENPF_set_processor_pminfo` (`struct xenpf_set_processor_pminfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetProcessorPminfo {
    /// ACPI id of the CPU.
    pub id: u32,
    /// `XEN_PM_*`.
    pub type_: u32,
    /// A `ProcessorPower`, or performance data, or a pointer to `_PDC` data.
    pub u: [u64; 13],
}

const _: () =
    assert!(size_of::<SetProcessorPminfo>() == 112 && offset_of!(SetProcessorPminfo, u) == 8);

/// Idle states of a CPU (`struct xen_processor_power`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ProcessorPower {
    pub count: u32,
    pub flags: u32,
    pub states: GuestPtr<u8>,
}

const _: () = assert!(size_of::<ProcessorPower>() == 16 && offset_of!(ProcessorPower, states) == 8);

pub const XEN_PM_CX: u32 = 0;
pub const XEN_PM_PX: u32 = 1;
pub const XEN_PM_TX: u32 = 2;
pub const XEN_PM_PDC: u32 = 3;

/// `XENPF_get_cpuinfo` (`struct xenpf_pcpuinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Pcpuinfo {
    /// In.
    pub xen_cpuid: u32,
    /// Out, like the rest.
    pub max_present: u32,
    /// `XEN_PCPU_FLAGS_*`.
    pub flags: u32,
    pub apic_id: u32,
    pub acpi_id: u32,
}

const _: () = assert!(size_of::<Pcpuinfo>() == 20 && offset_of!(Pcpuinfo, acpi_id) == 16);

pub const XEN_PCPU_FLAGS_ONLINE: u32 = 1;
pub const XEN_PCPU_FLAGS_INVALID: u32 = 2;

/// `XENPF_get_cpu_version` (`struct xenpf_pcpu_version`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PcpuVersion {
    /// In.
    pub xen_cpuid: u32,
    /// Out, like the rest.
    pub max_present: u32,
    pub vendor_id: [u8; 12],
    pub family: u32,
    pub model: u32,
    pub stepping: u32,
}

const _: () = assert!(size_of::<PcpuVersion>() == 32 && offset_of!(PcpuVersion, stepping) == 28);

/// `XENPF_cpu_online`, `XENPF_cpu_offline` (`struct xenpf_cpu_ol`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuOl {
    pub cpuid: u32,
}

const _: () = assert!(size_of::<CpuOl>() == 4 && offset_of!(CpuOl, cpuid) == 0);

/// `XENPF_cpu_hotadd` (`struct xenpf_cpu_hotadd`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuHotadd {
    pub apic_id: u32,
    pub acpi_id: u32,
    pub pxm: u32,
}

const _: () = assert!(size_of::<CpuHotadd>() == 12 && offset_of!(CpuHotadd, pxm) == 8);

/// `XENPF_mem_hotadd` (`struct xenpf_mem_hotadd`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemHotadd {
    pub spfn: u64,
    pub epfn: u64,
    pub pxm: u32,
    pub flags: u32,
}

const _: () = assert!(size_of::<MemHotadd>() == 24 && offset_of!(MemHotadd, flags) == 20);

/// `XENPF_core_parking` (`struct xenpf_core_parking`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CoreParking {
    /// `XEN_CORE_PARKING_*`.
    pub type_: u32,
    pub idle_nums: u32,
}

const _: () = assert!(size_of::<CoreParking>() == 8 && offset_of!(CoreParking, idle_nums) == 4);

pub const XEN_CORE_PARKING_SET: u32 = 1;
pub const XEN_CORE_PARKING_GET: u32 = 2;

/// One access of `XENPF_resource_op` (`struct xenpf_resource_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ResourceEntry {
    /// In: `XEN_RESOURCE_OP_*` (`u.cmd`). Out: the result (`u.ret`, signed).
    pub u: u32,
    pub rsvd: u32,
    pub idx: u64,
    pub val: u64,
}

const _: () = assert!(size_of::<ResourceEntry>() == 24 && offset_of!(ResourceEntry, val) == 16);

/// `XENPF_resource_op` (`struct xenpf_resource_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ResourceOp {
    pub nr_entries: u32,
    pub cpu: u32,
    pub entries: GuestPtr<ResourceEntry>,
}

const _: () = assert!(size_of::<ResourceOp>() == 16 && offset_of!(ResourceOp, entries) == 8);

pub const XEN_RESOURCE_OP_MSR_READ: u32 = 0;
pub const XEN_RESOURCE_OP_MSR_WRITE: u32 = 1;

/// `XENPF_get_symbol` (`struct xenpf_symdata`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Symdata {
    /// In: room. Out: length.
    pub namelen: u32,
    /// In: which. Out: the next one; unchanged at the end.
    pub symnum: u32,
    pub name: GuestPtr<u8>,
    /// Out.
    pub address: u64,
    /// Out: a letter, as nm prints.
    pub type_: u8,
    pub _pad: [u8; 7],
}

const _: () = assert!(size_of::<Symdata>() == 32 && offset_of!(Symdata, type_) == 24);

/// `XENPF_get_ucode_revision` (`struct xenpf_ucode_revision`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct UcodeRevision {
    /// In.
    pub cpu: u32,
    /// Out, like the rest.
    pub signature: u32,
    pub pf: u32,
    pub revision: u32,
}

const _: () =
    assert!(size_of::<UcodeRevision>() == 16 && offset_of!(UcodeRevision, revision) == 12);

pub const XENPF_UCODE_FORCE: u32 = 1;
