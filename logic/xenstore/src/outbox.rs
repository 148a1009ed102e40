//! What waits to be read by one connection.
//!
//! Answers and events are put on the wire at once while it is short. When the peer does not keep
//! up, no more of its requests are taken (so answers stay few), and events wait as pairs of watch
//! and path: equal ones are merged, because an event says only "look again". Past the limit, a
//! guest's waiting events shrink to one per watch, and a client of the socket is given up.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::rc::Rc;
use alloc::vec::Vec;

use smol_str::SmolStr;
use xs_wire::Header;

use crate::watch::Watch;

/// While this many bytes wait, nothing more is put on the wire but the answer under way.
const ENOUGH: usize = 16 * 1024;

/// Bytes and events for one connection.
#[derive(Debug)]
pub struct Outbox {
    wire: Vec<u8>,
    /// Bytes of `wire` that are sent.
    sent: usize,
    backlog: VecDeque<(Rc<Watch>, SmolStr)>,
    /// At this length the backlog is merged again.
    merge_at: usize,
    overrun: bool,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            wire: Vec::new(),
            sent: 0,
            backlog: VecDeque::new(),
            merge_at: MERGE_FIRST,
            overrun: false,
        }
    }
}

/// The backlog's length at its first merge.
const MERGE_FIRST: usize = 256;

/// What happens when a connection lets more events wait than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// One event per watch remains: the guest must look for itself.
    Shrink,
    /// The connection ends.
    GiveUp,
}

impl Outbox {
    /// What to send next.
    pub fn bytes(&self) -> &[u8] {
        self.wire.get(self.sent..).unwrap_or_default()
    }

    /// That much of it is sent.
    pub fn sent(&mut self, len: usize) {
        self.sent = self.sent.saturating_add(len).min(self.wire.len());
        if self.sent == self.wire.len() {
            self.wire.clear();
            self.sent = 0;
            self.refill();
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.sent == self.wire.len()
    }

    /// Whether the peer reads fast enough to be asked for more.
    pub fn has_room(&self) -> bool {
        self.bytes().len() < ENOUGH
    }

    /// Whether the peer let too much wait and must go.
    pub fn is_overrun(&self) -> bool {
        self.overrun
    }

    /// How many events wait behind the bytes.
    pub fn waiting(&self) -> usize {
        self.backlog.len()
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts an answer on the wire; `false` if it is longer than a message may be.
    pub fn answer(&mut self, header: Header, parts: &[&[u8]]) -> bool {
        header.encode(parts, &mut self.wire)
    }

    /// Tells of a change at `path`.
    pub fn event(&mut self, watch: &Rc<Watch>, path: &str, limit: usize, overflow: Overflow) {
        if self.backlog.is_empty() && self.has_room() {
            self.encode(watch, path);
            return;
        }
        self.backlog
            .push_back((Rc::clone(watch), SmolStr::new(path)));
        if self.backlog.len() >= self.merge_at.min(limit.saturating_add(1)) {
            self.merge();
            self.limit(limit, overflow);
            self.merge_at = self.backlog.len().saturating_mul(2).max(MERGE_FIRST);
        }
    }

    fn merge(&mut self) {
        let mut seen = BTreeSet::new();
        self.backlog.retain(|(watch, path)| {
            watch.live.get() && seen.insert((Rc::as_ptr(watch), path.clone()))
        });
    }

    fn limit(&mut self, limit: usize, overflow: Overflow) {
        if self.backlog.len() <= limit {
            return;
        }
        match overflow {
            Overflow::GiveUp => {
                self.overrun = true;
                self.backlog.clear();
            }
            Overflow::Shrink => {
                for (watch, path) in &mut self.backlog {
                    *path = watch.path.clone();
                }
                self.merge();
            }
        }
    }

    fn refill(&mut self) {
        while self.has_room() {
            let Some((watch, path)) = self.backlog.pop_front() else {
                self.merge_at = MERGE_FIRST;
                return;
            };
            if watch.live.get() {
                self.encode(&watch, &path);
            }
        }
    }

    fn encode(&mut self, watch: &Watch, path: &str) {
        let parts = [watch.shown(path).as_bytes(), b"\0", &watch.token, b"\0"];
        // A path and a token that a watch may have always fit together.
        let fits = Header::WATCH_EVENT.encode(&parts, &mut self.wire);
        debug_assert!(fits, "an event longer than a message");
    }
}
