//! What the daemon needs of Xen, as a trait, so that tests can play a Xen of their own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use abi::RawDomId;
use abi::domctl::{XEN_DOMINF_DYING, XEN_DOMINF_SHUTDOWN};
use abi::xen::VIRQ_DOM_EXC;
use ring::SharedMemory;
use sys::evtchn::{Channels, Port};
use sys::gntdev::{GrantedPage, Grants, RESERVED_XENSTORE};
use sys::mapping::SharedPages;
use sys::privcmd::Xen;
use sys::xenbus::KernelRing;
use xenstore::DomId;

/// How a domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs, or might.
    Alive,
    /// It stopped, but is still there.
    ShutDown,
}

/// Rings, doorbells and the fate of domains.
pub trait Platform {
    /// A mapped ring.
    type Page: SharedMemory;

    /// The ring of dom0's own kernel, and the port at its end.
    fn kernel_ring(&mut self) -> io::Result<(Self::Page, u32)>;
    /// Maps the ring of a guest.
    fn map(&mut self, domain: DomId, gfn: u64) -> io::Result<Self::Page>;
    /// Connects to a port that the domain left open.
    fn bind(&mut self, domain: DomId, remote: u32) -> io::Result<Port>;
    /// Closes it.
    fn unbind(&mut self, port: Port);
    /// Rings the domain.
    fn notify(&mut self, port: Port);
    /// Calls for each port that rang, which may ring again from then on.
    fn rang(&mut self, each: &mut dyn FnMut(Port)) -> io::Result<()>;
    /// The port that rings when any domain stops or goes.
    fn death(&self) -> Option<Port>;
    /// The domains that are not going, and how they are.
    fn domains(&mut self) -> io::Result<Vec<(DomId, Life)>>;
    /// Readable when a port rang.
    fn events(&self) -> Option<BorrowedFd<'_>>;
}

/// A ring page of Xen's.
#[derive(Debug)]
pub enum Page {
    /// dom0's own.
    Kernel(SharedPages),
    /// A guest's.
    Granted(GrantedPage),
}

impl Page {
    fn pages(&self) -> &SharedPages {
        match self {
            Self::Kernel(pages) => pages,
            Self::Granted(granted) => granted.page(),
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

/// The real one: dom0's devices.
pub struct XenPlatform {
    channels: Channels,
    grants: Grants,
    xen: Xen,
    death: Port,
}

impl XenPlatform {
    /// Opens the devices and asks to hear of deaths.
    pub fn open() -> io::Result<Self> {
        let channels = Channels::open().map_err(|error| named(error, sys::evtchn::DEVICE))?;
        let grants = Grants::open().map_err(|error| named(error, sys::gntdev::DEVICE))?;
        let xen = Xen::open().map_err(|error| named(error, "/dev/xen/privcmd"))?;
        let death = channels.bind_virq(VIRQ_DOM_EXC)?;
        Ok(Self {
            channels,
            grants,
            xen,
            death,
        })
    }
}

fn named(error: io::Error, what: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// Domains asked for at a time.
const LIST: usize = 256;

impl Platform for XenPlatform {
    type Page = Page;

    fn kernel_ring(&mut self) -> io::Result<(Page, u32)> {
        let ring = KernelRing::open().map_err(|error| named(error, sys::xenbus::KVA))?;
        Ok((Page::Kernel(ring.page), ring.port))
    }

    /// The toolstack granted the page to dom0 under a fixed number, so its frame is not needed.
    fn map(&mut self, domain: DomId, _: u64) -> io::Result<Page> {
        self.grants
            .map(domain, RESERVED_XENSTORE)
            .map(Page::Granted)
    }

    fn bind(&mut self, domain: DomId, remote: u32) -> io::Result<Port> {
        self.channels.bind_interdomain(domain, remote)
    }

    fn unbind(&mut self, port: Port) {
        // It fails when the domain is gone, and then nothing is left to do.
        let _ = self.channels.unbind(port);
    }

    fn notify(&mut self, port: Port) {
        let _ = self.channels.notify(port);
    }

    fn rang(&mut self, each: &mut dyn FnMut(Port)) -> io::Result<()> {
        let mut room = [Port(0); 64];
        loop {
            let ports = self.channels.pending(&mut room).or_else(|error| {
                self.channels.reset()?;
                Err(error)
            })?;
            for port in ports {
                // First unmask, then look: what comes between rings again.
                self.channels.unmask(*port)?;
                each(*port);
            }
            if ports.len() < 64 {
                return Ok(());
            }
        }
    }

    fn death(&self) -> Option<Port> {
        Some(self.death)
    }

    fn domains(&mut self) -> io::Result<Vec<(DomId, Life)>> {
        let mut all = Vec::new();
        let mut first = 0;
        loop {
            let some = self.xen.domains(RawDomId(first), LIST)?;
            for info in some
                .iter()
                .filter(|info| info.flags & XEN_DOMINF_DYING == 0)
            {
                let stopped = info.flags & XEN_DOMINF_SHUTDOWN != 0;
                let life = if stopped { Life::ShutDown } else { Life::Alive };
                all.push((info.domain.0, life));
            }
            match some.last().and_then(|last| last.domain.0.checked_add(1)) {
                Some(next) if some.len() == LIST => first = next,
                _ => return Ok(all),
            }
        }
    }

    fn events(&self) -> Option<BorrowedFd<'_>> {
        Some(self.channels.as_fd())
    }
}

/// No Xen at all (`--no-domain-init` on a plain Linux): the socket works, domains do not.
#[derive(Debug)]
pub struct NoXen;

impl Platform for NoXen {
    type Page = SharedPages;

    fn kernel_ring(&mut self) -> io::Result<(SharedPages, u32)> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn map(&mut self, _: DomId, _: u64) -> io::Result<SharedPages> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn bind(&mut self, _: DomId, _: u32) -> io::Result<Port> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn unbind(&mut self, _: Port) {}
    fn notify(&mut self, _: Port) {}
    fn rang(&mut self, _: &mut dyn FnMut(Port)) -> io::Result<()> {
        Ok(())
    }
    fn death(&self) -> Option<Port> {
        None
    }
    fn domains(&mut self) -> io::Result<Vec<(DomId, Life)>> {
        Ok(Vec::new())
    }
    fn events(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
