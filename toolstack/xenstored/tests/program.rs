//! The program itself: its files, its options, and C's clients.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xenstored");

/// A daemon in a folder of its own; it ends with this value.
struct Daemon {
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Daemon {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = command(folder.path());
        let child = command
            .arg("--no-fork")
            .args(options)
            .stderr(Stdio::null())
            .spawn();
        let daemon = Self {
            folder,
            child: Some(child.expect("it starts")),
        };
        wait(|| daemon.pid_file().exists());
        daemon
    }

    fn pid_file(&self) -> std::path::PathBuf {
        self.folder.path().join("pid")
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("socket")
    }

    /// Runs one of C's clients against it, if the machine has them.
    fn ask(&self, words: &[&str]) -> Option<Output> {
        let (name, words) = words.split_first()?;
        let mut command = Command::new(format!("/usr/bin/{name}"));
        command
            .args(words)
            .env("XENSTORED_PATH", self.socket())
            .output()
            .ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env("XENSTORED_RUNDIR", folder)
        .args([
            "--no-domain-init",
            "--config-file",
            "/dev/null",
            "--pid-file",
        ])
        .arg(folder.join("pid"));
    command
}

fn wait(mut until: impl FnMut() -> bool) {
    let start = Instant::now();
    while !until() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it does not happen"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_socket_is_roots_and_goes_with_the_daemon() {
    let mut daemon = Daemon::start(&[]);
    let mode = fs::metadata(daemon.socket())
        .expect("a socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut child = daemon.child.take().expect("running");
    let noted = fs::read_to_string(daemon.pid_file()).expect("a pid file");
    assert_eq!(noted, format!("{}\n", child.id()));

    let second = command(daemon.folder.path())
        .arg("--no-fork")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success() && said.contains("another xenstored"),
        "{said}"
    );

    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).expect("a signal");
    assert!(child.wait().expect("an end").success());
    assert!(!daemon.socket().exists() && !daemon.pid_file().exists());
}

#[test]
fn in_the_background_it_is_ready_when_the_command_returns() {
    let folder = tempfile::tempdir().expect("a folder");
    let status = command(folder.path()).status().expect("it starts");
    assert!(status.success());
    assert!(folder.path().join("socket").exists());
    let noted = fs::read_to_string(folder.path().join("pid")).expect("a pid file");
    let pid = Pid::from_raw(noted.trim().parse().expect("a number")).expect("not 0");
    kill_process(pid, Signal::TERM).expect("it runs");
    wait(|| !folder.path().join("socket").exists());
}

#[test]
fn a_start_that_fails_says_why_in_the_foreground_and_in_the_background() {
    for option in [&[][..], &["--no-fork"]] {
        let output = Command::new(PROGRAM)
            .args(["--no-domain-init", "--pid-file", "/proc/nowhere/pid"])
            .args(option)
            .env("XENSTORED_RUNDIR", "/proc/nowhere")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("/proc/nowhere"), "{said}");
    }
}

#[test]
fn options_of_debians_start_script_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(PROGRAM)
        .args([
            "--",
            "--config-test",
            "--config-file",
            "/dev/null",
            "--pid-file",
            "/tmp/x",
        ])
        .env("XENSTORED_RUNDIR", folder.path())
        .output()
        .expect("it starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn clients_in_c_are_served() {
    let daemon = Daemon::start(&[]);
    let say = |words: &[&str]| {
        let output = daemon.ask(words)?;
        assert!(output.status.success(), "{words:?}: {output:?}");
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    if say(&["xenstore-write", "/a/b", "one", "/a/c", "two"]).is_none() {
        eprintln!("skipped: xenstore-utils is not installed");
        return;
    }
    assert_eq!(
        say(&["xenstore-read", "/a/b", "/a/c"]).as_deref(),
        Some("one\ntwo\n")
    );
    assert_eq!(say(&["xenstore-list", "/a"]).as_deref(), Some("b\nc\n"));
    say(&["xenstore-chmod", "/a/b", "n0", "r3"]);
    assert_eq!(
        say(&["xenstore-ls", "-fp", "/a"]).as_deref(),
        Some("/a/b = \"one\"   (n0,r3)\n/a/c = \"two\"   (n0)\n")
    );
    assert_eq!(
        say(&["xenstore-watch", "-n", "1", "/a"]).as_deref(),
        Some("/a\n")
    );
    say(&["xenstore-rm", "/a"]);
    let gone = daemon
        .ask(&["xenstore-exists", "/a"])
        .expect("it was there before");
    assert_eq!(gone.status.code(), Some(1));
    // More names than fit one answer are read in parts.
    let names: Vec<String> = (0..400)
        .map(|n| format!("/many/child-number-{n:04}"))
        .collect();
    for some in names.chunks(50) {
        let mut words = vec!["xenstore-write"];
        words.extend(some.iter().flat_map(|name| [name.as_str(), ""]));
        say(&words);
    }
    let listed = say(&["xenstore-list", "-p", "/many"]).expect("a list");
    assert_eq!(listed.lines().collect::<Vec<_>>(), names);
}

#[test]
fn requests_are_noted_where_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("trace");
    let daemon = Daemon::start(&["--trace-file", trace.to_str().expect("a name")]);
    if daemon.ask(&["xenstore-read", "/tool/xenstored"]).is_none() {
        eprintln!("skipped: xenstore-utils is not installed");
        return;
    }
    let noted = fs::read_to_string(trace).expect("a trace");
    assert!(noted.contains("READ tx0 /tool/xenstored\\x00"), "{noted}");
}
