//! Who runs on which CPU: a run queue for all, time slices, affinity.
//!
//! The caller owns the clock and the virtual CPUs; it tells what wakes and sleeps, and asks, CPU by CPU, who is next.
//!
//! Always: a runnable vCPU is either queued or running on one CPU, never both, never on two; a vCPU that its CPU has
//! not yet released is not given to another.
//!
//! Not here: what switching means, timers, locks.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used)]

extern crate alloc;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// How long one vCPU runs while others wait.
pub const SLICE_NS: u64 = 10_000_000;

/// The weight of a domain that nobody changed.
pub const DEFAULT_WEIGHT: u16 = 256;

/// A virtual CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its domain.
    pub domain: u16,
    /// Its number there.
    pub vcpu: u32,
}

/// CPUs, a bit each, 64 to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(pub [u64; 4]);

impl Mask {
    /// Every CPU.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// Puts a CPU in.
    pub fn insert(&mut self, cpu: u32) {
        if let (Some(word), Some(bit)) = (self.0.get_mut((cpu / 64) as usize), 1u64.checked_shl(cpu % 64)) {
            *word |= bit;
        }
    }

    /// Whether a CPU is in it.
    pub fn contains(&self, cpu: u32) -> bool {
        let word = self.0.get((cpu / 64) as usize).copied().unwrap_or(0);
        word.checked_shr(cpu % 64).unwrap_or(0) & 1 == 1
    }
}

/// What a CPU does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who runs; none: the CPU idles.
    pub next: Option<Key>,
    /// When to ask again at the latest.
    pub slice_end_ns: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entity {
    runnable: bool,
    queued: bool,
    /// The CPU that runs it, or has not yet released it.
    on: Option<u32>,
    last: u32,
    affinity: Mask,
}

/// The scheduler.
#[derive(Debug)]
pub struct Scheduler {
    entities: BTreeMap<Key, Entity>,
    queue: VecDeque<Key>,
    running: Vec<Option<Key>>,
    /// Weight and cap of the domains that have others than the defaults.
    shares: BTreeMap<u16, (u16, u16)>,
}

impl Scheduler {
    /// For so many CPUs, all idle.
    pub fn new(cpus: u32) -> Self {
        Self { entities: BTreeMap::new(), queue: VecDeque::new(), running: (0..cpus).map(|_| None).collect(), shares: BTreeMap::new() }
    }

    /// A new vCPU, asleep.
    pub fn insert(&mut self, key: Key) {
        self.entities
            .entry(key)
            .or_insert(Entity { runnable: false, queued: false, on: None, last: 0, affinity: Mask::ALL });
    }

    /// A vCPU that does not run is forgotten.
    pub fn remove(&mut self, key: Key) {
        self.queue.retain(|queued| *queued != key);
        self.entities.remove(&key);
    }

    /// Changes where a vCPU may run; the CPU to ask again, if it runs where it may not.
    pub fn set_affinity(&mut self, key: Key, affinity: Mask) -> Option<u32> {
        let entity = self.entities.get_mut(&key)?;
        entity.affinity = affinity;
        let stray = entity.on.filter(|cpu| !affinity.contains(*cpu));
        stray.or_else(|| if self.entities.get(&key)?.queued { self.cpu_for(key) } else { None })
    }

    /// A vCPU can run; the CPU to ask again.
    pub fn wake(&mut self, key: Key) -> Option<u32> {
        let entity = self.entities.get_mut(&key)?;
        entity.runnable = true;
        if entity.queued || entity.on.is_some() {
            return None;
        }
        entity.queued = true;
        self.queue.push_back(key);
        self.cpu_for(key)
    }

    /// A vCPU cannot run any more; the CPU to ask again, if one runs it.
    pub fn sleep(&mut self, key: Key) -> Option<u32> {
        let entity = self.entities.get_mut(&key)?;
        entity.runnable = false;
        if entity.queued {
            entity.queued = false;
            self.queue.retain(|queued| *queued != key);
        }
        self.entities.get(&key)?.on
    }

    /// A running vCPU lets others go first; whether there are any.
    pub fn yield_now(&mut self, key: Key) -> bool {
        let Some(cpu) = self.entities.get(&key).and_then(|entity| entity.on) else { return false };
        self.queue.iter().any(|other| self.may_run(*other, cpu))
    }

    /// Who runs on a CPU from now on. What ran there goes back to the queue's end if it can run, and is the CPU's until
    /// [`Self::released`].
    pub fn pick(&mut self, cpu: u32, now_ns: u64) -> Decision {
        let previous = self.running.get(cpu as usize).copied().flatten();
        let found = self.queue.iter().position(|key| self.may_run(*key, cpu));
        let stays = previous.is_some_and(|key| self.can_stay(key, cpu));
        let next = match found.and_then(|place| self.queue.remove(place)) {
            Some(key) => {
                if let Some(entity) = self.entities.get_mut(&key) {
                    entity.queued = false;
                    entity.on = Some(cpu);
                    entity.last = cpu;
                }
                Some(key)
            }
            None if stays => previous,
            None => None,
        };
        if let Some(slot) = self.running.get_mut(cpu as usize) {
            *slot = next;
        }
        let contended = next.is_some() && (stays && next != previous || !self.queue.is_empty());
        Decision { next, slice_end_ns: contended.then(|| now_ns.saturating_add(SLICE_NS)) }
    }

    /// A CPU has put down what it ran before; the CPU to ask again if that can run.
    pub fn released(&mut self, key: Key) -> Option<u32> {
        let entity = self.entities.get_mut(&key)?;
        entity.on = None;
        if !entity.runnable || entity.queued {
            return None;
        }
        entity.queued = true;
        self.queue.push_back(key);
        self.cpu_for(key)
    }

    /// A domain's weight and cap.
    pub fn share(&self, domain: u16) -> (u16, u16) {
        self.shares.get(&domain).copied().unwrap_or((DEFAULT_WEIGHT, 0))
    }

    /// Changes a domain's weight and cap.
    pub fn set_share(&mut self, domain: u16, weight: u16, cap: u16) {
        self.shares.insert(domain, (weight, cap));
    }

    fn may_run(&self, key: Key, cpu: u32) -> bool {
        self.entities
            .get(&key)
            .is_some_and(|entity| entity.on.is_none() && entity.affinity.contains(cpu))
    }

    fn can_stay(&self, key: Key, cpu: u32) -> bool {
        self.entities
            .get(&key)
            .is_some_and(|entity| entity.runnable && entity.on == Some(cpu) && entity.affinity.contains(cpu))
    }

    /// The CPU that should look at the queue for this vCPU: an idle one, its last one first; else its last one.
    fn cpu_for(&self, key: Key) -> Option<u32> {
        let entity = self.entities.get(&key)?;
        let idle = |cpu: u32| {
            entity.affinity.contains(cpu) && matches!(self.running.get(cpu as usize), Some(None))
        };
        if idle(entity.last) {
            return Some(entity.last);
        }
        let cpus = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        (0..cpus)
            .find(|cpu| idle(*cpu))
            .or_else(|| entity.affinity.contains(entity.last).then_some(entity.last))
            .or_else(|| (0..cpus).find(|cpu| entity.affinity.contains(*cpu)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Key = Key { domain: 0, vcpu: 0 };
    const B: Key = Key { domain: 1, vcpu: 0 };

    fn world(cpus: u32) -> Scheduler {
        let mut scheduler = Scheduler::new(cpus);
        scheduler.insert(A);
        scheduler.insert(B);
        scheduler
    }

    #[test]
    fn two_take_turns_on_one_cpu() {
        let mut scheduler = world(1);
        assert_eq!(scheduler.wake(A), Some(0));
        assert_eq!(scheduler.pick(0, 0), Decision { next: Some(A), slice_end_ns: None });
        assert_eq!(scheduler.wake(B), Some(0));
        assert_eq!(scheduler.pick(0, 0), Decision { next: Some(B), slice_end_ns: Some(SLICE_NS) });
        scheduler.released(A);
        assert_eq!(scheduler.pick(0, 5).next, Some(A));
    }

    #[test]
    fn what_a_cpu_has_not_released_no_other_gets() {
        let mut scheduler = world(2);
        scheduler.wake(A);
        assert_eq!(scheduler.pick(0, 0).next, Some(A));
        scheduler.wake(B);
        scheduler.sleep(A);
        assert_eq!(scheduler.pick(0, 0).next, Some(B));
        scheduler.wake(A);
        assert_eq!(scheduler.pick(1, 0).next, None, "CPU 0 still has A's registers");
        assert_eq!(scheduler.released(A), Some(1));
        assert_eq!(scheduler.pick(1, 0).next, Some(A));
    }

    #[test]
    fn affinity_binds() {
        let mut scheduler = world(2);
        scheduler.set_affinity(A, Mask([2, 0, 0, 0]));
        assert_eq!(scheduler.wake(A), Some(1));
        assert_eq!(scheduler.pick(0, 0).next, None);
        assert_eq!(scheduler.pick(1, 0).next, Some(A));
    }
}
