//! The console daemon: carries bytes between the consoles of guests and pseudo-terminals in dom0.
//!
//! Every guest has one page with two byte queues. What it prints goes to a terminal that `xl
//! console` opens, and to a log if one is wished; what a person types goes back.
//!
//! Always: one thread that never waits for a guest or for a person; what is kept for a guest is
//! bounded by its limit; a guest that floods is served a fixed number of times per period and
//! harms only itself.
//!
//! Not here: the rules of the queues (`ring`), devices (`sys`), the other end (`domain::terminal`).
#![forbid(unsafe_code)]

pub mod allowance;
pub mod backlog;
pub mod console;
pub mod log;
pub mod options;
pub mod platform;
pub mod report;
pub mod server;
pub mod terminal;
