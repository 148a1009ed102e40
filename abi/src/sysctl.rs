//! The words of system control (`sysctl.h`): what the tools of dom0 ask of the machine and its hypervisor.
//!
//! Always: `Sysctl` has room for every operation; an operation's structure is read from the bytes of `u`.
//!
//! Not here: the answers (`hypervisor`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::arch_x86_xen::{CpuidLeaf, MsrEntry};
use crate::domctl::Getdomaininfo;
use crate::handle::GuestPtr;
use crate::physdev::PciDevice;
use crate::xen::{CtlBitmap, DomainHandle};

/// Any other is answered -EACCES.
pub const XEN_SYSCTL_INTERFACE_VERSION: u32 = 21;

pub const XEN_SYSCTL_READCONSOLE: u32 = 1;
pub const XEN_SYSCTL_TBUF_OP: u32 = 2;
pub const XEN_SYSCTL_PHYSINFO: u32 = 3;
pub const XEN_SYSCTL_SCHED_ID: u32 = 4;
pub const XEN_SYSCTL_PERFC_OP: u32 = 5;
pub const XEN_SYSCTL_GETDOMAININFOLIST: u32 = 6;
pub const XEN_SYSCTL_DEBUG_KEYS: u32 = 7;
pub const XEN_SYSCTL_GETCPUINFO: u32 = 8;
pub const XEN_SYSCTL_AVAILHEAP: u32 = 9;
pub const XEN_SYSCTL_GET_PMSTAT: u32 = 10;
pub const XEN_SYSCTL_CPU_HOTPLUG: u32 = 11;
pub const XEN_SYSCTL_PM_OP: u32 = 12;
pub const XEN_SYSCTL_PAGE_OFFLINE_OP: u32 = 14;
pub const XEN_SYSCTL_LOCKPROF_OP: u32 = 15;
pub const XEN_SYSCTL_CPUTOPOINFO: u32 = 16;
pub const XEN_SYSCTL_NUMAINFO: u32 = 17;
pub const XEN_SYSCTL_CPUPOOL_OP: u32 = 18;
pub const XEN_SYSCTL_SCHEDULER_OP: u32 = 19;
pub const XEN_SYSCTL_COVERAGE_OP: u32 = 20;
pub const XEN_SYSCTL_PSR_CMT_OP: u32 = 21;
pub const XEN_SYSCTL_PCITOPOINFO: u32 = 22;
pub const XEN_SYSCTL_PSR_ALLOC: u32 = 23;
pub const XEN_SYSCTL_GET_CPU_LEVELLING_CAPS: u32 = 25;
pub const XEN_SYSCTL_GET_CPU_FEATURESET: u32 = 26;
pub const XEN_SYSCTL_LIVEPATCH_OP: u32 = 27;
pub const XEN_SYSCTL_GET_CPU_POLICY: u32 = 29;
pub const XEN_SYSCTL_DT_OVERLAY: u32 = 30;

/// Argument of the call (`struct xen_sysctl`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Sysctl {
    /// One of `XEN_SYSCTL_*`.
    pub cmd: u32,
    /// `XEN_SYSCTL_INTERFACE_VERSION`.
    pub interface_version: u32,
    /// The operation's own structure.
    pub u: [u64; 16],
}

const _: () = assert!(size_of::<Sysctl>() == 136 && offset_of!(Sysctl, u) == 8);

/// `XEN_SYSCTL_readconsole` (`struct xen_sysctl_readconsole`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Readconsole {
    /// In: empty the ring afterwards.
    pub clear: u8,
    /// In: start at `index`.
    pub incremental: u8,
    pub pad0: u8,
    pub pad1: u8,
    /// In: where to start. Out: where to go on.
    pub index: u32,
    pub buffer: GuestPtr<u8>,
    /// In: room. Out: bytes.
    pub count: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<Readconsole>() == 24 && offset_of!(Readconsole, count) == 16);

/// `XEN_SYSCTL_tbuf_op` (`struct xen_sysctl_tbuf_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TbufOp {
    /// `XEN_SYSCTL_TBUFOP_*`.
    pub cmd: u32,
    pub _pad0: [u8; 4],
    pub cpu_mask: CtlBitmap,
    pub evt_mask: u32,
    pub _pad1: [u8; 4],
    /// Out.
    pub buffer_mfn: u64,
    pub size: u32,
    pub _pad2: [u8; 4],
}

const _: () = assert!(size_of::<TbufOp>() == 48 && offset_of!(TbufOp, size) == 40);

pub const XEN_SYSCTL_TBUFOP_GET_INFO: u32 = 0;
pub const XEN_SYSCTL_TBUFOP_SET_CPU_MASK: u32 = 1;
pub const XEN_SYSCTL_TBUFOP_SET_EVT_MASK: u32 = 2;
pub const XEN_SYSCTL_TBUFOP_SET_SIZE: u32 = 3;
pub const XEN_SYSCTL_TBUFOP_ENABLE: u32 = 4;
pub const XEN_SYSCTL_TBUFOP_DISABLE: u32 = 5;

/// `XEN_SYSCTL_physinfo` (`struct xen_sysctl_physinfo`). All fields are answers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Physinfo {
    pub threads_per_core: u32,
    pub cores_per_socket: u32,
    /// Online.
    pub nr_cpus: u32,
    pub max_cpu_id: u32,
    pub nr_nodes: u32,
    pub max_node_id: u32,
    pub cpu_khz: u32,
    /// `XEN_SYSCTL_PHYSCAP_*`.
    pub capabilities: u32,
    pub arch_capabilities: u32,
    pub pad: u32,
    pub total_pages: u64,
    pub free_pages: u64,
    pub scrub_pages: u64,
    /// Claimed, not yet given.
    pub outstanding_pages: u64,
    pub max_mfn: u64,
    /// Words of CPUID's features, as `xl info` prints them.
    pub hw_cap: [u32; 8],
}

const _: () = assert!(size_of::<Physinfo>() == 112 && offset_of!(Physinfo, hw_cap) == 80);

pub const XEN_SYSCTL_PHYSCAP_HVM: u32 = 0x1;
pub const XEN_SYSCTL_PHYSCAP_PV: u32 = 0x2;
/// Devices may be handed to guests.
pub const XEN_SYSCTL_PHYSCAP_DIRECTIO: u32 = 0x4;
pub const XEN_SYSCTL_PHYSCAP_HAP: u32 = 0x8;
pub const XEN_SYSCTL_PHYSCAP_SHADOW: u32 = 0x10;
pub const XEN_SYSCTL_PHYSCAP_IOMMU_HAP_PT_SHARE: u32 = 0x20;
pub const XEN_SYSCTL_PHYSCAP_VMTRACE: u32 = 0x40;
pub const XEN_SYSCTL_PHYSCAP_VPMU: u32 = 0x80;
pub const XEN_SYSCTL_PHYSCAP_GNTTAB_V1: u32 = 0x100;
pub const XEN_SYSCTL_PHYSCAP_GNTTAB_V2: u32 = 0x200;
pub const XEN_SYSCTL_PHYSCAP_MAX: u32 = 0x200;

/// `XEN_SYSCTL_sched_id` (`struct xen_sysctl_sched_id`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedId {
    /// Out: `domctl::XEN_SCHEDULER_*`.
    pub sched_id: u32,
}

const _: () = assert!(size_of::<SchedId>() == 4 && offset_of!(SchedId, sched_id) == 0);

/// Name of a performance counter (`struct xen_sysctl_perfc_desc`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PerfcDesc {
    pub name: [u8; 80],
    pub nr_vals: u32,
}

const _: () = assert!(size_of::<PerfcDesc>() == 84 && offset_of!(PerfcDesc, nr_vals) == 80);

/// `XEN_SYSCTL_perfc_op` (`struct xen_sysctl_perfc_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PerfcOp {
    /// `XEN_SYSCTL_PERFCOP_*`.
    pub cmd: u32,
    /// Out.
    pub nr_counters: u32,
    /// Out.
    pub nr_vals: u32,
    pub _pad: [u8; 4],
    pub desc: GuestPtr<PerfcDesc>,
    pub val: GuestPtr<u32>,
}

const _: () = assert!(size_of::<PerfcOp>() == 32 && offset_of!(PerfcOp, val) == 24);

pub const XEN_SYSCTL_PERFCOP_RESET: u32 = 1;
pub const XEN_SYSCTL_PERFCOP_QUERY: u32 = 2;

/// `XEN_SYSCTL_getdomaininfolist` (`struct xen_sysctl_getdomaininfolist`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getdomaininfolist {
    /// In: this one, or the next that exists.
    pub first_domain: RawDomId,
    pub _pad0: [u8; 2],
    /// In: room.
    pub max_domains: u32,
    pub buffer: GuestPtr<Getdomaininfo>,
    /// Out.
    pub num_domains: u32,
    pub _pad1: [u8; 4],
}

const _: () = assert!(
    size_of::<Getdomaininfolist>() == 24 && offset_of!(Getdomaininfolist, num_domains) == 16
);

/// `XEN_SYSCTL_debug_keys` (`struct xen_sysctl_debug_keys`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DebugKeys {
    pub keys: GuestPtr<u8>,
    pub nr_keys: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<DebugKeys>() == 16 && offset_of!(DebugKeys, nr_keys) == 8);

/// How long one CPU was idle (`struct xen_sysctl_cpuinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Cpuinfo {
    /// Nanoseconds.
    pub idletime: u64,
}

const _: () = assert!(size_of::<Cpuinfo>() == 8 && offset_of!(Cpuinfo, idletime) == 0);

/// `XEN_SYSCTL_getcpuinfo` (`struct xen_sysctl_getcpuinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getcpuinfo {
    /// In: room.
    pub max_cpus: u32,
    pub _pad0: [u8; 4],
    pub info: GuestPtr<Cpuinfo>,
    /// Out.
    pub nr_cpus: u32,
    pub _pad1: [u8; 4],
}

const _: () = assert!(size_of::<Getcpuinfo>() == 24 && offset_of!(Getcpuinfo, nr_cpus) == 16);

/// `XEN_SYSCTL_availheap` (`struct xen_sysctl_availheap`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Availheap {
    /// In: only memory at or above this width of address; 0 is all.
    pub min_bitwidth: u32,
    /// In: only below this width; 0 is all.
    pub max_bitwidth: u32,
    /// In: -1 is all.
    pub node: i32,
    pub _pad: [u8; 4],
    /// Out.
    pub avail_bytes: u64,
}

const _: () = assert!(size_of::<Availheap>() == 24 && offset_of!(Availheap, avail_bytes) == 16);

/// Time in one performance state (`struct pm_px_val`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PmPxVal {
    pub freq: u64,
    pub residency: u64,
    pub count: u64,
}

const _: () = assert!(size_of::<PmPxVal>() == 24 && offset_of!(PmPxVal, count) == 16);

/// Statistics of performance states (`struct pm_px_stat`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PmPxStat {
    pub total: u8,
    pub usable: u8,
    pub last: u8,
    pub cur: u8,
    pub _pad: [u8; 4],
    pub trans_pt: GuestPtr<u64>,
    pub pt: GuestPtr<PmPxVal>,
}

const _: () = assert!(size_of::<PmPxStat>() == 24 && offset_of!(PmPxStat, pt) == 16);

/// Statistics of idle states (`struct pm_cx_stat`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PmCxStat {
    pub nr: u32,
    pub last: u32,
    pub idle_time: u64,
    pub triggers: GuestPtr<u64>,
    pub residencies: GuestPtr<u64>,
    pub nr_pc: u32,
    pub nr_cc: u32,
    pub pc: GuestPtr<u64>,
    pub cc: GuestPtr<u64>,
}

const _: () = assert!(size_of::<PmCxStat>() == 56 && offset_of!(PmCxStat, cc) == 48);

/// `XEN_SYSCTL_get_pmstat` (`struct xen_sysctl_get_pmstat`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetPmstat {
    /// `PMSTAT_*`.
    pub type_: u32,
    /// Which CPU.
    pub cpuid: u32,
    /// A `PmPxStat` or a `PmCxStat`.
    pub u: [u64; 7],
}

const _: () = assert!(size_of::<GetPmstat>() == 64 && offset_of!(GetPmstat, u) == 8);

pub const PMSTAT_CATEGORY_MASK: u32 = 0xf0;
pub const PMSTAT_PX: u32 = 0x10;
pub const PMSTAT_CX: u32 = 0x20;
pub const PMSTAT_GET_MAX_PX: u32 = 0x11;
pub const PMSTAT_GET_PXSTAT: u32 = 0x12;
pub const PMSTAT_RESET_PXSTAT: u32 = 0x13;
pub const PMSTAT_GET_MAX_CX: u32 = 0x21;
pub const PMSTAT_GET_CXSTAT: u32 = 0x22;
pub const PMSTAT_RESET_CXSTAT: u32 = 0x23;

/// `XEN_SYSCTL_cpu_hotplug` (`struct xen_sysctl_cpu_hotplug`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuHotplug {
    pub cpu: u32,
    /// `XEN_SYSCTL_CPU_HOTPLUG_*`.
    pub op: u32,
}

const _: () = assert!(size_of::<CpuHotplug>() == 8 && offset_of!(CpuHotplug, op) == 4);

pub const XEN_SYSCTL_CPU_HOTPLUG_ONLINE: u32 = 0;
pub const XEN_SYSCTL_CPU_HOTPLUG_OFFLINE: u32 = 1;
pub const XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE: u32 = 2;
pub const XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE: u32 = 3;

/// `XEN_SYSCTL_pm_op` (`struct xen_sysctl_pm_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PmOp {
    pub cmd: u32,
    /// Which CPU.
    pub cpuid: u32,
    /// A `GetCpufreqPara`, `SetCpufreqGov`, `SetCpufreqPara`, `SetCppcPara`, or one number.
    pub u: [u64; 15],
}

const _: () = assert!(size_of::<PmOp>() == 128 && offset_of!(PmOp, u) == 8);

pub const GET_CPUFREQ_PARA: u32 = 17;
pub const SET_CPUFREQ_GOV: u32 = 18;
pub const SET_CPUFREQ_PARA: u32 = 19;
pub const GET_CPUFREQ_AVGFREQ: u32 = 20;
pub const SET_CPUFREQ_CPPC: u32 = 21;
pub const XEN_SYSCTL_PM_OP_SET_SCHED_OPT_SMT: u32 = 33;
pub const XEN_SYSCTL_PM_OP_GET_MAX_CSTATE: u32 = 34;
pub const XEN_SYSCTL_PM_OP_SET_MAX_CSTATE: u32 = 35;
pub const XEN_SYSCTL_PM_OP_ENABLE_TURBO: u32 = 38;
pub const XEN_SYSCTL_PM_OP_DISABLE_TURBO: u32 = 39;
pub const XEN_SYSCTL_CX_UNLIMITED: u32 = 0xffff_ffff;

/// State of a CPU's frequency driver (`struct xen_get_cpufreq_para`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetCpufreqPara {
    pub cpu_num: u32,
    pub freq_num: u32,
    pub gov_num: u32,
    pub _pad0: [u8; 4],
    pub affected_cpus: GuestPtr<u32>,
    pub scaling_available_frequencies: GuestPtr<u32>,
    pub scaling_available_governors: GuestPtr<u8>,
    pub scaling_driver: [u8; 16],
    pub cpuinfo_cur_freq: u32,
    pub cpuinfo_max_freq: u32,
    pub cpuinfo_min_freq: u32,
    /// The governor's state, or a `CppcPara`.
    pub u: [u32; 11],
    pub turbo_enabled: i32,
    pub _pad1: [u8; 4],
}

const _: () =
    assert!(size_of::<GetCpufreqPara>() == 120 && offset_of!(GetCpufreqPara, turbo_enabled) == 112);

/// State of the hardware's own control (`struct xen_cppc_para`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CppcPara {
    pub features: u32,
    pub lowest: u32,
    pub lowest_nonlinear: u32,
    pub nominal: u32,
    pub highest: u32,
    pub minimum: u32,
    pub maximum: u32,
    pub desired: u32,
    pub energy_perf: u32,
    pub activity_window: u32,
}

const _: () = assert!(size_of::<CppcPara>() == 40 && offset_of!(CppcPara, activity_window) == 36);

/// Settings of the hardware's own control (`struct xen_set_cppc_para`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetCppcPara {
    /// Which of the fields count.
    pub set_params: u32,
    pub minimum: u32,
    pub maximum: u32,
    pub desired: u32,
    pub energy_perf: u32,
    pub activity_window: u32,
}

const _: () =
    assert!(size_of::<SetCppcPara>() == 24 && offset_of!(SetCppcPara, activity_window) == 20);

/// Name of a governor (`struct xen_set_cpufreq_gov`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetCpufreqGov {
    pub scaling_governor: [u8; 16],
}

const _: () =
    assert!(size_of::<SetCpufreqGov>() == 16 && offset_of!(SetCpufreqGov, scaling_governor) == 0);

/// One setting of a governor (`struct xen_set_cpufreq_para`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetCpufreqPara {
    pub ctrl_type: u32,
    pub ctrl_value: u32,
}

const _: () =
    assert!(size_of::<SetCpufreqPara>() == 8 && offset_of!(SetCpufreqPara, ctrl_value) == 4);

/// `XEN_SYSCTL_page_offline_op` (`struct xen_sysctl_page_offline_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PageOfflineOp {
    pub cmd: u32,
    pub start: u32,
    pub end: u32,
    pub _pad: [u8; 4],
    pub status: GuestPtr<u32>,
}

const _: () = assert!(size_of::<PageOfflineOp>() == 24 && offset_of!(PageOfflineOp, status) == 16);

/// One lock's profile (`struct xen_sysctl_lockprof_data`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct LockprofData {
    pub name: [u8; 40],
    pub type_: i32,
    pub idx: i32,
    pub lock_cnt: u64,
    pub block_cnt: u64,
    pub lock_time: u64,
    pub block_time: u64,
}

const _: () =
    assert!(size_of::<LockprofData>() == 80 && offset_of!(LockprofData, block_time) == 72);

/// `XEN_SYSCTL_lockprof_op` (`struct xen_sysctl_lockprof_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct LockprofOp {
    pub cmd: u32,
    pub max_elem: u32,
    pub nr_elem: u32,
    pub _pad: [u8; 4],
    pub time: u64,
    pub data: GuestPtr<LockprofData>,
}

const _: () = assert!(size_of::<LockprofOp>() == 32 && offset_of!(LockprofOp, data) == 24);

pub const XEN_INVALID_CORE_ID: u32 = 0xffff_ffff;
pub const XEN_INVALID_SOCKET_ID: u32 = 0xffff_ffff;
pub const XEN_INVALID_NODE_ID: u32 = 0xffff_ffff;
pub const XEN_INVALID_MEM_SZ: u32 = 0xffff_ffff;
pub const XEN_INVALID_NODE_DIST: u32 = 0xffff_ffff;
pub const XEN_INVALID_DEV: u32 = 0xffff_fffe;

/// Where a CPU sits (`struct xen_sysctl_cputopo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Cputopo {
    pub core: u32,
    pub socket: u32,
    pub node: u32,
}

const _: () = assert!(size_of::<Cputopo>() == 12 && offset_of!(Cputopo, node) == 8);

/// `XEN_SYSCTL_cputopoinfo` (`struct xen_sysctl_cputopoinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Cputopoinfo {
    /// In: room. Out: entries; with a null list the room needed.
    pub num_cpus: u32,
    pub _pad: [u8; 4],
    pub cputopo: GuestPtr<Cputopo>,
}

const _: () = assert!(size_of::<Cputopoinfo>() == 16 && offset_of!(Cputopoinfo, cputopo) == 8);

/// Memory of a node (`struct xen_sysctl_meminfo`), bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Meminfo {
    pub memsize: u64,
    pub memfree: u64,
}

const _: () = assert!(size_of::<Meminfo>() == 16 && offset_of!(Meminfo, memfree) == 8);

/// `XEN_SYSCTL_numainfo` (`struct xen_sysctl_numainfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Numainfo {
    /// In: room. Out: entries; with null lists the room needed.
    pub num_nodes: u32,
    pub _pad: [u8; 4],
    pub meminfo: GuestPtr<Meminfo>,
    /// A square, row by row.
    pub distance: GuestPtr<u32>,
}

const _: () = assert!(size_of::<Numainfo>() == 24 && offset_of!(Numainfo, distance) == 16);

/// `XEN_SYSCTL_pcitopoinfo` (`struct xen_sysctl_pcitopoinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Pcitopoinfo {
    /// In: entries. Out: how many were answered.
    pub num_devs: u32,
    pub _pad: [u8; 4],
    pub devs: GuestPtr<PciDevice>,
    pub nodes: GuestPtr<u32>,
}

const _: () = assert!(size_of::<Pcitopoinfo>() == 24 && offset_of!(Pcitopoinfo, nodes) == 16);

/// `XEN_SYSCTL_cpupool_op` (`struct xen_sysctl_cpupool_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpupoolOp {
    /// In: `XEN_SYSCTL_CPUPOOL_OP_*`.
    pub op: u32,
    /// In or out; INFO answers this one or the next that exists.
    pub cpupool_id: u32,
    pub sched_id: u32,
    pub domid: u32,
    pub cpu: u32,
    /// Out.
    pub n_dom: u32,
    pub cpumap: CtlBitmap,
}

const _: () = assert!(size_of::<CpupoolOp>() == 40 && offset_of!(CpupoolOp, cpumap) == 24);

pub const XEN_SYSCTL_CPUPOOL_OP_CREATE: u32 = 1;
pub const XEN_SYSCTL_CPUPOOL_OP_DESTROY: u32 = 2;
pub const XEN_SYSCTL_CPUPOOL_OP_INFO: u32 = 3;
pub const XEN_SYSCTL_CPUPOOL_OP_ADDCPU: u32 = 4;
pub const XEN_SYSCTL_CPUPOOL_OP_RMCPU: u32 = 5;
pub const XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN: u32 = 6;
pub const XEN_SYSCTL_CPUPOOL_OP_FREEINFO: u32 = 7;
pub const XEN_SYSCTL_CPUPOOL_PAR_ANY: u32 = 0xffff_ffff;

/// One slot of an ARINC 653 schedule (`struct xen_sysctl_arinc653_schedule`, `sched_entries`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Arinc653Entry {
    pub dom_handle: DomainHandle,
    pub vcpu_id: u32,
    pub _pad: [u8; 4],
    pub runtime: u64,
}

const _: () = assert!(size_of::<Arinc653Entry>() == 32 && offset_of!(Arinc653Entry, runtime) == 24);

/// A schedule of the ARINC 653 scheduler (`struct xen_sysctl_arinc653_schedule`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Arinc653Schedule {
    pub major_frame: u64,
    pub num_sched_entries: u8,
    pub _pad: [u8; 7],
    pub sched_entries: [Arinc653Entry; 64],
}

const _: () = assert!(
    size_of::<Arinc653Schedule>() == 2064 && offset_of!(Arinc653Schedule, sched_entries) == 16
);

/// Parameters of credit (`struct xen_sysctl_credit_schedule`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CreditSchedule {
    pub tslice_ms: u32,
    pub ratelimit_us: u32,
    pub vcpu_migr_delay_us: u32,
}

const _: () = assert!(
    size_of::<CreditSchedule>() == 12 && offset_of!(CreditSchedule, vcpu_migr_delay_us) == 8
);

/// Parameters of credit2 (`struct xen_sysctl_credit2_schedule`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Credit2Schedule {
    pub ratelimit_us: u32,
}

const _: () =
    assert!(size_of::<Credit2Schedule>() == 4 && offset_of!(Credit2Schedule, ratelimit_us) == 0);

pub const XEN_SYSCTL_SCHED_RATELIMIT_MAX: u32 = 500_000;
pub const XEN_SYSCTL_SCHED_RATELIMIT_MIN: u32 = 100;
pub const XEN_SYSCTL_CSCHED_TSLICE_MAX: u32 = 1000;
pub const XEN_SYSCTL_CSCHED_TSLICE_MIN: u32 = 1;
pub const XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US: u32 = 100_000;
pub const XEN_SYSCTL_SCHEDOP_PUTINFO: u32 = 0;
pub const XEN_SYSCTL_SCHEDOP_GETINFO: u32 = 1;

/// `XEN_SYSCTL_scheduler_op` (`struct xen_sysctl_scheduler_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedulerOp {
    pub cpupool_id: u32,
    pub sched_id: u32,
    /// `XEN_SYSCTL_SCHEDOP_*`.
    pub cmd: u32,
    pub _pad: [u8; 4],
    /// A `CreditSchedule`, a `Credit2Schedule`, or a pointer to an `Arinc653Schedule`.
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<SchedulerOp>() == 32 && offset_of!(SchedulerOp, u) == 16);

/// `XEN_SYSCTL_coverage_op` (`struct xen_sysctl_coverage_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CoverageOp {
    pub cmd: u32,
    pub size: u32,
    pub buffer: GuestPtr<u8>,
}

const _: () = assert!(size_of::<CoverageOp>() == 16 && offset_of!(CoverageOp, buffer) == 8);

/// `XEN_SYSCTL_psr_cmt_op` (`struct xen_sysctl_psr_cmt_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PsrCmtOp {
    pub cmd: u32,
    pub flags: u32,
    pub u: u64,
}

const _: () = assert!(size_of::<PsrCmtOp>() == 16 && offset_of!(PsrCmtOp, u) == 8);

/// `XEN_SYSCTL_psr_alloc` (`struct xen_sysctl_psr_alloc`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PsrAlloc {
    pub cmd: u32,
    pub target: u32,
    pub u: [u32; 3],
}

const _: () = assert!(size_of::<PsrAlloc>() == 20 && offset_of!(PsrAlloc, u) == 8);

/// `XEN_SYSCTL_get_cpu_levelling_caps` (`struct xen_sysctl_cpu_levelling_caps`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuLevellingCaps {
    pub caps: u32,
}

const _: () =
    assert!(size_of::<CpuLevellingCaps>() == 4 && offset_of!(CpuLevellingCaps, caps) == 0);

/// `XEN_SYSCTL_get_cpu_featureset` (`struct xen_sysctl_cpu_featureset`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuFeatureset {
    /// In: `XEN_SYSCTL_CPU_FEATURESET_*`.
    pub index: u32,
    /// In: room. Out: words.
    pub nr_features: u32,
    pub features: GuestPtr<u32>,
}

const _: () = assert!(size_of::<CpuFeatureset>() == 16 && offset_of!(CpuFeatureset, features) == 8);

pub const XEN_SYSCTL_CPU_FEATURESET_RAW: u32 = 0;
pub const XEN_SYSCTL_CPU_FEATURESET_HOST: u32 = 1;
pub const XEN_SYSCTL_CPU_FEATURESET_PV: u32 = 2;
pub const XEN_SYSCTL_CPU_FEATURESET_HVM: u32 = 3;
pub const XEN_SYSCTL_CPU_FEATURESET_PV_MAX: u32 = 4;
pub const XEN_SYSCTL_CPU_FEATURESET_HVM_MAX: u32 = 5;

/// `XEN_SYSCTL_livepatch_op` (`struct xen_sysctl_livepatch_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct LivepatchOp {
    pub cmd: u32,
    pub flags: u32,
    pub u: [u64; 8],
}

const _: () = assert!(size_of::<LivepatchOp>() == 72 && offset_of!(LivepatchOp, u) == 8);

/// `XEN_SYSCTL_get_cpu_policy` (`struct xen_sysctl_cpu_policy`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuPolicy {
    /// In: `XEN_SYSCTL_CPU_POLICY_*`.
    pub index: u32,
    /// In: room. Out: entries.
    pub nr_leaves: u32,
    /// In: room. Out: entries.
    pub nr_msrs: u32,
    pub _rsvd: u32,
    pub leaves: GuestPtr<CpuidLeaf>,
    pub msrs: GuestPtr<MsrEntry>,
}

const _: () = assert!(size_of::<CpuPolicy>() == 32 && offset_of!(CpuPolicy, msrs) == 24);

pub const XEN_SYSCTL_CPU_POLICY_RAW: u32 = 0;
pub const XEN_SYSCTL_CPU_POLICY_HOST: u32 = 1;
pub const XEN_SYSCTL_CPU_POLICY_PV_MAX: u32 = 2;
pub const XEN_SYSCTL_CPU_POLICY_HVM_MAX: u32 = 3;
pub const XEN_SYSCTL_CPU_POLICY_PV_DEFAULT: u32 = 4;
pub const XEN_SYSCTL_CPU_POLICY_HVM_DEFAULT: u32 = 5;
