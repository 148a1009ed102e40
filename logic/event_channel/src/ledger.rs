//! Which ports are free, in a bit each, so that the lowest is found without walking the table.

use alloc::vec::Vec;

use crate::{Error, Port};

/// Ports in one bucket of the table, and in one word of the ledger.
pub(crate) const BUCKET: u32 = 64;

/// What a domain's lock guards: to hold it mutably is to hold the lock.
///
/// Always: a bit is set exactly when the channel is free; no word below `lowest` has a bit set.
pub struct Ledger {
    free: Vec<u64>,
    lowest: usize,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self {
            free: Vec::new(),
            lowest: 0,
        }
    }

    /// How many ports there are, free ones too.
    pub(crate) fn ports(&self) -> u32 {
        (self.free.len() as u32).wrapping_mul(BUCKET)
    }

    /// Whether the port is free.
    pub fn is_free(&self, port: Port) -> bool {
        let (index, bit) = position(port);
        self.free.get(index).is_some_and(|word| word & bit != 0)
    }

    /// The lowest free port, if any. It stays free until it is taken.
    pub(crate) fn lowest(&mut self) -> Option<Port> {
        while let Some(word) = self.free.get(self.lowest) {
            if *word != 0 {
                let base = (self.lowest as u32).wrapping_mul(BUCKET);
                return Some(Port(base.wrapping_add(word.trailing_zeros())));
            }
            self.lowest = self.lowest.wrapping_add(1);
        }
        None
    }

    pub(crate) fn take(&mut self, port: Port) {
        let (index, bit) = position(port);
        if let Some(word) = self.free.get_mut(index) {
            *word &= !bit;
        }
    }

    pub(crate) fn give_back(&mut self, port: Port) {
        let (index, bit) = position(port);
        if let Some(word) = self.free.get_mut(index) {
            *word |= bit;
            self.lowest = self.lowest.min(index);
        }
    }

    /// Makes sure that the next [`Self::add_bucket`] has its memory.
    pub(crate) fn reserve(&mut self) -> Result<(), Error> {
        self.free.try_reserve(1).map_err(|_| Error::NoMemory)
    }

    /// One more bucket of free ports.
    pub(crate) fn add_bucket(&mut self) {
        self.free.push(u64::MAX);
    }
}

fn position(port: Port) -> (usize, u64) {
    (
        (port.0 / BUCKET) as usize,
        1u64.wrapping_shl(port.0 % BUCKET),
    )
}
