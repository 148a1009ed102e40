//! What the daemon says to the administrator: on the terminal, or in the system's log.

use std::os::unix::net::UnixDatagram;

/// Where words go.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// A person, or the journal, reads our standard error.
    pub foreground: bool,
    /// Says also what is no trouble.
    pub verbose: bool,
}

impl Report {
    /// Something that an administrator should know.
    pub fn say(&self, text: &str) {
        if self.foreground {
            eprintln!("xenconsoled: {text}");
            return;
        }
        // Severity 4 (warning), facility 3 (daemons). Without a system log there is no one to tell.
        let line = format!("<28>xenconsoled[{}]: {text}", std::process::id());
        if let Ok(socket) = UnixDatagram::unbound() {
            let _ = socket.send_to(line.as_bytes(), "/dev/log");
        }
    }

    /// Something for the curious.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }
}
