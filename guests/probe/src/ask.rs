//! How a probe is asked and how it says why it failed.

use core::fmt::{self, Write};
use kit::{args, report, start};

/// Why a probe failed, in words.
pub struct Why {
    text: [u8; 240],
    used: usize,
}

impl Why {
    /// Formats the reason; longer ones are cut.
    pub fn new(args: fmt::Arguments<'_>) -> Self {
        let mut why = Self {
            text: [0; 240],
            used: 0,
        };
        // Cut short is all that can go wrong.
        let _ = why.write_fmt(args);
        why
    }
    fn text(&self) -> &str {
        let bytes = self.text.get(..self.used).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or("(cut within a character)")
    }
}
impl Write for Why {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.text.get_mut(self.used).ok_or(fmt::Error)? = byte;
            self.used += 1;
        }
        Ok(())
    }
}

/// What a probe answers.
pub type Outcome = Result<(), Why>;

/// One question.
pub struct Probe {
    pub name: &'static str,
    pub ask: fn() -> Outcome,
}

/// Questions that share a boot.
pub struct Family {
    pub name: &'static str,
    pub probes: &'static [Probe],
}

/// Fails unless the two are equal.
macro_rules! same {
    ($got:expr, $want:expr) => {
        match ($got, $want) {
            (got, want) => {
                if got != want {
                    return Err($crate::ask::Why::new(format_args!(
                        "{} is {:x?}, not {:x?}", stringify!($got), got, want
                    )));
                }
            }
        }
    };
    ($got:expr, $want:expr, $($what:tt)+) => {
        match ($got, $want) {
            (got, want) => {
                if got != want {
                    return Err($crate::ask::Why::new(format_args!(
                        "{}: {:x?}, not {:x?}", format_args!($($what)+), got, want
                    )));
                }
            }
        }
    };
}
/// Fails unless the condition holds.
macro_rules! holds {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::ask::Why::new(format_args!("not {}", stringify!($condition))));
        }
    };
    ($condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err($crate::ask::Why::new(format_args!($($what)+)));
        }
    };
}
/// Fails unless a hypercall answered this; errors are shown in decimal.
macro_rules! answers {
    ($got:expr, $want:expr) => {
        match ($got as i64, $want as i64) {
            (got, want) => {
                if got != want {
                    return Err($crate::ask::Why::new(format_args!(
                        "{} answers {}, not {}", stringify!($got), got, want
                    )));
                }
            }
        }
    };
    ($got:expr, $want:expr, $($what:tt)+) => {
        match ($got as i64, $want as i64) {
            (got, want) => {
                if got != want {
                    return Err($crate::ask::Why::new(format_args!(
                        "{} answers {}, not {}", format_args!($($what)+), got, want
                    )));
                }
            }
        }
    };
}
/// Fails unless a hypercall refused; which error it is depends on what else the frame is.
macro_rules! refused {
    ($got:expr, $($what:tt)+) => {
        match $got as i64 {
            -22 | -16 | -1 => {} // EINVAL, EBUSY, EPERM
            got => {
                return Err($crate::ask::Why::new(format_args!(
                    "{} answers {}", format_args!($($what)+), got
                )));
            }
        }
    };
}
/// A family named like its module, of functions named like its probes.
macro_rules! family {
    ($name:literal: $($probe:ident),* $(,)?) => {
        pub const FAMILY: $crate::ask::Family = $crate::ask::Family {
            name: $name,
            probes: &[$($crate::ask::Probe { name: stringify!($probe), ask: $probe }),*],
        };
    };
}

/// Asks what the command line selects.
pub fn run(families: &[Family]) {
    let line = start::command_line();
    if args::value(line, "test") == Some("list") {
        for family in families {
            report::info("family", family.name);
        }
    }
    for family in families {
        for probe in family.probes {
            if selected(line, family.name, probe.name) {
                ask(family.name, probe);
            }
        }
    }
}

fn selected(line: &str, family: &str, name: &str) -> bool {
    let names_it = |item: &str| match item.split_once('/') {
        Some((f, n)) => f == family && n == name,
        None => item == family,
    };
    let listed = |key| args::value(line, key).map(|list| list.split(',').any(names_it));
    listed("test").unwrap_or(true) && !listed("skip").unwrap_or(false)
}

fn ask(family: &str, probe: &Probe) {
    report::line(format_args!("TRY {family}/{}", probe.name));
    match (probe.ask)() {
        Ok(()) => report::pass(format_args!("{family}/{}", probe.name)),
        Err(why) => report::fail(
            format_args!("{family}/{}", probe.name),
            format_args!("{}", why.text()),
        ),
    }
}
