//! The daemon around the store: sockets, rings, event channels, files. See [`server::Server`].
//!
//! One thread, one epoll. Everything that a request means is in the `xenstore` crate; here bytes
//! are moved, turns are taken, and Xen is asked which domains live.
//!
//! Always: no client is waited for; each gets a bounded number of requests per turn.
#![forbid(unsafe_code)]

pub mod client;
pub mod links;
pub mod log;
pub mod options;
pub mod platform;
pub mod ring_link;
pub mod server;
