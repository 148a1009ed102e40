//! The serial console of a machine, driven like a person would: wait for this, type that.
//!
//! Always: every wait has a limit; whoever waits in vain is told what was waited for and sees the
//! end of the log; a machine dies with its `Console`.
//!
//! Not here: what a machine consists of (`crate::machine`).

use crate::sh;
use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What ends a wait at once, whatever was waited for.
const FATAL: [&str; 4] = [
    "Kernel panic - not syncing",
    "Panic on CPU",
    "XENOLITH FATAL",
    "xenolith: panic",
];

/// A running machine and its serial line.
pub struct Console {
    child: Child,
    input: ChildStdin,
    heard: Arc<Heard>,
    /// How much of what was heard has been answered.
    read: usize,
    log: PathBuf,
}

#[derive(Default)]
struct Heard {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    /// Everything so far, without escape sequences and carriage returns.
    text: String,
    closed: bool,
    /// Show what arrives to the user, as it is.
    echo: bool,
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Console {
    /// Starts a program whose standard input and output are the serial line.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let folder = log.parent().context("a log has a folder")?;
        std::fs::create_dir_all(folder)?;
        let raw = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut complaints = log.as_os_str().to_owned();
        complaints.push(".qemu");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(PathBuf::from(complaints))?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let heard = Arc::new(Heard::default());
        let listener = Arc::clone(&heard);
        std::thread::spawn(move || listen(output, raw, &listener));
        Ok(Self {
            child,
            input,
            heard,
            read: 0,
            log: log.to_path_buf(),
        })
    }

    /// Waits until one of `patterns` is heard; gives its place in the list and what came before it.
    pub fn expect_any(
        &mut self,
        what: &str,
        patterns: &[&str],
        limit: Duration,
    ) -> Result<(usize, String)> {
        let deadline = Instant::now() + limit;
        let heard = Arc::clone(&self.heard);
        let mut state = heard.lock();
        loop {
            let new = state.text.get(self.read..).unwrap_or_default();
            let hit = patterns
                .iter()
                .enumerate()
                .filter_map(|(which, pattern)| Some((new.find(pattern)?, which, pattern.len())))
                .min();
            let trouble = FATAL
                .iter()
                .filter_map(|fatal| Some((new.find(fatal)?, *fatal)))
                .min();
            match (hit, trouble) {
                (Some((at, which, length)), trouble)
                    if trouble.is_none_or(|(bad, _)| at <= bad) =>
                {
                    let before = new.get(..at).unwrap_or_default().to_owned();
                    self.read += at + length;
                    return Ok((which, before));
                }
                (_, Some((_, fatal))) => {
                    drop(state);
                    std::thread::sleep(Duration::from_secs(2)); // let it finish its last words
                    bail!(
                        "while waiting for {what} the machine said `{fatal}`{}",
                        self.last_words()
                    );
                }
                _ => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed {
                drop(state);
                bail!(
                    "the machine ended while waiting for {what}{}",
                    self.last_words()
                );
            }
            if left.is_zero() {
                drop(state);
                bail!(
                    "{what} did not come within {} s{}",
                    limit.as_secs(),
                    self.last_words()
                );
            }
            state = heard
                .more
                .wait_timeout(state, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    /// Waits for one pattern; gives what came before it.
    pub fn expect(&mut self, pattern: &str, limit: Duration) -> Result<String> {
        Ok(self
            .expect_any(&format!("`{pattern}`"), &[pattern], limit)?
            .1)
    }

    /// Waits for a pattern and leaves it to be heard again.
    pub fn expect_once(&mut self, pattern: &str, limit: Duration) -> Result<()> {
        let read = self.read;
        self.expect(pattern, limit)?;
        self.read = read;
        Ok(())
    }

    /// Types.
    pub fn send(&mut self, text: &str) -> Result<()> {
        // A serial line holds 16 bytes and a busy dom0 empties it late: a person's pace loses nothing.
        for piece in text.as_bytes().chunks(8) {
            self.input
                .write_all(piece)
                .and_then(|()| self.input.flush())
                .with_context(|| format!("the machine no longer listens{}", self.last_words()))?;
            std::thread::sleep(Duration::from_millis(8));
        }
        Ok(())
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.send(&format!("{text}\n"))
    }

    /// Logs in and turns the shell into one without prompt and echo, so that answers are bare.
    pub fn log_in(&mut self, host: &str, password: &str, limit: Duration) -> Result<()> {
        self.log_in_as_person(host, password, limit)?;
        self.bare_shell(Duration::from_secs(120))
    }

    /// Logs in and leaves the shell as a person finds it.
    pub fn log_in_as_person(&mut self, host: &str, password: &str, limit: Duration) -> Result<()> {
        let prompt = format!("{host} login: ");
        self.expect(&prompt, limit)?;
        for attempt in 1.. {
            self.line("root")?;
            let short = Duration::from_secs(90);
            let (which, _) =
                self.expect_any("the password prompt", &["assword: ", &prompt], short)?;
            if which == 0 {
                self.line(password)?;
                let answers = [":~# ", "ogin incorrect", &prompt];
                let (which, _) = self.expect_any(
                    "a shell after the login",
                    &answers,
                    Duration::from_secs(180),
                )?;
                if which == 0 {
                    break;
                }
            }
            if attempt == 4 {
                bail!("cannot log in to {host}{}", self.last_words());
            }
        }
        Ok(())
    }

    /// Makes the shell at the other end silent: no prompt, no echo, no line editing.
    pub fn bare_shell(&mut self, limit: Duration) -> Result<()> {
        self.line("stty -echo; PS1= PS2= exec sh")?;
        std::thread::sleep(Duration::from_millis(300));
        self.line("PS1=; echo XN-''SHELL")?;
        self.expect("XN-SHELL\n", limit).map(drop)
    }

    /// Runs a command in a bare shell; gives its output, fails if it fails.
    pub fn sh(&mut self, command: &str, limit: Duration) -> Result<String> {
        let (code, output) = self.sh_code(command, limit)?;
        if code != 0 {
            bail!("`{command}` ended with {code}:\n{}", sh::tail(&output, 25));
        }
        Ok(output)
    }

    /// Runs a command in a bare shell; gives its exit code and output, without what the hypervisor said meanwhile on
    /// the same console.
    pub fn sh_code(&mut self, command: &str, limit: Duration) -> Result<(i32, String)> {
        self.line(&format!("{command}\necho XN-''END-$?-"))?;
        let (_, output) =
            self.expect_any(&format!("the end of `{command}`"), &["XN-END-"], limit)?;
        let code = self.expect("-", Duration::from_secs(60))?;
        let code = code
            .trim()
            .parse()
            .with_context(|| format!("no exit code in `{code}`"))?;
        let output: Vec<&str> = output
            .lines()
            .filter(|line| !line.starts_with("(XEN) "))
            .collect();
        Ok((code, output.join("\n").trim_matches('\n').to_owned()))
    }

    /// Waits until the machine has switched itself off.
    pub fn wait_off(mut self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!(
            "the machine did not switch off within {} s{}",
            limit.as_secs(),
            self.last_words()
        )
    }

    /// Everything heard so far.
    pub fn transcript(&self) -> String {
        self.heard.lock().text.clone()
    }

    /// Shows what arrives to the user from now on, or no longer.
    pub fn echo(&self, on: bool) {
        self.heard.lock().echo = on;
    }

    /// Connects the user's terminal until the machine ends or the user types Ctrl-A x.
    pub fn attach(mut self) -> Result<()> {
        self.echo(true);
        let terminal = RawTerminal::new();
        let mut escape = false;
        let mut typed = [0; 256];
        let stdin = std::io::stdin();
        while self.child.try_wait()?.is_none() {
            let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
            let wait = rustix::time::Timespec {
                tv_sec: 0,
                tv_nsec: 200_000_000,
            };
            if poll(&mut fds, Some(&wait)).unwrap_or(0) == 0 {
                continue;
            }
            let length = rustix::io::read(&stdin, &mut typed)?;
            if length == 0 {
                std::thread::sleep(Duration::from_millis(200)); // no terminal: only watch
                continue;
            }
            for &byte in &typed[..length] {
                match (std::mem::replace(&mut escape, false), byte) {
                    (false, 1) => escape = true,
                    (true, b'x') => return Ok(()),
                    _ => self.input.write_all(&[byte])?,
                }
            }
            self.input.flush()?;
        }
        drop(terminal);
        println!();
        Ok(())
    }

    fn last_words(&self) -> String {
        let state = self.heard.lock();
        format!(
            "\n--- the end of {} ---\n{}\n---",
            self.log.display(),
            sh::tail(state.text.trim_end(), 30)
        )
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(mut output: ChildStdout, mut raw: File, heard: &Heard) {
    let mut plain = Plain::default();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default();
        let _ = raw.write_all(bytes);
        let mut state = heard.lock();
        plain.feed(bytes, &mut state.text);
        if state.echo {
            let mut screen = std::io::stdout().lock();
            let _ = screen.write_all(bytes).and_then(|()| screen.flush());
        }
        heard.more.notify_all();
    }
    heard.lock().closed = true;
    heard.more.notify_all();
}

/// Takes terminal escape sequences and control characters out of a stream of bytes.
#[derive(Default)]
struct Plain {
    within: Escape,
}

#[derive(Default, Clone, Copy)]
enum Escape {
    #[default]
    No,
    Start,
    Csi,
    /// Operating-system command, up to BEL or ESC \.
    Osc,
}

impl Plain {
    fn feed(&mut self, bytes: &[u8], text: &mut String) {
        for &byte in bytes {
            self.within = match (self.within, byte) {
                (Escape::Osc, 7) => Escape::No,
                (_, 0x1b) => Escape::Start,
                (Escape::Start, b'[') => Escape::Csi,
                (Escape::Start, b']') => Escape::Osc,
                (Escape::Start, _) => Escape::No,
                (Escape::Csi, 0x40..=0x7e) => Escape::No,
                (Escape::Csi, _) => Escape::Csi,
                (Escape::Osc, _) => Escape::Osc,
                (Escape::No, _) => {
                    match byte {
                        b'\n' | b'\t' | 0x20..=0x7e => text.push(char::from(byte)),
                        0x80.. => text.push('?'),
                        _ => {}
                    }
                    Escape::No
                }
            };
        }
    }
}

/// The user's terminal, in raw mode as long as this lives.
struct RawTerminal(Option<rustix::termios::Termios>);

impl RawTerminal {
    fn new() -> Self {
        let stdin = std::io::stdin();
        let Ok(old) = tcgetattr(&stdin) else {
            return Self(None);
        };
        let mut new = old.clone();
        new.make_raw();
        let _ = tcsetattr(&stdin, OptionalActions::Now, &new);
        Self(Some(old))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        if let Some(old) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(script: &str) -> Console {
        let log = std::env::temp_dir().join(format!(
            "xtask-console-{}-{:?}.log",
            std::process::id(),
            std::thread::current().id()
        ));
        Console::start(Command::new("sh").arg("-c").arg(script), &log).unwrap()
    }

    const SHORT: Duration = Duration::from_secs(10);

    #[test]
    fn colours_and_titles_are_no_part_of_the_text() {
        let mut text = String::new();
        let mut plain = Plain::default();
        plain.feed(b"\x1b[0;32m[  OK  \x1b[0", &mut text);
        plain.feed(b"m]\x1b]0;a title\x07 done\r\n", &mut text);
        assert_eq!(text, "[  OK  ] done\n");
    }

    #[test]
    fn a_conversation_goes_on_where_the_last_answer_ended() {
        let mut console = program("echo ready; read x; echo got $x; read y; echo got $y");
        console.expect("ready", SHORT).unwrap();
        console.line("one").unwrap();
        assert_eq!(console.expect("one", SHORT).unwrap().trim(), "got");
        console.line("two").unwrap();
        console.expect("got two", SHORT).unwrap();
        console.wait_off(SHORT).unwrap();
    }

    #[test]
    fn a_command_gives_output_and_exit_code() {
        let mut console = program("exec sh");
        assert_eq!(
            console.sh_code("echo a; echo b; (exit 3)", SHORT).unwrap(),
            (3, "a\nb".into())
        );
        assert_eq!(console.sh("echo fine", SHORT).unwrap(), "fine");
        assert!(
            console
                .sh("false", SHORT)
                .unwrap_err()
                .to_string()
                .contains("ended with 1")
        );
    }

    #[test]
    fn what_the_hypervisor_says_is_no_output_of_a_command() {
        let mut console = program("exec sh");
        let mixed = "echo a; echo '(XEN) heard beside it'; echo 'b (XEN) c'";
        assert_eq!(console.sh(mixed, SHORT).unwrap(), "a\nb (XEN) c");
    }

    #[test]
    fn waiting_ends_with_the_machine_its_panic_or_the_limit() {
        let mut ended = program("echo bye");
        assert!(
            ended
                .expect("hello", SHORT)
                .unwrap_err()
                .to_string()
                .contains("the machine ended")
        );
        let mut panicked = program("echo 'Kernel panic - not syncing: test'; sleep 20");
        assert!(
            panicked
                .expect("hello", SHORT)
                .unwrap_err()
                .to_string()
                .contains("Kernel panic")
        );
        let mut silent = program("sleep 20");
        let error = silent
            .expect("hello", Duration::from_millis(50))
            .unwrap_err();
        assert!(error.to_string().contains("did not come"));
    }
}
