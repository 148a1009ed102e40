//! The FIFO scheme: every pending port is an entry of a queue, one queue a virtual CPU and priority, linked through
//! the event words that the guest shares.
//!
//! A word holds PENDING, MASKED, LINKED and the LINK to the next port of its queue. The guest takes from the front: it
//! clears LINKED and LINK together and goes on at LINK. We put at the end: LINKED of the last port tells
//! whether it still is on its queue, so the link is written by a compare-and-exchange that insists on LINKED; if
//! it is gone the queue has run empty, and the new port becomes its head.
//!
//! Always: a port is on one queue at most (LINKED is set by a compare-and-exchange); a queue's tail is the port put
//! on it last, and no tail names a port that has moved to another queue; a guest that plays with the words makes us
//! try [`ATTEMPTS`] times at most, and loses events of its own.
//!
//! Not here: the locks of the queues (`queues`).

use core::sync::atomic::Ordering;

use crate::channel::{Channel, Word};
use crate::queues::{Queues, VcpuPorts};
use crate::{LINK_BITS, Notify, Port, Shared, VcpuId, Wake, Word32};

pub(crate) const PENDING: u32 = 1 << 31;
pub(crate) const MASKED: u32 = 1 << 30;
pub(crate) const LINKED: u32 = 1 << 29;
const LINK: u32 = (1 << LINK_BITS) - 1;

/// How often a word is tried while the guest changes it. An honest guest and the senders change a word a few times.
const ATTEMPTS: usize = 32;

/// A queue: `vcpu << 8 | priority`, as a channel keeps it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct QueueId(u32);

impl QueueId {
    fn of(word: Word) -> Self {
        Self(u32::from(word.vcpu().0) << 8 | u32::from(word.priority()))
    }

    fn vcpu(self) -> VcpuId {
        VcpuId((self.0 >> 8) as u16)
    }

    fn priority(self) -> u8 {
        self.0 as u8
    }
}

/// Marks the port pending and puts it on its queue, unless it is masked or on one already. Pollers are to be
/// asked if it was not pending.
pub(crate) fn raise(
    port: Port,
    channel: &Channel,
    word: Word,
    vcpus: &[VcpuPorts],
    shared: &impl Shared,
) -> Wake {
    let Some(before) = shared.fetch_or32(Word32::Event(port), PENDING) else {
        channel.defer();
        return Wake {
            notify: Notify::None,
            pollers: true,
        };
    };
    let notify = if before & (MASKED | LINKED) == 0 {
        enqueue(port, channel, word, vcpus, shared)
    } else {
        Notify::None
    };
    Wake {
        notify,
        pollers: before & PENDING == 0,
    }
}

/// Clears the mask and delivers what it held back.
pub(crate) fn unmask(
    port: Port,
    channel: &Channel,
    word: Word,
    vcpus: &[VcpuPorts],
    shared: &impl Shared,
) -> Notify {
    match shared.fetch_and32(Word32::Event(port), !MASKED) {
        Some(before) if before & PENDING != 0 && before & LINKED == 0 => {
            enqueue(port, channel, word, vcpus, shared)
        }
        _ => Notify::None,
    }
}

pub(crate) fn is_pending(port: Port, word: Word, shared: &impl Shared) -> bool {
    match shared.load32(Word32::Event(port)) {
        Some(event) => event & PENDING != 0,
        None => word.is_deferred(),
    }
}

pub(crate) fn is_masked(port: Port, shared: &impl Shared) -> bool {
    shared
        .load32(Word32::Event(port))
        .is_none_or(|event| event & MASKED != 0)
}

/// The link stays: the port may be in the middle of a queue.
pub(crate) fn clear_pending(port: Port, shared: &impl Shared) {
    if shared
        .load32(Word32::Event(port))
        .is_some_and(|event| event & PENDING != 0)
    {
        let _ = shared.fetch_and32(Word32::Event(port), !PENDING);
    }
}

fn enqueue(
    port: Port,
    channel: &Channel,
    word: Word,
    vcpus: &[VcpuPorts],
    shared: &impl Shared,
) -> Notify {
    let to = QueueId::of(word);
    let vcpu = to.vcpu();
    match vcpus.get(usize::from(vcpu.0)) {
        Some(slot) if slot.has_control.load(Ordering::SeqCst) => {}
        // Nowhere to put it until the guest says where.
        _ => {
            channel.defer();
            return Notify::None;
        }
    }
    let became_head = with_queues(channel, to, vcpus, |from, queues, moved_from| {
        link_at_end(port, channel, (from, to), queues, moved_from, shared)
    });
    if became_head == Some(true) && mark_ready(to, shared) && shared.raise_upcall(vcpu) {
        Notify::Vcpu(vcpu)
    } else {
        Notify::None
    }
}

/// Runs `act` with the queues of `to` held, and with those that the channel was on last if they are another virtual
/// CPU's. The lower number is locked first.
fn with_queues<R>(
    channel: &Channel,
    to: QueueId,
    vcpus: &[VcpuPorts],
    act: impl FnOnce(QueueId, &Queues<'_>, Option<&Queues<'_>>) -> R,
) -> Option<R> {
    loop {
        let from = QueueId(channel.queue.load(Ordering::SeqCst));
        let new = vcpus.get(usize::from(to.vcpu().0))?;
        let old = (from.vcpu() != to.vcpu())
            .then(|| vcpus.get(usize::from(from.vcpu().0)))
            .flatten();
        let (new, old) = match old {
            None => (new.lock(), None),
            Some(old) if from.vcpu() < to.vcpu() => {
                let old = old.lock();
                (new.lock(), Some(old))
            }
            Some(old) => {
                let new = new.lock();
                (new, Some(old.lock()))
            }
        };
        // The queue of a channel changes under both locks only, so what is still true now stays true.
        if channel.queue.load(Ordering::SeqCst) == from.0 {
            return Some(act(from, &new, old.as_ref()));
        }
    }
}

/// Puts the port at the end of its queue; whether it became the head, because the queue was empty.
fn link_at_end(
    port: Port,
    channel: &Channel,
    (from, to): (QueueId, QueueId),
    queues: &Queues<'_>,
    moved_from: Option<&Queues<'_>>,
    shared: &impl Shared,
) -> bool {
    if !claim(port, shared) {
        return false;
    }
    // It left its old queue (LINKED was clear), so nothing may be linked behind it there any more.
    let old = moved_from.unwrap_or(queues);
    if from != to && old.tail(from.priority()) == port.0 {
        old.set_tail(from.priority(), 0);
    }
    channel.queue.store(to.0, Ordering::SeqCst);

    let tail = queues.tail(to.priority());
    queues.set_tail(to.priority(), port.0);
    // A tail that is the port itself was taken by the guest a moment ago: the queue is empty.
    if tail != 0 && tail != port.0 && link_behind(Port(tail), port, shared) {
        return false;
    }
    shared.store32(Word32::Head(to.vcpu(), to.priority()), port.0);
    true
}

/// Sets LINKED, with no LINK; not if somebody else has, or if the guest masked the port or handled it meanwhile.
fn claim(port: Port, shared: &impl Shared) -> bool {
    change(port, shared, |event| {
        (event & (PENDING | MASKED | LINKED) == PENDING).then_some(event & !LINK | LINKED)
    })
}

/// Links `port` behind `tail`, if that still is on its queue.
fn link_behind(tail: Port, port: Port, shared: &impl Shared) -> bool {
    change(tail, shared, |event| {
        (event & LINKED != 0).then_some(event & !LINK | port.0 & LINK)
    })
}

/// Changes an event word as `next` says; `false` if it says no, or if the guest will not hold still.
fn change(port: Port, shared: &impl Shared, next: impl Fn(u32) -> Option<u32>) -> bool {
    let Some(mut event) = shared.load32(Word32::Event(port)) else {
        return false;
    };
    for _ in 0..ATTEMPTS {
        let Some(new) = next(event) else {
            return false;
        };
        match shared.compare_exchange32(Word32::Event(port), event, new) {
            Ok(_) => return true,
            Err(Some(other)) => event = other,
            Err(None) => return false,
        }
    }
    false
}

/// Sets the queue's bit in `ready`; whether it was clear.
fn mark_ready(queue: QueueId, shared: &impl Shared) -> bool {
    let bit = 1u32.wrapping_shl(u32::from(queue.priority()));
    shared
        .fetch_or32(Word32::Ready(queue.vcpu()), bit)
        .is_some_and(|before| before & bit == 0)
}
