//! The store: a small tree of values that domains share, with permissions, watches and transactions.
//!
//! Decides what every request means and what each connection gets to read. Bytes come in as
//! [`xs_wire::Message`], answers and watch events wait in each connection's [`Outbox`]; mapping
//! rings and binding ports is asked of a [`Host`].
//!
//! The tree is persistent: nodes are shared by reference count and copied when written, so a
//! transaction's snapshot is one pointer. A transaction keeps what it did and what it saw; if
//! others wrote meanwhile, it commits by doing all of it again on the present tree, and fails with
//! `EAGAIN` when anything would have answered differently.
//!
//! Always: every node's parent exists; a domain's count of nodes is the number of nodes it owns; a
//! request changes the tree wholly or not at all; what a connection makes the store keep is bounded
//! by its [`Limits`], so a hostile domain harms only itself.
//!
//! Not here: sockets, rings, event channels, the question which domains live (`xenstored`).
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

mod blame;
mod control;
mod identity;
mod limits;
mod outbox;
mod store;
mod transaction;
mod tree;
mod watch;

pub use identity::Identity;
pub use limits::Limits;
pub use outbox::Outbox;
pub use store::{ConnId, Host, Pause, Peer, Store};
pub use tree::{Node, Tree};

/// The number of a domain.
pub type DomId = u16;
