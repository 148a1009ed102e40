//! What may go wrong, and how Xen spells it: most operations answer a `GNTST_*` each, a few an errno.

use abi::Errno;
use abi::grant_table as st;

use crate::Ref;

/// Why an operation on grants was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such domain.
    BadDomain,
    /// The caller may not do this to that domain.
    NotPermitted,
    /// The entry is beyond the table.
    BadRef(Ref),
    /// A map for neither CPUs nor devices.
    NoPurpose,
    /// The entry does not grant this to this domain.
    NotGranted(Ref),
    /// The entry is used for another domain, or too often.
    InUse(Ref),
    /// The guest keeps changing the entry.
    Unstable(Ref),
    /// A part of a page can be copied, not mapped.
    SubPage(Ref),
    /// Nothing is mapped under this handle.
    BadHandle,
    /// The bus address is not that of the mapping.
    BadBusAddress,
    /// No handle is left.
    NoHandle,
    /// The frame is not the domain's.
    BadPage,
    /// The frame cannot be used that way now: it is a page table, for example.
    WrongType,
    /// There is no page-table entry to change, or it maps something else.
    BadPlace,
    /// The copy leaves its page.
    BadRange,
    /// The copy leaves the granted part of the page.
    OutOfGrant,
    /// The frame's number does not fit the entry.
    FrameTooHigh,
    /// There is no memory for more entries.
    NoMemory,
    /// There is no such version.
    BadVersion,
    /// The domain may not use this version.
    VersionNotAllowed,
}

impl Error {
    /// As the status of one element of a call (`GNTST_*`).
    pub const fn status(self) -> i16 {
        match self {
            Self::BadDomain => st::GNTST_BAD_DOMAIN,
            Self::NotPermitted => st::GNTST_PERMISSION_DENIED,
            Self::BadRef(_) | Self::NoPurpose => st::GNTST_BAD_GNTREF,
            Self::BadHandle => st::GNTST_BAD_HANDLE,
            Self::NoHandle => st::GNTST_NO_SPACE,
            Self::BadPage => st::GNTST_BAD_PAGE,
            Self::BadRange => st::GNTST_BAD_COPY_ARG,
            Self::FrameTooHigh => st::GNTST_ADDRESS_TOO_BIG,
            Self::NotGranted(_)
            | Self::InUse(_)
            | Self::Unstable(_)
            | Self::SubPage(_)
            | Self::BadBusAddress
            | Self::WrongType
            | Self::BadPlace
            | Self::OutOfGrant
            | Self::NoMemory
            | Self::BadVersion
            | Self::VersionNotAllowed => st::GNTST_GENERAL_ERROR,
        }
    }
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        match error {
            Error::BadDomain => Self::ESRCH,
            Error::NotPermitted => Self::EPERM,
            Error::InUse(_) => Self::EBUSY,
            Error::NoMemory => Self::ENOMEM,
            Error::VersionNotAllowed => Self::ENOSYS,
            _ => Self::EINVAL,
        }
    }
}
