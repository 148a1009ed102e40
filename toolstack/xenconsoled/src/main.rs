//! `xenconsoled`: starts the daemon, in the foreground or behind the caller's back.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use clap::Parser;
use daemon::PidFile;
use xenconsoled::options::Options;
use xenconsoled::report::Report;
use xenconsoled::server::Server;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.interactive || options.report_ready {
        serve(options)
    } else {
        daemon::fork()
    };
    daemon::exit_code("xenconsoled", outcome)
}

fn serve(options: Options) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        let text = "only root may serve consoles";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    daemon::raise_file_limit();
    let report = Report {
        foreground: options.interactive,
        verbose: options.verbose,
    };
    let (stop, reopen) = (daemon::stop_signals()?, daemon::reopen_signal()?);
    let (path, report_ready) = (options.pid_file.clone(), options.report_ready);
    let mut server = Server::new(options, report, stop, reopen)?;
    let pid_file = PidFile::write(&path)?;
    daemon::ready(report_ready)?;
    let outcome = server.run();
    drop(pid_file);
    outcome
}
