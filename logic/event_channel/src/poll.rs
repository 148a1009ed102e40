//! Polling: a virtual CPU sleeps until one of some ports is pending, masked or not.
//!
//! Always: the count of pollers is that of the marks, and a mark is set before the ports are looked at, so a port
//! that becomes pending meanwhile finds the mark. Whoever takes a mark wakes its virtual CPU.

use core::sync::atomic::Ordering;

use crate::queues::VcpuPorts;
use crate::{Error, Port, Shared, Table, VcpuId};

/// Polls nothing.
const IDLE: u32 = 0;
/// Polls several ports: any port of the domain wakes it, and it looks again.
const SEVERAL: u32 = u32::MAX;

/// What a virtual CPU that wants to poll should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// One of the ports is pending: go on.
    Ready,
    /// None is: sleep until woken, or until the time is up; then [`Table::stop_poll`].
    Wait,
}

impl Table {
    /// Begins to poll. The caller marks the virtual CPU as sleeping first, so that a wake-up in between is not lost,
    /// and takes that back unless the answer is [`Poll::Wait`].
    pub fn poll(&self, vcpu: VcpuId, ports: &[Port], shared: &impl Shared) -> Result<Poll, Error> {
        let slot = self.vcpu(vcpu)?;
        let mark = match ports {
            [port] if port.0 != IDLE => port.0,
            _ => SEVERAL,
        };
        self.set_mark(slot, mark);
        let pending = ports
            .iter()
            .map(|&port| self.is_pending(port, shared))
            .try_fold(false, |any, pending| Ok(any | pending?));
        match pending {
            Ok(false) => Ok(Poll::Wait),
            other => {
                self.clear_mark(slot);
                other.map(|_| Poll::Ready)
            }
        }
    }

    /// Ends polling: the time is up, or something else woke the virtual CPU.
    pub fn stop_poll(&self, vcpu: VcpuId) {
        if let Ok(slot) = self.vcpu(vcpu) {
            self.clear_mark(slot);
        }
    }

    /// The virtual CPUs to unblock because this port became pending. They no longer poll.
    pub fn take_pollers(&self, port: Port) -> impl Iterator<Item = VcpuId> + '_ {
        (0u16..)
            .zip(self.vcpus.iter())
            .filter(move |(_, slot)| {
                let polls = slot.polls.load(Ordering::SeqCst);
                (polls == SEVERAL || polls == port.0) && self.clear_mark(slot)
            })
            .map(|(vcpu, _)| VcpuId(vcpu))
    }

    /// Whether anybody polls.
    #[inline]
    pub(crate) fn has_pollers(&self) -> bool {
        self.pollers.load(Ordering::SeqCst) != 0
    }

    fn set_mark(&self, slot: &VcpuPorts, mark: u32) {
        if slot.polls.swap(mark, Ordering::SeqCst) == IDLE {
            self.pollers.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether there was a mark to clear.
    fn clear_mark(&self, slot: &VcpuPorts) -> bool {
        let marked = slot.polls.swap(IDLE, Ordering::SeqCst) != IDLE;
        if marked {
            self.pollers.fetch_sub(1, Ordering::SeqCst);
        }
        marked
    }
}
