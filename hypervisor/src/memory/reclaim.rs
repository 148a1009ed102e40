//! Taking everything back from a domain that ends, in steps.
//!
//! Always: it can stop anywhere and be called again; nothing of the domain runs meanwhile.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Mfn};

use super::frames;
use crate::domain::Domain;
use crate::domain::lifecycle::{Stage, bury};
use crate::hypercall::Call;
use crate::pv::PvState;
use crate::pv::mmu;
use crate::{domain, schedule};

/// Frames looked at between two looks at the clock.
const STRIDE: usize = 1024;

/// One call of `destroydomain`: true when all is done, false to be called again.
pub fn destroy(call: &Call, target: &Arc<Domain>) -> Result<bool, Errno> {
    if target.lifecycle.advance(Stage::Alive, Stage::Dying) {
        target.pause();
    }
    if target.lifecycle.stage() == Stage::Dead {
        return Ok(true);
    }
    target.wait_until_stopped();
    if !target.events.close_all(target, &|| call.should_yield()) {
        return Ok(false);
    }
    if !target.grants.release_all(target, &|| call.should_yield()) {
        return Ok(false);
    }
    drop_vcpus(target);
    if !give_up_pages(call, target) {
        return Ok(false);
    }
    if target.lifecycle.advance(Stage::Dying, Stage::Dead) {
        // Others may map these too, and go on doing so when they are given back below.
        let lent = target.grants.close();
        target
            .pages
            .lent
            .fetch_add(lent.count() as u64, Ordering::AcqRel);
        crate::devices::pirq::release_all(target);
        schedule::remove(target);
        crate::time::forget(target);
        drop(lent);
        super::allocator::unclaim(target.pages.claimed.swap(0, Ordering::AcqRel));
        target.shared_info.give_back();
        domain::events::tell_dom0_of_exception();
        bury(target);
    }
    Ok(true)
}

/// What the virtual CPUs hold: page-table roots, descriptor pages, places of their info.
fn drop_vcpus(target: &Domain) {
    for vcpu in target.vcpus() {
        let _stopped = vcpu.with_state(|state| state.pv = PvState::new());
        vcpu.info.forget();
    }
}

/// Unpins and gives up every page, from where the last call stopped.
fn give_up_pages(call: &Call, target: &Domain) -> bool {
    let table = frames::table();
    let position = &target.lifecycle.reclaimed;
    loop {
        let start = position.load(Ordering::Relaxed);
        let Some(rest) = table.get(start..).filter(|rest| !rest.is_empty()) else {
            return true;
        };
        for (offset, page) in rest.iter().take(STRIDE).enumerate() {
            let index = start.wrapping_add(offset);
            if page.owner() != target.id {
                continue;
            }
            let mfn = Mfn(index as u64);
            if !mmu::release_pin(target, mfn, &|| call.should_yield()) {
                position.store(index, Ordering::Relaxed);
                return false;
            }
            let _already = super::give_up(target.id, mfn);
        }
        position.store(start.wrapping_add(STRIDE), Ordering::Relaxed);
        if call.should_yield() {
            return false;
        }
    }
}
