//! What can be wrong with a request about page tables.

use abi::Errno;

/// Why a frame, a type or an entry was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// Not refused: the budget is used up. The same request, made again, goes on where this one stopped.
    Interrupted,
    /// No RAM with this number, or it belongs to somebody else.
    NotYours,
    /// It is used as something else now.
    WrongType,
    /// An L1 entry names a frame that is not the expected owner's, or cannot be mapped writable now.
    BadTarget,
    /// An L1 entry names I/O memory that the domain may not use (so).
    NotPermitted,
    /// Reserved bits, superpages, or a memory type that the domain may not choose.
    BadFlags,
    /// Not a page table, or not a valid one (yet).
    NotATable,
    /// No such entry in a table.
    BadSlot,
    /// A slot that belongs to the hypervisor.
    HypervisorSlot,
    /// A segment descriptor that would leave the guest's privilege.
    BadDescriptor,
    /// The entry is not what a compare-and-exchange expected; here is what it is.
    Changed(u64),
    /// A pin of a pinned table, or an unpin of one that is not.
    PinState,
    /// A count would overflow.
    TooMany,
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        match error {
            Error::Interrupted => Errno::ERESTART,
            Error::BadTarget => Errno::EBUSY,
            Error::NotPermitted => Errno::EPERM,
            Error::NotYours
            | Error::WrongType
            | Error::BadFlags
            | Error::NotATable
            | Error::BadSlot
            | Error::HypervisorSlot
            | Error::BadDescriptor
            | Error::Changed(_)
            | Error::PinState
            | Error::TooMany => Errno::EINVAL,
        }
    }
}
