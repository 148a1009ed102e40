//! Every connection's way to its peer, and what the store asks of the world.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

use rustix::event::epoll;
use sys::evtchn::Port;
use xenstore::{ConnId, DomId, Host};
use xs_wire::{ErrorName, Inbox};

use crate::client::Client;
use crate::log::Log;
use crate::platform::Platform;
use crate::ring_link::RingLink;

/// Where a connection leads.
#[derive(Debug)]
pub enum Way<P> {
    /// To a program.
    Client(Client),
    /// To a kernel.
    Ring(RingLink<P>),
}

/// A connection as the daemon knows it.
#[derive(Debug)]
pub struct Link<P> {
    /// Where it leads.
    pub way: Way<P>,
    /// What arrived and is not handled.
    pub inbox: Inbox,
    /// It waits in the queue for its turn.
    pub queued: bool,
}

/// All of them, with the devices that they need.
pub struct Links<P: Platform> {
    /// Xen.
    pub platform: P,
    /// The logs.
    pub log: Log,
    /// The one place where the daemon waits.
    pub epoll: OwnedFd,
    slots: Vec<Option<Link<P::Page>>>,
    ports: HashMap<Port, ConnId>,
    started: Instant,
}

impl<P: Platform> Links<P> {
    /// No connections yet.
    pub fn new(platform: P, log: Log) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let (slots, ports) = (Vec::new(), HashMap::new());
        Ok(Self {
            platform,
            log,
            epoll,
            slots,
            ports,
            started: Instant::now(),
        })
    }

    /// The connection's link.
    pub fn get(&mut self, id: ConnId) -> Option<&mut Link<P::Page>> {
        self.slots.get_mut(id.0)?.as_mut()
    }

    /// The connection whose port this is.
    pub fn by_port(&self, port: Port) -> Option<ConnId> {
        self.ports.get(&port).copied()
    }

    /// Adds a program.
    pub fn add_client(&mut self, id: ConnId, client: Client) -> io::Result<()> {
        let data = epoll::EventData::new_u64(id.0 as u64);
        epoll::add(&self.epoll, client.as_fd(), data, client.interest)?;
        self.insert(id, Way::Client(client));
        Ok(())
    }

    /// Adds a kernel's ring, and rings it: it may be waiting for a server.
    pub fn add_ring(
        &mut self,
        id: ConnId,
        page: P::Page,
        domain: DomId,
        port: u32,
    ) -> io::Result<()> {
        let port = self.platform.bind(domain, port)?;
        let mut ring = RingLink::new(page, port, domain);
        if ring.take_moved() {
            self.platform.notify(port);
        }
        self.ports.insert(port, id);
        self.insert(id, Way::Ring(ring));
        Ok(())
    }

    /// Ends a connection's way; its stream, mapping and port close.
    pub fn remove(&mut self, id: ConnId) {
        let Some(link) = self.slots.get_mut(id.0).and_then(Option::take) else {
            return;
        };
        match link.way {
            Way::Client(client) => drop(epoll::delete(&self.epoll, client.as_fd())),
            Way::Ring(ring) => {
                self.ports.remove(&ring.port);
                self.platform.unbind(ring.port);
            }
        }
    }

    /// Asks epoll about a program according to what is possible now.
    pub fn update_interest(&mut self, id: ConnId, paused: bool) {
        let Some(Some(Link {
            way: Way::Client(client),
            ..
        })) = self.slots.get_mut(id.0)
        else {
            return;
        };
        let wanted = client.wanted(paused);
        if wanted != client.interest {
            let data = epoll::EventData::new_u64(id.0 as u64);
            // It fails only for a descriptor that is not there, and it is.
            let _ = epoll::modify(&self.epoll, client.as_fd(), data, wanted);
            client.interest = wanted;
        }
    }

    /// Rings a domain if anything moved in its ring.
    pub fn ring_if_moved(&mut self, id: ConnId) {
        if let Some(Some(Link {
            way: Way::Ring(ring),
            ..
        })) = self.slots.get_mut(id.0)
            && ring.take_moved()
        {
            self.platform.notify(ring.port);
        }
    }

    /// Every connection that leads to a kernel.
    pub fn rings(&self) -> Vec<ConnId> {
        self.ports.values().copied().collect()
    }

    fn insert(&mut self, id: ConnId, way: Way<P::Page>) {
        if self.slots.len() <= id.0 {
            self.slots.resize_with(id.0 + 1, || None);
        }
        self.slots[id.0] = Some(Link {
            way,
            inbox: Inbox::default(),
            queued: false,
        });
    }
}

impl<P: Platform> Host for Links<P> {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn attach(
        &mut self,
        connection: ConnId,
        domain: DomId,
        gfn: u64,
        port: u32,
    ) -> Result<(), ErrorName> {
        let mapped = self.platform.map(domain, gfn);
        let added = mapped.and_then(|page| self.add_ring(connection, page, domain, port));
        added.map_err(|error| {
            self.log
                .say(&format!("domain {domain} cannot be introduced: {error}"));
            ErrorName::EINVAL
        })
    }

    fn rebind(&mut self, connection: ConnId, domain: DomId, port: u32) -> Result<(), ErrorName> {
        let Some(Link {
            way: Way::Ring(ring),
            ..
        }) = self.get(connection)
        else {
            return Err(ErrorName::EINVAL);
        };
        let old = ring.port;
        // The old one first: a port that is still bound cannot be bound again.
        self.platform.unbind(old);
        self.ports.remove(&old);
        let bound = self.platform.bind(domain, port);
        let port = bound.map_err(|error| {
            self.log
                .say(&format!("domain {domain} cannot be bound again: {error}"));
            ErrorName::EINVAL
        })?;
        self.ports.insert(port, connection);
        if let Some(Link {
            way: Way::Ring(ring),
            ..
        }) = self.get(connection)
        {
            ring.port = port;
        }
        self.platform.notify(port);
        Ok(())
    }

    fn detach(&mut self, connection: ConnId, _: DomId) {
        self.remove(connection);
    }

    fn print(&mut self, text: &str) {
        self.log.say(text);
    }

    fn log_requests(&mut self, on: bool) {
        self.log.switch(on);
    }

    fn log_file(&mut self, path: &str) -> Result<(), ErrorName> {
        self.log.open(Path::new(path)).map_err(|error| {
            self.log.say(&format!("{path}: {error}"));
            ErrorName::EINVAL
        })
    }
}
