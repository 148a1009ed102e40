//! Bytes arrive in any pieces; whole messages leave.

use alloc::vec::Vec;

use crate::{Header, Message, PAYLOAD_MAX};

/// A header claims more payload than the protocol allows; the stream cannot be followed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub Header);

/// Collects a byte stream into messages.
///
/// Always: holds less than one whole message after [`Inbox::next`] answered `None`.
#[derive(Default, Debug)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// Bytes before this are consumed; they leave at the next [`Inbox::push`].
    start: usize,
}

impl Inbox {
    /// Appends what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.compact();
        self.bytes.extend_from_slice(bytes);
    }

    /// Room to read `len` bytes into; [`Inbox::filled`] tells how many arrived.
    ///
    /// The bytes from the returned slice's start on count as received only after `filled`.
    pub fn space(&mut self, len: usize) -> (&mut [u8], usize) {
        self.compact();
        let used = self.bytes.len();
        self.bytes.resize(used.saturating_add(len), 0);
        (self.bytes.get_mut(used..).unwrap_or_default(), used)
    }

    /// Keeps `got` bytes behind the `used` that [`Inbox::space`] named.
    pub fn filled(&mut self, used: usize, got: usize) {
        self.bytes.truncate(used.saturating_add(got));
    }

    /// The next whole message, or `None` until more bytes come.
    #[allow(clippy::should_implement_trait)] // the message borrows from the inbox
    pub fn next(&mut self) -> Result<Option<Message<'_>>, TooLong> {
        let pending = self.bytes.get(self.start..).unwrap_or_default();
        let Some((head, rest)) = pending.split_first_chunk::<{ Header::SIZE }>() else {
            return Ok(None);
        };
        let (header, len) = Header::decode(head);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > PAYLOAD_MAX {
            return Err(TooLong(header));
        }
        let Some(payload) = rest.get(..len) else {
            return Ok(None);
        };
        self.start = self.start.saturating_add(Header::SIZE).saturating_add(len);
        Ok(Some(Message { header, payload }))
    }

    /// Whether a whole message (or an impossible one) waits.
    pub fn has_message(&self) -> bool {
        let pending = self.bytes.get(self.start..).unwrap_or_default();
        pending
            .split_first_chunk::<{ Header::SIZE }>()
            .is_some_and(|(head, rest)| {
                let len = usize::try_from(Header::decode(head).1).unwrap_or(usize::MAX);
                len > PAYLOAD_MAX || rest.len() >= len
            })
    }

    /// Bytes held and not yet given out.
    pub fn len(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything, as a reconnect does.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.bytes.drain(..self.start.min(self.bytes.len()));
            self.start = 0;
        }
    }
}
