//! Who runs on which CPU: shares by weight, caps, affinity, with as few interruptions as possible.
//!
//! Every vCPU has credit. Running burns it, the faster the smaller the domain's weight; the one with the most credit
//! runs first, and when the best has none left, all of its run queue get the same amount more. A capped domain also
//! burns a budget that is filled once per period; its vCPUs are parked while it is empty.
//!
//! The caller owns the clock and the virtual CPUs; it tells what wakes and sleeps, and asks, CPU by CPU, who is next.
//! An answer without an end needs no timer: nobody waits for that CPU.
//!
//! Always: a runnable vCPU is queued, parked, or on one CPU, exactly one of these; one that its CPU has not yet released
//! is not given to another; nobody runs outside its hard affinity after its CPU was asked; nobody waits while a CPU that
//! it may use idles and has not been asked.
//!
//! Not here: what switching means, timers, locks.
#![no_std]
#![forbid(unsafe_code)]
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

extern crate alloc;

mod domains;
mod mask;
mod waiting;

use alloc::vec::Vec;

use domains::Domains;
pub use mask::Mask;

/// How long one vCPU runs at most while others wait.
pub const SLICE_NS: u64 = 10_000_000;
/// How long one runs at least before somebody with more credit takes its CPU.
pub const RATE_LIMIT_NS: u64 = 1_000_000;
/// A cap is a part of this time, filled again when it is over.
pub const PERIOD_NS: u64 = 10_000_000;
/// The weight of a domain that nobody changed.
pub const DEFAULT_WEIGHT: u16 = 256;
/// CPUs that share a run queue, if nobody says otherwise.
pub const CPUS_PER_QUEUE: u32 = 16;

/// What a reset gives, in nanoseconds of a vCPU of default weight.
const CREDIT: i64 = 10_000_000;
/// The shortest slice: a budget that is nearly empty must not cost a storm of timer interrupts.
const SHORTEST_NS: u64 = 100_000;

/// A virtual CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its domain.
    pub domain: u16,
    /// Its number there.
    pub vcpu: u32,
}

/// What a CPU does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who runs; none: the CPU idles.
    pub next: Option<Key>,
    /// When to ask again at the latest, also for a CPU that idles.
    pub slice_end_ns: Option<u64>,
    /// Another CPU that should be asked, for somebody waits whom it may run.
    pub also: Option<u32>,
}

/// A place in the table of vCPUs, stable while the vCPU exists.
type Slot = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Asleep, or on a CPU.
    Nowhere,
    /// In its run queue.
    Queued,
    /// Its domain's budget is empty.
    Parked,
}

#[derive(Clone, Copy, Debug)]
struct Entity {
    key: Key,
    runnable: bool,
    place: Place,
    /// It wants others to go first, once.
    yields: bool,
    /// The CPU that runs it, or has not yet released it.
    on: Option<u32>,
    last: u32,
    queue: u32,
    hard: Mask,
    soft: Mask,
    credit: i64,
    /// Until when its running is accounted for.
    burnt_ns: u64,
}

#[derive(Clone, Copy, Debug)]
struct Cpu {
    running: Option<Slot>,
    queue: u32,
    /// Since when it runs the same vCPU.
    since_ns: u64,
    /// It was told when to ask again.
    armed: bool,
}

/// The scheduler.
#[derive(Debug)]
pub struct Scheduler {
    entities: Vec<Option<Entity>>,
    free: Vec<Slot>,
    domains: Domains,
    /// Run queues, the most credit first.
    queues: Vec<Vec<Slot>>,
    /// How many are in them.
    waiting: u32,
    parked: Vec<Slot>,
    cpus: Vec<Cpu>,
    /// CPUs that run nobody and have not been asked since they said so.
    idle: Mask,
    /// CPUs that should be asked, and whom no caller has been told of yet.
    owed: Mask,
}

impl Scheduler {
    /// For so many CPUs, all about to ask for the first time.
    #[must_use]
    pub fn new(cpus: u32) -> Self {
        let queues: Vec<u32> = (0..cpus).map(|cpu| cpu / CPUS_PER_QUEUE).collect();
        Self::with_queues(&queues)
    }

    /// With the number of each CPU's run queue; CPUs that share a cache should share a queue.
    #[must_use]
    pub fn with_queues(queue_of: &[u32]) -> Self {
        let count = queue_of
            .iter()
            .max()
            .map_or(1, |last| last.saturating_add(1));
        let mut idle = Mask::NONE;
        (0u32..).zip(queue_of).for_each(|(cpu, _)| idle.insert(cpu));
        let cpus = queue_of
            .iter()
            .map(|queue| Cpu {
                running: None,
                queue: *queue,
                since_ns: 0,
                armed: false,
            })
            .collect();
        Self {
            entities: Vec::new(),
            free: Vec::new(),
            domains: Domains::default(),
            queues: (0..count).map(|_| Vec::new()).collect(),
            waiting: 0,
            parked: Vec::new(),
            cpus,
            idle,
            owed: Mask::NONE,
        }
    }

    /// A new vCPU, asleep.
    pub fn insert(&mut self, key: Key) {
        if self.domains.slot(key).is_some() {
            return;
        }
        let entity = Entity {
            key,
            runnable: false,
            place: Place::Nowhere,
            yields: false,
            on: None,
            last: 0,
            queue: 0,
            hard: Mask::ALL,
            soft: Mask::ALL,
            credit: CREDIT,
            burnt_ns: 0,
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.entities.push(None);
                u32::try_from(self.entities.len())
                    .unwrap_or(u32::MAX)
                    .saturating_sub(1)
            }
        };
        if let Some(place) = self.entities.get_mut(slot as usize) {
            *place = Some(entity);
            self.domains.set_slot(key, Some(slot));
        }
    }

    /// A vCPU that does not run is forgotten.
    pub fn remove(&mut self, key: Key) {
        let Some(slot) = self.domains.slot(key) else {
            return;
        };
        self.take_out(slot);
        if self.entity(slot).is_some_and(|entity| entity.on.is_some()) {
            self.domains.stops(key.domain);
        }
        for cpu in &mut self.cpus {
            cpu.running = cpu.running.filter(|running| *running != slot);
        }
        if let Some(place) = self.entities.get_mut(slot as usize) {
            *place = None;
        }
        self.domains.set_slot(key, None);
        self.free.push(slot);
    }

    /// Changes where a vCPU may run; the CPU to ask again, if it runs where it may not or waits.
    pub fn set_affinity(&mut self, key: Key, hard: Mask, now_ns: u64) -> Option<u32> {
        let slot = self.domains.slot(key)?;
        let entity = self.entity_mut(slot)?;
        entity.hard = hard;
        if let Some(cpu) = entity.on {
            return (!hard.contains(cpu)).then_some(cpu);
        }
        if entity.place != Place::Queued {
            return None;
        }
        self.take_out(slot);
        self.put_in(slot, now_ns)
    }

    /// Changes where a vCPU runs best; it has effect when it next waits.
    pub fn set_soft_affinity(&mut self, key: Key, soft: Mask) {
        if let Some(entity) = self
            .domains
            .slot(key)
            .and_then(|slot| self.entity_mut(slot))
        {
            entity.soft = soft;
        }
    }

    /// A vCPU can run; the CPU to ask again.
    pub fn wake(&mut self, key: Key, now_ns: u64) -> Option<u32> {
        let slot = self.domains.slot(key)?;
        let entity = self.entity_mut(slot)?;
        entity.runnable = true;
        if entity.place != Place::Nowhere || entity.on.is_some() {
            return None;
        }
        self.put_in(slot, now_ns)
    }

    /// A vCPU cannot run any more; the CPU to ask again, if one runs it.
    pub fn sleep(&mut self, key: Key) -> Option<u32> {
        let slot = self.domains.slot(key)?;
        let entity = self.entity_mut(slot)?;
        entity.runnable = false;
        let (on, place) = (entity.on, entity.place);
        if place != Place::Nowhere {
            self.take_out(slot);
        }
        on
    }

    /// A running vCPU lets others go first; whether there are any.
    pub fn yield_now(&mut self, key: Key) -> bool {
        if self.waiting == 0 {
            return false;
        }
        let Some(slot) = self.domains.slot(key) else {
            return false;
        };
        let Some(cpu) = self.entity(slot).and_then(|entity| entity.on) else {
            return false;
        };
        let others = self
            .cpus
            .get(cpu as usize)
            .and_then(|state| self.best_of(state.queue, cpu))
            .is_some();
        if let Some(entity) = self.entity_mut(slot) {
            entity.yields = others;
        }
        others
    }

    /// Who runs on a CPU from now on. What ran there is the CPU's until [`Self::released`].
    pub fn pick(&mut self, cpu: u32, now_ns: u64) -> Decision {
        let nobody = Decision {
            next: None,
            slice_end_ns: None,
            also: None,
        };
        let Some(state) = self.cpus.get(cpu as usize).copied() else {
            return nobody;
        };
        self.unpark(now_ns);
        self.owed.remove(cpu);
        let stays = state
            .running
            .filter(|slot| self.settle(*slot, cpu, state.armed, now_ns));
        let waiting = if self.waiting == 0 {
            None
        } else {
            self.candidate(state.queue, cpu, stays.is_none())
        };
        let next = self.prefer(stays, waiting, now_ns.saturating_sub(state.since_ns));
        if let Some(slot) = next {
            self.start(slot, cpu, now_ns);
        }
        let rival = if next == stays { None } else { stays };
        let end = self.slice_end(next, rival, state.running, cpu, now_ns);
        if let Some(state) = self.cpus.get_mut(cpu as usize) {
            state.since_ns = if next == state.running {
                state.since_ns
            } else {
                now_ns
            };
            state.running = next;
            state.armed = end.is_some();
        }
        if next.is_none() {
            self.idle.insert(cpu)
        } else {
            self.idle.remove(cpu)
        }
        let next = next
            .and_then(|slot| self.entity(slot))
            .map(|entity| entity.key);
        Decision {
            next,
            slice_end_ns: end,
            also: self.helper(),
        }
    }

    /// A CPU has put down what it ran before; the CPU to ask again if that can run.
    pub fn released(&mut self, key: Key, now_ns: u64) -> Option<u32> {
        let slot = self.domains.slot(key)?;
        let entity = self.entity_mut(slot)?;
        let was_on = entity.on.take().is_some();
        let (runnable, place) = (entity.runnable, entity.place);
        if was_on {
            self.domains.stops(key.domain);
        }
        if !runnable || place != Place::Nowhere {
            return None;
        }
        self.put_in(slot, now_ns)
    }

    /// A domain's weight and cap.
    #[must_use]
    pub fn share(&self, domain: u16) -> (u16, u16) {
        self.domains.share(domain)
    }

    /// Changes a domain's weight, and its cap in percent of one CPU (0: none); the CPU to ask again, if the old cap
    /// holds some vCPU back.
    pub fn set_share(&mut self, domain: u16, weight: u16, cap: u16) -> Option<u32> {
        if self.domains.share(domain).0 != weight.max(1) {
            self.forgive(domain);
        }
        self.domains.set_share(domain, weight.max(1), cap);
        let mut parked = self.parked.iter().filter_map(|slot| self.entity(*slot));
        parked
            .find(|entity| entity.key.domain == domain)
            .map(|entity| entity.last)
    }
}

/// Choosing.
impl Scheduler {
    fn entity(&self, slot: Slot) -> Option<&Entity> {
        self.entities.get(slot as usize)?.as_ref()
    }

    fn entity_mut(&mut self, slot: Slot) -> Option<&mut Entity> {
        self.entities.get_mut(slot as usize)?.as_mut()
    }

    /// Accounts for what a CPU ran until now; whether it may go on.
    fn settle(&mut self, slot: Slot, cpu: u32, armed: bool, now_ns: u64) -> bool {
        let Some(entity) = self
            .entities
            .get_mut(slot as usize)
            .and_then(Option::as_mut)
        else {
            return false;
        };
        if entity.on != Some(cpu) {
            return false;
        }
        let ran_ns = now_ns.saturating_sub(entity.burnt_ns);
        entity.burnt_ns = now_ns;
        let before = entity.credit;
        let after = before.saturating_sub(self.domains.credit_of(entity.key.domain, ran_ns));
        // Time that nobody else wanted makes no debt.
        entity.credit = if armed {
            after
        } else {
            after.max(before.min(0))
        };
        let within = self.domains.burn(entity.key.domain, ran_ns, now_ns);
        entity.runnable && within && entity.hard.contains(cpu)
    }

    /// The first of a queue that a CPU may run.
    fn best_of(&self, queue: u32, cpu: u32) -> Option<Slot> {
        let waiting = self.queues.get(queue as usize)?;
        waiting.iter().copied().find(|slot| {
            self.entity(*slot)
                .is_some_and(|entity| entity.hard.contains(cpu))
        })
    }

    /// Who waits for a CPU: the best of its queue, or for a CPU with nothing to do the best of all.
    fn candidate(&self, queue: u32, cpu: u32, anywhere: bool) -> Option<Slot> {
        let own = self.best_of(queue, cpu);
        if own.is_some() || !anywhere {
            return own;
        }
        let queues = 0..u32::try_from(self.queues.len()).unwrap_or(u32::MAX);
        queues
            .filter_map(|other| self.best_of(other, cpu))
            .max_by_key(|slot| self.credit(*slot))
    }

    fn credit(&self, slot: Slot) -> i64 {
        self.entity(slot).map_or(i64::MIN, |entity| entity.credit)
    }

    fn prefer(&mut self, stays: Option<Slot>, waiting: Option<Slot>, ran_ns: u64) -> Option<Slot> {
        let (Some(running), Some(other)) = (stays, waiting) else {
            return stays.or(waiting);
        };
        let other_credit = self.credit(other);
        let entity = self.entity_mut(running)?;
        let yields = core::mem::take(&mut entity.yields);
        let keeps = !yields && (ran_ns < RATE_LIMIT_NS || entity.credit >= other_credit);
        Some(if keeps { running } else { other })
    }

    /// Makes a vCPU the one that a CPU runs.
    fn start(&mut self, slot: Slot, cpu: u32, now_ns: u64) {
        let Some(queue) = self.cpus.get(cpu as usize).map(|state| state.queue) else {
            return;
        };
        if self.entity(slot).is_some_and(|entity| entity.on.is_none()) {
            self.take_out(slot);
            if let Some(entity) = self.entity_mut(slot) {
                (entity.on, entity.last, entity.queue) = (Some(cpu), cpu, queue);
                (entity.burnt_ns, entity.yields) = (now_ns, false);
                let domain = entity.key.domain;
                self.domains.starts(domain);
            }
        }
        let credit = self.credit(slot);
        if credit <= 0 {
            self.reset(queue, credit);
        }
    }

    /// Forgets a domain's debts, which were made at another price.
    fn forgive(&mut self, domain: u16) {
        for entity in self
            .entities
            .iter_mut()
            .flatten()
            .filter(|entity| entity.key.domain == domain)
        {
            entity.credit = entity.credit.max(0);
        }
        for place in 0..self.queues.len() {
            let mut queue = self
                .queues
                .get_mut(place)
                .map(core::mem::take)
                .unwrap_or_default();
            queue.sort_by_key(|slot| core::cmp::Reverse(self.credit(*slot)));
            if let Some(empty) = self.queues.get_mut(place) {
                *empty = queue;
            }
        }
    }

    /// Gives all of a queue the same, so much that who starts has some.
    fn reset(&mut self, queue: u32, credit: i64) {
        let times = credit
            .saturating_neg()
            .checked_div(CREDIT)
            .unwrap_or(0)
            .saturating_add(1);
        let more = CREDIT.saturating_mul(times);
        for entity in self
            .entities
            .iter_mut()
            .flatten()
            .filter(|entity| entity.queue == queue)
        {
            entity.credit = entity.credit.saturating_add(more).min(CREDIT);
        }
    }
}

#[cfg(test)]
mod stories;
