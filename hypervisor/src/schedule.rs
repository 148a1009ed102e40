//! Virtual CPUs meet the scheduler: its rules are `sched`'s, the vCPUs and the clock are ours.
//!
//! Always: one lock around the scheduler; a vCPU is runnable there exactly if [`Vcpu::is_runnable`] was true when it
//! was last reconsidered.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use metal::cpu::{self, CpuId, CpuSet};
use metal::sync::Mutex;
use sched::{Key, Mask, Scheduler};

use crate::domain::runstate;
use crate::domain::vcpu::{Vcpu, stop};
use crate::domain::{Domain, table};
use crate::{cpu as our_cpu, rank, time};

static SCHEDULER: Mutex<Option<Scheduler>> = Mutex::new(rank::SCHEDULER, None);

/// Starts with these CPUs.
pub fn start(cpus: u32) {
    *SCHEDULER.lock() = Some(Scheduler::new(cpus));
}

fn with<R>(work: impl FnOnce(&mut Scheduler) -> R) -> Option<R> {
    SCHEDULER.lock().as_mut().map(work)
}

/// Asks a CPU to look at the queue again.
fn ask(cpu: Option<u32>) {
    if let Some(cpu) = cpu {
        our_cpu::ask_to_reschedule(CpuId(cpu));
    }
}

fn key(vcpu: &Vcpu) -> Key {
    Key {
        domain: vcpu.domain_id.0,
        vcpu: vcpu.id,
    }
}

/// Lets the scheduler know a new vCPU.
pub fn insert(vcpu: &Arc<Vcpu>) {
    with(|scheduler| scheduler.insert(key(vcpu)));
}

/// Forgets a domain's vCPUs.
pub fn remove(domain: &Domain) {
    with(|scheduler| {
        for vcpu in domain.vcpus() {
            scheduler.remove(key(vcpu));
        }
    });
}

/// Tells the scheduler where a vCPU may run.
pub fn set_affinity(vcpu: &Arc<Vcpu>) {
    let (hard, soft) = (
        mask(&vcpu.hard_affinity.load()),
        mask(&vcpu.soft_affinity.load()),
    );
    let now = time::now_ns();
    let kick = with(|scheduler| {
        scheduler.set_soft_affinity(key(vcpu), soft);
        scheduler.set_affinity(key(vcpu), hard, now)
    });
    ask(kick.flatten());
}

fn mask(cpus: &CpuSet) -> Mask {
    let mut mask = Mask::NONE;
    cpus.iter().for_each(|cpu| mask.insert(cpu.0));
    mask
}

/// Looks again at whether a vCPU may run, after a reason for or against has changed.
pub fn reconsider(vcpu: &Arc<Vcpu>) {
    let now = time::now_ns();
    let kick = with(|scheduler| {
        if vcpu.is_runnable() {
            scheduler.wake(key(vcpu), now)
        } else {
            scheduler.sleep(key(vcpu))
        }
    })
    .flatten();
    if vcpu.is_runnable() {
        let mut account = vcpu.runstate.lock();
        if account.state != runstate::RUNNING {
            account.change(runstate::RUNNABLE, now);
        }
    }
    ask(kick);
}

/// Gives up the CPU for others that wait.
pub fn yield_now(vcpu: &Arc<Vcpu>) {
    if with(|scheduler| scheduler.yield_now(key(vcpu))).unwrap_or(false) {
        our_cpu::ask_to_reschedule(cpu::this());
    }
}

/// Who runs on a CPU from now on. Arms the CPU's timer for the end of the slice.
pub fn pick(cpu: CpuId) -> Option<Arc<Vcpu>> {
    let decision = with(|scheduler| scheduler.pick(cpu.0, time::now_ns()))?;
    time::set_slice_end(cpu, decision.slice_end_ns);
    ask(decision.also);
    let next = decision.next?;
    let domain = table::get(abi::DomId(next.domain))?;
    domain.vcpu(next.vcpu).cloned()
}

/// A CPU has put a vCPU's state back.
pub fn released(vcpu: &Arc<Vcpu>) {
    let now = time::now_ns();
    ask(with(|scheduler| scheduler.released(key(vcpu), now)).flatten());
}

/// Waits until no other CPU runs this vCPU, which must have a reason to stop.
pub fn wait_until_stopped(vcpu: &Arc<Vcpu>) {
    while vcpu.cpu() != cpu::this() && vcpu.with_state(|_| ()).is_none() {
        our_cpu::ask_to_reschedule(vcpu.cpu());
        cpu::relax();
    }
}

/// Enters a state of the vCPU's account.
pub fn account(vcpu: &Vcpu, state: u32) {
    vcpu.runstate.lock().change(state, time::now_ns());
}

/// Enters the state of the account that a vCPU is in when it stops running.
pub fn account_stopped(vcpu: &Vcpu) {
    let stopped = vcpu.stopped.load(Ordering::Relaxed);
    let state = if stopped & stop::DOWN != 0 || vcpu.pauses.load(Ordering::Relaxed) != 0 {
        runstate::OFFLINE
    } else if stopped != 0 {
        runstate::BLOCKED
    } else if vcpu.is_runnable() {
        runstate::RUNNABLE
    } else {
        runstate::OFFLINE
    };
    account(vcpu, state);
}

/// A domain's weight and cap.
pub fn share(domain: &Domain) -> (u16, u16) {
    with(|scheduler| scheduler.share(domain.id.0)).unwrap_or((sched::DEFAULT_WEIGHT, 0))
}

/// Changes a domain's weight and cap.
pub fn set_share(domain: &Domain, weight: u16, cap: u16) {
    ask(with(|scheduler| scheduler.set_share(domain.id.0, weight, cap)).flatten());
}

/// How long a CPU has idled.
pub fn idle_ns(cpu: CpuId) -> u64 {
    our_cpu::idle_ns(cpu)
}

/// All CPUs that there are.
pub fn online() -> CpuSet {
    CpuSet::first(cpu::count())
}
