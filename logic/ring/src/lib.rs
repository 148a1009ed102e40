//! Byte queues in a page shared with a peer that may lie: the store's ring and the console's.
//!
//! A queue is a power of two of bytes and two free-running 32-bit indices. Only the consumer moves
//! the consumer index and only the producer the other, but both lie in memory that the peer can
//! write at any moment. So each index is loaded once per step, checked, and then used from a local.
//!
//! Always: no step copies more than the queue holds or touches bytes outside it, whatever the
//! indices say; data is copied before the index that gives it away is stored.
//!
//! Not here: mapping the page (`sys::mapping`), telling the peer (event channels), what the bytes mean.
#![no_std]
#![forbid(unsafe_code)]
// A guest's bytes come here, so nothing that they say may panic.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

/// A page, or several, that somebody else writes too.
///
/// Loads of words acquire and stores release, so that data copied before a store is seen by who
/// loads the word. Offsets outside the memory read as 0 and write nowhere.
pub trait SharedMemory {
    /// Loads the aligned 32-bit word at a byte offset.
    fn load(&self, offset: usize) -> u32;
    /// Stores it.
    fn store(&self, offset: usize, value: u32);
    /// Copies bytes out.
    fn copy_out(&self, offset: usize, into: &mut [u8]);
    /// Copies bytes in.
    fn copy_in(&self, offset: usize, from: &[u8]);
}

/// The indices claim more bytes than the queue has: the peer broke the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconsistent;

/// Where one direction of a ring lies in its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Offset of the bytes.
    pub data: usize,
    /// How many, a power of two.
    pub size: u32,
    /// Offset of the consumer's index.
    pub consumer: usize,
    /// Offset of the producer's index.
    pub producer: usize,
}

/// The two queues of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// From the guest to dom0.
    pub to_backend: Queue,
    /// From dom0 to the guest.
    pub to_guest: Queue,
}

/// `struct xenstore_domain_interface`.
pub const XENSTORE: Layout = Layout {
    to_backend: Queue {
        data: 0,
        size: 1024,
        consumer: 2048,
        producer: 2052,
    },
    to_guest: Queue {
        data: 1024,
        size: 1024,
        consumer: 2056,
        producer: 2060,
    },
};

/// `struct xencons_interface`.
pub const CONSOLE: Layout = Layout {
    to_backend: Queue {
        data: 1024,
        size: 2048,
        consumer: 3080,
        producer: 3084,
    },
    to_guest: Queue {
        data: 0,
        size: 1024,
        consumer: 3072,
        producer: 3076,
    },
};

/// The words behind the queues of a store ring (`docs/misc/xenstore-ring.txt`).
pub mod store {
    /// What the server can do; set by the server, never cleared.
    pub const SERVER_FEATURES: usize = 2064;
    /// [`CONNECTED`], or [`RECONNECT`] while the guest waits for a fresh start.
    pub const CONNECTION: usize = 2068;
    /// Why the server stopped listening, 0 while it listens.
    pub const ERROR: usize = 2072;

    /// Feature: the ring can be reset through [`CONNECTION`].
    pub const FEATURE_RECONNECTION: u32 = 1;
    /// Feature: [`ERROR`] is kept.
    pub const FEATURE_ERROR: u32 = 2;
    /// Feature: `WATCH` takes a depth.
    pub const FEATURE_WATCH_DEPTH: u32 = 4;

    /// State: in use.
    pub const CONNECTED: u32 = 0;
    /// State: the guest asks for a reset.
    pub const RECONNECT: u32 = 1;

    /// Error: none.
    pub const ERROR_NONE: u32 = 0;
    /// Error: the event channel does not work.
    pub const ERROR_COMMUNICATION: u32 = 1;
    /// Error: producer and consumer contradict each other.
    pub const ERROR_RING_INDEX: u32 = 2;
    /// Error: a message longer than allowed.
    pub const ERROR_PROTOCOL: u32 = 3;
}

impl Queue {
    /// How many bytes wait.
    pub fn used(&self, memory: &impl SharedMemory) -> Result<u32, Inconsistent> {
        let (_, _, used) = self.indices(memory)?;
        Ok(used)
    }

    /// How many more fit.
    pub fn free(&self, memory: &impl SharedMemory) -> Result<u32, Inconsistent> {
        Ok(self.size.saturating_sub(self.used(memory)?))
    }

    /// Takes as many waiting bytes as `into` has room for, and says how many.
    pub fn read(&self, memory: &impl SharedMemory, into: &mut [u8]) -> Result<usize, Inconsistent> {
        let (consumer, _, used) = self.indices(memory)?;
        let len = to_usize(used).min(into.len());
        let (start, first) = self.place(consumer, len);
        let (before, behind) = into.get_mut(..len).unwrap_or_default().split_at_mut(first);
        memory.copy_out(start, before);
        memory.copy_out(self.data, behind);
        memory.store(self.consumer, consumer.wrapping_add(to_u32(len)));
        Ok(len)
    }

    /// Puts as many bytes as there is room for, and says how many.
    pub fn write(&self, memory: &impl SharedMemory, from: &[u8]) -> Result<usize, Inconsistent> {
        let (_, producer, used) = self.indices(memory)?;
        let len = to_usize(self.size.saturating_sub(used)).min(from.len());
        let (start, first) = self.place(producer, len);
        let (before, behind) = from.get(..len).unwrap_or_default().split_at(first);
        memory.copy_in(start, before);
        memory.copy_in(self.data, behind);
        memory.store(self.producer, producer.wrapping_add(to_u32(len)));
        Ok(len)
    }

    /// Empties the queue without looking at its bytes: what was produced counts as consumed.
    pub fn discard(&self, memory: &impl SharedMemory) {
        memory.store(self.consumer, memory.load(self.producer));
    }

    /// Puts both indices to 0, as a reconnect does.
    pub fn reset(&self, memory: &impl SharedMemory) {
        memory.store(self.consumer, 0);
        memory.store(self.producer, 0);
    }

    /// Both indices, loaded once, and the bytes between them.
    fn indices(&self, memory: &impl SharedMemory) -> Result<(u32, u32, u32), Inconsistent> {
        let consumer = memory.load(self.consumer);
        let producer = memory.load(self.producer);
        let used = producer.wrapping_sub(consumer);
        if used > self.size {
            Err(Inconsistent)
        } else {
            Ok((consumer, producer, used))
        }
    }

    /// Where byte `index` of the stream lies, and how many of `len` bytes fit before the wrap.
    fn place(&self, index: u32, len: usize) -> (usize, usize) {
        let offset = index & self.size.wrapping_sub(1);
        let first = to_usize(self.size.saturating_sub(offset)).min(len);
        (self.data.saturating_add(to_usize(offset)), first)
    }
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
