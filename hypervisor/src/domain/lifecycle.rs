//! Alive, paused, shut down, dying, dead.
//!
//! Always: a domain only moves forward (running, then dying, then dead); shutting down is a state of a living domain,
//! which `resumedomain` takes back.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::domain::Domain;

const NOT_SHUT_DOWN: u32 = u32::MAX;

/// The state of a domain's life.
pub struct Lifecycle {
    /// How often it is paused; a domain runs at 0.
    pauses: AtomicU32,
    /// The reason of its shutdown.
    shutdown: AtomicU32,
    stage: AtomicU32,
    /// Paused by its controller (`pausedomain`), for `getdomaininfo`.
    controller_pauses: AtomicU32,
    /// The reason that `SCHEDOP_shutdown_code` announced.
    announced: AtomicU32,
    /// Which watchdogs are set, a bit each.
    pub watchdogs: AtomicU32,
    /// How far the frame table was searched for its pages, when it ends.
    pub reclaimed: AtomicUsize,
}

/// How far a domain is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Living.
    Alive = 0,
    /// `destroydomain` has begun.
    Dying = 1,
    /// All is given back but what others hold.
    Dead = 2,
}

impl Lifecycle {
    /// A new domain is paused once, for its creator to unpause.
    pub fn new_paused() -> Self {
        Self {
            pauses: AtomicU32::new(1),
            shutdown: AtomicU32::new(NOT_SHUT_DOWN),
            stage: AtomicU32::new(Stage::Alive as u32),
            controller_pauses: AtomicU32::new(1),
            announced: AtomicU32::new(NOT_SHUT_DOWN),
            watchdogs: AtomicU32::new(0),
            reclaimed: AtomicUsize::new(0),
        }
    }

    /// Whether its virtual CPUs may run.
    pub fn may_run(&self) -> bool {
        self.pauses.load(Ordering::Acquire) == 0
    }

    /// Whether its controller paused it.
    pub fn is_paused_by_controller(&self) -> bool {
        self.controller_pauses.load(Ordering::Acquire) != 0
    }

    /// The reason of its shutdown, if it is shut down.
    pub fn shutdown_reason(&self) -> Option<u32> {
        let reason = self.shutdown.load(Ordering::Acquire);
        (reason != NOT_SHUT_DOWN).then_some(reason)
    }

    /// `SCHEDOP_shutdown_code`: the reason that a later shutdown will have, whatever it says then.
    pub fn note_reason(&self, reason: u32) {
        self.announced.store(reason, Ordering::Release);
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Alive,
            1 => Stage::Dying,
            _ => Stage::Dead,
        }
    }

    /// Moves forward; whether this call did it.
    pub fn advance(&self, from: Stage, to: Stage) -> bool {
        self.stage
            .compare_exchange(from as u32, to as u32, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Domain {
    /// Whether `destroydomain` has begun.
    pub fn is_dying(&self) -> bool {
        self.lifecycle.stage() != Stage::Alive
    }

    /// Keeps its virtual CPUs from running; those that run elsewhere stop soon ([`Self::wait_until_stopped`]).
    pub fn pause(&self) {
        self.lifecycle.pauses.fetch_add(1, Ordering::AcqRel);
        self.reconsider_vcpus();
    }

    /// Takes one [`Self::pause`] back.
    pub fn unpause(&self) {
        self.lifecycle.pauses.fetch_sub(1, Ordering::AcqRel);
        self.reconsider_vcpus();
    }

    /// `pausedomain`.
    pub fn pause_by_controller(&self) {
        self.lifecycle
            .controller_pauses
            .fetch_add(1, Ordering::AcqRel);
        self.pause();
    }

    /// `unpausedomain`; whether there was a pause to take back.
    pub fn unpause_by_controller(&self) -> bool {
        let taken = self
            .lifecycle
            .controller_pauses
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                count.checked_sub(1)
            })
            .is_ok();
        if taken {
            self.unpause();
        }
        taken
    }

    fn reconsider_vcpus(&self) {
        for vcpu in self.vcpus() {
            crate::schedule::reconsider(vcpu);
        }
    }

    /// Waits until no other CPU runs one of its virtual CPUs. The caller must have paused it.
    pub fn wait_until_stopped(&self) {
        for vcpu in self.vcpus() {
            crate::schedule::wait_until_stopped(vcpu);
        }
    }

    /// Stops it for good or until it is resumed, and tells domain 0.
    pub fn shut_down(&self, reason: u32) {
        let announced = self.lifecycle.announced.load(Ordering::Acquire);
        let reason = if announced == NOT_SHUT_DOWN {
            reason
        } else {
            announced
        };
        if self
            .lifecycle
            .shutdown
            .compare_exchange(NOT_SHUT_DOWN, reason, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            return;
        }
        if self.privileged {
            crate::start::dom0_shut_down(reason);
        }
        self.pause();
        crate::domain::events::tell_dom0_of_exception();
    }

    /// `resumedomain`: takes a shutdown back.
    pub fn resume(&self) {
        if self
            .lifecycle
            .shutdown
            .swap(NOT_SHUT_DOWN, Ordering::AcqRel)
            != NOT_SHUT_DOWN
        {
            self.unpause();
        }
    }

    /// The guest did what cannot be answered by an error: it stops, with a reason in plain words.
    pub fn crash(&self, reason: &str) {
        crate::console::error(format_args!("d{} crashed: {reason}", self.id.0));
        self.shut_down(abi::sched::SHUTDOWN_CRASH);
    }
}

/// Frees what a dead domain left, once nothing holds a page of it, its own or one lent to it.
pub fn bury(domain: &Arc<Domain>) {
    let pages = &domain.pages;
    let left = |count: &AtomicU64| count.load(Ordering::Acquire) != 0;
    if domain.lifecycle.stage() != Stage::Dead || left(&pages.total) || left(&pages.lent) {
        return;
    }
    if crate::domain::table::remove(domain) {
        crate::domain::events::tell_dom0_of_exception();
    }
}
