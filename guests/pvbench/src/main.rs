//! What the operations of the PV interface cost, in executed instructions.
//!
//! Meant for QEMU's TCG with `-icount shift=0`, where the TSC advances by one per executed
//! instruction: a difference of two readings is the path through guest and hypervisor and repeats
//! to the digit. Each row runs 16 times to warm up and then `iters` times (101), and says its
//! median, least and most, less what the loop itself costs. Rows whose effect can be read back are
//! checked each time; a wrong effect answers `unsupported rc=-5 post`.
//!
//! Command line: `skip=a,b,c iters=N`.
//!
//! Not here: how the machine is set up for it (`xtask bench`).
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod harness;
#[cfg(target_os = "none")]
mod rows;

#[cfg(target_os = "none")]
kit::guest!(harness::main);

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "pvbench is a PV kernel: build it for x86_64-unknown-none and boot it under a hypervisor"
    );
    std::process::exit(1);
}
