//! What the daemon needs of Xen: rings, doorbells, who lives, the hypervisor's messages.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use abi::RawDomId;
use abi::domctl::XEN_DOMINF_DYING;
use abi::xen::VIRQ_CON_RING;
use ring::SharedMemory;
use sys::evtchn::{Channels, Port};
use sys::gntdev::{GrantedPage, Grants, RESERVED_CONSOLE};
use sys::mapping::SharedPages;
use sys::privcmd::Xen;

/// The doors of dom0's kernel.
pub struct Platform {
    channels: Channels,
    grants: Option<Grants>,
    xen: Xen,
    messages: Option<Messages>,
}

/// The hypervisor's own log.
struct Messages {
    port: Port,
    index: u32,
}

/// A console ring, by whichever way it was reachable.
#[derive(Debug)]
pub enum Page {
    /// The toolstack granted it to us.
    Granted(GrantedPage),
    /// It granted nothing, and we are privileged.
    Foreign(SharedPages),
}

impl Page {
    fn pages(&self) -> &SharedPages {
        match self {
            Self::Granted(granted) => granted.page(),
            Self::Foreign(pages) => pages,
        }
    }
}

impl SharedMemory for Page {
    fn load(&self, offset: usize) -> u32 {
        self.pages().load(offset)
    }
    fn store(&self, offset: usize, value: u32) {
        self.pages().store(offset, value);
    }
    fn copy_out(&self, offset: usize, into: &mut [u8]) {
        self.pages().copy_out(offset, into);
    }
    fn copy_in(&self, offset: usize, from: &[u8]) {
        self.pages().copy_in(offset, from);
    }
}

/// Domains asked for at a time.
const LIST: usize = 256;
/// Bytes of the hypervisor's messages asked for at a time.
const MESSAGES: usize = 16 * 1024;

impl Platform {
    /// Opens the devices; asks for the hypervisor's messages if they are wanted.
    pub fn open(messages: bool) -> io::Result<Self> {
        let channels = Channels::open().map_err(|error| named(error, sys::evtchn::DEVICE))?;
        let xen = Xen::open().map_err(|error| named(error, "/dev/xen/privcmd"))?;
        let messages = match messages.then(|| channels.bind_virq(VIRQ_CON_RING)) {
            Some(port) => Some(Messages {
                port: port.map_err(|error| named(error, "VIRQ_CON_RING"))?,
                index: 0,
            }),
            None => None,
        };
        // A kernel without the device still has the other way.
        let grants = Grants::open().ok();
        Ok(Self {
            channels,
            grants,
            xen,
            messages,
        })
    }

    /// Maps a guest's ring.
    pub fn map(&self, domain: u16, frame: u64) -> io::Result<Page> {
        let granted = self
            .grants
            .as_ref()
            .map(|grants| grants.map(domain, RESERVED_CONSOLE));
        if let Some(Ok(page)) = granted {
            return Ok(Page::Granted(page));
        }
        Ok(Page::Foreign(self.xen.map_shared(RawDomId(domain), frame)?))
    }

    /// Binds to the port that a guest has open for us.
    pub fn bind(&self, domain: u16, remote: u32) -> io::Result<Port> {
        self.channels.bind_interdomain(domain, remote)
    }

    /// Gives a port back.
    pub fn unbind(&self, port: Port) {
        // It fails when the domain is gone, and then nothing is left to do.
        let _ = self.channels.unbind(port);
    }

    /// Rings a guest.
    pub fn notify(&self, port: Port) {
        let _ = self.channels.notify(port);
    }

    /// Listens to a guest again.
    pub fn unmask(&self, port: Port) {
        let _ = self.channels.unmask(port);
    }

    /// Ports that rang. Each is silent until unmasked.
    pub fn rang(&self) -> io::Result<Vec<Port>> {
        let mut room = [Port(0); 64];
        match self.channels.pending(&mut room) {
            Ok(ports) => Ok(ports.to_vec()),
            Err(error) => {
                self.channels.reset()?;
                Err(error)
            }
        }
    }

    /// Readable while ports have rung.
    pub fn events(&self) -> BorrowedFd<'_> {
        self.channels.as_fd()
    }

    /// Guests that live.
    pub fn domains(&self) -> io::Result<Vec<u16>> {
        let mut all = Vec::new();
        let mut first = 1;
        loop {
            let some = self.xen.domains(RawDomId(first), LIST)?;
            let alive = some
                .iter()
                .filter(|info| info.flags & XEN_DOMINF_DYING == 0);
            all.extend(alive.map(|info| info.domain.0));
            match some.last().and_then(|last| last.domain.0.checked_add(1)) {
                Some(next) if some.len() == LIST => first = next,
                _ => return Ok(all),
            }
        }
    }

    /// The port that rings when the hypervisor says something.
    pub fn messages_port(&self) -> Option<Port> {
        self.messages.as_ref().map(|messages| messages.port)
    }

    /// What the hypervisor said since last time.
    pub fn messages(&mut self, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let Some(messages) = &mut self.messages else {
            return Ok(());
        };
        loop {
            let text = self.xen.read_console_since(&mut messages.index, MESSAGES)?;
            each(&text);
            if text.len() < MESSAGES {
                return Ok(());
            }
        }
    }
}

fn named(error: io::Error, what: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
