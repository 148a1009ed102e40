//! The xenstore wire: messages between a client and the store, as bytes.
//!
//! A message is a header of four little-endian words and a payload of at most 4096 bytes, the same
//! over a socket and over a guest's ring (`xen/io/xs_wire.h`, `docs/misc/xenstore.txt`). Here are
//! the header, the names of errors, the syntax of every request, of paths and of permissions, for
//! the daemon and for clients alike.
//!
//! Always: parsing allocates nothing and never panics; what [`Message::encode`] writes, [`Inbox`] reads back.
//!
//! Not here: what a request means (`xenstore`), how bytes cross a ring page (`ring`).
#![no_std]
#![forbid(unsafe_code)]
// A guest's bytes come here, so nothing that they say may panic.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

extern crate alloc;

mod inbox;
mod message;
mod path;
mod permission;
mod request;

pub use inbox::{Inbox, TooLong};
pub use message::{ErrorName, Header, Kind, Message};
pub use path::{MalformedPath, check_name, check_path, is_special};
pub use permission::{Access, MalformedPermission, Permission};
pub use request::{Request, WatchSpec, strings};

/// The most bytes of payload in one message (`XENSTORE_PAYLOAD_MAX`).
pub const PAYLOAD_MAX: usize = 4096;
/// The longest absolute path (`XENSTORE_ABS_PATH_MAX`).
pub const ABS_PATH_MAX: usize = 3072;
/// The longest relative path (`XENSTORE_REL_PATH_MAX`).
pub const REL_PATH_MAX: usize = 2048;
