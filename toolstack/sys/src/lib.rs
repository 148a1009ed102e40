//! The doors of dom0's kernel to Xen, and all the unsafe code of user space.
//!
//! Each module is one device or file that Linux offers to the tools, behind a safe API: event
//! channels, granted pages, the store's own ring, hypercalls. Memory that a domain writes at the
//! same time is reached through atomics only ([`mapping::SharedPages`]), never as a reference to
//! plain data.
//!
//! Always: a mapping lives as long as the value that stands for it; closing gives everything back.
//!
//! Not here: what the rings mean (`ring`), what the hypercalls do (`domain`).

pub mod evtchn;
pub mod gntdev;
pub mod grant_copy;
mod ioctl;
pub mod loop_device;
pub mod mapping;
pub mod measure;
pub mod privcmd;
pub mod xenbus;
