//! A client of xenstore.
//!
//! Requests go out together and their answers are collected in order, so that a hundred nodes cost
//! one wait and not a hundred.
//!
//! Always: an answer that does not come within [`PATIENCE`] is an error, never a hang; events that
//! arrive between answers are kept in order.
//!
//! Not here: the wire (`xs_wire`), what the nodes mean (`device`, `create`).

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use xs_wire::{Access, ErrorName, Header, Inbox, Kind, Permission};

use crate::error::{Error, Result};

/// Where xenstored listens.
pub const SOCKET: &str = "/run/xenstored/socket";
/// The kernel's own client, for when the daemon is elsewhere.
pub const DEVICE: &str = "/dev/xen/xenbus";
/// How long an answer may take. A loaded machine needs seconds; a dead daemon never answers.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests under way at a time: few enough for a socket's buffer, whatever their size.
const WINDOW: usize = 24;

/// A connection.
pub struct Store {
    file: File,
    inbox: Inbox,
    events: VecDeque<Event>,
    next_request: u32,
}

/// A watch has fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub path: String,
    pub token: String,
}

/// What may fail in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The daemon refused.
    Refused(ErrorName, String),
    /// The daemon is gone or silent.
    Lost(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Refused(name, what) => write!(f, "xenstored refused {what}: {name}"),
            StoreError::Lost(why) => write!(f, "xenstored does not answer: {why}"),
        }
    }
}

type Answer<T> = std::result::Result<T, StoreError>;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(name, what) => {
                let error = Error::new(format!("cannot {what} in xenstore"), name);
                match name {
                    ErrorName::EACCES => error.help("run this as root in dom0"),
                    _ => error,
                }
            }
            StoreError::Lost(why) => Error::new("cannot reach xenstored", why)
                .help("is it running? try `systemctl status xenstored`"),
        }
    }
}

impl Store {
    /// Connects.
    pub fn open() -> Result<Self> {
        let socket = UnixStream::connect(SOCKET).map(|socket| File::from(OwnedFd::from(socket)));
        let file = match socket {
            Ok(file) => file,
            // The daemon may live in another domain: then the kernel knows the way. A dead daemon
            // in dom0 leaves a socket that refuses, and the kernel's way would only hang.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let device = OpenOptions::new().read(true).write(true).open(DEVICE);
                device.map_err(|_| unreachable_store(&error))?
            }
            Err(error) => return Err(unreachable_store(&error)),
        };
        Ok(Self::over(file))
    }

    /// A client of whatever is at the other end of `file`.
    fn over(file: File) -> Self {
        Self {
            file,
            inbox: Inbox::default(),
            events: VecDeque::new(),
            next_request: 1,
        }
    }

    /// Operations outside of any transaction.
    pub fn now(&mut self) -> View<'_> {
        View {
            store: self,
            transaction: 0,
        }
    }

    /// Runs `body` as one transaction, again from the start when somebody interfered.
    pub fn transaction<T>(
        &mut self,
        mut body: impl FnMut(&mut View<'_>) -> Answer<T>,
    ) -> Answer<T> {
        loop {
            let id = self.ask(0, Kind::TRANSACTION_START, &[b"\0"])?;
            let id = text(&id)
                .parse()
                .map_err(|_| StoreError::Lost("it named a transaction that is no number".into()))?;
            let mut view = View {
                store: self,
                transaction: id,
            };
            let result = body(&mut view);
            let verdict: &[u8] = if result.is_ok() { b"T\0" } else { b"F\0" };
            let ended = self.ask(id, Kind::TRANSACTION_END, &[verdict]);
            match (result, ended) {
                (Err(StoreError::Refused(ErrorName::EAGAIN, _)), _)
                | (Ok(_), Err(StoreError::Refused(ErrorName::EAGAIN, _))) => {}
                (Ok(_), Err(error)) | (Err(error), _) => return Err(error),
                (Ok(value), Ok(_)) => return Ok(value),
            }
        }
    }

    /// Tells when `path` or anything below changes; fires once at once.
    pub fn watch(&mut self, path: &str, token: &str) -> Answer<()> {
        let parts = [path.as_bytes(), b"\0", token.as_bytes(), b"\0"];
        self.ask(0, Kind::WATCH, &parts).map(drop)
    }

    pub fn unwatch(&mut self, path: &str, token: &str) -> Answer<()> {
        let parts = [path.as_bytes(), b"\0", token.as_bytes(), b"\0"];
        self.ask(0, Kind::UNWATCH, &parts)?;
        self.events.retain(|event| event.token != token);
        Ok(())
    }

    /// The next event, or `None` after `patience`.
    pub fn wait_event(&mut self, patience: Option<Duration>) -> Answer<Option<Event>> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            // An event may have come in one piece with the last answer.
            self.keep_events()?;
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if !self.receive(deadline)? {
                return Ok(None);
            }
        }
    }

    /// Tells the daemon of a new domain: its ring page and event channel.
    pub fn introduce(&mut self, domid: u16, mfn: u64, port: u32) -> Answer<()> {
        let payload = format!("{domid}\0{mfn}\0{port}\0");
        self.ask(0, Kind::INTRODUCE, &[payload.as_bytes()])
            .map(drop)
    }

    /// Tells the daemon that a domain is gone.
    pub fn release(&mut self, domid: u16) -> Answer<()> {
        let payload = format!("{domid}\0");
        self.ask(0, Kind::RELEASE, &[payload.as_bytes()]).map(drop)
    }

    fn ask(&mut self, transaction: u32, kind: Kind, parts: &[&[u8]]) -> Answer<Vec<u8>> {
        let request = self.send(transaction, kind, parts)?;
        self.answer(request, || describe(kind, parts))
    }

    fn send(&mut self, transaction: u32, kind: Kind, parts: &[&[u8]]) -> Answer<u32> {
        let request = self.next_request;
        self.next_request = self.next_request.wrapping_add(1).max(1);
        let mut bytes = Vec::with_capacity(128);
        if !(Header {
            kind,
            request,
            transaction,
        })
        .encode(parts, &mut bytes)
        {
            return Err(StoreError::Refused(ErrorName::E2BIG, describe(kind, parts)));
        }
        self.file
            .write_all(&bytes)
            .map_err(|error| StoreError::Lost(error.to_string()))?;
        Ok(request)
    }

    fn answer(&mut self, request: u32, what: impl Fn() -> String) -> Answer<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some((header, payload)) = self.next_message()? {
                if header.kind == Kind::WATCH_EVENT {
                    self.keep_event(&payload);
                } else if header.request == request && header.kind == Kind::ERROR {
                    return Err(StoreError::Refused(ErrorName::parse(&payload), what()));
                } else if header.request == request {
                    return Ok(payload);
                }
                // Anything else answers a request that was given up after an error.
            }
            if !self.receive(Some(deadline))? {
                return Err(StoreError::Lost(format!(
                    "no answer in {} s",
                    PATIENCE.as_secs()
                )));
            }
        }
    }

    fn next_message(&mut self) -> Answer<Option<(Header, Vec<u8>)>> {
        match self.inbox.next() {
            Ok(message) => Ok(message.map(|m| (m.header, m.payload.to_vec()))),
            Err(_) => Err(StoreError::Lost(
                "it sent a message that is too long".into(),
            )),
        }
    }

    fn keep_events(&mut self) -> Answer<()> {
        while let Some((header, payload)) = self.next_message()? {
            if header.kind == Kind::WATCH_EVENT {
                self.keep_event(&payload);
            }
        }
        Ok(())
    }

    fn keep_event(&mut self, payload: &[u8]) {
        let mut strings = xs_wire::strings(payload).map(text);
        if let (Some(path), Some(token)) = (strings.next(), strings.next()) {
            self.events.push_back(Event { path, token });
        }
    }

    /// Reads what has come; `false` when the deadline passed first.
    fn receive(&mut self, deadline: Option<Instant>) -> Answer<bool> {
        let lost = |error: io::Error| StoreError::Lost(error.to_string());
        let timeout = match deadline {
            None => None,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                Some(Timespec::try_from(left).map_err(|_| lost(io::ErrorKind::TimedOut.into()))?)
            }
        };
        let mut fds = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(true),
            Err(errno) => return Err(lost(errno.into())),
        }
        let mut bytes = [0; 4096];
        match self.file.read(&mut bytes) {
            Ok(0) => Err(StoreError::Lost("it closed the connection".into())),
            Ok(n) => {
                self.inbox.push(bytes.get(..n).unwrap_or_default());
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(lost(error)),
        }
    }
}

impl AsFd for Store {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn unreachable_store(error: &io::Error) -> Error {
    let error_text = match error.kind() {
        io::ErrorKind::NotFound => "there is no socket of it".to_owned(),
        io::ErrorKind::ConnectionRefused => "nobody listens on its socket".to_owned(),
        _ => error.to_string(),
    };
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => "run this as root",
        _ => "start it with `systemctl start xenstored`",
    };
    Error::new("cannot reach xenstored", error_text).help(help)
}

/// The store as seen inside one transaction, or outside of all.
pub struct View<'a> {
    store: &'a mut Store,
    transaction: u32,
}

/// Who may do what with a node that is written.
pub type Permissions<'a> = &'a [Permission];

impl View<'_> {
    fn ask(&mut self, kind: Kind, parts: &[&[u8]]) -> Answer<Vec<u8>> {
        self.store.ask(self.transaction, kind, parts)
    }

    /// The value of a node, or `None` if there is no such node.
    pub fn read(&mut self, path: &str) -> Answer<Option<String>> {
        absent(self.ask(Kind::READ, &[path.as_bytes(), b"\0"])).map(|v| v.map(|v| text(&v)))
    }

    /// The values of many nodes, with one wait.
    pub fn read_many(&mut self, paths: &[String]) -> Answer<Vec<Option<String>>> {
        let mut values = Vec::with_capacity(paths.len());
        for window in paths.chunks(WINDOW) {
            let mut requests = Vec::with_capacity(window.len());
            for path in window {
                let parts: [&[u8]; 2] = [path.as_bytes(), b"\0"];
                requests.push(self.store.send(self.transaction, Kind::READ, &parts)?);
            }
            for (path, request) in window.iter().zip(requests) {
                let answer = self.store.answer(request, || format!("read {path}"));
                values.push(absent(answer)?.map(|value| text(&value)));
            }
        }
        Ok(values)
    }

    /// Names of the children; none if there is no such node.
    pub fn list(&mut self, path: &str) -> Answer<Vec<String>> {
        let answer = match self.ask(Kind::DIRECTORY, &[path.as_bytes(), b"\0"]) {
            Err(StoreError::Refused(ErrorName::E2BIG, _)) => Some(self.list_in_parts(path)?),
            other => absent(other)?,
        };
        let names = answer.unwrap_or_default();
        Ok(xs_wire::strings(&names)
            .map(text)
            .filter(|name| !name.is_empty())
            .collect())
    }

    /// A directory whose listing is longer than a message.
    fn list_in_parts(&mut self, path: &str) -> Answer<Vec<u8>> {
        'again: loop {
            let mut names: Vec<u8> = Vec::new();
            let mut generation: Option<Vec<u8>> = None;
            loop {
                let offset = names.len().to_string();
                let parts = [path.as_bytes(), b"\0", offset.as_bytes(), b"\0"];
                let part = self.ask(Kind::DIRECTORY_PART, &parts)?;
                let cut = part
                    .iter()
                    .position(|&byte| byte == 0)
                    .unwrap_or(part.len());
                let (now, rest) = part.split_at(cut);
                if generation.get_or_insert_with(|| now.to_vec()) != now {
                    continue 'again;
                }
                let rest = rest.get(1..).unwrap_or_default();
                // The end is marked by an empty name.
                match rest.strip_suffix(b"\0\0") {
                    Some(last) => {
                        names.extend_from_slice(last);
                        names.push(0);
                        return Ok(names);
                    }
                    None if rest.is_empty() || rest == b"\0" => return Ok(names),
                    None => names.extend_from_slice(rest),
                }
            }
        }
    }

    pub fn exists(&mut self, path: &str) -> Answer<bool> {
        Ok(self.read(path)?.is_some())
    }

    pub fn write(&mut self, path: &str, value: &str) -> Answer<()> {
        self.ask(Kind::WRITE, &[path.as_bytes(), b"\0", value.as_bytes()])
            .map(drop)
    }

    /// Removes a node and all below; nothing happens if there is none.
    pub fn remove(&mut self, path: &str) -> Answer<()> {
        absent(self.ask(Kind::RM, &[path.as_bytes(), b"\0"])).map(drop)
    }

    /// Writes many nodes, with one wait for all answers.
    pub fn write_all(&mut self, nodes: &[Node]) -> Answer<()> {
        let mut first_error = Ok(());
        for window in nodes.chunks(WINDOW / 2) {
            let mut requests = Vec::with_capacity(window.len() * 2);
            for node in window {
                let id = self.transaction;
                let parts: [&[u8]; 3] = [node.path.as_bytes(), b"\0", node.value.as_bytes()];
                requests.push((node, self.store.send(id, Kind::WRITE, &parts)?));
                if let Some(permissions) = &node.permissions {
                    let list = permission_list(permissions);
                    let parts: [&[u8]; 3] = [node.path.as_bytes(), b"\0", list.as_bytes()];
                    requests.push((node, self.store.send(id, Kind::SET_PERMS, &parts)?));
                }
            }
            // Collect every answer, also after a refusal: they belong to nobody else.
            for (node, request) in requests {
                let answer = self
                    .store
                    .answer(request, || format!("write {}", node.path));
                match answer {
                    Err(error @ StoreError::Lost(_)) => return Err(error),
                    Err(error) if first_error.is_ok() => first_error = Err(error),
                    _ => {}
                }
            }
            first_error.clone()?;
        }
        first_error
    }

    /// Gives a node to `owner`, and says who else may do what.
    pub fn set_permissions(&mut self, path: &str, permissions: Permissions<'_>) -> Answer<()> {
        let list = permission_list(permissions);
        self.ask(Kind::SET_PERMS, &[path.as_bytes(), b"\0", list.as_bytes()])
            .map(drop)
    }
}

/// A node to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub path: String,
    pub value: String,
    /// `None` leaves what the parent hands down.
    pub permissions: Option<Vec<Permission>>,
}

impl Node {
    pub fn new(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            value: value.into(),
            permissions: None,
        }
    }

    #[must_use]
    pub fn owned(mut self, permissions: &[Permission]) -> Self {
        self.permissions = Some(permissions.to_vec());
        self
    }
}

/// dom0 owns it, `domain` may read it.
pub fn readable(domain: u16) -> [Permission; 2] {
    [
        Permission {
            domain: 0,
            access: Access::None,
        },
        Permission {
            domain,
            access: Access::Read,
        },
    ]
}

/// `domain` owns it, and nobody else may touch it (but dom0, which may everything).
pub fn owned_by(domain: u16) -> [Permission; 1] {
    [Permission {
        domain,
        access: Access::None,
    }]
}

/// `owner` owns it, `reader` may read it.
pub fn shared(owner: u16, reader: u16) -> [Permission; 2] {
    [
        Permission {
            domain: owner,
            access: Access::None,
        },
        Permission {
            domain: reader,
            access: Access::Read,
        },
    ]
}

fn permission_list(permissions: Permissions<'_>) -> String {
    permissions
        .iter()
        .map(|permission| format!("{permission}\0"))
        .collect()
}

fn absent(answer: Answer<Vec<u8>>) -> Answer<Option<Vec<u8>>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Refused(ErrorName::ENOENT, _)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes)).into_owned()
}

fn describe(kind: Kind, parts: &[&[u8]]) -> String {
    let verb = match kind {
        Kind::READ => "read",
        Kind::WRITE => "write",
        Kind::DIRECTORY | Kind::DIRECTORY_PART => "list",
        Kind::RM => "remove",
        Kind::MKDIR => "make",
        Kind::SET_PERMS => "set the permissions of",
        Kind::WATCH | Kind::UNWATCH => "watch",
        Kind::INTRODUCE => "introduce domain",
        Kind::RELEASE => "release domain",
        Kind::TRANSACTION_START => return "start a transaction".into(),
        Kind::TRANSACTION_END => return "end a transaction".into(),
        _ => "do something with",
    };
    let subject = parts
        .first()
        .map(|part| part.split(|b| *b == 0).next().unwrap_or_default());
    format!("{verb} {}", text(subject.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use xs_wire::Message;

    /// A daemon with a script: for each request, the messages to answer with, in one piece.
    fn daemon(script: Vec<Vec<(Kind, &'static [u8])>>) -> Store {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let mut inbox = Inbox::default();
            for answers in script {
                let request = loop {
                    if let Ok(Some(message)) = inbox.next() {
                        break message.header.request;
                    }
                    let mut bytes = [0; 256];
                    let n = theirs.read(&mut bytes).unwrap();
                    inbox.push(&bytes[..n]);
                };
                let mut out = Vec::new();
                for (kind, payload) in answers {
                    let request = if kind == Kind::WATCH_EVENT {
                        0
                    } else {
                        request
                    };
                    let header = Header {
                        kind,
                        request,
                        transaction: 0,
                    };
                    Message { header, payload }.encode(&mut out);
                }
                theirs.write_all(&out).unwrap();
            }
            std::mem::forget(theirs); // stays open: silence, not an end
        });
        Store::over(File::from(OwnedFd::from(ours)))
    }

    #[test]
    fn an_event_that_comes_with_an_answer_is_not_forgotten() {
        let mut store = daemon(vec![
            vec![(Kind::WATCH, b"OK\0"), (Kind::WATCH_EVENT, b"/a\0t\0")],
            vec![(Kind::READ, b"1"), (Kind::WATCH_EVENT, b"/a/b\0t\0")],
        ]);
        store.watch("/a", "t").unwrap();
        let soon = Some(Duration::from_millis(200));
        let first = store.wait_event(soon).unwrap().unwrap();
        assert_eq!((first.path.as_str(), first.token.as_str()), ("/a", "t"));
        assert_eq!(store.now().read("/a").unwrap().as_deref(), Some("1"));
        assert_eq!(store.wait_event(soon).unwrap().unwrap().path, "/a/b");
        assert_eq!(
            store.wait_event(soon).unwrap(),
            None,
            "silence ends with the time"
        );
    }

    #[test]
    fn a_transaction_that_was_disturbed_runs_again() {
        let mut store = daemon(vec![
            vec![(Kind::TRANSACTION_START, b"1\0")],
            vec![(Kind::WRITE, b"OK\0")],
            vec![(Kind::ERROR, b"EAGAIN\0")],
            vec![(Kind::TRANSACTION_START, b"2\0")],
            vec![(Kind::WRITE, b"OK\0")],
            vec![(Kind::TRANSACTION_END, b"OK\0")],
        ]);
        let mut runs = 0;
        let answer = store.transaction(|view| {
            runs += 1;
            view.write("/a", "1")
        });
        assert_eq!((answer, runs), (Ok(()), 2));
    }

    #[test]
    fn what_is_not_there_is_none_and_not_an_error() {
        let mut store = daemon(vec![
            vec![(Kind::ERROR, b"ENOENT\0")],
            vec![(Kind::ERROR, b"EACCES\0")],
        ]);
        assert_eq!(store.now().read("/no"), Ok(None));
        let refused = store.now().read("/secret").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "xenstored refused read /secret: Permission denied"
        );
    }

    #[test]
    fn a_daemon_that_goes_away_is_told_as_that() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let mut store = Store::over(File::from(OwnedFd::from(ours)));
        assert!(matches!(store.now().read("/a"), Err(StoreError::Lost(_))));
    }
}
