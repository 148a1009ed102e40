//! Domains, seen from dom0: created, watched, asked, ended.
//!
//! The library under `xl` and whatever else manages domains. It speaks to the hypervisor through
//! `sys::privcmd`, to the drivers and daemons through xenstore, and to Linux for loop devices,
//! bridges and terminals.
//!
//! Always: a creation that fails leaves nothing behind: no domain, no device, no node, no memory;
//! every wait ends; every error says what, why and, if we know, what to do.
//!
//! Not here: the command line (`xl`), the language of configuration files (`xl_cfg`).
#![forbid(unsafe_code)]

pub mod build;
pub mod control;
pub mod create;
pub mod destroy;
pub mod device;
pub mod error;
pub mod json;
pub mod memory;
pub mod monitor;
pub mod query;
pub mod settings;
pub mod store;
pub mod terminal;
pub mod top;
pub mod userdata;

pub use error::{Error, Result};
