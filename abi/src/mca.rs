//! Machine checks (`arch-x86/xen-mca.h`): what domain 0 asks about the processors and their errors.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const XEN_MCA_INTERFACE_VERSION: u32 = 0x01ec_c003;

/// Takes the oldest error report.
pub const XEN_MC_FETCH: u32 = 1;
/// Tells a guest of an error.
pub const XEN_MC_NOTIFYDOMAIN: u32 = 2;
/// Describes the processors.
pub const XEN_MC_PHYSCPUINFO: u32 = 3;
/// Prepares registers for a made-up error.
pub const XEN_MC_MSRINJECT: u32 = 4;
/// Makes an error up.
pub const XEN_MC_MCEINJECT: u32 = 5;
/// The same, on several processors.
pub const XEN_MC_INJECT_V2: u32 = 6;

pub const XEN_MC_NONURGENT: u32 = 0x1;
pub const XEN_MC_URGENT: u32 = 0x2;
pub const XEN_MC_ACK: u32 = 0x4;

/// `fetch`: there is no report.
pub const XEN_MC_NODATA: u32 = 0x2;

/// What every call begins with; the operation's own part follows at once.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Head {
    pub cmd: u32,
    pub interface_version: u32,
}

/// Argument of `XEN_MC_fetch` (`struct xen_mc_fetch`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Fetch {
    pub flags: u32,
    pub _pad: u32,
    pub fetch_id: u64,
    /// Where the report goes (`struct mc_info`).
    pub data: u64,
}

/// Argument of `XEN_MC_physcpuinfo` (`struct xen_mc_physcpuinfo`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PhysCpuInfo {
    /// In: room in the list. Out: processors described, or how many there are if no list was given.
    pub ncpus: u32,
    pub _pad: u32,
    /// A list of [`LogicalCpu`], or 0.
    pub info: u64,
}

/// A register of a processor and its value (`struct mcinfo_msr`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Msr {
    pub reg: u64,
    pub value: u64,
}

/// One processor (`struct mcinfo_logical_cpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct LogicalCpu {
    pub cpunr: u32,
    pub chipid: u32,
    pub coreid: u16,
    pub threadid: u16,
    pub apicid: u32,
    pub clusterid: u32,
    pub ncores: u32,
    pub ncores_active: u32,
    pub nthreads: u32,
    /// The highest basic leaf of CPUID.
    pub cpuid_level: i32,
    pub family: u32,
    pub vendor: u32,
    pub model: u32,
    pub step: u32,
    pub vendorid: [u8; 16],
    pub brandid: [u8; 64],
    /// Leaves 1 (EDX, ECX) and 0x8000_0001 (EDX, ECX) at places 0, 4, 1 and 6.
    pub cpu_caps: [u32; 7],
    pub cache_size: u32,
    pub cache_alignment: u32,
    /// How many of the registers that follow are told.
    pub nmsrvals: i32,
    pub _pad: u32,
    pub msrvalues: [Msr; 8],
}

const _: () = assert!(size_of::<LogicalCpu>() == 304 && offset_of!(LogicalCpu, msrvalues) == 176);
