//! The machine behind a safe API: frames, guest memory, CPUs, time, interrupts, ports.
//!
//! One API, two implementations: on bare metal it is the real machine (`machine`), on the host a
//! seeded model (`sim`). The body is written against the names here and never knows which it has.
//!
//! Always: every function is safe to call with any argument; a caller's mistake can harm a guest or
//! stop the machine, but not break Rust's rules. The one promise that the body makes in return is
//! [PAGE-TABLES] in `docs/soundness.md`.
//!
//! Not here: what to do with it all (`hypervisor`).

#![no_std]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
pub use machine::*;
#[cfg(not(target_os = "none"))]
pub use sim::*;
