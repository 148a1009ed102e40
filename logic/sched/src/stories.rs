//! Stories about the scheduler, and a machine that lives through seeded days with it.

use super::*;
use alloc::collections::BTreeMap;
use alloc::vec;

extern crate std;

const A: Key = Key { domain: 0, vcpu: 0 };
const B: Key = Key { domain: 1, vcpu: 0 };

fn world(cpus: u32) -> Scheduler {
    let mut scheduler = Scheduler::new(cpus);
    scheduler.insert(A);
    scheduler.insert(B);
    scheduler
}

#[test]
fn one_alone_needs_no_timer() {
    let mut scheduler = world(1);
    assert_eq!(scheduler.wake(A, 0), Some(0));
    assert_eq!(
        scheduler.pick(0, 0),
        Decision {
            next: Some(A),
            slice_end_ns: None,
            also: None
        }
    );
}

#[test]
fn who_comes_waits_out_the_rate_limit() {
    let mut scheduler = world(1);
    scheduler.wake(A, 0);
    scheduler.pick(0, 0);
    assert_eq!(
        scheduler.wake(B, 10),
        Some(0),
        "A has no timer, so the CPU must look"
    );
    let decision = scheduler.pick(0, 10);
    assert_eq!(
        (decision.next, decision.slice_end_ns),
        (Some(A), Some(10 + RATE_LIMIT_NS))
    );
    assert_eq!(scheduler.pick(0, 10 + RATE_LIMIT_NS).next, Some(B));
}

#[test]
fn what_a_cpu_has_not_released_no_other_gets() {
    let mut scheduler = world(2);
    scheduler.wake(A, 0);
    assert_eq!(scheduler.pick(0, 0).next, Some(A));
    scheduler.sleep(A);
    scheduler.set_affinity(B, Mask([1, 0, 0, 0]), 0);
    scheduler.wake(B, 0);
    assert_eq!(scheduler.pick(0, 0).next, Some(B));
    scheduler.wake(A, 0);
    assert_eq!(
        scheduler.pick(1, 0).next,
        None,
        "CPU 0 still has A's registers"
    );
    assert_eq!(scheduler.released(A, 0), Some(1));
    assert_eq!(scheduler.pick(1, 0).next, Some(A));
}

#[test]
fn affinity_binds() {
    let mut scheduler = world(2);
    scheduler.set_affinity(A, Mask([2, 0, 0, 0]), 0);
    assert_eq!(scheduler.wake(A, 0), Some(1));
    assert_eq!(scheduler.pick(0, 0).next, None);
    assert_eq!(scheduler.pick(1, 0).next, Some(A));
    assert_eq!(scheduler.set_affinity(A, Mask([1, 0, 0, 0]), 0), Some(1));
    assert_eq!(scheduler.pick(1, 0).next, None);
    assert_eq!(scheduler.released(A, 0), Some(0));
}

#[test]
fn soft_affinity_is_a_wish() {
    let mut scheduler = world(2);
    scheduler.set_soft_affinity(A, Mask([2, 0, 0, 0]));
    assert_eq!(scheduler.wake(A, 0), Some(1));
    scheduler.set_soft_affinity(B, Mask([2, 0, 0, 0]));
    assert_eq!(
        scheduler.wake(B, 0),
        Some(0),
        "CPU 1 is taken, and waiting is worse"
    );
}

#[test]
fn two_that_wake_at_once_get_two_cpus() {
    let mut scheduler = world(2);
    let first = scheduler.wake(A, 0);
    let second = scheduler.wake(B, 0);
    assert_ne!(first, second);
}

#[test]
fn a_yield_lets_the_other_go_first_whatever_the_credit() {
    let mut scheduler = world(1);
    scheduler.wake(A, 0);
    scheduler.pick(0, 0);
    assert!(!scheduler.yield_now(A));
    scheduler.wake(B, 0);
    scheduler.pick(0, 0);
    assert!(scheduler.yield_now(A));
    assert_eq!(scheduler.pick(0, 1).next, Some(B));
}

#[test]
fn shares_of_a_domain_end_with_it() {
    let mut scheduler = world(1);
    scheduler.set_share(1, 1000, 50);
    assert_eq!(scheduler.share(1), (1000, 50));
    scheduler.remove(B);
    scheduler.insert(B);
    assert_eq!(scheduler.share(1), (DEFAULT_WEIGHT, 0));
}

/// A machine: CPUs that ask when they are asked to and when their time is up.
struct Machine {
    scheduler: Scheduler,
    now: u64,
    running: std::vec::Vec<Option<Key>>,
    asked: std::vec::Vec<bool>,
    timer: std::vec::Vec<Option<u64>>,
    runnable: BTreeMap<Key, bool>,
    hard: BTreeMap<Key, Mask>,
    ran: BTreeMap<Key, u64>,
    seed: u64,
}

impl Machine {
    fn new(queues: &[u32], keys: &[Key], seed: u64) -> Self {
        let mut scheduler = Scheduler::with_queues(queues);
        keys.iter().for_each(|key| scheduler.insert(*key));
        Self {
            scheduler,
            now: 0,
            running: vec![None; queues.len()],
            asked: vec![false; queues.len()],
            timer: vec![None; queues.len()],
            runnable: keys.iter().map(|key| (*key, false)).collect(),
            hard: keys.iter().map(|key| (*key, Mask::ALL)).collect(),
            ran: BTreeMap::new(),
            seed: seed | 1,
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    fn ask(&mut self, cpu: Option<u32>) {
        if let Some(cpu) = cpu {
            self.asked[cpu as usize] = true;
        }
    }

    fn wake(&mut self, key: Key) {
        self.runnable.insert(key, true);
        let cpu = self.scheduler.wake(key, self.now);
        self.ask(cpu);
    }

    fn sleep(&mut self, key: Key) {
        self.runnable.insert(key, false);
        let cpu = self.scheduler.sleep(key);
        self.ask(cpu);
    }

    fn share(&mut self, domain: u16, weight: u16, cap: u16) {
        let cpu = self.scheduler.set_share(domain, weight, cap);
        self.ask(cpu);
    }

    fn bind(&mut self, key: Key, mask: Mask) {
        self.hard.insert(key, mask);
        let cpu = self.scheduler.set_affinity(key, mask, self.now);
        self.ask(cpu);
    }

    /// Lets every CPU that was asked decide, until none is.
    fn settle(&mut self) {
        for _ in 0..1000 {
            let Some(cpu) = self.asked.iter().position(|asked| *asked) else {
                break;
            };
            self.asked[cpu] = false;
            let before = self.running[cpu];
            let decision = self.scheduler.pick(cpu as u32, self.now);
            self.timer[cpu] = decision.slice_end_ns;
            self.ask(decision.also);
            if decision.next != before {
                self.running[cpu] = None;
                if let Some(key) = before {
                    let cpu = self.scheduler.released(key, self.now);
                    self.ask(cpu);
                }
                if let Some(key) = decision.next {
                    assert!(
                        !self.running.contains(&Some(key)),
                        "{key:?} runs on two CPUs"
                    );
                }
                self.running[cpu] = decision.next;
            }
        }
        assert!(!self.asked.contains(&true), "CPUs ask one another for ever");
        self.check();
    }

    fn check(&self) {
        for (cpu, running) in self.running.iter().enumerate() {
            if let Some(key) = running {
                assert!(self.runnable[key], "{key:?} sleeps");
                assert!(
                    self.hard[key].contains(cpu as u32),
                    "{key:?} must not run on {cpu}"
                );
            }
        }
        for (key, _) in self.runnable.iter().filter(|(key, runnable)| {
            **runnable
                && !self.running.contains(&Some(**key))
                && self.scheduler.share(key.domain).1 == 0
        }) {
            for (cpu, running) in self.running.iter().enumerate() {
                assert!(
                    running.is_some() || !self.hard[key].contains(cpu as u32),
                    "at {} {key:?} waits and CPU {cpu} idles",
                    self.now
                );
            }
        }
    }

    /// Lets time pass to the next timer, at most to `end`.
    fn advance(&mut self, end: u64) {
        let next = self
            .timer
            .iter()
            .flatten()
            .copied()
            .min()
            .unwrap_or(end)
            .clamp(self.now, end);
        for key in self.running.iter().flatten() {
            *self.ran.entry(*key).or_default() += next - self.now;
        }
        self.now = next;
        for cpu in 0..self.timer.len() {
            if self.timer[cpu].is_some_and(|time| time <= next) {
                self.timer[cpu] = None;
                self.asked[cpu] = true;
            }
        }
        self.settle();
    }

    fn run_until(&mut self, end: u64) {
        self.settle();
        while self.now < end {
            self.advance(end);
        }
    }
}

fn keys(count: u16) -> std::vec::Vec<Key> {
    (0..count).map(|domain| Key { domain, vcpu: 0 }).collect()
}

#[test]
fn busy_domains_share_by_weight() {
    let keys = keys(4);
    let mut machine = Machine::new(&[0], &keys, 1);
    let weights = [128, 256, 512, 1024];
    for (key, weight) in keys.iter().zip(weights) {
        machine.scheduler.set_share(key.domain, weight, 0);
        machine.wake(*key);
    }
    let end = 20_000_000_000;
    machine.run_until(end);
    for (key, weight) in keys.iter().zip(weights) {
        let fair = end * u64::from(weight) / 1920;
        let got = machine.ran[key];
        assert!(
            got.abs_diff(fair) * 100 < fair * 5,
            "weight {weight}: {got} of {fair}"
        );
    }
}

#[test]
fn equals_share_two_cpus_three_ways() {
    let keys = keys(3);
    let mut machine = Machine::new(&[0, 0], &keys, 1);
    keys.iter().for_each(|key| machine.wake(*key));
    machine.run_until(6_000_000_000);
    for key in &keys {
        assert!(
            machine.ran[key].abs_diff(4_000_000_000) < 200_000_000,
            "{:?}",
            machine.ran
        );
    }
}

#[test]
fn caps_hold_on_an_otherwise_idle_machine() {
    for cap in [5, 30, 100, 150] {
        let keys = [Key { domain: 3, vcpu: 0 }, Key { domain: 3, vcpu: 1 }];
        let mut machine = Machine::new(&[0, 0, 1], &keys, 1);
        machine.scheduler.set_share(3, 256, cap);
        keys.iter().for_each(|key| machine.wake(*key));
        let end = 5_000_000_000;
        machine.run_until(end);
        let got: u64 = machine.ran.values().sum();
        let fair = end * u64::from(cap) / 100;
        assert!(
            got.abs_diff(fair) * 100 < fair * 5,
            "cap {cap}: {got} of {fair}"
        );
    }
}

#[test]
fn a_long_time_alone_makes_no_debt() {
    let mut machine = Machine::new(&[0], &[A, B], 1);
    machine.wake(A);
    machine.run_until(5_000_000_000);
    machine.wake(B);
    machine.run_until(6_000_000_000);
    assert!(
        machine.ran[&B].abs_diff(500_000_000) < 50_000_000,
        "{:?}",
        machine.ran
    );
}

#[test]
fn who_sleeps_much_runs_soon_after_it_wakes() {
    let mut machine = Machine::new(&[0], &[A, B], 1);
    machine.wake(A);
    machine.run_until(100_000_000);
    for _ in 0..100 {
        machine.wake(B);
        let woke = machine.now;
        machine.settle();
        while machine.running[0] != Some(B) {
            machine.advance(u64::MAX / 2);
        }
        assert!(
            machine.now - woke <= RATE_LIMIT_NS,
            "waited {}",
            machine.now - woke
        );
        machine.run_until(machine.now + 100_000);
        machine.sleep(B);
        machine.run_until(machine.now + 20_000_000);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    /// Whatever happens, the invariants hold (checked after every step), and all that can run do in the end.
    #[test]
    fn any_day_of_a_machine(seed: u64, cpus in 1u32..7, per_queue in 1u32..4, guests in 1u16..9) {
        let queues: std::vec::Vec<u32> = (0..cpus).map(|cpu| cpu / per_queue).collect();
        let keys = keys(guests);
        let mut machine = Machine::new(&queues, &keys, seed);
        for _ in 0..200 {
            let key = keys[machine.random(u64::from(guests)) as usize];
            match machine.random(6) {
                0 | 1 => machine.wake(key),
                2 => machine.sleep(key),
                3 => {
                    let bits = machine.random((1 << cpus) - 1) + 1;
                    machine.bind(key, Mask([bits, 0, 0, 0]));
                }
                4 => {
                    let (weight, cap) = (machine.random(1000) as u16, machine.random(3) as u16 * 40);
                    machine.share(key.domain, weight, cap);
                }
                _ => {
                    if let Some(cpu) = machine.running.iter().position(|on| *on == Some(key))
                        && machine.scheduler.yield_now(key)
                    {
                        machine.asked[cpu] = true;
                    }
                }
            }
            machine.settle();
            let end = machine.now + machine.random(5_000_000);
            machine.run_until(end);
        }
        for key in &keys {
            machine.share(key.domain, 256, 0);
            machine.bind(*key, Mask::ALL);
            machine.wake(*key);
        }
        machine.run_until(machine.now + 100_000_000);
        machine.ran.clear();
        machine.run_until(machine.now + 2_000_000_000);
        for key in &keys {
            assert!(machine.ran.get(key).is_some_and(|ran| *ran > 0), "{key:?} starved");
        }
    }
}
