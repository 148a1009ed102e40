//! The command line, as Xen's own daemon spells it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Whose messages an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Whose {
    /// Nobody's.
    None,
    /// The guests'.
    Guest,
    /// The hypervisor's.
    Hv,
    /// Everybody's.
    All,
}

impl Whose {
    /// Are the guests meant?
    pub fn guests(self) -> bool {
        matches!(self, Self::Guest | Self::All)
    }

    /// Is the hypervisor meant?
    pub fn hypervisor(self) -> bool {
        matches!(self, Self::Hv | Self::All)
    }
}

/// What to do when a guest prints more than anybody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overflow {
    /// Drop the oldest.
    Discard,
    /// Let the guest wait.
    Keep,
}

/// Connects the consoles of guests with terminals and log files.
#[derive(Clone, Debug, Parser)]
#[command(name = "xenconsoled", version)]
pub struct Options {
    /// Stay in the foreground.
    #[arg(short, long)]
    pub interactive: bool,
    /// Say more.
    #[arg(short, long)]
    pub verbose: bool,
    /// Whose messages to write to files.
    #[arg(long, value_name = "WHOSE", default_value = "none")]
    pub log: Whose,
    /// Where those files are.
    #[arg(long, value_name = "DIR", default_value = "/var/log/xen/console")]
    pub log_dir: PathBuf,
    /// Where to note the number of the daemon's process.
    #[arg(long, value_name = "PATH", default_value = "/run/xen/xenconsoled.pid")]
    pub pid_file: PathBuf,
    /// In whose files every line begins with the time.
    #[arg(short, long, value_name = "WHOSE", default_value = "none")]
    pub timestamp: Whose,
    /// What to do when a guest prints more than anybody reads.
    #[arg(short, long, value_name = "HOW", default_value = "discard")]
    pub overflow_data: Overflow,
    /// Write a dot for every ESC in log files.
    #[arg(long)]
    pub replace_escape: bool,
    /// The background half of a daemon that forks: says on its output when it is ready.
    #[arg(long, hide = true)]
    pub report_ready: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_xens_daemon_are_understood() {
        let line = "xenconsoled -i -v --log=all --log-dir=/x --pid-file=/y -t guest -o keep --replace-escape";
        let options = Options::parse_from(line.split(' '));
        assert!(options.interactive && options.verbose && options.replace_escape);
        assert!(options.log.guests() && options.log.hypervisor());
        assert!(options.timestamp.guests() && !options.timestamp.hypervisor());
        assert_eq!(options.overflow_data, Overflow::Keep);
        assert_eq!(options.log_dir, PathBuf::from("/x"));
        let plain = Options::parse_from(["xenconsoled"]);
        assert_eq!(
            (plain.log, plain.overflow_data),
            (Whose::None, Overflow::Discard)
        );
    }
}
