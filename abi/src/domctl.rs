//! The words of domain control (`domctl.h`): what the tools of dom0 do to domains.
//!
//! Always: `Domctl` has room for every operation; an operation's structure is read from the bytes of `u`.
//!
//! Not here: who may do what (`hypervisor::policy`), how it is done (`hypervisor::domain`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::arch_x86_xen::{ArchDomainconfig, CpuidLeaf, MsrEntry, VcpuGuestContext};
use crate::handle::GuestPtr;
use crate::hvm::save::VmceVcpu;
use crate::memory::Vmemrange;
use crate::xen::{CtlBitmap, DomainHandle};

/// Any other is answered -EACCES.
pub const XEN_DOMCTL_INTERFACE_VERSION: u32 = 23;

pub const XEN_DOMCTL_CREATEDOMAIN: u32 = 1;
pub const XEN_DOMCTL_DESTROYDOMAIN: u32 = 2;
pub const XEN_DOMCTL_PAUSEDOMAIN: u32 = 3;
pub const XEN_DOMCTL_UNPAUSEDOMAIN: u32 = 4;
pub const XEN_DOMCTL_GETDOMAININFO: u32 = 5;
pub const XEN_DOMCTL_SETVCPUAFFINITY: u32 = 9;
pub const XEN_DOMCTL_SHADOW_OP: u32 = 10;
pub const XEN_DOMCTL_MAX_MEM: u32 = 11;
pub const XEN_DOMCTL_SETVCPUCONTEXT: u32 = 12;
pub const XEN_DOMCTL_GETVCPUCONTEXT: u32 = 13;
pub const XEN_DOMCTL_GETVCPUINFO: u32 = 14;
pub const XEN_DOMCTL_MAX_VCPUS: u32 = 15;
pub const XEN_DOMCTL_SCHEDULER_OP: u32 = 16;
pub const XEN_DOMCTL_SETDOMAINHANDLE: u32 = 17;
pub const XEN_DOMCTL_SETDEBUGGING: u32 = 18;
pub const XEN_DOMCTL_IRQ_PERMISSION: u32 = 19;
pub const XEN_DOMCTL_IOMEM_PERMISSION: u32 = 20;
pub const XEN_DOMCTL_IOPORT_PERMISSION: u32 = 21;
pub const XEN_DOMCTL_HYPERCALL_INIT: u32 = 22;
pub const XEN_DOMCTL_SETTIMEOFFSET: u32 = 24;
pub const XEN_DOMCTL_GETVCPUAFFINITY: u32 = 25;
pub const XEN_DOMCTL_REAL_MODE_AREA: u32 = 26;
pub const XEN_DOMCTL_RESUMEDOMAIN: u32 = 27;
pub const XEN_DOMCTL_SENDTRIGGER: u32 = 28;
pub const XEN_DOMCTL_SUBSCRIBE: u32 = 29;
pub const XEN_DOMCTL_GETHVMCONTEXT: u32 = 33;
pub const XEN_DOMCTL_SETHVMCONTEXT: u32 = 34;
pub const XEN_DOMCTL_SET_ADDRESS_SIZE: u32 = 35;
pub const XEN_DOMCTL_GET_ADDRESS_SIZE: u32 = 36;
pub const XEN_DOMCTL_ASSIGN_DEVICE: u32 = 37;
pub const XEN_DOMCTL_BIND_PT_IRQ: u32 = 38;
pub const XEN_DOMCTL_MEMORY_MAPPING: u32 = 39;
pub const XEN_DOMCTL_IOPORT_MAPPING: u32 = 40;
pub const XEN_DOMCTL_SET_EXT_VCPUCONTEXT: u32 = 42;
pub const XEN_DOMCTL_GET_EXT_VCPUCONTEXT: u32 = 43;
pub const XEN_DOMCTL_SET_OPT_FEATURE: u32 = 44;
pub const XEN_DOMCTL_TEST_ASSIGN_DEVICE: u32 = 45;
pub const XEN_DOMCTL_SET_TARGET: u32 = 46;
pub const XEN_DOMCTL_DEASSIGN_DEVICE: u32 = 47;
pub const XEN_DOMCTL_UNBIND_PT_IRQ: u32 = 48;
pub const XEN_DOMCTL_GET_DEVICE_GROUP: u32 = 50;
pub const XEN_DOMCTL_DEBUG_OP: u32 = 54;
pub const XEN_DOMCTL_GETHVMCONTEXT_PARTIAL: u32 = 55;
pub const XEN_DOMCTL_VM_EVENT_OP: u32 = 56;
pub const XEN_DOMCTL_MEM_SHARING_OP: u32 = 57;
pub const XEN_DOMCTL_GETTSCINFO: u32 = 59;
pub const XEN_DOMCTL_SETTSCINFO: u32 = 60;
pub const XEN_DOMCTL_GETPAGEFRAMEINFO3: u32 = 61;
pub const XEN_DOMCTL_SETVCPUEXTSTATE: u32 = 62;
pub const XEN_DOMCTL_GETVCPUEXTSTATE: u32 = 63;
pub const XEN_DOMCTL_SET_ACCESS_REQUIRED: u32 = 64;
pub const XEN_DOMCTL_AUDIT_P2M: u32 = 65;
pub const XEN_DOMCTL_SET_VIRQ_HANDLER: u32 = 66;
pub const XEN_DOMCTL_SET_BROKEN_PAGE_P2M: u32 = 67;
pub const XEN_DOMCTL_SETNODEAFFINITY: u32 = 68;
pub const XEN_DOMCTL_GETNODEAFFINITY: u32 = 69;
pub const XEN_DOMCTL_CACHEFLUSH: u32 = 71;
pub const XEN_DOMCTL_GET_VCPU_MSRS: u32 = 72;
pub const XEN_DOMCTL_SET_VCPU_MSRS: u32 = 73;
pub const XEN_DOMCTL_SETVNUMAINFO: u32 = 74;
pub const XEN_DOMCTL_PSR_CMT_OP: u32 = 75;
pub const XEN_DOMCTL_MONITOR_OP: u32 = 77;
pub const XEN_DOMCTL_PSR_ALLOC: u32 = 78;
pub const XEN_DOMCTL_SOFT_RESET: u32 = 79;
pub const XEN_DOMCTL_VUART_OP: u32 = 81;
pub const XEN_DOMCTL_GET_CPU_POLICY: u32 = 82;
pub const XEN_DOMCTL_SET_CPU_POLICY: u32 = 83;
pub const XEN_DOMCTL_VMTRACE_OP: u32 = 84;
pub const XEN_DOMCTL_GET_PAGING_MEMPOOL_SIZE: u32 = 85;
pub const XEN_DOMCTL_SET_PAGING_MEMPOOL_SIZE: u32 = 86;
pub const XEN_DOMCTL_DT_OVERLAY: u32 = 87;
pub const XEN_DOMCTL_GSI_PERMISSION: u32 = 88;
pub const XEN_DOMCTL_SET_LLC_COLORS: u32 = 89;
pub const XEN_DOMCTL_GDBSX_GUESTMEMIO: u32 = 1000;
pub const XEN_DOMCTL_GDBSX_PAUSEVCPU: u32 = 1001;
pub const XEN_DOMCTL_GDBSX_UNPAUSEVCPU: u32 = 1002;
pub const XEN_DOMCTL_GDBSX_DOMSTATUS: u32 = 1003;

/// Argument of the call (`struct xen_domctl`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Domctl {
    /// One of `XEN_DOMCTL_*`.
    pub cmd: u32,
    /// `XEN_DOMCTL_INTERFACE_VERSION`.
    pub interface_version: u32,
    pub domain: RawDomId,
    pub _pad: [u8; 6],
    /// The operation's own structure.
    pub u: [u64; 16],
}

const _: () = assert!(size_of::<Domctl>() == 144 && offset_of!(Domctl, u) == 16);

/// `XEN_DOMCTL_createdomain` (`struct xen_domctl_createdomain`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Createdomain {
    pub ssidref: u32,
    pub handle: DomainHandle,
    /// `XEN_DOMCTL_CDF_*`.
    pub flags: u32,
    pub iommu_opts: u32,
    pub max_vcpus: u32,
    /// The highest port that the domain may have.
    pub max_evtchn_port: u32,
    /// Negative: the hypervisor's default.
    pub max_grant_frames: i32,
    /// Negative: the hypervisor's default.
    pub max_maptrack_frames: i32,
    /// The highest version of grant tables in bits 0 to 3.
    pub grant_opts: u32,
    pub altp2m_opts: u32,
    pub vmtrace_size: u32,
    pub cpupool_id: u32,
    pub arch: ArchDomainconfig,
}

const _: () = assert!(size_of::<Createdomain>() == 68 && offset_of!(Createdomain, arch) == 60);

pub const XEN_DOMCTL_CDF_HVM: u32 = 0x1;
pub const XEN_DOMCTL_CDF_HAP: u32 = 0x2;
pub const XEN_DOMCTL_CDF_S3_INTEGRITY: u32 = 0x4;
pub const XEN_DOMCTL_CDF_OOS_OFF: u32 = 0x8;
/// The domain runs the store.
pub const XEN_DOMCTL_CDF_XS_DOMAIN: u32 = 0x10;
pub const XEN_DOMCTL_CDF_IOMMU: u32 = 0x20;
pub const XEN_DOMCTL_CDF_NESTED_VIRT: u32 = 0x40;
pub const XEN_DOMCTL_CDF_VPMU: u32 = 0x80;
/// The last flag known.
pub const XEN_DOMCTL_CDF_MAX: u32 = 0x80;
pub const XEN_DOMCTL_IOMMU_NO_SHAREPT: u32 = 1;
pub const XEN_DOMCTL_IOMMU_MAX: u32 = 1;
pub const XEN_DOMCTL_GRANT_VERSION_MASK: u32 = 15;
pub const XEN_DOMCTL_ALTP2M_MIXED: u32 = 1;
pub const XEN_DOMCTL_ALTP2M_EXTERNAL: u32 = 2;
pub const XEN_DOMCTL_ALTP2M_LIMITED: u32 = 3;
pub const XEN_DOMCTL_ALTP2M_MODE_MASK: u32 = 3;

/// `XEN_DOMCTL_getdomaininfo` (`struct xen_domctl_getdomaininfo`). All fields are answers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getdomaininfo {
    pub domain: RawDomId,
    pub pad1: u16,
    /// `XEN_DOMINF_*`.
    pub flags: u32,
    pub tot_pages: u64,
    pub max_pages: u64,
    /// Claimed, not yet given.
    pub outstanding_pages: u64,
    pub shr_pages: u64,
    pub paged_pages: u64,
    /// As the domain's own frame number for a translated one, else the machine's.
    pub shared_info_frame: u64,
    /// Nanoseconds.
    pub cpu_time: u64,
    pub nr_online_vcpus: u32,
    /// `XEN_INVALID_MAX_VCPU_ID` if it has no vCPU.
    pub max_vcpu_id: u32,
    pub ssidref: u32,
    pub handle: DomainHandle,
    pub cpupool: u32,
    pub gpaddr_bits: u8,
    pub pad2: [u8; 7],
    pub arch_config: ArchDomainconfig,
}

const _: () =
    assert!(size_of::<Getdomaininfo>() == 112 && offset_of!(Getdomaininfo, arch_config) == 104);

/// Being destroyed.
pub const XEN_DOMINF_DYING: u32 = 0x1;
pub const XEN_DOMINF_HVM_GUEST: u32 = 0x2;
/// Stopped itself; the reason is in the flags.
pub const XEN_DOMINF_SHUTDOWN: u32 = 0x4;
/// By the tools.
pub const XEN_DOMINF_PAUSED: u32 = 0x8;
/// All its vCPUs wait for events.
pub const XEN_DOMINF_BLOCKED: u32 = 0x10;
/// One of its vCPUs has a CPU now.
pub const XEN_DOMINF_RUNNING: u32 = 0x20;
pub const XEN_DOMINF_DEBUGGED: u32 = 0x40;
pub const XEN_DOMINF_XS_DOMAIN: u32 = 0x80;
pub const XEN_DOMINF_HAP: u32 = 0x100;
pub const XEN_DOMINF_SHUTDOWNMASK: u32 = 0xff;
/// Where the reason (`SHUTDOWN_*`) is.
pub const XEN_DOMINF_SHUTDOWNSHIFT: u32 = 16;
pub const XEN_INVALID_MAX_VCPU_ID: u32 = 0xffff_ffff;

/// `XEN_DOMCTL_getpageframeinfo3` (`struct xen_domctl_getpageframeinfo3`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getpageframeinfo3 {
    pub num: u64,
    /// In: frames. Out: `XEN_DOMCTL_PFINFO_*`.
    pub array: GuestPtr<u64>,
}

const _: () =
    assert!(size_of::<Getpageframeinfo3>() == 16 && offset_of!(Getpageframeinfo3, array) == 8);

pub const XEN_DOMCTL_PFINFO_LTAB_SHIFT: u32 = 28;
/// An ordinary page.
pub const XEN_DOMCTL_PFINFO_NOTAB: u32 = 0;
pub const XEN_DOMCTL_PFINFO_L1TAB: u32 = 0x1000_0000;
pub const XEN_DOMCTL_PFINFO_L2TAB: u32 = 0x2000_0000;
pub const XEN_DOMCTL_PFINFO_L3TAB: u32 = 0x3000_0000;
pub const XEN_DOMCTL_PFINFO_L4TAB: u32 = 0x4000_0000;
pub const XEN_DOMCTL_PFINFO_LTABTYPE_MASK: u32 = 0x7000_0000;
/// Pinned.
pub const XEN_DOMCTL_PFINFO_LPINTAB: u32 = 0x8000_0000;
/// Not a frame of the domain.
pub const XEN_DOMCTL_PFINFO_XTAB: u32 = 0xf000_0000;
/// Only to be allocated.
pub const XEN_DOMCTL_PFINFO_XALLOC: u32 = 0xe000_0000;
pub const XEN_DOMCTL_PFINFO_BROKEN: u32 = 0xd000_0000;
pub const XEN_DOMCTL_PFINFO_LTAB_MASK: u32 = 0xf000_0000;

/// Counts of a shadow operation (`struct xen_domctl_shadow_op_stats`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ShadowOpStats {
    pub fault_count: u32,
    pub dirty_count: u32,
}

const _: () =
    assert!(size_of::<ShadowOpStats>() == 8 && offset_of!(ShadowOpStats, dirty_count) == 4);

/// `XEN_DOMCTL_shadow_op` (`struct xen_domctl_shadow_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ShadowOp {
    /// In: `XEN_DOMCTL_SHADOW_OP_*`.
    pub op: u32,
    /// In: `XEN_DOMCTL_SHADOW_ENABLE_*` or `XEN_DOMCTL_SHADOW_LOGDIRTY_*`.
    pub mode: u32,
    /// Size of the pool, MiB.
    pub mb: u32,
    pub _pad: [u8; 4],
    pub dirty_bitmap: GuestPtr<u8>,
    /// In: room of the bitmap. Out: frames reported.
    pub pages: u64,
    /// Out.
    pub stats: ShadowOpStats,
}

const _: () = assert!(size_of::<ShadowOp>() == 40 && offset_of!(ShadowOp, stats) == 32);

pub const XEN_DOMCTL_SHADOW_OP_OFF: u32 = 0;
pub const XEN_DOMCTL_SHADOW_OP_ENABLE_TEST: u32 = 1;
pub const XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY: u32 = 2;
pub const XEN_DOMCTL_SHADOW_OP_CLEAN: u32 = 11;
pub const XEN_DOMCTL_SHADOW_OP_PEEK: u32 = 12;
pub const XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION: u32 = 30;
pub const XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION: u32 = 31;
pub const XEN_DOMCTL_SHADOW_OP_ENABLE: u32 = 32;
pub const XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT: u32 = 0x2;
pub const XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY: u32 = 0x4;
pub const XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE: u32 = 0x8;
pub const XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL: u32 = 0x10;
pub const XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL: u32 = 1;

/// `XEN_DOMCTL_max_mem` (`struct xen_domctl_max_mem`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MaxMem {
    pub max_memkb: u64,
}

const _: () = assert!(size_of::<MaxMem>() == 8 && offset_of!(MaxMem, max_memkb) == 0);

/// `XEN_DOMCTL_setvcpucontext`, `getvcpucontext` (`struct xen_domctl_vcpucontext`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Vcpucontext {
    pub vcpu: u32,
    pub _pad: [u8; 4],
    /// Null with set: take the vCPU down.
    pub ctxt: GuestPtr<VcpuGuestContext>,
}

const _: () = assert!(size_of::<Vcpucontext>() == 16 && offset_of!(Vcpucontext, ctxt) == 8);

/// `XEN_DOMCTL_getvcpuinfo` (`struct xen_domctl_getvcpuinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Getvcpuinfo {
    /// In.
    pub vcpu: u32,
    pub online: u8,
    pub blocked: u8,
    pub running: u8,
    pub _pad0: [u8; 1],
    /// Nanoseconds.
    pub cpu_time: u64,
    /// Where it is or was last.
    pub cpu: u32,
    pub _pad1: [u8; 4],
}

const _: () = assert!(size_of::<Getvcpuinfo>() == 24 && offset_of!(Getvcpuinfo, cpu) == 16);

/// `XEN_DOMCTL_setnodeaffinity`, `getnodeaffinity` (`struct xen_domctl_nodeaffinity`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Nodeaffinity {
    pub nodemap: CtlBitmap,
}

const _: () = assert!(size_of::<Nodeaffinity>() == 16 && offset_of!(Nodeaffinity, nodemap) == 0);

/// `XEN_DOMCTL_setvcpuaffinity`, `getvcpuaffinity` (`struct xen_domctl_vcpuaffinity`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Vcpuaffinity {
    pub vcpu: u32,
    /// `XEN_VCPUAFFINITY_*`: which of the maps count.
    pub flags: u32,
    /// In, and out: what came of it.
    pub cpumap_hard: CtlBitmap,
    pub cpumap_soft: CtlBitmap,
}

const _: () =
    assert!(size_of::<Vcpuaffinity>() == 40 && offset_of!(Vcpuaffinity, cpumap_soft) == 24);

pub const XEN_VCPUAFFINITY_HARD: u32 = 0x1;
pub const XEN_VCPUAFFINITY_SOFT: u32 = 0x2;
pub const XEN_VCPUAFFINITY_FORCE: u32 = 0x4;

/// `XEN_DOMCTL_max_vcpus` (`struct xen_domctl_max_vcpus`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MaxVcpus {
    pub max: u32,
}

const _: () = assert!(size_of::<MaxVcpus>() == 4 && offset_of!(MaxVcpus, max) == 0);

pub const XEN_SCHEDULER_CREDIT: u32 = 5;
pub const XEN_SCHEDULER_CREDIT2: u32 = 6;
pub const XEN_SCHEDULER_ARINC653: u32 = 7;
pub const XEN_SCHEDULER_RTDS: u32 = 8;
pub const XEN_SCHEDULER_NULL: u32 = 9;

/// Parameters of a domain under credit (`struct xen_domctl_sched_credit`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedCredit {
    pub weight: u16,
    /// Per cent of one CPU; 0 is no cap.
    pub cap: u16,
}

const _: () = assert!(size_of::<SchedCredit>() == 4 && offset_of!(SchedCredit, cap) == 2);

/// Parameters of a domain under credit2 (`struct xen_domctl_sched_credit2`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedCredit2 {
    pub weight: u16,
    /// Per cent of one CPU; 0 is no cap.
    pub cap: u16,
}

const _: () = assert!(size_of::<SchedCredit2>() == 4 && offset_of!(SchedCredit2, cap) == 2);

/// Parameters of a vCPU under rtds (`struct xen_domctl_sched_rtds`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedRtds {
    /// Microseconds.
    pub period: u32,
    /// Microseconds.
    pub budget: u32,
    pub flags: u32,
}

const _: () = assert!(size_of::<SchedRtds>() == 12 && offset_of!(SchedRtds, flags) == 8);

/// Parameters of one vCPU (`struct xen_domctl_schedparam_vcpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedparamVcpu {
    /// A `SchedCredit`, `SchedCredit2` or `SchedRtds`.
    pub u: [u32; 3],
    pub vcpuid: u32,
}

const _: () =
    assert!(size_of::<SchedparamVcpu>() == 16 && offset_of!(SchedparamVcpu, vcpuid) == 12);

/// `XEN_DOMCTL_scheduler_op` (`struct xen_domctl_scheduler_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedulerOp {
    /// In: `XEN_SCHEDULER_*`; must be the one in force.
    pub sched_id: u32,
    /// In: `XEN_DOMCTL_SCHEDOP_*`.
    pub cmd: u32,
    /// A `SchedCredit`, `SchedCredit2`, `SchedRtds` or `SchedulerOpVcpus`.
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<SchedulerOp>() == 24 && offset_of!(SchedulerOp, u) == 8);

/// The vCPUs of a scheduler operation (`struct xen_domctl_scheduler_op`, `u.v`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SchedulerOpVcpus {
    pub vcpus: GuestPtr<SchedparamVcpu>,
    pub nr_vcpus: u32,
    pub padding: u32,
}

const _: () =
    assert!(size_of::<SchedulerOpVcpus>() == 16 && offset_of!(SchedulerOpVcpus, padding) == 12);

pub const XEN_DOMCTL_SCHEDRT_EXTRA: u32 = 1;
pub const XEN_DOMCTL_SCHEDOP_PUTINFO: u32 = 0;
pub const XEN_DOMCTL_SCHEDOP_GETINFO: u32 = 1;
pub const XEN_DOMCTL_SCHEDOP_PUTVCPUINFO: u32 = 2;
pub const XEN_DOMCTL_SCHEDOP_GETVCPUINFO: u32 = 3;

/// `XEN_DOMCTL_setdomainhandle` (`struct xen_domctl_setdomainhandle`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Setdomainhandle {
    pub handle: DomainHandle,
}

const _: () =
    assert!(size_of::<Setdomainhandle>() == 16 && offset_of!(Setdomainhandle, handle) == 0);

/// `XEN_DOMCTL_setdebugging` (`struct xen_domctl_setdebugging`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Setdebugging {
    pub enable: u8,
}

const _: () = assert!(size_of::<Setdebugging>() == 1 && offset_of!(Setdebugging, enable) == 0);

/// `XEN_DOMCTL_irq_permission` (`struct xen_domctl_irq_permission`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IrqPermission {
    pub pirq: u32,
    pub allow_access: u8,
    pub pad: [u8; 3],
}

const _: () = assert!(size_of::<IrqPermission>() == 8 && offset_of!(IrqPermission, pad) == 5);

/// `XEN_DOMCTL_gsi_permission` (`struct xen_domctl_gsi_permission`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GsiPermission {
    pub gsi: u32,
    /// `XEN_DOMCTL_GSI_GRANT` or `XEN_DOMCTL_GSI_REVOKE`.
    pub flags: u32,
}

const _: () = assert!(size_of::<GsiPermission>() == 8 && offset_of!(GsiPermission, flags) == 4);

pub const XEN_DOMCTL_GSI_REVOKE: u32 = 0;
pub const XEN_DOMCTL_GSI_GRANT: u32 = 1;
pub const XEN_DOMCTL_GSI_ACTION_MASK: u32 = 1;

/// `XEN_DOMCTL_iomem_permission` (`struct xen_domctl_iomem_permission`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IomemPermission {
    pub first_mfn: u64,
    pub nr_mfns: u64,
    pub allow_access: u8,
    pub _pad: [u8; 7],
}

const _: () =
    assert!(size_of::<IomemPermission>() == 24 && offset_of!(IomemPermission, allow_access) == 16);

/// `XEN_DOMCTL_ioport_permission` (`struct xen_domctl_ioport_permission`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IoportPermission {
    pub first_port: u32,
    pub nr_ports: u32,
    pub allow_access: u8,
    pub _pad: [u8; 3],
}

const _: () =
    assert!(size_of::<IoportPermission>() == 12 && offset_of!(IoportPermission, allow_access) == 8);

/// `XEN_DOMCTL_hypercall_init` (`struct xen_domctl_hypercall_init`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct HypercallInit {
    /// The frame to fill with stubs.
    pub gmfn: u64,
}

const _: () = assert!(size_of::<HypercallInit>() == 8 && offset_of!(HypercallInit, gmfn) == 0);

/// `XEN_DOMCTL_settimeoffset` (`struct xen_domctl_settimeoffset`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Settimeoffset {
    pub time_offset_seconds: i64,
}

const _: () =
    assert!(size_of::<Settimeoffset>() == 8 && offset_of!(Settimeoffset, time_offset_seconds) == 0);

/// `XEN_DOMCTL_gethvmcontext`, `sethvmcontext` (`struct xen_domctl_hvmcontext`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Hvmcontext {
    /// In: room. Out: bytes; with a null buffer the room needed.
    pub size: u32,
    pub _pad: [u8; 4],
    pub buffer: GuestPtr<u8>,
}

const _: () = assert!(size_of::<Hvmcontext>() == 16 && offset_of!(Hvmcontext, buffer) == 8);

/// `XEN_DOMCTL_set_address_size`, `get_address_size` (`struct xen_domctl_address_size`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AddressSize {
    /// 32 or 64.
    pub size: u32,
}

const _: () = assert!(size_of::<AddressSize>() == 4 && offset_of!(AddressSize, size) == 0);

/// `XEN_DOMCTL_sendtrigger` (`struct xen_domctl_sendtrigger`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Sendtrigger {
    /// `XEN_DOMCTL_SENDTRIGGER_*`.
    pub trigger: u32,
    pub vcpu: u32,
}

const _: () = assert!(size_of::<Sendtrigger>() == 8 && offset_of!(Sendtrigger, vcpu) == 4);

pub const XEN_DOMCTL_SENDTRIGGER_NMI: u32 = 0;
pub const XEN_DOMCTL_SENDTRIGGER_RESET: u32 = 1;
pub const XEN_DOMCTL_SENDTRIGGER_INIT: u32 = 2;
pub const XEN_DOMCTL_SENDTRIGGER_POWER: u32 = 3;
pub const XEN_DOMCTL_SENDTRIGGER_SLEEP: u32 = 4;

/// `XEN_DOMCTL_assign_device` and its kin (`struct xen_domctl_assign_device`), for PCI.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AssignDevice {
    /// `XEN_DOMCTL_DEV_*`.
    pub dev: u32,
    /// `XEN_DOMCTL_DEV_RDM_RELAXED`.
    pub flags: u32,
    /// For PCI: segment, bus, device and function in the low half of the first word.
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<AssignDevice>() == 24 && offset_of!(AssignDevice, u) == 8);

pub const XEN_DOMCTL_DEV_PCI: u32 = 0;
pub const XEN_DOMCTL_DEV_DT: u32 = 1;
pub const XEN_DOMCTL_DEV_RDM_RELAXED: u32 = 1;

/// `XEN_DOMCTL_get_device_group` (`struct xen_domctl_get_device_group`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetDeviceGroup {
    pub machine_sbdf: u32,
    pub max_sdevs: u32,
    /// Out.
    pub num_sdevs: u32,
    pub _pad: [u8; 4],
    /// Out.
    pub sdev_array: GuestPtr<u32>,
}

const _: () =
    assert!(size_of::<GetDeviceGroup>() == 24 && offset_of!(GetDeviceGroup, sdev_array) == 16);

/// `XEN_DOMCTL_bind_pt_irq`, `unbind_pt_irq` (`struct xen_domctl_bind_pt_irq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindPtIrq {
    pub machine_irq: u32,
    /// `PT_IRQ_TYPE_*`.
    pub irq_type: u32,
    /// A `BindPtIrqPci` or a `BindPtIrqMsi`; for ISA the line in the first byte.
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<BindPtIrq>() == 24 && offset_of!(BindPtIrq, u) == 8);

/// A guest's PCI interrupt (`struct xen_domctl_bind_pt_irq`, `u.pci`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindPtIrqPci {
    pub bus: u8,
    pub device: u8,
    pub intx: u8,
}

const _: () = assert!(size_of::<BindPtIrqPci>() == 3 && offset_of!(BindPtIrqPci, intx) == 2);

/// A guest's message (`struct xen_domctl_bind_pt_irq`, `u.msi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindPtIrqMsi {
    pub gvec: u8,
    pub _pad: [u8; 3],
    /// `XEN_DOMCTL_VMSI_X86_*`.
    pub gflags: u32,
    pub gtable: u64,
}

const _: () = assert!(size_of::<BindPtIrqMsi>() == 16 && offset_of!(BindPtIrqMsi, gtable) == 8);

pub const PT_IRQ_TYPE_PCI: u32 = 0;
pub const PT_IRQ_TYPE_ISA: u32 = 1;
pub const PT_IRQ_TYPE_MSI: u32 = 2;
pub const PT_IRQ_TYPE_MSI_TRANSLATE: u32 = 3;
pub const XEN_DOMCTL_VMSI_X86_DEST_ID_MASK: u32 = 0xff;
pub const XEN_DOMCTL_VMSI_X86_RH_MASK: u32 = 0x100;
pub const XEN_DOMCTL_VMSI_X86_DM_MASK: u32 = 0x200;
pub const XEN_DOMCTL_VMSI_X86_DELIV_MASK: u32 = 0x7000;
pub const XEN_DOMCTL_VMSI_X86_TRIG_MASK: u32 = 0x8000;
pub const XEN_DOMCTL_VMSI_X86_UNMASKED: u32 = 0x1_0000;

/// `XEN_DOMCTL_memory_mapping` (`struct xen_domctl_memory_mapping`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemoryMapping {
    pub first_gfn: u64,
    pub first_mfn: u64,
    pub nr_mfns: u64,
    /// `DPCI_ADD_MAPPING` or `DPCI_REMOVE_MAPPING`.
    pub add_mapping: u32,
    pub padding: u32,
}

const _: () = assert!(size_of::<MemoryMapping>() == 32 && offset_of!(MemoryMapping, padding) == 28);

/// `XEN_DOMCTL_ioport_mapping` (`struct xen_domctl_ioport_mapping`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IoportMapping {
    pub first_gport: u32,
    pub first_mport: u32,
    pub nr_ports: u32,
    /// `DPCI_ADD_MAPPING` or `DPCI_REMOVE_MAPPING`.
    pub add_mapping: u32,
}

const _: () =
    assert!(size_of::<IoportMapping>() == 16 && offset_of!(IoportMapping, add_mapping) == 12);

pub const DPCI_ADD_MAPPING: u32 = 1;
pub const DPCI_REMOVE_MAPPING: u32 = 0;
pub const XEN_DOMCTL_MEM_CACHEATTR_UC: u32 = 0;
pub const XEN_DOMCTL_MEM_CACHEATTR_WC: u32 = 1;
pub const XEN_DOMCTL_MEM_CACHEATTR_WT: u32 = 4;
pub const XEN_DOMCTL_MEM_CACHEATTR_WP: u32 = 5;
pub const XEN_DOMCTL_MEM_CACHEATTR_WB: u32 = 6;
pub const XEN_DOMCTL_MEM_CACHEATTR_UCM: u32 = 7;
pub const XEN_DOMCTL_DELETE_MEM_CACHEATTR: u32 = 0xffff_ffff;

/// `XEN_DOMCTL_set_ext_vcpucontext`, `get_ext_vcpucontext` (`struct xen_domctl_ext_vcpucontext`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ExtVcpucontext {
    pub vcpu: u32,
    /// In (set), out (get): bytes of the structure that count.
    pub size: u32,
    pub syscall32_callback_eip: u64,
    pub sysenter_callback_eip: u64,
    pub syscall32_callback_cs: u16,
    pub sysenter_callback_cs: u16,
    pub syscall32_disables_events: u8,
    pub sysenter_disables_events: u8,
    pub _pad: [u8; 2],
    pub vmce: VmceVcpu,
}

const _: () = assert!(size_of::<ExtVcpucontext>() == 64 && offset_of!(ExtVcpucontext, vmce) == 32);

/// `XEN_DOMCTL_set_target` (`struct xen_domctl_set_target`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetTarget {
    pub target: RawDomId,
}

const _: () = assert!(size_of::<SetTarget>() == 2 && offset_of!(SetTarget, target) == 0);

/// `XEN_DOMCTL_get_cpu_policy`, `set_cpu_policy` (`struct xen_domctl_cpu_policy`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuPolicy {
    /// In: room or entries. Out: entries.
    pub nr_leaves: u32,
    pub nr_msrs: u32,
    pub leaves: GuestPtr<CpuidLeaf>,
    pub msrs: GuestPtr<MsrEntry>,
    /// Out: what was refused; all ones if nothing.
    pub err_leaf: u32,
    pub err_subleaf: u32,
    pub err_msr: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<CpuPolicy>() == 40 && offset_of!(CpuPolicy, err_msr) == 32);

pub const XEN_CPUID_INPUT_UNUSED: u32 = 0xffff_ffff;

/// `XEN_DOMCTL_subscribe` (`struct xen_domctl_subscribe`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Subscribe {
    pub port: u32,
}

const _: () = assert!(size_of::<Subscribe>() == 4 && offset_of!(Subscribe, port) == 0);

/// `XEN_DOMCTL_debug_op` (`struct xen_domctl_debug_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct DebugOp {
    /// `XEN_DOMCTL_DEBUG_OP_*`.
    pub op: u32,
    pub vcpu: u32,
}

const _: () = assert!(size_of::<DebugOp>() == 8 && offset_of!(DebugOp, vcpu) == 4);

pub const XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF: u32 = 0;
pub const XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON: u32 = 1;

/// `XEN_DOMCTL_gethvmcontext_partial` (`struct xen_domctl_hvmcontext_partial`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct HvmcontextPartial {
    /// In: kind of record.
    pub type_: u32,
    /// In.
    pub instance: u32,
    /// In: room. Out: bytes.
    pub bufsz: u64,
    pub buffer: GuestPtr<u8>,
}

const _: () =
    assert!(size_of::<HvmcontextPartial>() == 24 && offset_of!(HvmcontextPartial, buffer) == 16);

/// `XEN_DOMCTL_gettscinfo`, `settscinfo` (`struct xen_domctl_tsc_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TscInfo {
    pub tsc_mode: u32,
    pub gtsc_khz: u32,
    pub incarnation: u32,
    pub pad: u32,
    pub elapsed_nsec: u64,
}

const _: () = assert!(size_of::<TscInfo>() == 24 && offset_of!(TscInfo, elapsed_nsec) == 16);

/// `XEN_DOMCTL_gdbsx_guestmemio` (`struct xen_domctl_gdbsx_memio`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GdbsxMemio {
    pub pgd3val: u64,
    /// The guest's address.
    pub gva: u64,
    /// The caller's buffer.
    pub uva: u64,
    pub len: u32,
    /// 1 writes to the guest.
    pub gwr: u8,
    pub _pad0: [u8; 3],
    /// Out: bytes not done.
    pub remain: u32,
    pub _pad1: [u8; 4],
}

const _: () = assert!(size_of::<GdbsxMemio>() == 40 && offset_of!(GdbsxMemio, remain) == 32);

/// `XEN_DOMCTL_gdbsx_pausevcpu`, `gdbsx_unpausevcpu` (`struct xen_domctl_gdbsx_pauseunp_vcpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GdbsxPauseunpVcpu {
    pub vcpu: u32,
}

const _: () =
    assert!(size_of::<GdbsxPauseunpVcpu>() == 4 && offset_of!(GdbsxPauseunpVcpu, vcpu) == 0);

/// `XEN_DOMCTL_gdbsx_domstatus` (`struct xen_domctl_gdbsx_domstatus`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GdbsxDomstatus {
    pub paused: u8,
    pub _pad: [u8; 3],
    pub vcpu_id: u32,
    pub vcpu_ev: u32,
}

const _: () =
    assert!(size_of::<GdbsxDomstatus>() == 12 && offset_of!(GdbsxDomstatus, vcpu_ev) == 8);

/// `XEN_DOMCTL_vm_event_op` (`struct xen_domctl_vm_event_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VmEventOp {
    pub op: u32,
    pub mode: u32,
    pub u: u32,
}

const _: () = assert!(size_of::<VmEventOp>() == 12 && offset_of!(VmEventOp, u) == 8);

pub const XEN_VM_EVENT_ENABLE: u32 = 0;
pub const XEN_VM_EVENT_DISABLE: u32 = 1;
pub const XEN_VM_EVENT_RESUME: u32 = 2;
pub const XEN_VM_EVENT_GET_VERSION: u32 = 3;
pub const XEN_DOMCTL_VM_EVENT_OP_PAGING: u32 = 1;
pub const XEN_DOMCTL_VM_EVENT_OP_MONITOR: u32 = 2;
pub const XEN_DOMCTL_VM_EVENT_OP_SHARING: u32 = 3;
pub const XEN_DOMCTL_MEM_SHARING_CONTROL: u32 = 0;

/// `XEN_DOMCTL_mem_sharing_op` (`struct xen_domctl_mem_sharing_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MemSharingOp {
    pub op: u8,
    pub u: u8,
}

const _: () = assert!(size_of::<MemSharingOp>() == 2 && offset_of!(MemSharingOp, u) == 1);

/// `XEN_DOMCTL_audit_p2m` (`struct xen_domctl_audit_p2m`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AuditP2m {
    pub orphans: u64,
    pub m2p_bad: u64,
    pub p2m_bad: u64,
}

const _: () = assert!(size_of::<AuditP2m>() == 24 && offset_of!(AuditP2m, p2m_bad) == 16);

/// `XEN_DOMCTL_set_virq_handler` (`struct xen_domctl_set_virq_handler`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetVirqHandler {
    pub virq: u32,
}

const _: () = assert!(size_of::<SetVirqHandler>() == 4 && offset_of!(SetVirqHandler, virq) == 0);

/// `XEN_DOMCTL_setvcpuextstate`, `getvcpuextstate` (`struct xen_domctl_vcpuextstate`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Vcpuextstate {
    pub vcpu: u32,
    pub _pad: [u8; 4],
    pub xfeature_mask: u64,
    /// In: room or bytes. Out: bytes; with a null buffer the room needed.
    pub size: u64,
    pub buffer: GuestPtr<u64>,
}

const _: () = assert!(size_of::<Vcpuextstate>() == 32 && offset_of!(Vcpuextstate, buffer) == 24);

/// `XEN_DOMCTL_set_access_required` (`struct xen_domctl_set_access_required`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetAccessRequired {
    pub access_required: u8,
}

const _: () = assert!(
    size_of::<SetAccessRequired>() == 1 && offset_of!(SetAccessRequired, access_required) == 0
);

/// `XEN_DOMCTL_set_broken_page_p2m` (`struct xen_domctl_set_broken_page_p2m`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetBrokenPageP2m {
    pub pfn: u64,
}

const _: () = assert!(size_of::<SetBrokenPageP2m>() == 8 && offset_of!(SetBrokenPageP2m, pfn) == 0);

/// `XEN_DOMCTL_cacheflush` (`struct xen_domctl_cacheflush`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Cacheflush {
    pub start_pfn: u64,
    pub nr_pfns: u64,
}

const _: () = assert!(size_of::<Cacheflush>() == 16 && offset_of!(Cacheflush, nr_pfns) == 8);

/// `XEN_DOMCTL_get_paging_mempool_size`, `set_paging_mempool_size` (`struct xen_domctl_paging_mempool`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PagingMempool {
    /// Bytes.
    pub size: u64,
}

const _: () = assert!(size_of::<PagingMempool>() == 8 && offset_of!(PagingMempool, size) == 0);

/// One MSR of a vCPU (`struct xen_domctl_vcpu_msr`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VcpuMsr {
    pub index: u32,
    pub reserved: u32,
    pub value: u64,
}

const _: () = assert!(size_of::<VcpuMsr>() == 16 && offset_of!(VcpuMsr, value) == 8);

/// `XEN_DOMCTL_get_vcpu_msrs`, `set_vcpu_msrs` (`struct xen_domctl_vcpu_msrs`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VcpuMsrs {
    pub vcpu: u32,
    /// In: room or entries. Out: entries; with a null list the room needed.
    pub msr_count: u32,
    pub msrs: GuestPtr<VcpuMsr>,
}

const _: () = assert!(size_of::<VcpuMsrs>() == 16 && offset_of!(VcpuMsrs, msrs) == 8);

/// `XEN_DOMCTL_setvnumainfo` (`struct xen_domctl_vnuma`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Vnuma {
    pub nr_vnodes: u32,
    pub nr_vmemranges: u32,
    pub nr_vcpus: u32,
    pub pad: u32,
    pub vdistance: GuestPtr<u32>,
    pub vcpu_to_vnode: GuestPtr<u32>,
    pub vnode_to_pnode: GuestPtr<u32>,
    pub vmemrange: GuestPtr<Vmemrange>,
}

const _: () = assert!(size_of::<Vnuma>() == 48 && offset_of!(Vnuma, vmemrange) == 40);

/// `XEN_DOMCTL_psr_cmt_op` (`struct xen_domctl_psr_cmt_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PsrCmtOp {
    pub cmd: u32,
    pub data: u32,
}

const _: () = assert!(size_of::<PsrCmtOp>() == 8 && offset_of!(PsrCmtOp, data) == 4);

pub const XEN_DOMCTL_PSR_CMT_OP_DETACH: u32 = 0;
pub const XEN_DOMCTL_PSR_CMT_OP_ATTACH: u32 = 1;
pub const XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID: u32 = 2;

/// `XEN_DOMCTL_monitor_op` (`struct xen_domctl_monitor_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MonitorOp {
    /// `XEN_DOMCTL_MONITOR_OP_*`.
    pub op: u32,
    /// `XEN_DOMCTL_MONITOR_EVENT_*`.
    pub event: u32,
    pub u: [u64; 2],
}

const _: () = assert!(size_of::<MonitorOp>() == 24 && offset_of!(MonitorOp, u) == 8);

pub const XEN_DOMCTL_MONITOR_OP_ENABLE: u32 = 0;
pub const XEN_DOMCTL_MONITOR_OP_DISABLE: u32 = 1;
pub const XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES: u32 = 2;
pub const XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP: u32 = 3;
pub const XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS: u32 = 4;

/// `XEN_DOMCTL_psr_alloc` (`struct xen_domctl_psr_alloc`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PsrAlloc {
    pub cmd: u32,
    pub target: u32,
    pub data: u64,
}

const _: () = assert!(size_of::<PsrAlloc>() == 16 && offset_of!(PsrAlloc, data) == 8);

/// `XEN_DOMCTL_vuart_op` (`struct xen_domctl_vuart_op`); Arm only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VuartOp {
    pub cmd: u32,
    pub type_: u32,
    pub gfn: u64,
    pub console_domid: RawDomId,
    pub pad: [u8; 2],
    pub evtchn: u32,
}

const _: () = assert!(size_of::<VuartOp>() == 24 && offset_of!(VuartOp, evtchn) == 20);

/// `XEN_DOMCTL_vmtrace_op` (`struct xen_domctl_vmtrace_op`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VmtraceOp {
    /// `XEN_DOMCTL_VMTRACE_*`.
    pub cmd: u32,
    pub vcpu: u32,
    pub key: u64,
    pub value: u64,
}

const _: () = assert!(size_of::<VmtraceOp>() == 24 && offset_of!(VmtraceOp, value) == 16);

pub const XEN_DOMCTL_VMTRACE_ENABLE: u32 = 1;
pub const XEN_DOMCTL_VMTRACE_DISABLE: u32 = 2;
pub const XEN_DOMCTL_VMTRACE_RESET_AND_ENABLE: u32 = 3;
pub const XEN_DOMCTL_VMTRACE_OUTPUT_POSITION: u32 = 4;
pub const XEN_DOMCTL_VMTRACE_GET_OPTION: u32 = 5;
pub const XEN_DOMCTL_VMTRACE_SET_OPTION: u32 = 6;

/// `XEN_DOMCTL_set_llc_colors` (`struct xen_domctl_set_llc_colors`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetLlcColors {
    pub num_llc_colors: u32,
    pub pad: u32,
    pub llc_colors: GuestPtr<u32>,
}

const _: () = assert!(size_of::<SetLlcColors>() == 16 && offset_of!(SetLlcColors, llc_colors) == 8);
