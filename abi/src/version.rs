//! The words of the version call (`version.h`): who the hypervisor is and what it can do.
//!
//! Not here: the feature bits (`features`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Returns major << 16 | minor.
pub const XENVER_VERSION: u32 = 0;
pub const XENVER_EXTRAVERSION: u32 = 1;
pub const XENVER_COMPILE_INFO: u32 = 2;
pub const XENVER_CAPABILITIES: u32 = 3;
pub const XENVER_CHANGESET: u32 = 4;
pub const XENVER_PLATFORM_PARAMETERS: u32 = 5;
pub const XENVER_GET_FEATURES: u32 = 6;
/// Returns the size.
pub const XENVER_PAGESIZE: u32 = 7;
pub const XENVER_GUEST_HANDLE: u32 = 8;
pub const XENVER_COMMANDLINE: u32 = 9;
pub const XENVER_BUILD_ID: u32 = 10;
// The same strings without a limit of length, into a `Varbuf`.
pub const XENVER_EXTRAVERSION2: u32 = 11;
pub const XENVER_CAPABILITIES2: u32 = 12;
pub const XENVER_CHANGESET2: u32 = 13;
pub const XENVER_COMMANDLINE2: u32 = 14;

pub const XEN_EXTRAVERSION_LEN: usize = 16;
pub const XEN_CAPABILITIES_INFO_LEN: usize = 1024;
pub const XEN_CHANGESET_INFO_LEN: usize = 64;

/// Length of the answer to `XENVER_COMMANDLINE` (`xen_commandline_t`).
pub const XEN_COMMANDLINE_LEN: usize = 1024;

/// Answer of `XENVER_compile_info` (`struct xen_compile_info`); strings end with a zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CompileInfo {
    pub compiler: [u8; 64],
    pub compile_by: [u8; 16],
    pub compile_domain: [u8; 32],
    pub compile_date: [u8; 32],
}

const _: () =
    assert!(size_of::<CompileInfo>() == 144 && offset_of!(CompileInfo, compile_date) == 112);

/// Answer of `XENVER_platform_parameters` (`struct xen_platform_parameters`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PlatformParameters {
    /// Where the hypervisor's part of the address space begins.
    pub virt_start: u64,
}

const _: () = assert!(
    size_of::<PlatformParameters>() == 8 && offset_of!(PlatformParameters, virt_start) == 0
);

/// Argument of `XENVER_get_features` (`struct xen_feature_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FeatureInfo {
    /// In: which 32 features.
    pub submap_idx: u32,
    /// Out: one bit for each `features::XENFEAT_*`.
    pub submap: u32,
}

const _: () = assert!(size_of::<FeatureInfo>() == 8 && offset_of!(FeatureInfo, submap) == 4);

/// Head of the answer of `XENVER_build_id` (`struct xen_build_id`); the bytes follow.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BuildId {
    /// In: room behind this field.
    pub len: u32,
}

const _: () = assert!(size_of::<BuildId>() == 4 && offset_of!(BuildId, len) == 0);

/// Head of a string of any length (`struct xen_varbuf`); the bytes follow, without a zero at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Varbuf {
    /// In: room behind this field.
    pub len: u32,
}

const _: () = assert!(size_of::<Varbuf>() == 4 && offset_of!(Varbuf, len) == 0);
