//! Event channels: numbered doorbells between domains.
//!
//! Decides what becomes pending and whom to wake; waking is left to the caller, so nothing blocks. A domain has one
//! [`Table`], which everybody reads and changes by atomics, and one [`Ledger`], which the caller keeps under the
//! domain's own lock: `&mut Ledger` proves that the lock is held.
//!
//! Always: port 0 is never given out; two bound ends name each other; a port is free in the ledger exactly when its
//! channel is free; raising ([`Table::raise`], [`Table::deliver`]) takes no lock in the 2-level scheme and, in the FIFO
//! scheme, only the queues of one virtual CPU (of two while an event moves).
//!
//! Locks: no operation needs the ledgers of two domains, so there is no order between them. The far end is changed
//! by one compare-and-exchange that names both ends. A domain's own ledger comes first, a queue's lock last; interrupts
//! must be off while a table is used, because an interrupt handler may raise an event itself.
//!
//! A send that races with the closing of the far end may ring the next owner of that port, which guests have to bear
//! anyway: binding always rings once.
//!
//! Not here: where the shared words lie ([`Shared`] says which are meant), who may do what (`hypervisor::policy`), the
//! device behind a physical interrupt and the domain behind a number ([`Outside`]), the narrow layout of
//! 32-bit guests.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

extern crate alloc;

mod channel;
mod error;
mod fifo;
mod ledger;
mod poll;
mod queues;
mod shared;
mod table;
mod two_level;
mod virq;

pub use channel::{Binding, Status, Target};
pub use error::Error;
pub use ledger::Ledger;
pub use poll::Poll;
pub use shared::{Shared, Word32, Word64};
pub use table::{Closing, Config, Outside, Progress, Table};
pub use virq::{VIRQS, is_global};

use core::fmt;

/// A channel's number in its domain's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u32);

impl Port {
    /// As it crosses the ABI.
    pub const fn to_abi(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A virtual CPU of the domain that owns the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcpuId(pub u16);

/// Ports of the 2-level scheme (`EVTCHN_2L_NR_CHANNELS`).
pub const TWO_LEVEL_PORTS: u32 = 4096;
/// Ports of the FIFO scheme (`EVTCHN_FIFO_NR_CHANNELS`).
pub const FIFO_PORTS: u32 = 1 << LINK_BITS;
/// Width of the link in an event word (`EVTCHN_FIFO_LINK_BITS`); `init_control` tells it to the guest.
pub const LINK_BITS: u32 = 17;
/// Pages that hold the event words of [`FIFO_PORTS`] ports.
pub const ARRAY_PAGES: usize = 128;
/// Event words in a page.
pub const WORDS_PER_PAGE: u32 = 1024;

/// Whom to tell that something is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Nobody: it was pending already, is masked, or they know.
    None,
    /// This virtual CPU has an upcall to make: kick or unblock it.
    Vcpu(VcpuId),
    /// The hypervisor itself listens at this port, on behalf of this virtual CPU.
    Internal(VcpuId),
}

/// What the caller has to do after something was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a virtual CPU may sleep until it is told"]
pub struct Wake {
    /// The virtual CPU to kick.
    pub notify: Notify,
    /// Some virtual CPU polls and the event is new: ask [`Table::take_pollers`] which to unblock.
    pub pollers: bool,
}

impl Wake {
    /// Nothing to do.
    pub const NOTHING: Self = Self {
        notify: Notify::None,
        pollers: false,
    };
}
