//! Those who wait: in which queue, for how long, and whose CPU they may take.

use crate::{
    CREDIT, Mask, PERIOD_NS, Place, RATE_LIMIT_NS, SHORTEST_NS, SLICE_NS, Scheduler, Slot,
};

impl Scheduler {
    /// Lets a vCPU wait; the CPU that should look.
    pub(crate) fn put_in(&mut self, slot: Slot, now_ns: u64) -> Option<u32> {
        let entity = self.entity(slot)?;
        let (domain, last) = (entity.key.domain, entity.last);
        if !self.domains.burn(domain, 0, now_ns) {
            self.entity_mut(slot)?.place = Place::Parked;
            self.parked.push(slot);
            // That CPU sets its timer for the end of the period.
            return Some(last);
        }
        let (cpu, ask) = self.place_for(slot, now_ns);
        let queue = self.cpus.get(cpu as usize)?.queue;
        self.entity_mut(slot)?.queue = queue;
        self.enqueue(slot, queue);
        if ask {
            self.idle.remove(cpu);
        }
        ask.then_some(cpu)
    }

    fn enqueue(&mut self, slot: Slot, queue: u32) {
        let credit = self.credit(slot).min(CREDIT);
        let Some(entity) = self.entity_mut(slot) else {
            return;
        };
        (entity.place, entity.credit) = (Place::Queued, credit);
        let waiting = self
            .queues
            .get(queue as usize)
            .map_or(&[][..], |queue| queue);
        // Behind those of equal credit, so that they take turns.
        let at = waiting
            .iter()
            .take_while(|other| self.credit(**other) >= credit)
            .count();
        if let Some(queue) = self.queues.get_mut(queue as usize) {
            queue.insert(at, slot);
            self.waiting = self.waiting.saturating_add(1);
        }
    }

    /// Takes a vCPU out of whatever it waits in.
    pub(crate) fn take_out(&mut self, slot: Slot) {
        let Some(entity) = self.entity_mut(slot) else {
            return;
        };
        let (place, queue) = (
            core::mem::replace(&mut entity.place, Place::Nowhere),
            entity.queue,
        );
        match (place, self.queues.get_mut(queue as usize)) {
            (Place::Queued, Some(queue)) => {
                queue.retain(|other| *other != slot);
                self.waiting = self.waiting.saturating_sub(1);
            }
            (Place::Parked, _) => self.parked.retain(|other| *other != slot),
            _ => {}
        }
    }

    /// Lets those wait again whose domain has a budget again.
    pub(crate) fn unpark(&mut self, now_ns: u64) {
        let mut at = 0usize;
        while let Some(slot) = self.parked.get(at).copied() {
            let domain = self.entity(slot).map(|entity| entity.key.domain);
            if domain.is_some_and(|domain| self.domains.burn(domain, 0, now_ns)) {
                self.take_out(slot);
                let (cpu, ask) = self.place_for(slot, now_ns);
                let queue = self.cpus.get(cpu as usize).map_or(0, |cpu| cpu.queue);
                if ask {
                    self.idle.remove(cpu);
                    self.owed.insert(cpu);
                }
                if let Some(entity) = self.entity_mut(slot) {
                    entity.queue = queue;
                }
                self.enqueue(slot, queue);
            } else {
                at = at.saturating_add(1);
            }
        }
    }

    /// The CPU near which a vCPU should wait, and whether that CPU should be asked: an idle one, best its last one or
    /// one that it runs well on; else one whose vCPU has less credit.
    fn place_for(&self, slot: Slot, now_ns: u64) -> (u32, bool) {
        let Some(entity) = self.entity(slot) else {
            return (0, false);
        };
        let idle = self.idle.and(&entity.hard);
        for choice in [idle.and(&entity.soft), idle] {
            if choice.contains(entity.last) {
                return (entity.last, true);
            }
            if let Some(cpu) = choice.first() {
                return (cpu, true);
            }
        }
        self.busy_place_for(slot, &entity.hard, now_ns)
    }

    fn busy_place_for(&self, slot: Slot, hard: &Mask, now_ns: u64) -> (u32, bool) {
        let (credit, own) = self
            .entity(slot)
            .map_or((0, 0), |entity| (entity.credit, entity.queue));
        let mut best: Option<(bool, usize, bool, i64, u32, bool)> = None;
        for (number, cpu) in (0u32..).zip(&self.cpus) {
            if !hard.contains(number) {
                continue;
            }
            let length = self
                .queues
                .get(cpu.queue as usize)
                .map_or(0, alloc::vec::Vec::len);
            // Another queue must be clearly shorter to be worth the colder caches.
            let load = if cpu.queue == own {
                length.saturating_sub(1)
            } else {
                length
            };
            let its_credit = cpu
                .running
                .map_or(i64::MAX, |running| self.credit_now(running, now_ns));
            let may_take =
                its_credit < credit && now_ns.saturating_sub(cpu.since_ns) >= RATE_LIMIT_NS;
            // One without a timer never looks by itself.
            let ask = cpu.running.is_some() && (may_take || !cpu.armed);
            let rank = (!ask, load, cpu.queue != own, its_credit, number, ask);
            if best.is_none_or(|best| {
                (rank.1, rank.0, rank.2, rank.3) < (best.1, best.0, best.2, best.3)
            }) {
                best = Some(rank);
            }
        }
        best.map_or((0, false), |(.., number, ask)| (number, ask))
    }

    fn credit_now(&self, slot: Slot, now_ns: u64) -> i64 {
        self.entity(slot).map_or(i64::MIN, |entity| {
            let ran_ns = now_ns.saturating_sub(entity.burnt_ns);
            entity
                .credit
                .saturating_sub(self.domains.credit_of(entity.key.domain, ran_ns))
        })
    }

    /// When a CPU should ask again: when somebody who waits for it comes before who runs, when a budget ends, and when
    /// one is filled for somebody parked.
    pub(crate) fn slice_end(
        &self,
        next: Option<Slot>,
        rival: Option<Slot>,
        before: Option<Slot>,
        cpu: u32,
        now_ns: u64,
    ) -> Option<u64> {
        let mut end: Option<u64> = None;
        let mut not_after = |time: u64| end = Some(end.map_or(time, |end| end.min(time)));
        if let Some(entity) = next.and_then(|slot| self.entity(slot)) {
            let domain = entity.key.domain;
            let queue = self.cpus.get(cpu as usize).map_or(0, |cpu| cpu.queue);
            let waiting = if self.waiting == 0 {
                None
            } else {
                self.best_of(queue, cpu)
            };
            if let Some(other) = waiting
                .into_iter()
                .chain(rival)
                .map(|slot| self.credit(slot))
                .max()
            {
                let ahead = self
                    .domains
                    .time_of(domain, entity.credit.saturating_sub(other));
                not_after(now_ns.saturating_add(ahead.clamp(RATE_LIMIT_NS, SLICE_NS)));
            }
            if let Some(left) = self.domains.left_ns(domain) {
                not_after(now_ns.saturating_add(left.clamp(SHORTEST_NS, PERIOD_NS)));
            }
        }
        // Who was stopped for want of a budget is parked only when it is released.
        for slot in self
            .parked
            .iter()
            .copied()
            .chain(before.filter(|slot| Some(*slot) != next))
        {
            let domain = self
                .entity(slot)
                .filter(|entity| entity.runnable)
                .map(|entity| entity.key.domain);
            if let Some(time) = domain.and_then(|domain| self.domains.refilled_at(domain)) {
                not_after(time.max(now_ns.saturating_add(SHORTEST_NS)));
            }
        }
        end
    }

    /// Another CPU that should be asked: one for somebody who was parked, or an idle one that somebody who waits may
    /// use. It will name the next one.
    pub(crate) fn helper(&mut self) -> Option<u32> {
        if let Some(cpu) = self.owed.first() {
            self.owed.remove(cpu);
            return Some(cpu);
        }
        if self.waiting == 0 || self.idle.is_empty() {
            return None;
        }
        let mut waiting = self
            .queues
            .iter()
            .flatten()
            .filter_map(|slot| self.entity(*slot));
        let cpu = waiting.find_map(|entity| self.idle.and(&entity.hard).first())?;
        self.idle.remove(cpu);
        Some(cpu)
    }
}
