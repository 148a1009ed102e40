//! What vCPUs of a domain share: weight, cap, budget; and where each vCPU stands in the table.
//!
//! Looking up a vCPU costs two loads: domain numbers are few thousand at most and given out from the lowest.

use alloc::vec::Vec;

use crate::{DEFAULT_WEIGHT, Key, PERIOD_NS, Slot};

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Domain {
    slots: Vec<Slot>,
    weight: u16,
    /// In percent of one CPU; 0: none.
    cap: u16,
    /// What is left of this period; negative: what was taken too much, and is taken from the next.
    budget_ns: i64,
    period_start_ns: u64,
    /// vCPUs on CPUs.
    running: u32,
}

impl Domain {
    fn new() -> Self {
        Self {
            slots: Vec::new(),
            weight: DEFAULT_WEIGHT,
            cap: 0,
            budget_ns: 0,
            period_start_ns: 0,
            running: 0,
        }
    }

    fn quota_ns(&self) -> i64 {
        i64::try_from(PERIOD_NS / 100)
            .unwrap_or(0)
            .saturating_mul(i64::from(self.cap))
    }

    /// Fills the budget for the periods that have begun.
    fn refill(&mut self, now_ns: u64) {
        let periods = now_ns.saturating_sub(self.period_start_ns) / PERIOD_NS;
        if periods == 0 {
            return;
        }
        self.period_start_ns = self
            .period_start_ns
            .saturating_add(periods.saturating_mul(PERIOD_NS));
        let more = self
            .quota_ns()
            .saturating_mul(i64::try_from(periods).unwrap_or(i64::MAX));
        self.budget_ns = self.budget_ns.saturating_add(more).min(self.quota_ns());
    }
}

/// All domains with vCPUs or a share of their own.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    /// The place of each domain in `list`.
    index: Vec<u32>,
    list: Vec<Domain>,
    free: Vec<u32>,
}

impl Domains {
    fn get(&self, domain: u16) -> Option<&Domain> {
        self.list
            .get(*self.index.get(usize::from(domain))? as usize)
    }

    fn get_mut(&mut self, domain: u16) -> Option<&mut Domain> {
        self.list
            .get_mut(*self.index.get(usize::from(domain))? as usize)
    }

    fn made(&mut self, domain: u16) -> Option<&mut Domain> {
        if self.get(domain).is_none() {
            let place = match self.free.pop() {
                Some(place) => place,
                None => {
                    self.list.push(Domain::new());
                    u32::try_from(self.list.len())
                        .unwrap_or(NONE)
                        .saturating_sub(1)
                }
            };
            if self.index.len() <= usize::from(domain) {
                self.index
                    .resize(usize::from(domain).saturating_add(1), NONE);
            }
            *self.index.get_mut(usize::from(domain))? = place;
        }
        self.get_mut(domain)
    }

    /// Where a vCPU stands in the table.
    pub(crate) fn slot(&self, key: Key) -> Option<Slot> {
        let slot = *self.get(key.domain)?.slots.get(key.vcpu as usize)?;
        (slot != NONE).then_some(slot)
    }

    /// Enters where a vCPU stands; a domain without vCPUs is forgotten, for its number may get another owner.
    pub(crate) fn set_slot(&mut self, key: Key, slot: Option<Slot>) {
        let Some(domain) = self.made(key.domain) else {
            return;
        };
        let vcpu = key.vcpu as usize;
        if domain.slots.len() <= vcpu {
            domain.slots.resize(vcpu.saturating_add(1), NONE);
        }
        if let Some(place) = domain.slots.get_mut(vcpu) {
            *place = slot.unwrap_or(NONE);
        }
        if domain.slots.iter().all(|slot| *slot == NONE) {
            *domain = Domain::new();
            if let Some(place) = self.index.get_mut(usize::from(key.domain)) {
                self.free.push(core::mem::replace(place, NONE));
            }
        }
    }

    pub(crate) fn share(&self, domain: u16) -> (u16, u16) {
        self.get(domain)
            .map_or((DEFAULT_WEIGHT, 0), |domain| (domain.weight, domain.cap))
    }

    pub(crate) fn set_share(&mut self, domain: u16, weight: u16, cap: u16) {
        if let Some(domain) = self.made(domain) {
            (domain.weight, domain.cap) = (weight, cap);
            domain.budget_ns = domain.budget_ns.min(domain.quota_ns());
        }
    }

    pub(crate) fn starts(&mut self, domain: u16) {
        if let Some(domain) = self.get_mut(domain) {
            domain.running = domain.running.saturating_add(1);
        }
    }

    pub(crate) fn stops(&mut self, domain: u16) {
        if let Some(domain) = self.get_mut(domain) {
            domain.running = domain.running.saturating_sub(1);
        }
    }

    /// What running so long costs.
    pub(crate) fn credit_of(&self, domain: u16, ran_ns: u64) -> i64 {
        let weight = u64::from(
            self.get(domain)
                .map_or(DEFAULT_WEIGHT, |domain| domain.weight),
        );
        let ran = ran_ns
            .saturating_mul(u64::from(DEFAULT_WEIGHT))
            .checked_div(weight);
        i64::try_from(ran.unwrap_or(ran_ns)).unwrap_or(i64::MAX)
    }

    /// How long a vCPU can run for so much credit.
    pub(crate) fn time_of(&self, domain: u16, credit: i64) -> u64 {
        let weight = u64::from(
            self.get(domain)
                .map_or(DEFAULT_WEIGHT, |domain| domain.weight),
        );
        u64::try_from(credit)
            .unwrap_or(0)
            .saturating_mul(weight)
            .checked_div(u64::from(DEFAULT_WEIGHT))
            .unwrap_or(0)
    }

    /// Takes from a capped domain's budget; whether some is left.
    pub(crate) fn burn(&mut self, domain: u16, ran_ns: u64, now_ns: u64) -> bool {
        let Some(domain) = self.get_mut(domain).filter(|domain| domain.cap != 0) else {
            return true;
        };
        domain.refill(now_ns);
        domain.budget_ns = domain
            .budget_ns
            .saturating_sub(i64::try_from(ran_ns).unwrap_or(i64::MAX));
        domain.budget_ns > 0
    }

    /// How long each running vCPU of a capped domain may go on.
    pub(crate) fn left_ns(&self, domain: u16) -> Option<u64> {
        let domain = self.get(domain).filter(|domain| domain.cap != 0)?;
        let left = u64::try_from(domain.budget_ns).unwrap_or(0);
        Some(
            left.checked_div(u64::from(domain.running.max(1)))
                .unwrap_or(left),
        )
    }

    /// When a capped domain's budget is filled above nothing again.
    pub(crate) fn refilled_at(&self, domain: u16) -> Option<u64> {
        let domain = self.get(domain).filter(|domain| domain.cap != 0)?;
        let debt = domain.budget_ns.saturating_neg().max(0);
        let periods = debt
            .checked_div(domain.quota_ns())
            .unwrap_or(0)
            .saturating_add(1);
        let wait = PERIOD_NS.saturating_mul(u64::try_from(periods).unwrap_or(1));
        Some(domain.period_start_ns.saturating_add(wait))
    }
}
