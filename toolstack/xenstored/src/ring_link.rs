//! One domain's kernel on its ring.

use ring::{Inconsistent, SharedMemory, XENSTORE, store};
use sys::evtchn::Port;
use xenstore::{DomId, Outbox};
use xs_wire::Inbox;

/// What this server can do, announced in the page.
const FEATURES: u32 =
    store::FEATURE_RECONNECTION | store::FEATURE_ERROR | store::FEATURE_WATCH_DEPTH;

/// A mapped ring with its doorbell.
#[derive(Debug)]
pub struct RingLink<P> {
    page: P,
    /// Our end of the event channel.
    pub port: Port,
    /// The domain at the other.
    pub domain: DomId,
    /// It broke the rules; nothing is read or written until it reconnects.
    broken: bool,
    /// Something moved that the domain must be told of.
    moved: bool,
}

/// How a ring can be broken (`XENSTORE_ERROR_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its indices contradict each other.
    Indices,
    /// It claims a message longer than allowed.
    TooLong,
}

impl<P: SharedMemory> RingLink<P> {
    /// Takes over a ring and announces what we can do.
    ///
    /// A reconnect that the domain asked for before there was a server is done at the first look.
    pub fn new(page: P, port: Port, domain: DomId) -> Self {
        page.store(
            store::SERVER_FEATURES,
            page.load(store::SERVER_FEATURES) | FEATURES,
        );
        page.store(store::ERROR, store::ERROR_NONE);
        Self {
            page,
            port,
            domain,
            broken: false,
            moved: true,
        }
    }

    /// Whether the domain asks for a fresh start.
    pub fn wants_reconnect(&self) -> bool {
        self.page.load(store::CONNECTION) == store::RECONNECT
    }

    /// Starts afresh. The caller has dropped what was under way.
    pub fn reconnect(&mut self) {
        XENSTORE.to_backend.reset(&self.page);
        XENSTORE.to_guest.reset(&self.page);
        self.broken = false;
        self.page.store(store::ERROR, store::ERROR_NONE);
        // Last, for the domain looks at nothing else until this says so.
        self.page.store(store::CONNECTION, store::CONNECTED);
        self.moved = true;
    }

    /// Stops listening to a domain that broke the rules, and says why.
    pub fn break_off(&mut self, fault: Fault) {
        let code = match fault {
            Fault::Indices => store::ERROR_RING_INDEX,
            Fault::TooLong => store::ERROR_PROTOCOL,
        };
        self.page.store(store::ERROR, code);
        self.broken = true;
        self.moved = true;
    }

    /// Whether it is out of use.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Takes what is there; `Ok(false)` if nothing was.
    pub fn receive(&mut self, inbox: &mut Inbox) -> Result<bool, Inconsistent> {
        let mut bytes = [0; 1024];
        let got = XENSTORE.to_backend.read(&self.page, &mut bytes)?;
        inbox.push(bytes.get(..got).unwrap_or_default());
        self.moved |= got > 0;
        Ok(got > 0)
    }

    /// Puts in what fits.
    pub fn send(&mut self, outbox: &mut Outbox) -> Result<(), Inconsistent> {
        while !outbox.is_empty() {
            let len = XENSTORE.to_guest.write(&self.page, outbox.bytes())?;
            if len == 0 {
                break;
            }
            outbox.sent(len);
            self.moved = true;
        }
        Ok(())
    }

    /// Whether the domain must be rung, asked once per turn.
    pub fn take_moved(&mut self) -> bool {
        core::mem::take(&mut self.moved)
    }
}
