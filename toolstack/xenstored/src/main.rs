//! `xenstored`: starts the daemon, in the foreground or behind the caller's back.
#![forbid(unsafe_code)]

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::ExitCode;

use daemon::{PidFile, named};
use xenstored::log::Log;
use xenstored::options::Options;
use xenstored::platform::{NoXen, Platform, XenPlatform};
use xenstored::server::Server;

fn main() -> ExitCode {
    let options = Options::from_command_line();
    let outcome = if options.config_test {
        test_configuration(&options)
    } else if options.no_fork || options.report_ready {
        serve(&options)
    } else {
        daemon::fork()
    };
    daemon::exit_code("xenstored", outcome)
}

fn test_configuration(options: &Options) -> io::Result<()> {
    let mut mistakes = 0;
    options.limits(&mut |text| {
        mistakes += 1;
        eprintln!("xenstored: {text}");
    });
    if mistakes == 0 {
        Ok(())
    } else {
        Err(io::Error::other(format!("{mistakes} mistakes")))
    }
}

fn serve(options: &Options) -> io::Result<()> {
    let log = Log::new(options.no_fork);
    if options.no_domain_init {
        match XenPlatform::open() {
            Ok(platform) => run(options, log, platform),
            Err(_) => run(options, log, NoXen),
        }
    } else {
        let platform = XenPlatform::open().map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("this is no dom0 of Xen, or not root: {error}"),
            )
        })?;
        run(options, log, platform)
    }
}

fn run<P: Platform>(options: &Options, mut log: Log, platform: P) -> io::Result<()> {
    daemon::raise_file_limit();
    let limits = options.limits(&mut |text| log.say(&text));
    if let Some(path) = &options.trace_file {
        log.open(path).map_err(|error| named(error, path))?;
    }
    let stop = daemon::stop_signals()?;
    let socket = SocketFile::new(run_directory());
    let listener = if options.disable_socket {
        None
    } else {
        Some(socket.listen()?)
    };
    let mut server = Server::new(platform, log, limits, listener, stop)?;
    if let Some(domain) = options.priv_domid {
        server.store().privilege(domain);
    }
    server.store().privilege(options.master_domid);
    server.store().seed("/local", "");
    let own = std::env::current_exe().unwrap_or_default();
    server
        .store()
        .seed("/tool/xenstored", &own.to_string_lossy());
    if !options.no_domain_init {
        // dom0's own name is left to `xen-init-dom0`, which does nothing where it finds one.
        server.serve_kernel(options.master_domid)?;
    }
    let pid_file = PidFile::write(&options.pid_file)?;
    daemon::ready(options.report_ready)?;
    let outcome = server.run();
    drop((pid_file, socket));
    outcome
}

fn run_directory() -> PathBuf {
    let named = std::env::var_os("XENSTORED_RUNDIR").filter(|name| !name.is_empty());
    named.map_or_else(|| PathBuf::from("/run/xenstored"), PathBuf::from)
}

/// The socket, removed at the end if it is still ours.
struct SocketFile {
    path: PathBuf,
    /// Device and inode of what we made.
    made: std::cell::Cell<Option<(u64, u64)>>,
}

impl SocketFile {
    fn new(directory: PathBuf) -> Self {
        Self {
            path: directory.join("socket"),
            made: std::cell::Cell::new(None),
        }
    }

    /// Tells what lies at the path now from what lay there before.
    fn identity(&self) -> Option<(u64, u64)> {
        fs::metadata(&self.path)
            .ok()
            .map(|meta| (meta.dev(), meta.ino()))
    }

    fn listen(&self) -> io::Result<UnixListener> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).map_err(|error| named(error, directory))?;
        }
        if UnixStream::connect(&self.path).is_ok() {
            let text = format!("another xenstored serves {}", self.path.display());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(named(error, &self.path));
            }
            _ => {}
        }
        // Nobody but root may connect, not even between the two calls.
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(&self.path);
        rustix::process::umask(before);
        let listener = listener.map_err(|error| named(error, &self.path))?;
        fs::set_permissions(&self.path, Permissions::from_mode(0o600))?;
        self.made.set(self.identity());
        Ok(listener)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.made.get().is_some() && self.made.get() == self.identity() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
