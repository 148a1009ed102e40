//! The hypervisor's command line, in Xen's grammar.
//!
//! Words are separated by blanks, `name=value`, `name` or `no-name` for switches. An unknown option is named in a
//! warning, never ignored in silence.

use alloc::string::String;
use alloc::vec::Vec;

/// What the administrator asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `dom0_mem=`: domain 0's memory, in bytes; `None` takes what is left.
    pub dom0_mem: Dom0Mem,
    /// `dom0_max_vcpus=`: how many virtual CPUs domain 0 gets at most.
    pub dom0_max_vcpus: Option<u32>,
    /// `dom0_vcpus_pin`: bind each of domain 0's virtual CPUs to the CPU of its number.
    pub dom0_vcpus_pin: bool,
    /// `noreboot`: stop instead of rebooting after a fatal error or domain 0's end.
    pub noreboot: bool,
    /// `loglvl=`: the least severity that reaches the console.
    pub loglvl: Level,
    /// `guest_loglvl=`: the same for what guests cause; with `debug` or `all`, what they write themselves.
    pub guest_loglvl: Level,
    /// `console_to_ring`: domain 0's console output goes to the ring as well.
    pub console_to_ring: bool,
    /// `gnttab=max-ver:N`: the newest grant table version that guests may choose.
    pub max_grant_version: u32,
    /// Words nobody knew.
    pub unknown: Vec<String>,
}

/// `dom0_mem=SIZE,min:SIZE,max:SIZE`, in bytes; a negative size is relative to the whole memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dom0Mem {
    /// The size to start with.
    pub size: Option<i64>,
    /// The least acceptable size.
    pub min: Option<i64>,
    /// The most that ballooning may reach.
    pub max: Option<i64>,
}

/// Severities of messages, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing at all.
    None,
    /// Errors.
    Error,
    /// And warnings.
    Warning,
    /// And remarks.
    Info,
    /// Everything.
    All,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dom0_mem: Dom0Mem::default(),
            dom0_max_vcpus: None,
            dom0_vcpus_pin: false,
            noreboot: false,
            loglvl: Level::Info,
            guest_loglvl: Level::None,
            console_to_ring: false,
            max_grant_version: 1,
            unknown: Vec::new(),
        }
    }
}

/// Options that the machine layer reads itself, or that Xen knows and that change nothing here.
const ELSEWHERE: &[&str] = &[
    "com1",
    "com2",
    "maxcpus",
    "nosmp",
    "console",
    "console_timestamps",
    "vga",
    "dom0",
    "placeholder",
    "sync_console",
    "spec-ctrl",
    "x2apic",
    "reboot",
    "iommu",
    "ucode",
    "smt",
    "sched",
    "crashkernel",
    "watchdog",
    "no-real-mode",
    "edd",
    "apic",
    "cpufreq",
    "clocksource",
    "tsc",
    "flask",
    "hap",
    "pv",
    "serial",
];

impl Options {
    /// Reads a command line.
    pub fn parse(line: &str) -> Self {
        let mut options = Self::default();
        for word in line.split_ascii_whitespace() {
            if !options.take(word) {
                options.unknown.push(word.into());
            }
        }
        options
    }

    fn take(&mut self, word: &str) -> bool {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "dom0_mem" => return self.take_dom0_mem(value),
            "dom0_max_vcpus" => match value.rsplit('-').next().and_then(number) {
                Some(count) => self.dom0_max_vcpus = Some(count),
                None => return false,
            },
            "dom0_vcpus_pin" => self.dom0_vcpus_pin = switch(value),
            "noreboot" => self.noreboot = switch(value),
            "loglvl" => match level(value) {
                Some(level) => self.loglvl = level,
                None => return false,
            },
            "guest_loglvl" => match level(value) {
                Some(level) => self.guest_loglvl = level,
                None => return false,
            },
            "console_to_ring" => self.console_to_ring = switch(value),
            "gnttab" => return self.take_gnttab(value),
            _ => {
                return ELSEWHERE.contains(&name)
                    || ELSEWHERE.contains(&name.trim_start_matches("no-"));
            }
        }
        true
    }

    fn take_dom0_mem(&mut self, value: &str) -> bool {
        for part in value.split(',') {
            let (slot, text) = match part.split_once(':') {
                Some(("min", text)) => (&mut self.dom0_mem.min, text),
                Some(("max", text)) => (&mut self.dom0_mem.max, text),
                Some(_) => return false,
                None => (&mut self.dom0_mem.size, part),
            };
            match size(text) {
                Some(bytes) => *slot = Some(bytes),
                None => return false,
            }
        }
        true
    }

    fn take_gnttab(&mut self, value: &str) -> bool {
        value.split(',').all(|part| match part.split_once(':') {
            Some(("max-ver", text)) => number(text).is_some_and(|version| {
                self.max_grant_version = version;
                (1..=2).contains(&version)
            }),
            Some(("max_ver", text)) => number(text).is_some_and(|version| {
                self.max_grant_version = version;
                (1..=2).contains(&version)
            }),
            _ => part == "transitive" || part == "no-transitive",
        })
    }
}

/// `1`, `yes`, `on`, `true`, `enable` or nothing at all: on.
fn switch(value: &str) -> bool {
    !matches!(value, "0" | "no" | "off" | "false" | "disable")
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn level(value: &str) -> Option<Level> {
    // `loglvl=A/B` is a threshold and a rate-limited one; what is never dropped counts.
    Some(match value.split('/').next()? {
        "none" => Level::None,
        "error" => Level::Error,
        "warning" => Level::Warning,
        "info" => Level::Info,
        "debug" | "all" => Level::All,
        _ => return None,
    })
}

/// A size with Xen's suffixes (`b k m g t`, KiB without one), in bytes.
fn size(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at_checked(split)?;
    let shift = match suffix {
        "b" | "B" => 0,
        "" | "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return None,
    };
    let bytes = digits
        .parse::<i64>()
        .ok()?
        .checked_mul(1i64.checked_shl(shift)?)?;
    Some(if negative {
        bytes.checked_neg()?
    } else {
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_xens_suffixes() {
        assert_eq!(size("512M"), Some(512 << 20));
        assert_eq!(size("1024"), Some(1 << 20));
        assert_eq!(size("-1g"), Some(-(1 << 30)));
        assert_eq!(size("7q"), None);
    }

    #[test]
    fn debians_usual_line_has_no_unknown_word() {
        let options = Options::parse(
            "placeholder console=com1 com1=115200,8n1 dom0_mem=1G,max:2G dom0_max_vcpus=1-2 loglvl=all no-real-mode edd=off",
        );
        assert_eq!(options.unknown, Vec::<String>::new());
        assert_eq!(
            options.dom0_mem,
            Dom0Mem {
                size: Some(1 << 30),
                min: None,
                max: Some(2 << 30)
            }
        );
        assert_eq!(options.dom0_max_vcpus, Some(2));
        assert_eq!(options.loglvl, Level::All);
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(
            Options::parse("dom0_mem=lots frobnicate").unknown,
            ["dom0_mem=lots", "frobnicate"]
        );
    }
}
