//! What each physical CPU does: enter a guest, answer what comes back, schedule, sleep.
//!
//! Always: at most one vCPU is loaded ([`Cpu::current`]), and it is the one that the scheduler says this CPU runs.
//!
//! Not here: who runs next (`sched` by way of [`crate::schedule`]), the answers themselves.

use alloc::sync::Arc;
use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use metal::cpu::{self, CpuId, Exit, Interrupt, MAX_CPUS};

use crate::domain::runstate;
use crate::domain::vcpu::Vcpu;
use crate::hypercall::{self, Current};
use crate::pv::{bounce, exception, switch};
use crate::{schedule, time};

/// Ask the scheduler before entering a guest again.
pub const RESCHEDULE: u32 = 1;

/// What each CPU is asked to look at.
static ATTENTION: [AtomicU32; MAX_CPUS] = [const { AtomicU32::new(0) }; MAX_CPUS];

/// How long each CPU has idled.
static IDLE_NS: [AtomicU64; MAX_CPUS] = [const { AtomicU64::new(0) }; MAX_CPUS];

/// How long a CPU has idled.
pub fn idle_ns(cpu: CpuId) -> u64 {
    IDLE_NS
        .get(cpu.index())
        .map_or(0, |idle| idle.load(Ordering::Relaxed))
}

fn attention_of(cpu: CpuId) -> &'static AtomicU32 {
    static NONE: AtomicU32 = AtomicU32::new(0);
    ATTENTION.get(cpu.index()).unwrap_or(&NONE)
}

/// Whether this CPU is asked to look at something.
pub fn has_attention() -> bool {
    attention_of(cpu::this()).load(Ordering::Relaxed) != 0
}

/// Asks a CPU to ask the scheduler.
pub fn ask_to_reschedule(target: CpuId) {
    attention_of(target).fetch_or(RESCHEDULE, Ordering::AcqRel);
    if target != cpu::this() {
        cpu::kick(target);
    }
}

/// A physical CPU at work.
pub struct Cpu {
    id: CpuId,
    attention: &'static AtomicU32,
    current: Option<Current>,
}

impl Cpu {
    /// This CPU, with nothing loaded.
    pub fn this() -> Self {
        let id = cpu::this();
        Self {
            id,
            attention: attention_of(id),
            current: None,
        }
    }

    /// Runs guests for ever.
    pub fn run(mut self) -> ! {
        self.attention.fetch_or(RESCHEDULE, Ordering::AcqRel);
        loop {
            self.turn();
        }
    }

    /// One decision of the scheduler, and what follows until the next one is due.
    pub fn turn(&mut self) {
        self.attention.fetch_and(!RESCHEDULE, Ordering::AcqRel);
        self.choose();
        match &mut self.current {
            Some(current) => {
                if current.vcpu.nmi_pending.swap(false, Ordering::AcqRel) {
                    exception::deliver_nmi(current);
                }
                run_until_attention(current, self.attention);
            }
            None => {
                if self.attention.load(Ordering::Acquire) == 0 {
                    self.sleep();
                }
            }
        }
    }

    fn sleep(&mut self) {
        let before = time::now_ns();
        let interrupt = cpu::idle();
        if let Some(idle) = IDLE_NS.get(self.id.index()) {
            idle.fetch_add(time::now_ns().saturating_sub(before), Ordering::Relaxed);
        }
        answer_interrupt(interrupt);
    }

    /// Loads what the scheduler picks.
    fn choose(&mut self) {
        let next = schedule::pick(self.id);
        let same = match (&self.current, &next) {
            (Some(current), Some(next)) => Arc::ptr_eq(&current.vcpu, next),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        if let Some(current) = self.current.take() {
            unload(current);
        }
        if let Some(vcpu) = next {
            self.current = load(vcpu, self.id);
            if self.current.is_none() {
                // Its domain went away between the choice and now.
                self.attention.fetch_or(RESCHEDULE, Ordering::AcqRel);
            }
        }
    }
}

/// Makes a vCPU the one that this CPU runs.
fn load(vcpu: Arc<Vcpu>, id: CpuId) -> Option<Current> {
    let domain = vcpu.domain()?;
    // The CPU that ran it last may still be putting it back.
    let state = loop {
        match vcpu.take_state() {
            Some(state) => break state,
            None => cpu::relax(),
        }
    };
    vcpu.processor.store(id.0, Ordering::Release);
    let mut current = Current {
        domain,
        vcpu,
        state,
        resume: [0; 4],
        in_multicall: false,
        asked: Cell::new(0),
    };
    switch::load(&mut current);
    time::adopt_timers(&current.vcpu, id);
    schedule::account(&current.vcpu, runstate::RUNNING);
    time::update_guest_time(&current);
    time::publish_time_area(&current);
    crate::domain::runstate::publish(&current);
    Some(current)
}

/// Puts a vCPU back where any CPU can find it.
fn unload(mut current: Current) {
    switch::save(&mut current);
    let vcpu = current.vcpu.clone();
    schedule::account_stopped(&vcpu);
    vcpu.put_state(current.state);
    schedule::released(&vcpu);
}

/// The hot loop.
fn run_until_attention(current: &mut Current, attention: &AtomicU32) {
    while attention.load(Ordering::Relaxed) == 0 {
        bounce::deliver_events(current);
        match cpu::run_guest(&mut current.state.frame) {
            Exit::Syscall if current.state.pv.in_kernel => hypercall::enter(current),
            Exit::Syscall => exception::user_syscall(current),
            Exit::Interrupt(interrupt) => answer_interrupt(interrupt),
            other => exception::answer(current, other),
        }
    }
}

/// Answers what came from outside.
fn answer_interrupt(interrupt: Interrupt) {
    match interrupt {
        Interrupt::Timer => time::expire(),
        Interrupt::Device(vector) => crate::devices::pirq::arrived(vector),
        Interrupt::Console => crate::console::poll_input(),
        // The kick's message is in the attention word; a spurious one has none.
        Interrupt::Kick | Interrupt::Spurious => {}
    }
}
