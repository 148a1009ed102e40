//! A blocking client, for commands that ask one thing after the other.

use std::collections::VecDeque;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use xs_wire::{ErrorName, Header, Inbox, Kind, Permission, strings};

/// Why a request failed.
#[derive(Debug)]
pub enum Failure {
    /// The store said no.
    Refused(ErrorName),
    /// The connection broke.
    Lost(io::Error),
}

impl Failure {
    /// Whether a transaction failed only because others were faster.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(ErrorName::EAGAIN))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(name) => f.write_str(name.describe()),
            Self::Lost(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// A connection to the store.
pub struct Client {
    stream: File,
    inbox: Inbox,
    events: VecDeque<Vec<u8>>,
    /// In which all requests are made, 0 for none.
    transaction: u32,
}

impl Client {
    /// Connects to the daemon's socket or, where there is none, to the kernel's device.
    pub fn connect() -> io::Result<Self> {
        let stream = match env::var_os("XENSTORED_PATH").filter(|path| !path.is_empty()) {
            Some(path) => open(&PathBuf::from(path))?,
            None => {
                let socket = run_directory().join("socket");
                let devices = ["/dev/xen/xenbus", "/proc/xen/xenbus"].map(PathBuf::from);
                open(&socket).or_else(|first| {
                    let found = devices.iter().find_map(|device| open(device).ok());
                    found.ok_or(first)
                })?
            }
        };
        Ok(Self {
            stream,
            inbox: Inbox::default(),
            events: VecDeque::new(),
            transaction: 0,
        })
    }

    /// A node's value.
    pub fn read(&mut self, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(Kind::READ, &[path.as_bytes(), b"\0"])
    }

    /// Sets it.
    pub fn write(&mut self, path: &str, value: &[u8]) -> Result<(), Failure> {
        self.ask(Kind::WRITE, &[path.as_bytes(), b"\0", value])
            .map(drop)
    }

    /// Removes a node with all below.
    pub fn remove(&mut self, path: &str) -> Result<(), Failure> {
        self.ask(Kind::RM, &[path.as_bytes(), b"\0"]).map(drop)
    }

    /// The names of its children, however many.
    pub fn children(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        match self.ask(Kind::DIRECTORY, &[path.as_bytes(), b"\0"]) {
            Ok(list) => Ok(names(&list)),
            Err(Failure::Refused(ErrorName::E2BIG)) => self.children_in_parts(path),
            Err(failure) => Err(failure),
        }
    }

    fn children_in_parts(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        let (mut list, mut generation): (Vec<u8>, Option<Vec<u8>>) = (Vec::new(), None);
        loop {
            let offset = list.len().to_string();
            let parts = [path.as_bytes(), b"\0", offset.as_bytes(), b"\0"];
            let answer = self.ask(Kind::DIRECTORY_PART, &parts)?;
            let stamp = strings(&answer).next().unwrap_or_default();
            let part = answer.get(stamp.len() + 1..).unwrap_or_default();
            if generation.as_deref().is_some_and(|before| before != stamp) {
                // The list changed between two parts: from the start.
                (list, generation) = (Vec::new(), None);
                continue;
            }
            generation = Some(stamp.to_vec());
            // One more NUL closes the last part.
            match part.strip_suffix(b"\0") {
                Some(rest) if rest.is_empty() || rest.ends_with(b"\0") => {
                    list.extend_from_slice(rest);
                    return Ok(names(&list));
                }
                _ => list.extend_from_slice(part),
            }
        }
    }

    /// Its permissions.
    pub fn permissions(&mut self, path: &str) -> Result<Vec<Permission>, Failure> {
        let list = self.ask(Kind::GET_PERMS, &[path.as_bytes(), b"\0"])?;
        Permission::parse_list(&list).map_err(|_| Failure::Refused(ErrorName::EIO))
    }

    /// Sets them.
    pub fn set_permissions(&mut self, path: &str, list: &[Permission]) -> Result<(), Failure> {
        let text: String = list.iter().map(|entry| format!("{entry}\0")).collect();
        self.ask(Kind::SET_PERMS, &[path.as_bytes(), b"\0", text.as_bytes()])
            .map(drop)
    }

    /// Asks to hear of changes.
    pub fn watch(&mut self, path: &str, token: &str) -> Result<(), Failure> {
        self.ask(
            Kind::WATCH,
            &[path.as_bytes(), b"\0", token.as_bytes(), b"\0"],
        )
        .map(drop)
    }

    /// Waits for the path of the next change.
    pub fn event(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(strings(&event).next().unwrap_or_default().to_vec());
            }
            if let Some((Kind::WATCH_EVENT, payload)) = self.take()? {
                self.events.push_back(payload);
            }
        }
    }

    /// Gives a command to the daemon.
    pub fn control(&mut self, words: &[String]) -> Result<Vec<u8>, Failure> {
        let text: String = words.iter().map(|word| format!("{word}\0")).collect();
        self.ask(Kind::CONTROL, &[text.as_bytes()])
    }

    /// Does something in a transaction, again and again until it does not conflict.
    pub fn transaction<T, E: From<Failure>>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            let number = self.ask(Kind::TRANSACTION_START, &[b"\0"])?;
            let number = strings(&number)
                .next()
                .and_then(|text| str::from_utf8(text).ok());
            self.transaction = number
                .and_then(|text| text.parse().ok())
                .ok_or(Failure::Refused(ErrorName::EIO))?;
            let outcome = work(self);
            let end: &[u8] = if outcome.is_ok() { b"T\0" } else { b"F\0" };
            let ended = self.ask(Kind::TRANSACTION_END, &[end]);
            self.transaction = 0;
            match ended {
                Err(failure) if failure.is_conflict() => {}
                Err(failure) if outcome.is_ok() => return Err(failure.into()),
                _ => return outcome,
            }
        }
    }

    fn ask(&mut self, kind: Kind, parts: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let header = Header {
            kind,
            request: 0,
            transaction: self.transaction,
        };
        let mut bytes = Vec::new();
        if !header.encode(parts, &mut bytes) {
            return Err(Failure::Refused(ErrorName::E2BIG));
        }
        self.stream.write_all(&bytes)?;
        loop {
            match self.take()? {
                Some((Kind::WATCH_EVENT, payload)) => self.events.push_back(payload),
                Some((Kind::ERROR, name)) => return Err(Failure::Refused(ErrorName::parse(&name))),
                Some((_, payload)) => return Ok(payload),
                None => {}
            }
        }
    }

    /// The next message, if a whole one is there after at most one wait.
    fn take(&mut self) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        if !self.inbox.has_message() {
            let (room, used) = self.inbox.space(8192);
            let outcome = self.stream.read(room);
            self.inbox.filled(used, *outcome.as_ref().unwrap_or(&0));
            if outcome? == 0 {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset).into());
            }
        }
        let message = self
            .inbox
            .next()
            .map_err(|_| io::Error::other("a message too long"))?;
        Ok(message.map(|message| (message.header.kind, message.payload.to_vec())))
    }
}

fn names(list: &[u8]) -> Vec<String> {
    strings(list)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

fn run_directory() -> PathBuf {
    let named = env::var_os("XENSTORED_RUNDIR").filter(|name| !name.is_empty());
    named.map_or_else(|| PathBuf::from("/run/xenstored"), PathBuf::from)
}

/// Opens a socket or a device; both read and write the same messages.
fn open(path: &PathBuf) -> io::Result<File> {
    match UnixStream::connect(path) {
        Ok(stream) => Ok(File::from(OwnedFd::from(stream))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(error) => OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|_| error),
    }
}
