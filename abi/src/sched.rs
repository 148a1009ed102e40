//! The words of scheduling (`sched.h`): how a guest yields, sleeps, polls and stops.
//!
//! Not here: the policy (`logic/sched`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;
use crate::handle::GuestPtr;

pub const SCHEDOP_YIELD: u32 = 0;
pub const SCHEDOP_BLOCK: u32 = 1;
pub const SCHEDOP_SHUTDOWN: u32 = 2;
pub const SCHEDOP_POLL: u32 = 3;
pub const SCHEDOP_REMOTE_SHUTDOWN: u32 = 4;
pub const SCHEDOP_SHUTDOWN_CODE: u32 = 5;
pub const SCHEDOP_WATCHDOG: u32 = 6;
pub const SCHEDOP_PIN_OVERRIDE: u32 = 7;

/// Argument of `SCHEDOP_shutdown` and `SCHEDOP_shutdown_code` (`struct sched_shutdown`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Shutdown {
    /// `SHUTDOWN_*`.
    pub reason: u32,
}

const _: () = assert!(size_of::<Shutdown>() == 4 && offset_of!(Shutdown, reason) == 0);

/// Argument of `SCHEDOP_poll` (`struct sched_poll`): sleep until one of the ports is pending.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Poll {
    pub ports: GuestPtr<u32>,
    pub nr_ports: u32,
    pub _pad: [u8; 4],
    /// System time in nanoseconds; 0 waits for ever.
    pub timeout: u64,
}

const _: () = assert!(size_of::<Poll>() == 24 && offset_of!(Poll, timeout) == 16);

/// Argument of `SCHEDOP_remote_shutdown` (`struct sched_remote_shutdown`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RemoteShutdown {
    pub domain_id: RawDomId,
    pub _pad: [u8; 2],
    /// `SHUTDOWN_*`.
    pub reason: u32,
}

const _: () = assert!(size_of::<RemoteShutdown>() == 8 && offset_of!(RemoteShutdown, reason) == 4);

/// Argument of `SCHEDOP_watchdog` (`struct sched_watchdog`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Watchdog {
    /// 0 makes a new one.
    pub id: u32,
    /// Seconds; 0 ends it.
    pub timeout: u32,
}

const _: () = assert!(size_of::<Watchdog>() == 8 && offset_of!(Watchdog, timeout) == 4);

/// Argument of `SCHEDOP_pin_override` (`struct sched_pin_override`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PinOverride {
    /// Negative: back to the old affinity.
    pub pcpu: i32,
}

const _: () = assert!(size_of::<PinOverride>() == 4 && offset_of!(PinOverride, pcpu) == 0);

pub const SHUTDOWN_POWEROFF: u32 = 0;
pub const SHUTDOWN_REBOOT: u32 = 1;
pub const SHUTDOWN_SUSPEND: u32 = 2;
pub const SHUTDOWN_CRASH: u32 = 3;
pub const SHUTDOWN_WATCHDOG: u32 = 4;
pub const SHUTDOWN_SOFT_RESET: u32 = 5;
pub const SHUTDOWN_MAX: u32 = 5;
