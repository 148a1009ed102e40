//! The commands, one module each.

pub mod bench;
pub mod build;
pub mod check;
pub mod demo;
pub mod run;
pub mod setup;
pub mod test;
