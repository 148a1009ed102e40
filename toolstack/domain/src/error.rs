//! What went wrong, why, and what to do about it: the three things that a person needs.
//!
//! Always: one error is one sentence for one cause; whoever passes it on adds no second report.

use std::fmt;

/// A failure, told to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What could not be done.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do, when we know.
    pub help: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            what: what.into(),
            why: why.to_string(),
            help: None,
        }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Adds what could not be done to a cause that only says why.
pub trait Context<T> {
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn or_fail(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|why| Error::new(what(), why))
    }
}

/// A hypercall's errno in words. Linux spells most of Xen's alike, but not all mean the same there.
pub fn hypercall(errno: rustix::io::Errno) -> String {
    use rustix::io::Errno;
    let words = match errno {
        Errno::ACCESS => "the hypervisor speaks another version of this interface",
        Errno::NOSYS => "the hypervisor does not know this operation",
        Errno::PERM => "the hypervisor allows this to dom0 only",
        Errno::SRCH => "there is no such domain",
        Errno::NOMEM => "the hypervisor has no memory left",
        Errno::OPNOTSUPP => "the hypervisor does not support this",
        _ => return format!("the hypervisor answered {errno}"),
    };
    words.to_owned()
}
