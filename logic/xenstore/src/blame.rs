//! Whose writes made somebody else's transaction fail, and what it costs him.
//!
//! A guest could rewrite a node that dom0's transactions need, for ever, and no domain could be
//! started any more. So each failed commit costs every guest that wrote to the path in question
//! one point of credit; without credit, its requests wait. Credit comes back with time.

use alloc::collections::VecDeque;

use smol_str::SmolStr;

use crate::DomId;

/// What a guest starts with, and can have at most, in thousandths of a conflict.
pub const CREDIT_MAX: u32 = 5_000;
/// How long one point takes to come back.
pub const POINT_NS: u64 = 50_000_000;
/// Points are kept in thousandths.
const POINT: u32 = 1_000;
/// Writes remembered at most; older ones go unpunished.
const MEMORY: usize = 4096;

/// Writes by guests while transactions were open.
#[derive(Default, Debug)]
pub struct History {
    writes: VecDeque<Written>,
}

#[derive(Debug)]
struct Written {
    stamp: u64,
    by: DomId,
    path: SmolStr,
}

impl History {
    /// Remembers a write.
    pub fn wrote(&mut self, stamp: u64, by: DomId, path: &str) {
        if self.writes.len() >= MEMORY {
            self.writes.pop_front();
        }
        self.writes.push_back(Written {
            stamp,
            by,
            path: SmolStr::new(path),
        });
    }

    /// Forgets all; no transaction is open that could fail for them.
    pub fn clear(&mut self) {
        self.writes.clear();
    }

    /// Calls for each guest but `victim` that wrote at, above or right below `path` since `began`.
    pub fn blame(&self, victim: DomId, path: &str, began: u64, mut charge: impl FnMut(DomId)) {
        let mut charged = alloc::collections::BTreeSet::new();
        for write in self
            .writes
            .iter()
            .rev()
            .take_while(|write| write.stamp > began)
        {
            if write.by != victim && related(&write.path, path) && charged.insert(write.by) {
                charge(write.by);
            }
        }
    }
}

/// Whether a write there can change an answer here.
fn related(written: &str, asked: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below(asked, written) || below(written, asked)
}

/// One guest's standing.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    points: u32,
    since_ns: u64,
}

impl Credit {
    /// Full credit.
    pub fn new() -> Self {
        Self {
            points: CREDIT_MAX,
            since_ns: 0,
        }
    }

    /// One conflict less.
    pub fn charge(&mut self, now_ns: u64) {
        self.refresh(now_ns);
        self.points = self.points.saturating_sub(POINT);
    }

    /// When requests are taken again, if they are not now.
    pub fn blocked_until(&mut self, now_ns: u64) -> Option<u64> {
        if self.points < POINT {
            self.refresh(now_ns);
        }
        (self.points < POINT).then(|| self.since_ns.saturating_add(POINT_NS))
    }

    fn refresh(&mut self, now_ns: u64) {
        let earned = now_ns
            .saturating_sub(self.since_ns)
            .checked_div(POINT_NS)
            .unwrap_or(0);
        let earned = u32::try_from(earned)
            .unwrap_or(u32::MAX)
            .saturating_mul(POINT);
        if earned > 0 {
            self.points = self.points.saturating_add(earned).min(CREDIT_MAX);
            self.since_ns = now_ns;
        }
    }
}
