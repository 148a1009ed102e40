//! `xenconsoled`: starts the daemon, in the foreground or behind the caller's back.
#![forbid(unsafe_code)]

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use rustix::process::{Resource, Rlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;
use xenconsoled::options::Options;
use xenconsoled::report::Report;
use xenconsoled::server::Server;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.interactive || options.report_ready {
        serve(options)
    } else {
        fork()
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xenconsoled: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program again without a terminal, and waits until it serves.
fn fork() -> io::Result<()> {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_else(|| "xenconsoled".into());
    let mut child = Command::new(std::env::current_exe()?)
        .arg0(name)
        .args(words)
        .arg("--report-ready")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = Vec::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_end(&mut said)?;
    }
    if said == b"ready\n" {
        return Ok(());
    }
    let status = child.wait()?;
    // It said itself what went wrong.
    std::process::exit(status.code().unwrap_or(1));
}

fn serve(options: Options) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        let text = "only root may serve consoles";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    raise_file_limit();
    let report = Report {
        foreground: options.interactive,
        verbose: options.verbose,
    };
    let (stop, signal) = UnixStream::pair()?;
    for number in [SIGTERM, SIGINT] {
        pipe::register(number, signal.try_clone()?)?;
    }
    let (reopen, signal) = UnixStream::pair()?;
    pipe::register(SIGHUP, signal)?;
    let (path, report_ready) = (options.pid_file.clone(), options.report_ready);
    let mut server = Server::new(options, report, stop, reopen)?;
    let pid_file = PidFile::write(&path)?;
    if report_ready {
        leave_terminal()?;
    }
    // Whoever started us may not listen; that is no fault.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let outcome = server.run();
    drop(pid_file);
    outcome
}

/// Tells the waiting parent that all is well, and lets go of its terminal.
fn leave_terminal() -> io::Result<()> {
    // It fails for a process that leads its session already, which is as good.
    let _ = rustix::process::setsid();
    let mut output = io::stdout();
    output.write_all(b"ready\n")?;
    output.flush()?;
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// Every guest needs three or four descriptors.
fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // With fewer, fewer guests are served; that is said when it happens.
    let _ = rustix::process::setrlimit(Resource::Nofile, all);
}

/// The file with our number, removed at the end.
struct PidFile(PathBuf);

impl PidFile {
    fn write(path: &Path) -> io::Result<Self> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent().filter(|name| !name.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(named)?;
        }
        fs::write(path, format!("{}\n", std::process::id())).map_err(named)?;
        Ok(Self(path.to_path_buf()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
