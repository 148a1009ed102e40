//! A Xen of our own: pages are files in memory, event channels a queue with a descriptor.

#![allow(dead_code)] // each test file uses its own part

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ring::{SharedMemory, XENSTORE};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use sys::evtchn::Port;
use sys::mapping::{PAGE_SIZE, SharedPages};
use xenstore::{DomId, Limits};
use xenstored::log::Log;
use xenstored::platform::{Life, Platform};
use xenstored::server::Server;
use xs_wire::{Header, Inbox, Kind};

/// Nothing takes longer, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);
const DEATH: Port = Port(1);

#[derive(Default)]
struct State {
    pages: HashMap<DomId, OwnedFd>,
    lives: HashMap<DomId, Life>,
    rang: VecDeque<Port>,
    bound: Vec<Port>,
}

#[derive(Clone)]
struct Xen {
    state: Arc<Mutex<State>>,
    bell: Arc<OwnedFd>,
}

impl Xen {
    fn ring(&self, port: Port) {
        self.state.lock().expect("state").rang.push_back(port);
        rustix::io::write(&*self.bell, &1_u64.to_ne_bytes()).expect("bell");
    }
}

impl Platform for Xen {
    type Page = SharedPages;

    fn kernel_ring(&mut self) -> io::Result<(SharedPages, u32)> {
        Ok((self.map(0, 0)?, 0))
    }
    fn map(&mut self, domain: DomId, _: u64) -> io::Result<SharedPages> {
        let state = self.state.lock().expect("state");
        let page = state.pages.get(&domain).ok_or(io::ErrorKind::NotFound)?;
        Ok(SharedPages::map(page, 0, 1)?)
    }
    fn bind(&mut self, domain: DomId, remote: u32) -> io::Result<Port> {
        let port = Port(u32::from(domain) * 100 + remote + 10);
        self.state.lock().expect("state").bound.push(port);
        Ok(port)
    }
    fn unbind(&mut self, port: Port) {
        self.state
            .lock()
            .expect("state")
            .bound
            .retain(|have| *have != port);
    }
    fn notify(&mut self, _: Port) {}
    fn rang(&mut self, each: &mut dyn FnMut(Port)) -> io::Result<()> {
        let _ = rustix::io::read(&*self.bell, &mut [0; 8]);
        let rang = std::mem::take(&mut self.state.lock().expect("state").rang);
        rang.into_iter().for_each(each);
        Ok(())
    }
    fn death(&self) -> Option<Port> {
        Some(DEATH)
    }
    fn domains(&mut self) -> io::Result<Vec<(DomId, Life)>> {
        let state = self.state.lock().expect("state");
        Ok(state
            .lives
            .iter()
            .map(|(domain, life)| (*domain, *life))
            .collect())
    }
    fn events(&self) -> Option<BorrowedFd<'_>> {
        Some(self.bell.as_fd())
    }
}

/// A daemon in a thread, with its Xen.
pub struct Stage {
    xen: Xen,
    folder: tempfile::TempDir,
    stop: UnixStream,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Stage {
    /// A daemon that serves dom0's kernel and a socket.
    pub fn new() -> Self {
        let bell = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).expect("eventfd");
        let xen = Xen {
            state: Arc::default(),
            bell: Arc::new(bell),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let (stop, other) = UnixStream::pair().expect("a pair");
        let mut stage = Self {
            xen,
            folder,
            stop,
            thread: None,
        };
        stage.add_page(0);
        let listener = UnixListener::bind(stage.socket()).expect("a socket");
        let xen = stage.xen.clone();
        let thread = std::thread::spawn(move || {
            let mut server = Server::new(
                xen,
                Log::new(true),
                Limits::default(),
                Some(listener),
                other,
            )?;
            server.serve_kernel(0)?;
            server.run()
        });
        stage.thread = Some(thread);
        stage
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn add_page(&self, domain: DomId) {
        let page = memfd_create("ring", MemfdFlags::CLOEXEC).expect("memfd");
        ftruncate(&page, PAGE_SIZE as u64).expect("a page");
        let mut state = self.xen.state.lock().expect("state");
        state.pages.insert(domain, page);
        state.lives.insert(domain, Life::Alive);
    }

    /// A program on the socket.
    pub fn client(&self) -> Client<UnixStream> {
        let stream = UnixStream::connect(self.socket()).expect("the daemon listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client {
            way: stream,
            inbox: Inbox::default(),
            events: Vec::new(),
        }
    }

    /// A new domain, introduced, with its kernel's end of the ring.
    pub fn guest(&self, domain: DomId) -> Client<Ring> {
        self.add_page(domain);
        assert_eq!(
            self.client()
                .ask(Kind::INTRODUCE, &format!("{domain}\x0099\x001\0")),
            "OK"
        );
        self.kernel(domain, 1)
    }

    /// The kernel's end of a ring that the daemon knows.
    pub fn kernel(&self, domain: DomId, remote: u32) -> Client<Ring> {
        let mut xen = self.xen.clone();
        let page = xen.map(domain, 0).expect("its page");
        let port = Port(u32::from(domain) * 100 + remote + 10);
        let way = Ring { page, port, xen };
        Client {
            way,
            inbox: Inbox::default(),
            events: Vec::new(),
        }
    }

    /// Lets a domain stop, or go if `life` is `None`.
    pub fn fate(&self, domain: DomId, life: Option<Life>) {
        let mut state = self.xen.state.lock().expect("state");
        match life {
            Some(life) => state.lives.insert(domain, life),
            None => state.lives.remove(&domain),
        };
        drop(state);
        self.xen.ring(DEATH);
    }

    /// Ports that the daemon holds.
    pub fn bound(&self) -> usize {
        self.xen.state.lock().expect("state").bound.len()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.stop.write_all(b"x");
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended
                .expect("a thread")
                .expect("no panic")
                .expect("no error");
        }
    }
}

/// A ring from the domain's side.
pub struct Ring {
    pub page: SharedPages,
    port: Port,
    xen: Xen,
}

impl Ring {
    /// Rings the daemon.
    pub fn kick(&self) {
        self.xen.ring(self.port);
    }

    /// Waits until a word of the page has a value.
    pub fn wait_for(&self, offset: usize, value: u32) {
        let start = Instant::now();
        while self.page.load(offset) != value {
            assert!(
                start.elapsed() < PATIENCE,
                "{offset} stays {}",
                self.page.load(offset)
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Read for Ring {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match XENSTORE.to_guest.read(&self.page, into) {
                Ok(0) => std::thread::sleep(Duration::from_millis(1)),
                Ok(got) => {
                    self.kick();
                    return Ok(got);
                }
                Err(ring::Inconsistent) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

impl Write for Ring {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let put = XENSTORE.to_backend.write(&self.page, from);
            let put = put.map_err(|ring::Inconsistent| io::ErrorKind::InvalidData)?;
            self.kick();
            if put > 0 {
                return Ok(put);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(io::ErrorKind::TimedOut.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody who asks and waits for the answer.
pub struct Client<W> {
    pub way: W,
    inbox: Inbox,
    events: Vec<String>,
}

impl<W: Read + Write> Client<W> {
    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, kind: Kind, payload: &str) -> String {
        self.send(kind, payload);
        self.answer()
    }

    /// Sends a request.
    pub fn send(&mut self, kind: Kind, payload: &str) {
        let mut bytes = Vec::new();
        assert!(
            Header {
                kind,
                request: 1,
                transaction: 0
            }
            .encode(&[payload.as_bytes()], &mut bytes)
        );
        self.way.write_all(&bytes).expect("the daemon takes it");
    }

    /// Waits for an answer; events on the way are kept.
    pub fn answer(&mut self) -> String {
        loop {
            let (kind, text) = self.take();
            if kind != Kind::WATCH_EVENT {
                return text;
            }
            self.events.push(text);
        }
    }

    /// Waits for the next event.
    pub fn event(&mut self) -> String {
        if !self.events.is_empty() {
            return self.events.remove(0);
        }
        let (kind, text) = self.take();
        assert_eq!(kind, Kind::WATCH_EVENT, "{text}");
        text
    }

    /// Forgets what was read and not used.
    pub fn restart(&mut self) {
        self.inbox.clear();
        self.events.clear();
    }

    fn take(&mut self) -> (Kind, String) {
        loop {
            if let Some(message) = self.inbox.next().expect("the daemon keeps to the protocol") {
                let text = String::from_utf8_lossy(message.payload).into_owned();
                return (
                    message.header.kind,
                    text.trim_end_matches('\0').replace('\0', " "),
                );
            }
            let mut bytes = [0; 8192];
            let got = self.way.read(&mut bytes).expect("an answer");
            assert_ne!(got, 0, "the daemon hung up");
            self.inbox.push(&bytes[..got]);
        }
    }
}
