//! Where the daemon says what it does: the system's log for people, a file for every request.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use xenstore::Peer;
use xs_wire::Message;

/// Bytes of a payload that are worth a look.
const SHOWN: usize = 200;

/// Both logs.
#[derive(Debug)]
pub struct Log {
    /// In the foreground, people read the terminal.
    foreground: bool,
    requests: Option<File>,
    on: bool,
}

impl Log {
    /// No log of requests yet.
    pub fn new(foreground: bool) -> Self {
        Self {
            foreground,
            requests: None,
            on: false,
        }
    }

    /// Says something to the administrator.
    pub fn say(&self, text: &str) {
        if self.foreground {
            eprintln!("xenstored: {text}");
            return;
        }
        // Severity 6 (info), facility 3 (daemons). Without a system log there is no one to tell.
        let line = format!("<30>xenstored[{}]: {text}", std::process::id());
        if let Ok(socket) = UnixDatagram::unbound() {
            let _ = socket.send_to(line.as_bytes(), "/dev/log");
        }
    }

    /// Writes requests to this file from now on.
    pub fn open(&mut self, path: &Path) -> io::Result<()> {
        self.requests = Some(OpenOptions::new().create(true).append(true).open(path)?);
        self.on = true;
        Ok(())
    }

    /// Goes on or rests.
    pub fn switch(&mut self, on: bool) {
        self.on = on;
    }

    /// Notes a request.
    pub fn request(&mut self, peer: Option<Peer>, id: usize, message: &Message<'_>) {
        let Some(file) = self.requests.as_mut().filter(|_| self.on) else {
            return;
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let who = match peer {
            Some(Peer::Ring(domain)) => format!("D{domain}"),
            _ => format!("A{id}"),
        };
        let shown = message.payload.get(..SHOWN).unwrap_or(message.payload);
        let line = format!(
            "[{}.{:03}] {who} {} tx{} {}\n",
            now.as_secs(),
            now.subsec_millis(),
            message.header.kind,
            message.header.transaction,
            shown.escape_ascii(),
        );
        if let Err(error) = file.write_all(line.as_bytes()) {
            self.requests = None;
            self.say(&format!("the log of requests cannot be written: {error}"));
        }
    }
}
