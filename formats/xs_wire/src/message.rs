//! One message: its kind, its header, its payload.

use alloc::vec::Vec;
use core::fmt;

use crate::PAYLOAD_MAX;

/// What a message is about (`enum xsd_sockmsg_type`). A peer may send any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u32);

macro_rules! kinds {
    ($($name:ident = $number:literal),* $(,)?) => {
        impl Kind {
            $(
                #[doc = concat!("`XS_", stringify!($name), "`.")]
                pub const $name: Self = Self($number);
            )*

            /// The name in `xs_wire.h` without its prefix, if the number has one.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    CONTROL = 0,
    DIRECTORY = 1,
    READ = 2,
    GET_PERMS = 3,
    WATCH = 4,
    UNWATCH = 5,
    TRANSACTION_START = 6,
    TRANSACTION_END = 7,
    INTRODUCE = 8,
    RELEASE = 9,
    GET_DOMAIN_PATH = 10,
    WRITE = 11,
    MKDIR = 12,
    RM = 13,
    SET_PERMS = 14,
    WATCH_EVENT = 15,
    ERROR = 16,
    IS_DOMAIN_INTRODUCED = 17,
    RESUME = 18,
    SET_TARGET = 19,
    RESET_WATCHES = 21,
    DIRECTORY_PART = 22,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "request {}", self.0),
        }
    }
}

macro_rules! errors {
    ($($name:ident = $number:literal: $text:literal),* $(,)?) => {
        /// An error as the wire spells it: the name of an errno (`xsd_errors` in `xs_wire.h`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::upper_case_acronyms)]
        pub enum ErrorName {
            $(#[doc = $text] $name,)*
        }

        impl ErrorName {
            /// As sent, without the closing NUL.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The errno of Linux.
            pub fn errno(self) -> i32 {
                match self { $(Self::$name => $number,)* }
            }

            /// What it says, in the words that C's `strerror` uses.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Reads the payload of an `ERROR`; a name that nobody knows is an [`ErrorName::EINVAL`].
            pub fn parse(payload: &[u8]) -> Self {
                let name = payload.strip_suffix(b"\0").unwrap_or(payload);
                $(if name == stringify!($name).as_bytes() { return Self::$name; })*
                // The one name outside the list that a daemon in use is known to send.
                if name == b"EQUOTA" { Self::ENOSPC } else { Self::EINVAL }
            }
        }
    };
}

errors! {
    EINVAL = 22: "Invalid argument",
    EACCES = 13: "Permission denied",
    EEXIST = 17: "File exists",
    EISDIR = 21: "Is a directory",
    ENOENT = 2: "No such file or directory",
    ENOMEM = 12: "Cannot allocate memory",
    ENOSPC = 28: "No space left on device",
    EIO = 5: "Input/output error",
    ENOTEMPTY = 39: "Directory not empty",
    ENOSYS = 38: "Function not implemented",
    EROFS = 30: "Read-only file system",
    EBUSY = 16: "Device or resource busy",
    EAGAIN = 11: "Resource temporarily unavailable",
    EISCONN = 106: "Transport endpoint is already connected",
    E2BIG = 7: "Argument list too long",
    EPERM = 1: "Operation not permitted",
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// What stands before a payload (`struct xsd_sockmsg`), without the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What is asked, or answered.
    pub kind: Kind,
    /// Chosen by the client, echoed in the answer.
    pub request: u32,
    /// The transaction, 0 for none.
    pub transaction: u32,
}

impl Header {
    /// Bytes of a header on the wire.
    pub const SIZE: usize = 16;

    /// The header of a watch event, which answers no request.
    pub const WATCH_EVENT: Self = Self {
        kind: Kind::WATCH_EVENT,
        request: 0,
        transaction: 0,
    };

    /// The header and the length of the payload that the wire claims to follow.
    pub fn decode(bytes: &[u8; Self::SIZE]) -> (Self, u32) {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
        let header = Self {
            kind: Kind(u32::from_le_bytes([a, b, c, d])),
            request: u32::from_le_bytes([e, f, g, h]),
            transaction: u32::from_le_bytes([i, j, k, l]),
        };
        (header, u32::from_le_bytes([m, n, o, p]))
    }

    /// Appends a whole message; the payload is the parts one after the other.
    ///
    /// Answers `false` and appends nothing if they exceed [`PAYLOAD_MAX`].
    pub fn encode(self, parts: &[&[u8]], out: &mut Vec<u8>) -> bool {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let Some(len) = u32::try_from(len)
            .ok()
            .filter(|len| *len as usize <= PAYLOAD_MAX)
        else {
            return false;
        };
        for word in [self.kind.0, self.request, self.transaction, len] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for part in parts {
            out.extend_from_slice(part);
        }
        true
    }
}

/// A message whose payload lies in somebody's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What stands before the payload.
    pub header: Header,
    /// At most [`PAYLOAD_MAX`] bytes.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        self.header.encode(&[self.payload], out)
    }
}
