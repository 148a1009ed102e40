//! A virtual CPU: the part that others may look at, and the state that only its runner has.
//!
//! [`Vcpu`] is shared and made of atomics. [`VcpuState`] (registers, descriptors, page-table roots) is owned: it sits
//! in the vCPU's slot while nobody runs it, and moves to the CPU that does. So "is it stopped?" is "is it in the
//! slot?", and no code can look at registers that are changing.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use abi::DomId;
use metal::cpu::{AtomicCpuSet, CpuId, GuestFrame};
use metal::sync::Mutex;

use crate::domain::Domain;
use crate::domain::runstate::Runstate;
use crate::domain::vcpu_info::VcpuInfo;
use crate::pv::PvState;
use crate::rank;

/// Reasons for a virtual CPU not to run.
pub mod stop {
    /// Not brought up yet, or taken down.
    pub const DOWN: u32 = 1;
    /// Waiting for an event (`SCHEDOP_block`).
    pub const BLOCKED: u32 = 2;
    /// Waiting for certain ports (`SCHEDOP_poll`).
    pub const POLLING: u32 = 4;
}

/// The shared part of a virtual CPU.
pub struct Vcpu {
    /// Its number in the domain.
    pub id: u32,
    /// Its domain's number.
    pub domain_id: DomId,
    domain: Weak<Domain>,
    state: Mutex<Option<Box<VcpuState>>>,
    /// Where its `vcpu_info` is.
    pub info: VcpuInfo,
    /// Why it does not run by itself, from [`stop`].
    pub stopped: AtomicU32,
    /// How many have paused it.
    pub pauses: AtomicU32,
    /// Whether `VCPUOP_initialise` gave it a context.
    pub initialised: AtomicU32,
    /// The CPU that runs it, or ran it last.
    pub processor: AtomicU32,
    /// Its singleshot timer, in system time; `u64::MAX` when off.
    pub singleshot_ns: AtomicU64,
    /// Its periodic timer's period; 0 when off.
    pub periodic_ns: AtomicU64,
    /// When `SCHEDOP_poll` gives up; `u64::MAX` for never.
    pub poll_deadline_ns: AtomicU64,
    /// Where the guest wants a copy of its clock: a virtual address, 0 for none.
    pub time_area: AtomicU64,
    /// Whether an NMI waits to be delivered.
    pub nmi_pending: AtomicBool,
    /// Time spent in each state.
    pub runstate: Mutex<Runstate>,
    /// CPUs that it must run on.
    pub hard_affinity: AtomicCpuSet,
    /// CPUs that it would rather run on.
    pub soft_affinity: AtomicCpuSet,
}

/// What belongs to the CPU that runs a virtual CPU, and to nobody else.
#[repr(C)]
pub struct VcpuState {
    /// The registers that every exit stores; exception entry pushes into it.
    pub frame: GuestFrame,
    /// What a PV guest has beyond them.
    pub pv: PvState,
}

impl Vcpu {
    /// A virtual CPU that is down.
    pub fn new(domain: &Arc<Domain>, id: u32) -> Arc<Self> {
        Arc::new(Self {
            id,
            domain_id: domain.id,
            domain: Arc::downgrade(domain),
            state: Mutex::new(
                rank::VCPU_STATE,
                Some(Box::new(VcpuState {
                    frame: GuestFrame::default(),
                    pv: PvState::new(),
                })),
            ),
            info: VcpuInfo::in_shared_info(*domain.shared_info, id),
            stopped: AtomicU32::new(stop::DOWN),
            pauses: AtomicU32::new(0),
            initialised: AtomicU32::new(0),
            processor: AtomicU32::new(0),
            singleshot_ns: AtomicU64::new(u64::MAX),
            periodic_ns: AtomicU64::new(0),
            poll_deadline_ns: AtomicU64::new(u64::MAX),
            time_area: AtomicU64::new(0),
            nmi_pending: AtomicBool::new(false),
            runstate: Mutex::new(rank::VCPU_STATE, Runstate::offline(crate::time::now_ns())),
            hard_affinity: AtomicCpuSet::all(),
            soft_affinity: AtomicCpuSet::all(),
        })
    }

    /// Its domain, unless that is gone.
    pub fn domain(&self) -> Option<Arc<Domain>> {
        self.domain.upgrade()
    }

    /// Takes the state out of the slot, to run it or to look at it; `None` while a CPU has it.
    pub fn take_state(&self) -> Option<Box<VcpuState>> {
        self.state.lock().take()
    }

    /// Gives the state back.
    pub fn put_state(&self, state: Box<VcpuState>) {
        *self.state.lock() = Some(state);
    }

    /// Works on the state of a virtual CPU that is stopped; `None` while a CPU has it.
    pub fn with_state<R>(&self, work: impl FnOnce(&mut VcpuState) -> R) -> Option<R> {
        self.state.lock().as_deref_mut().map(work)
    }

    /// The CPU that runs it, or ran it last.
    pub fn cpu(&self) -> CpuId {
        CpuId(self.processor.load(Ordering::Relaxed))
    }

    /// Whether anything of its own or its domain's keeps it from running.
    pub fn is_runnable(&self) -> bool {
        self.stopped.load(Ordering::Acquire) == 0
            && self.pauses.load(Ordering::Acquire) == 0
            && self
                .domain
                .upgrade()
                .is_some_and(|domain| domain.lifecycle.may_run())
    }

    /// Whether it was brought up.
    pub fn is_up(&self) -> bool {
        self.stopped.load(Ordering::Acquire) & stop::DOWN == 0
    }

    /// Ends a wait for events, if it is in one.
    pub fn wake(self: &Arc<Self>) {
        let waiting = stop::BLOCKED | stop::POLLING;
        if self.stopped.fetch_and(!waiting, Ordering::AcqRel) & waiting != 0 {
            crate::schedule::reconsider(self);
        }
    }

    /// Gives it an NMI as soon as it runs.
    pub fn send_nmi(self: &Arc<Self>) {
        self.nmi_pending.store(true, Ordering::Release);
        self.wake();
        crate::cpu::ask_to_reschedule(self.cpu());
    }
}
