//! The loop: wait, read, let the store decide, write.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::event::{Timespec, epoll};
use sys::evtchn::Port;
use xenstore::{ConnId, DomId, Host, Limits, Pause, Store};
use xs_wire::{ErrorName, TooLong};

use crate::client::{Client, Gone};
use crate::links::{Links, Way};
use crate::log::Log;
use crate::platform::{Life, Platform};
use crate::ring_link::Fault;

/// Requests that a connection may make before others have their turn.
const TURN: usize = 32;

/// What an epoll event is about, if not a connection.
const LISTENER: u64 = u64::MAX;
const EVENTS: u64 = u64::MAX - 1;
const STOP: u64 = u64::MAX - 2;

/// The daemon.
pub struct Server<P: Platform> {
    store: Store,
    links: Links<P>,
    listener: Option<UnixListener>,
    stop: UnixStream,
    /// Connections with requests that were read but not handled, in order of their turns.
    queue: VecDeque<ConnId>,
    /// Connections that wait until a time.
    late: Vec<(u64, ConnId)>,
    /// There were too many programs; the listener rests until one leaves.
    full: bool,
}

/// Why reading a connection stopped.
enum Stopped {
    /// Nothing more is there.
    Empty,
    /// Others first.
    TurnOver,
    /// It must wait.
    Paused(Pause),
    /// It must go.
    Gone,
}

impl<P: Platform> Server<P> {
    /// A server that ends when `stop` becomes readable.
    pub fn new(
        platform: P,
        log: Log,
        limits: Limits,
        listener: Option<UnixListener>,
        stop: UnixStream,
    ) -> io::Result<Self> {
        let links = Links::new(platform, log)?;
        let add = |fd: rustix::fd::BorrowedFd<'_>, token| {
            let data = epoll::EventData::new_u64(token);
            epoll::add(&links.epoll, fd, data, epoll::EventFlags::IN)
        };
        add(stop.as_fd(), STOP)?;
        if let Some(listener) = &listener {
            listener.set_nonblocking(true)?;
            add(listener.as_fd(), LISTENER)?;
        }
        if let Some(events) = links.platform.events() {
            add(events, EVENTS)?;
        }
        let (queue, late) = (VecDeque::new(), Vec::new());
        let store = Store::new(limits);
        Ok(Self {
            store,
            links,
            listener,
            stop,
            queue,
            late,
            full: false,
        })
    }

    /// The store, to be prepared before the loop runs.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Serves the kernel of the domain that the daemon runs in.
    pub fn serve_kernel(&mut self, domain: DomId) -> io::Result<()> {
        let (page, port) = self.links.platform.kernel_ring()?;
        let id = self.store.adopt(domain, 0, port);
        self.links.add_ring(id, page, domain, port)?;
        self.queue(id);
        Ok(())
    }

    /// Serves until told to stop.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(64);
        loop {
            let timeout = self.timeout();
            let room = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.links.epoll, room, timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => drop(outcome?),
            }
            for event in events.drain(..) {
                match event.data.u64() {
                    STOP => return Ok(()),
                    LISTENER => self.accept(),
                    EVENTS => self.rang(),
                    id => self.ready(
                        ConnId(usize::try_from(id).unwrap_or(usize::MAX)),
                        event.flags,
                    ),
                }
            }
            self.wake_late();
            // One turn each; who has more gets back in line.
            for _ in 0..self.queue.len() {
                if let Some(id) = self.queue.pop_front() {
                    self.turn(id);
                }
            }
        }
    }

    fn timeout(&self) -> Option<Timespec> {
        if !self.queue.is_empty() {
            return Some(Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            });
        }
        let first = self.late.iter().map(|(when, _)| *when).min()?;
        let wait = first.saturating_sub(self.links.now_ns());
        let (sec, nsec) = (wait / 1_000_000_000, wait % 1_000_000_000);
        Some(Timespec {
            tv_sec: sec.cast_signed(),
            tv_nsec: nsec.cast_signed(),
        })
    }

    fn wake_late(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let now = self.links.now_ns();
        let due: Vec<ConnId> = self
            .late
            .extract_if(.., |(when, _)| *when <= now)
            .map(|(_, id)| id)
            .collect();
        due.into_iter().for_each(|id| self.queue(id));
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else {
            return;
        };
        // One at a time: epoll names the listener again while more wait.
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
                self.links
                    .log
                    .say("too many clients: new ones wait until others leave");
                let _ = epoll::delete(&self.links.epoll, listener.as_fd());
                self.full = true;
                return;
            }
            Err(_) => return, // the client left before we looked
        };
        let id = self.store.connect();
        let added = Client::new(stream).and_then(|client| self.links.add_client(id, client));
        if let Err(error) = added {
            self.links
                .log
                .say(&format!("a client cannot be served: {error}"));
            self.store.disconnect(id);
        }
    }

    /// Event channels rang.
    fn rang(&mut self) {
        let mut ports: Vec<Port> = Vec::new();
        let heard = self.links.platform.rang(&mut |port| ports.push(port));
        let death = self.links.platform.death();
        if let Err(error) = &heard {
            self.links.log.say(&format!(
                "events were lost, so all rings are looked at: {error}"
            ));
            self.links.rings().into_iter().for_each(|id| self.queue(id));
        }
        for id in ports
            .iter()
            .filter_map(|port| self.links.by_port(*port))
            .collect::<Vec<_>>()
        {
            self.queue(id);
        }
        if heard.is_err() || ports.iter().any(|port| Some(*port) == death) {
            self.look_for_the_dead();
        }
    }

    /// Some domain stopped or went: Xen does not say which.
    fn look_for_the_dead(&mut self) {
        let living = match self.links.platform.domains() {
            Ok(living) => living,
            Err(error) => {
                self.links
                    .log
                    .say(&format!("Xen does not say which domains live: {error}"));
                return;
            }
        };
        let served: Vec<DomId> = self.store.domains().filter(|domain| *domain != 0).collect();
        for domain in served {
            match living.iter().find(|(alive, _)| *alive == domain) {
                Some((_, Life::Alive)) => {}
                Some((_, Life::ShutDown)) => self.store.domain_shut_down(domain),
                None => self.store.domain_gone(domain, &mut self.links),
            }
        }
        self.flush();
    }

    /// A program sent something, or can be sent something.
    fn ready(&mut self, id: ConnId, flags: epoll::EventFlags) {
        let hung_up = flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR);
        if hung_up && let Some(outbox) = self.store.outbox(id) {
            outbox.clear(); // nobody will read it, and it must not stop us from reading the end
        }
        if flags.contains(epoll::EventFlags::OUT) {
            self.send(id);
            self.settle(id);
        }
        if hung_up || flags.contains(epoll::EventFlags::IN) {
            self.queue(id);
        }
    }

    fn queue(&mut self, id: ConnId) {
        if let Some(link) = self.links.get(id).filter(|link| !link.queued) {
            link.queued = true;
            self.queue.push_back(id);
        }
    }

    /// Lets a connection make some requests.
    fn turn(&mut self, id: ConnId) {
        let Some(link) = self.links.get(id) else {
            return;
        };
        link.queued = false;
        let stopped = if self.restart_ring(id) {
            self.requests(id)
        } else {
            Stopped::Empty
        };
        self.flush();
        self.links.ring_if_moved(id);
        match stopped {
            Stopped::Gone => self.end(id),
            Stopped::TurnOver => self.queue(id),
            Stopped::Paused(Pause::Until(when)) => {
                self.late.retain(|(_, late)| *late != id);
                self.late.push((when, id));
            }
            Stopped::Paused(Pause::Unread) | Stopped::Empty => {}
        }
        self.settle(id);
    }

    /// Reconnects a ring whose domain asks for it, and says whether the connection is usable.
    fn restart_ring(&mut self, id: ConnId) -> bool {
        let Some(link) = self.links.get(id) else {
            return false;
        };
        let Way::Ring(ring) = &mut link.way else {
            return true;
        };
        if ring.wants_reconnect() {
            link.inbox.clear();
            ring.reconnect();
            self.store.reset(id);
            return true;
        }
        if ring.is_broken() {
            return false;
        }
        // The domain may have made room for what waits.
        self.send(id);
        true
    }

    fn requests(&mut self, id: ConnId) -> Stopped {
        let Some(link) = self.links.get(id) else {
            return Stopped::Empty;
        };
        // The store borrows the links while a message lies in the inbox, so the inbox steps out.
        let mut inbox = core::mem::take(&mut link.inbox);
        let mut left = TURN;
        let mut more = true;
        let stopped = loop {
            if left == 0 {
                break Stopped::TurnOver;
            }
            if let Some(pause) = self.store.paused(id, self.links.now_ns()) {
                break Stopped::Paused(pause);
            }
            match inbox.next() {
                Ok(Some(message)) => {
                    left -= 1;
                    let peer = self.store.peer(id);
                    self.links.log.request(peer, id.0, &message);
                    self.store.handle(id, &message, &mut self.links);
                }
                Ok(None) if more => match self.receive(id, &mut inbox) {
                    Ok(again) => more = again,
                    Err(Gone) => break Stopped::Gone,
                },
                Ok(None) => break Stopped::Empty,
                Err(TooLong(header)) => {
                    self.store.refuse(id, header, ErrorName::EINVAL);
                    self.send(id);
                    break self.fault(id, Fault::TooLong);
                }
            }
        };
        if let Some(link) = self.links.get(id) {
            link.inbox = inbox;
        }
        stopped
    }

    /// Reads what is there, and says whether it is worth to read once more in this turn.
    fn receive(&mut self, id: ConnId, inbox: &mut xs_wire::Inbox) -> Result<bool, Gone> {
        match self.links.get(id).map(|link| &mut link.way) {
            None => Err(Gone),
            Some(Way::Client(client)) => client.receive(inbox),
            Some(Way::Ring(ring)) => {
                if let Ok(some) = ring.receive(inbox) {
                    return Ok(some);
                }
                self.fault(id, Fault::Indices);
                Ok(false)
            }
        }
    }

    /// A program that breaks the rules is dropped; a domain may reconnect.
    fn fault(&mut self, id: ConnId, fault: Fault) -> Stopped {
        match self.links.get(id).map(|link| &mut link.way) {
            Some(Way::Ring(ring)) => {
                let domain = ring.domain;
                ring.break_off(fault);
                self.store.reset(id);
                self.links
                    .log
                    .say(&format!("domain {domain} broke its ring: {fault:?}"));
                Stopped::Empty
            }
            _ => Stopped::Gone,
        }
    }

    /// Sends what the last requests made known, to whomever.
    fn flush(&mut self) {
        while let Some(id) = self.store.touched() {
            self.send(id);
            self.links.ring_if_moved(id);
            self.settle(id);
        }
    }

    fn send(&mut self, id: ConnId) {
        let Some(link) = self.links.get(id) else {
            return;
        };
        let Some(outbox) = self.store.outbox(id) else {
            return;
        };
        let sent = match &mut link.way {
            Way::Client(client) if outbox.is_overrun() => {
                client.close();
                return;
            }
            // A program that is gone is noticed when it is read.
            Way::Client(client) => client.send(outbox).map_err(|Gone| ()),
            Way::Ring(ring) if ring.is_broken() => {
                outbox.clear();
                return;
            }
            Way::Ring(ring) => ring.send(outbox).map_err(|_| ()),
        };
        if sent.is_err() {
            match link.way {
                Way::Client(_) => outbox.clear(),
                Way::Ring(_) => drop(self.fault(id, Fault::Indices)),
            }
        }
    }

    /// Makes epoll ask what fits the connection's state.
    fn settle(&mut self, id: ConnId) {
        let Some(Way::Client(_)) = self.links.get(id).map(|link| &link.way) else {
            return;
        };
        let paused = self.store.paused(id, self.links.now_ns()).is_some();
        self.links.update_interest(id, paused);
        // What was read before the pause waits for no event.
        let waiting = self
            .links
            .get(id)
            .is_some_and(|link| link.inbox.has_message());
        if !paused && waiting {
            self.queue(id);
        }
    }

    fn end(&mut self, id: ConnId) {
        self.links.remove(id);
        self.store.disconnect(id);
        self.late.retain(|(_, late)| *late != id);
        if core::mem::take(&mut self.full)
            && let Some(listener) = &self.listener
        {
            let data = epoll::EventData::new_u64(LISTENER);
            let _ = epoll::add(
                &self.links.epoll,
                listener.as_fd(),
                data,
                epoll::EventFlags::IN,
            );
        }
    }
}

impl<P: Platform> Drop for Server<P> {
    fn drop(&mut self) {
        let _ = self.stop.shutdown(std::net::Shutdown::Both);
    }
}
