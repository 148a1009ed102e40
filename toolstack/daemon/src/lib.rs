//! How a daemon of dom0 comes up and goes: behind its caller's back or in the foreground, with
//! signals as readable sockets and a file that holds its number.
//!
//! Always: whoever started it is told that it serves only once it does.
//!
//! Not here: what it serves.
#![forbid(unsafe_code)]

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Resource, Rlimit};
use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// Said to the waiting parent, and by nothing else.
const READY: &[u8] = b"ready\n";
/// The option, beside its own, of a daemon that has a parent waiting.
const REPORT_READY: &str = "--report-ready";

/// What `main` ends with.
pub fn exit_code(name: &str, outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program again with `--report-ready` and without a terminal, and waits until it serves.
pub fn fork() -> io::Result<()> {
    let program = std::env::current_exe()?;
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_else(|| program.clone().into());
    let mut child = Command::new(program)
        .arg0(name)
        .args(words)
        .arg(REPORT_READY)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = Vec::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_end(&mut said)?;
    }
    if said == READY {
        return Ok(());
    }
    let status = child.wait()?;
    // It said itself what went wrong.
    std::process::exit(status.code().unwrap_or(1));
}

/// Tells systemd, and a waiting parent if there is one, that the daemon serves.
pub fn ready(report: bool) -> io::Result<()> {
    if report {
        leave_terminal()?;
    }
    // Whoever started us may not listen; that is no fault.
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    Ok(())
}

/// Tells the waiting parent, and lets go of its terminal.
fn leave_terminal() -> io::Result<()> {
    // It fails for a process that leads its session already, which is as good.
    let _ = rustix::process::setsid();
    let mut output = io::stdout();
    output.write_all(READY)?;
    output.flush()?;
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// Becomes readable when the daemon is asked to end.
pub fn stop_signals() -> io::Result<UnixStream> {
    signals(&[SIGTERM, SIGINT])
}

/// Becomes readable when the daemon is asked to open its logs anew.
pub fn reopen_signal() -> io::Result<UnixStream> {
    signals(&[SIGHUP])
}

fn signals(numbers: &[i32]) -> io::Result<UnixStream> {
    let (heard, signal) = UnixStream::pair()?;
    for &number in numbers {
        pipe::register(number, signal.try_clone()?)?;
    }
    Ok(heard)
}

/// Raises the number of open files to what is allowed: every domain needs some.
pub fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // With fewer, fewer domains are served at a time; that is said when it happens.
    let _ = rustix::process::setrlimit(Resource::Nofile, all);
}

/// The file with our number, removed at the end.
pub struct PidFile(PathBuf);

impl PidFile {
    pub fn write(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|name| !name.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| named(error, folder))?;
        }
        fs::write(path, format!("{}\n", std::process::id())).map_err(|error| named(error, path))?;
        Ok(Self(path.to_path_buf()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// An error that says which file it is about.
pub fn named(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_in_its_file_while_the_daemon_lives() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("run/daemon.pid");
        let file = PidFile::write(&path).expect("written");
        let text = fs::read_to_string(&path).expect("there");
        assert_eq!(text, format!("{}\n", std::process::id()));
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = PidFile::write(Path::new("/proc/none/daemon.pid")).err();
        assert!(error.is_some_and(|error| error.to_string().contains("/proc/none")));
    }

    #[test]
    fn a_signal_is_heard_on_the_socket() {
        let mut heard = reopen_signal().expect("registered");
        signal_hook::low_level::raise(SIGHUP).expect("raised");
        let mut byte = [0];
        heard.read_exact(&mut byte).expect("heard");
    }
}
