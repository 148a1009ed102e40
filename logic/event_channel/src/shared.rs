//! The words that a domain shares with the hypervisor, by name.

use crate::{Port, VcpuId};

/// A 64-bit word of the 2-level scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word64 {
    /// `shared_info.evtchn_pending[n]`.
    Pending(u32),
    /// `shared_info.evtchn_mask[n]`.
    Mask(u32),
    /// `vcpu_info.evtchn_pending_sel`.
    Selector(VcpuId),
}

/// A 32-bit word of the FIFO scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word32 {
    /// The event word of a port, in the event array.
    Event(Port),
    /// `ready` of a virtual CPU's control block.
    Ready(VcpuId),
    /// `head[priority]` of a virtual CPU's control block.
    Head(VcpuId, u8),
}

/// One domain's shared words. Each access is atomic and in order with all others (`SeqCst`); the guest may change a
/// word at any moment. `None` says that no memory stands behind the word (now).
pub trait Shared {
    /// Reads.
    fn load64(&self, word: Word64) -> Option<u64>;
    /// Sets bits; what was there before.
    fn fetch_or64(&self, word: Word64, bits: u64) -> Option<u64>;
    /// Keeps only these bits; what was there before.
    fn fetch_and64(&self, word: Word64, bits: u64) -> Option<u64>;
    /// Reads.
    fn load32(&self, word: Word32) -> Option<u32>;
    /// Writes.
    fn store32(&self, word: Word32, value: u32);
    /// Sets bits; what was there before.
    fn fetch_or32(&self, word: Word32, bits: u32) -> Option<u32>;
    /// Keeps only these bits; what was there before.
    fn fetch_and32(&self, word: Word32, bits: u32) -> Option<u32>;
    /// Writes `new` if `old` is there; else says what is there.
    fn compare_exchange32(&self, word: Word32, old: u32, new: u32) -> Result<u32, Option<u32>>;
    /// Sets `vcpu_info.evtchn_upcall_pending` to 1; whether it was 0 before.
    fn raise_upcall(&self, vcpu: VcpuId) -> bool;
}
