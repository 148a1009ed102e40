//! The words of event channels (`event_channel.h`): operations, states, the layout of the FIFO scheme.
//!
//! Always: a port is a plain number here; 0 is never a valid one.
//!
//! Not here: the rules (`logic/event_channel`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::RawDomId;

pub const EVTCHNOP_BIND_INTERDOMAIN: u32 = 0;
pub const EVTCHNOP_BIND_VIRQ: u32 = 1;
pub const EVTCHNOP_BIND_PIRQ: u32 = 2;
pub const EVTCHNOP_CLOSE: u32 = 3;
pub const EVTCHNOP_SEND: u32 = 4;
pub const EVTCHNOP_STATUS: u32 = 5;
pub const EVTCHNOP_ALLOC_UNBOUND: u32 = 6;
pub const EVTCHNOP_BIND_IPI: u32 = 7;
pub const EVTCHNOP_BIND_VCPU: u32 = 8;
pub const EVTCHNOP_UNMASK: u32 = 9;
pub const EVTCHNOP_RESET: u32 = 10;
pub const EVTCHNOP_INIT_CONTROL: u32 = 11;
pub const EVTCHNOP_EXPAND_ARRAY: u32 = 12;
pub const EVTCHNOP_SET_PRIORITY: u32 = 13;

/// Argument of `EVTCHNOP_alloc_unbound` (`struct evtchn_alloc_unbound`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct AllocUnbound {
    /// In: the domain that gets the port.
    pub dom: RawDomId,
    /// In: the domain that may bind to it.
    pub remote_dom: RawDomId,
    /// Out.
    pub port: u32,
}

const _: () = assert!(size_of::<AllocUnbound>() == 8 && offset_of!(AllocUnbound, port) == 4);

/// Argument of `EVTCHNOP_bind_interdomain` (`struct evtchn_bind_interdomain`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindInterdomain {
    /// In: who holds the unbound port.
    pub remote_dom: RawDomId,
    pub _pad: [u8; 2],
    /// In: that port.
    pub remote_port: u32,
    /// Out: the caller's end.
    pub local_port: u32,
}

const _: () =
    assert!(size_of::<BindInterdomain>() == 12 && offset_of!(BindInterdomain, local_port) == 8);

/// Argument of `EVTCHNOP_bind_virq` (`struct evtchn_bind_virq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindVirq {
    /// In: `xen::VIRQ_*`.
    pub virq: u32,
    /// In: must be 0 for a global one.
    pub vcpu: u32,
    /// Out.
    pub port: u32,
}

const _: () = assert!(size_of::<BindVirq>() == 12 && offset_of!(BindVirq, port) == 8);

/// Argument of `EVTCHNOP_bind_pirq` (`struct evtchn_bind_pirq`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindPirq {
    /// In.
    pub pirq: u32,
    /// In: `BIND_PIRQ__WILL_SHARE`.
    pub flags: u32,
    /// Out.
    pub port: u32,
}

const _: () = assert!(size_of::<BindPirq>() == 12 && offset_of!(BindPirq, port) == 8);

pub const BIND_PIRQ__WILL_SHARE: u32 = 1;

/// Argument of `EVTCHNOP_bind_ipi` (`struct evtchn_bind_ipi`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindIpi {
    /// In: who is notified.
    pub vcpu: u32,
    /// Out.
    pub port: u32,
}

const _: () = assert!(size_of::<BindIpi>() == 8 && offset_of!(BindIpi, port) == 4);

/// Argument of `EVTCHNOP_close` (`struct evtchn_close`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Close {
    pub port: u32,
}

const _: () = assert!(size_of::<Close>() == 4 && offset_of!(Close, port) == 0);

/// Argument of `EVTCHNOP_send` (`struct evtchn_send`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Send {
    pub port: u32,
}

const _: () = assert!(size_of::<Send>() == 4 && offset_of!(Send, port) == 0);

/// Argument of `EVTCHNOP_status` (`struct evtchn_status`). `u` holds, by status: unbound, `[dom, 0]`; interdomain,
/// `[dom, port]`; pirq and virq, `[number, 0]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Status {
    /// In: whose port.
    pub dom: RawDomId,
    pub _pad: [u8; 2],
    /// In.
    pub port: u32,
    /// Out: `EVTCHNSTAT_*`.
    pub status: u32,
    /// Out: who is notified.
    pub vcpu: u32,
    /// Out.
    pub u: [u32; 2],
}

const _: () = assert!(size_of::<Status>() == 24 && offset_of!(Status, u) == 16);

pub const EVTCHNSTAT_CLOSED: u32 = 0;
pub const EVTCHNSTAT_UNBOUND: u32 = 1;
pub const EVTCHNSTAT_INTERDOMAIN: u32 = 2;
pub const EVTCHNSTAT_PIRQ: u32 = 3;
pub const EVTCHNSTAT_VIRQ: u32 = 4;
pub const EVTCHNSTAT_IPI: u32 = 5;

/// Argument of `EVTCHNOP_bind_vcpu` (`struct evtchn_bind_vcpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct BindVcpu {
    pub port: u32,
    /// In: who is notified from now on.
    pub vcpu: u32,
}

const _: () = assert!(size_of::<BindVcpu>() == 8 && offset_of!(BindVcpu, vcpu) == 4);

/// Argument of `EVTCHNOP_unmask` (`struct evtchn_unmask`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Unmask {
    pub port: u32,
}

const _: () = assert!(size_of::<Unmask>() == 4 && offset_of!(Unmask, port) == 0);

/// Argument of `EVTCHNOP_reset` (`struct evtchn_reset`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Reset {
    /// In: whose ports are all closed.
    pub dom: RawDomId,
}

const _: () = assert!(size_of::<Reset>() == 2 && offset_of!(Reset, dom) == 0);

/// Argument of `EVTCHNOP_init_control` (`struct evtchn_init_control`): turns to the FIFO scheme.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct InitControl {
    /// In: the frame that holds the control block.
    pub control_gfn: u64,
    /// In: where in the frame.
    pub offset: u32,
    /// In: whose control block.
    pub vcpu: u32,
    /// Out: width of a link.
    pub link_bits: u8,
    pub _pad: [u8; 7],
}

const _: () = assert!(size_of::<InitControl>() == 24 && offset_of!(InitControl, _pad) == 17);

/// Argument of `EVTCHNOP_expand_array` (`struct evtchn_expand_array`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ExpandArray {
    /// In: the next frame of event words.
    pub array_gfn: u64,
}

const _: () = assert!(size_of::<ExpandArray>() == 8 && offset_of!(ExpandArray, array_gfn) == 0);

/// Argument of `EVTCHNOP_set_priority` (`struct evtchn_set_priority`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SetPriority {
    pub port: u32,
    /// In: 0 is the most urgent.
    pub priority: u32,
}

const _: () = assert!(size_of::<SetPriority>() == 8 && offset_of!(SetPriority, priority) == 4);

/// Argument of the old form of the call (`struct evtchn_op`), which carries the operation inside.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Op {
    pub cmd: u32,
    /// The operation's own structure.
    pub u: [u32; 6],
}

const _: () = assert!(size_of::<Op>() == 28 && offset_of!(Op, u) == 4);

/// Ports of the two-level scheme, on x86-64.
pub const EVTCHN_2L_NR_CHANNELS: u32 = 4096;

pub const EVTCHN_FIFO_PRIORITY_MAX: u32 = 0;
pub const EVTCHN_FIFO_PRIORITY_DEFAULT: u32 = 7;
pub const EVTCHN_FIFO_PRIORITY_MIN: u32 = 15;
pub const EVTCHN_FIFO_MAX_QUEUES: u32 = 16;

// Bits of an event word; the rest is the link to the next event of the queue.
pub const EVTCHN_FIFO_PENDING: u32 = 31;
pub const EVTCHN_FIFO_MASKED: u32 = 30;
pub const EVTCHN_FIFO_LINKED: u32 = 29;
pub const EVTCHN_FIFO_BUSY: u32 = 28;
pub const EVTCHN_FIFO_LINK_BITS: u32 = 17;
pub const EVTCHN_FIFO_LINK_MASK: u32 = 0x1_ffff;
pub const EVTCHN_FIFO_NR_CHANNELS: u32 = 131_072;

/// A vCPU's heads of queues (`struct evtchn_fifo_control_block`). It lives in guest memory: for its layout only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct FifoControlBlock {
    /// One bit for each queue that is not empty.
    pub ready: u32,
    pub _rsvd: u32,
    pub head: [u32; EVTCHN_FIFO_MAX_QUEUES as usize],
}

const _: () =
    assert!(size_of::<FifoControlBlock>() == 72 && offset_of!(FifoControlBlock, head) == 8);
