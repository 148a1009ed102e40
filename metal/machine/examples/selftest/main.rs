//! The machine's own test: boots in QEMU without the body and prints a line for each thing that it tried.
//!
//! The last line says how many were tried. `selftest=panic`, `selftest=fault` and `selftest=overflow` on the
//! command line end it in the way that they name, for a look at the last words.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
extern crate alloc;

#[cfg(target_os = "none")]
mod selftest;

#[cfg(target_os = "none")]
machine::entry!(selftest::main);

#[cfg(not(target_os = "none"))]
fn main() {}
