//! The 2-level scheme: a pending bit, a selector bit over 64 of them, and the upcall flag.
//!
//! Always: the bits are set bottom up, so a guest that reads them top down misses nothing; whoever finds a bit set
//! already leaves the rest to the one who set it.

use crate::{Notify, Port, Shared, VcpuId, Wake, Word64};

#[inline]
fn place(port: Port) -> (u32, u64) {
    (port.0 / 64, 1u64.wrapping_shl(port.0 % 64))
}

/// Sets the pending bit and, unless masked, those above it. Pollers are to be asked if the bit is new.
#[inline]
pub(crate) fn raise(port: Port, vcpu: VcpuId, shared: &impl Shared) -> Wake {
    let (index, bit) = place(port);
    match shared.fetch_or64(Word64::Pending(index), bit) {
        Some(before) if before & bit == 0 => Wake {
            notify: notify_unless_masked(index, bit, vcpu, shared),
            pollers: true,
        },
        _ => Wake::NOTHING,
    }
}

#[inline]
fn notify_unless_masked(index: u32, bit: u64, vcpu: VcpuId, shared: &impl Shared) -> Notify {
    match shared.load64(Word64::Mask(index)) {
        Some(mask) if mask & bit == 0 => select(index, vcpu, shared),
        _ => Notify::None,
    }
}

#[inline]
fn select(index: u32, vcpu: VcpuId, shared: &impl Shared) -> Notify {
    let selected = 1u64.wrapping_shl(index);
    match shared.fetch_or64(Word64::Selector(vcpu), selected) {
        Some(before) if before & selected == 0 && shared.raise_upcall(vcpu) => Notify::Vcpu(vcpu),
        _ => Notify::None,
    }
}

/// Clears the mask bit and delivers what it held back. A bit that was clear is left as it is: its sender delivered.
pub(crate) fn unmask(port: Port, vcpu: VcpuId, shared: &impl Shared) -> Notify {
    let (index, bit) = place(port);
    match shared.fetch_and64(Word64::Mask(index), !bit) {
        Some(before) if before & bit != 0 && is_pending(port, shared) => {
            select(index, vcpu, shared)
        }
        _ => Notify::None,
    }
}

pub(crate) fn is_pending(port: Port, shared: &impl Shared) -> bool {
    let (index, bit) = place(port);
    shared
        .load64(Word64::Pending(index))
        .is_some_and(|word| word & bit != 0)
}

pub(crate) fn is_masked(port: Port, shared: &impl Shared) -> bool {
    let (index, bit) = place(port);
    shared
        .load64(Word64::Mask(index))
        .is_none_or(|word| word & bit != 0)
}

pub(crate) fn clear_pending(port: Port, shared: &impl Shared) {
    let (index, bit) = place(port);
    // A plain read first: the bit is clear nearly always.
    if is_pending(port, shared) {
        let _ = shared.fetch_and64(Word64::Pending(index), !bit);
    }
}
