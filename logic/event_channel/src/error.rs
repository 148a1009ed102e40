//! What may go wrong, and how Xen spells it.

use abi::Errno;

use crate::Port;

/// Why an operation on event channels was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The port is beyond the table.
    BadPort(Port),
    /// The channel is in no state for this.
    BadState(Port),
    /// The hypervisor's own channel: the guest may neither use nor close it.
    Internal(Port),
    /// The far port does not wait for a binding from this domain.
    NotAccepting(Port),
    /// Every port is in use.
    Full,
    /// No memory for more ports.
    NoMemory,
    /// There is no such virtual CPU.
    NoVcpu(u32),
    /// There is no such virtual interrupt.
    BadVirq(u32),
    /// A global virtual interrupt is bound on virtual CPU 0 only.
    GlobalVirq(u32),
    /// There is no such physical interrupt.
    BadPirq(u32),
    /// The interrupt has a port already.
    Bound(Port),
    /// Lower than the lowest priority.
    BadPriority(u32),
    /// The control block would leave its page or is not aligned.
    BadOffset(u32),
    /// The virtual CPU has its control block already.
    ControlExists,
    /// There is no event array to expand: the FIFO scheme is not in use.
    NoArray,
    /// The event array is as large as can be.
    ArrayFull,
    /// The 2-level scheme knows no priorities.
    NoPriorities,
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        match error {
            Error::BadPort(_)
            | Error::BadState(_)
            | Error::Internal(_)
            | Error::NotAccepting(_)
            | Error::BadVirq(_)
            | Error::GlobalVirq(_)
            | Error::BadPirq(_)
            | Error::BadPriority(_)
            | Error::BadOffset(_)
            | Error::ControlExists => Self::EINVAL,
            Error::Full | Error::ArrayFull => Self::ENOSPC,
            Error::NoMemory => Self::ENOMEM,
            Error::NoVcpu(_) => Self::ENOENT,
            Error::Bound(_) => Self::EEXIST,
            Error::NoArray => Self::EOPNOTSUPP,
            Error::NoPriorities => Self::ENOSYS,
        }
    }
}
