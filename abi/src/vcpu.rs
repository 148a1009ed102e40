//! The words of vCPU operations (`vcpu.h`): bringing up, timers, and the areas that a guest registers.
//!
//! Always: an area's address is as its operation says, virtual or physical; nothing here tells them apart.
//!
//! Not here: accounting of run states (`logic/sched`, `hypervisor::domain`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub const VCPUOP_INITIALISE: u32 = 0;
pub const VCPUOP_UP: u32 = 1;
pub const VCPUOP_DOWN: u32 = 2;
pub const VCPUOP_IS_UP: u32 = 3;
pub const VCPUOP_GET_RUNSTATE_INFO: u32 = 4;
pub const VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA: u32 = 5;
pub const VCPUOP_SET_PERIODIC_TIMER: u32 = 6;
pub const VCPUOP_STOP_PERIODIC_TIMER: u32 = 7;
pub const VCPUOP_SET_SINGLESHOT_TIMER: u32 = 8;
pub const VCPUOP_STOP_SINGLESHOT_TIMER: u32 = 9;
pub const VCPUOP_REGISTER_VCPU_INFO: u32 = 10;
pub const VCPUOP_SEND_NMI: u32 = 11;
pub const VCPUOP_GET_PHYSID: u32 = 12;
pub const VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA: u32 = 13;
pub const VCPUOP_REGISTER_RUNSTATE_PHYS_AREA: u32 = 14;
pub const VCPUOP_REGISTER_VCPU_TIME_PHYS_AREA: u32 = 15;

/// How long a vCPU has been in each state (`struct vcpu_runstate_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RunstateInfo {
    /// `RUNSTATE_*`.
    pub state: i32,
    pub _pad: [u8; 4],
    /// System time at which it entered the state; may carry `XEN_RUNSTATE_UPDATE`.
    pub state_entry_time: u64,
    /// Nanoseconds in each state.
    pub time: [u64; 4],
}

const _: () = assert!(size_of::<RunstateInfo>() == 48 && offset_of!(RunstateInfo, time) == 16);

/// Set in `state_entry_time` while the rest changes, for guests that asked for it.
pub const XEN_RUNSTATE_UPDATE: u64 = 0x8000_0000_0000_0000;

pub const RUNSTATE_RUNNING: i32 = 0;
/// Ready, without a CPU.
pub const RUNSTATE_RUNNABLE: i32 = 1;
pub const RUNSTATE_BLOCKED: i32 = 2;
pub const RUNSTATE_OFFLINE: i32 = 3;

/// Argument of the two runstate registrations (`struct vcpu_register_runstate_memory_area`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RegisterRunstateMemoryArea {
    /// A virtual address (`addr.h`, `addr.v`) or a physical one (`addr.p`).
    pub addr: u64,
}

const _: () = assert!(
    size_of::<RegisterRunstateMemoryArea>() == 8
        && offset_of!(RegisterRunstateMemoryArea, addr) == 0
);

/// Argument of `VCPUOP_set_periodic_timer` (`struct vcpu_set_periodic_timer`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetPeriodicTimer {
    pub period_ns: u64,
}

const _: () =
    assert!(size_of::<SetPeriodicTimer>() == 8 && offset_of!(SetPeriodicTimer, period_ns) == 0);

/// Argument of `VCPUOP_set_singleshot_timer` (`struct vcpu_set_singleshot_timer`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetSingleshotTimer {
    /// System time.
    pub timeout_abs_ns: u64,
    /// `VCPU_SSHOTTMR_FUTURE`.
    pub flags: u32,
    pub _pad: [u8; 4],
}

const _: () =
    assert!(size_of::<SetSingleshotTimer>() == 16 && offset_of!(SetSingleshotTimer, flags) == 8);

/// A time already past is an error (-ETIME), not an immediate shot.
pub const VCPU_SSHOTTMR_FUTURE: u32 = 1;

/// Argument of `VCPUOP_register_vcpu_info` (`struct vcpu_register_vcpu_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RegisterVcpuInfo {
    /// The frame, as the guest names frames.
    pub mfn: u64,
    pub offset: u32,
    pub rsvd: u32,
}

const _: () =
    assert!(size_of::<RegisterVcpuInfo>() == 16 && offset_of!(RegisterVcpuInfo, rsvd) == 12);

/// Answer of `VCPUOP_get_physid` (`struct vcpu_get_physid`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct GetPhysid {
    /// APIC id in the low half, ACPI id in the high one.
    pub phys_id: u64,
}

const _: () = assert!(size_of::<GetPhysid>() == 8 && offset_of!(GetPhysid, phys_id) == 0);

/// Argument of the two time registrations (`struct vcpu_register_time_memory_area`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RegisterTimeMemoryArea {
    /// A virtual address (`addr.h`, `addr.v`) or a physical one (`addr.p`).
    pub addr: u64,
}

const _: () = assert!(
    size_of::<RegisterTimeMemoryArea>() == 8 && offset_of!(RegisterTimeMemoryArea, addr) == 0
);
