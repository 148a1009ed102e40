//! What a guest printed and nobody has read yet.
//!
//! Always: never longer than its limit; what is left is the newest, in order.

use std::collections::VecDeque;

/// Bytes kept where the store names no limit.
pub const DEFAULT_LIMIT: usize = 1024 * 1024;

/// A bounded queue of bytes.
#[derive(Debug)]
pub struct Backlog {
    bytes: VecDeque<u8>,
    limit: usize,
}

impl Backlog {
    /// An empty one.
    pub fn new(limit: usize) -> Self {
        let bytes = VecDeque::new();
        Self { bytes, limit }
    }

    /// Changes the limit; what is over it goes, the oldest first.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.trim();
    }

    /// Appends, and drops the oldest over the limit.
    pub fn push(&mut self, bytes: &[u8]) {
        let newest = bytes.len().saturating_sub(self.limit);
        self.bytes
            .extend(bytes.get(newest..).unwrap_or_default().iter());
        self.trim();
    }

    fn trim(&mut self) {
        let over = self.bytes.len().saturating_sub(self.limit);
        self.bytes.drain(..over);
    }

    /// Whether more would cost what is kept.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= self.limit
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The oldest bytes; more may come after them.
    pub fn front(&self) -> &[u8] {
        self.bytes.as_slices().0
    }

    /// Forgets bytes that were sent.
    pub fn sent(&mut self, len: usize) {
        self.bytes.drain(..len.min(self.bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(backlog: &Backlog) -> Vec<u8> {
        backlog.bytes.iter().copied().collect()
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut backlog = Backlog::new(4);
        backlog.push(b"abc");
        assert!(!backlog.is_full());
        backlog.push(b"def");
        assert!(backlog.is_full());
        assert_eq!(all(&backlog), b"cdef");
        backlog.sent(1);
        backlog.push(b"0123456789");
        assert_eq!(all(&backlog), b"6789");
        backlog.set_limit(2);
        assert_eq!(all(&backlog), b"89");
    }

    proptest::proptest! {
        #[test]
        fn the_newest_in_order(limit in 1usize..50, pieces: Vec<Vec<u8>>) {
            let mut backlog = Backlog::new(limit);
            pieces.iter().for_each(|piece| backlog.push(piece));
            let whole = pieces.concat();
            let newest = whole.len().saturating_sub(limit);
            assert_eq!(all(&backlog), whole[newest..]);
        }
    }
}
