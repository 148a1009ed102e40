//! The command line and the configuration file, as both of Xen's store daemons spell them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Parser;
use xenstore::Limits;

/// The store of a Xen host: a tree of values that all domains share.
#[derive(Clone, Debug, Parser)]
#[command(name = "xenstored", version)]
pub struct Options {
    /// Stay in the foreground.
    #[arg(short = 'N', long)]
    pub no_fork: bool,
    /// Do not serve the kernel of dom0; without Xen, serve only the socket.
    #[arg(short = 'D', long)]
    pub no_domain_init: bool,
    /// Where to note the number of the daemon's process.
    #[arg(
        short = 'F',
        long,
        value_name = "FILE",
        default_value = "/run/xen/xenstored.pid"
    )]
    pub pid_file: PathBuf,
    /// The configuration file; none is needed.
    #[arg(long, value_name = "FILE", default_value = "/etc/xen/oxenstored.conf")]
    pub config_file: PathBuf,
    /// Read the configuration, say what is wrong with it, and end.
    #[arg(long)]
    pub config_test: bool,
    /// Serve domains only.
    #[arg(long)]
    pub disable_socket: bool,
    /// A domain that may do what dom0 may.
    #[arg(short = 'p', long, value_name = "DOMID")]
    pub priv_domid: Option<u16>,
    /// The domain that the daemon runs in.
    #[arg(short = 'm', long, value_name = "DOMID", default_value_t = 0)]
    pub master_domid: u16,
    /// Note every request in this file.
    #[arg(short = 'T', long, alias = "access-log-file", value_name = "FILE")]
    pub trace_file: Option<PathBuf>,
    /// Set a quota, as NAME=NUMBER; may be given more than once.
    #[arg(short = 'Q', long, value_name = "NAME=NUMBER")]
    pub quota: Vec<String>,
    /// Nodes that a domain may own.
    #[arg(short = 'E', long, value_name = "NUMBER")]
    pub entry_nb: Option<u32>,
    /// Bytes of one value.
    #[arg(short = 'S', long, value_name = "BYTES")]
    pub entry_size: Option<u32>,
    /// Watches that a domain may have.
    #[arg(short = 'W', long, value_name = "NUMBER")]
    pub watch_nb: Option<u32>,
    /// Transactions that a domain may have open.
    #[arg(short = 't', long, value_name = "NUMBER")]
    pub transaction: Option<u32>,
    /// Entries in the permissions of one node.
    #[arg(short = 'A', long, value_name = "NUMBER")]
    pub perm_nb: Option<u32>,
    /// Bytes of a path.
    #[arg(short = 'M', long, value_name = "BYTES")]
    pub path_max: Option<u32>,
    /// Accepted, as it is what happens anyway: nothing is kept on disk, all stays in memory.
    #[arg(short = 'I', long, alias = "no-access-log", hide = true)]
    pub internal_db: bool,
    /// Accepted and of no effect.
    #[arg(long, alias = "reraise-top-level", hide = true)]
    pub verbose: bool,
    /// Accepted for the sake of start scripts; there is nothing to restart from.
    #[arg(long, alias = "live", hide = true)]
    pub restart: bool,
    /// The background half of a daemon that forks: says on its output when it is ready.
    #[arg(long, hide = true)]
    pub report_ready: bool,
}

impl Options {
    /// Reads the command line. Debian's start script puts a `--` before the options.
    pub fn from_command_line() -> Self {
        let mut words: Vec<_> = std::env::args_os().collect();
        if words.get(1).is_some_and(|word| word == "--") {
            words.remove(1);
        }
        Self::parse_from(words)
    }

    /// The limits: the built-in ones, then the file's, then the command line's.
    pub fn limits(&self, complain: &mut dyn FnMut(String)) -> Limits {
        let mut limits = Limits::default();
        match fs::read_to_string(&self.config_file) {
            Ok(text) => configure(&mut limits, &text, &self.config_file, complain),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => complain(format!("{}: {error}", self.config_file.display())),
        }
        for quota in &self.quota {
            let pair = quota.split_once('=');
            let set = pair.and_then(|(name, value)| Some(limits.set(name, value.parse().ok()?)));
            if set != Some(true) {
                complain(format!(
                    "--quota {quota}: not NAME=NUMBER, or no quota of that name"
                ));
            }
        }
        let named = [
            ("nodes", self.entry_nb),
            ("node-size", self.entry_size),
            ("watches", self.watch_nb),
            ("transactions", self.transaction),
            ("node-permissions", self.perm_nb),
            ("path-length", self.path_max),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                limits.set(name, value);
            }
        }
        limits
    }
}

/// Keys of `oxenstored.conf` that mean something there and nothing here.
const WITHOUT_EFFECT: [&str; 12] = [
    "pid-file",
    "test-eagain",
    "merge-activate",
    "conflict-",
    "perms-",
    "quota-maxoutstanding",
    "persistent",
    "xenstored-log-",
    "access-log-",
    "acesss-log-", // spelt so in the file that Xen ships
    "ring-scan-interval",
    "xenstored-",
];

/// Applies the lines of a configuration file.
pub fn configure(limits: &mut Limits, text: &str, path: &Path, complain: &mut dyn FnMut(String)) {
    let mut active = true;
    let mut fresh = *limits;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let problem = match line
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
        {
            None => Some("a line is KEY = VALUE"),
            Some(("quota-activate", value)) => {
                active = value != "false";
                None
            }
            Some((key, value)) if key.starts_with("quota-") && !without_effect(key) => {
                match value.parse() {
                    Ok(value) if fresh.set(key, value) => None,
                    Ok(_) => Some("no quota of that name"),
                    Err(_) => Some("the value is not a number"),
                }
            }
            Some((key, _)) if without_effect(key) => None,
            Some(_) => Some("no such key"),
        };
        if let Some(problem) = problem {
            complain(format!(
                "{}:{}: {problem}: {line}",
                path.display(),
                number + 1
            ));
        }
    }
    if active {
        *limits = fresh;
        return;
    }
    for (name, _) in limits.list() {
        if name != "path-length" {
            limits.set(name, u32::MAX);
        }
    }
}

fn without_effect(key: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|known| key.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(text: &str) -> (Limits, Vec<String>) {
        let (mut limits, mut complaints) = (Limits::default(), Vec::new());
        configure(&mut limits, text, Path::new("conf"), &mut |text| {
            complaints.push(text)
        });
        (limits, complaints)
    }

    #[test]
    fn quotas_are_taken_and_the_rest_is_known() {
        let (limits, complaints) = configured(
            "# a comment\nquota-maxentity = 7\nquota-maxwatch=3 # few\n\npersistent = false\n\
             conflict-burst-limit = 5.0\nxenstored-kva = /proc/xen/xsd_kva\n",
        );
        assert_eq!((limits.nodes, limits.watches), (7, 3));
        assert_eq!(complaints, [""; 0]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let (_, complaints) =
            configured("quota-maxwatch = many\nnonsense\nquota-maxfoo = 1\nfoo = 1");
        assert_eq!(
            complaints,
            [
                "conf:1: the value is not a number: quota-maxwatch = many",
                "conf:2: a line is KEY = VALUE: nonsense",
                "conf:3: no quota of that name: quota-maxfoo = 1",
                "conf:4: no such key: foo = 1",
            ]
        );
    }

    #[test]
    fn quotas_can_be_switched_off() {
        let (limits, _) = configured("quota-maxentity = 7\nquota-activate = false\n");
        assert_eq!(limits.nodes, u32::MAX);
        assert_eq!(limits.path, Limits::default().path);
    }
}
