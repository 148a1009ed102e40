//! The hypervisor's public interface, as Rust types: Xen 4.20's for x86-64, one module per public header.
//!
//! Always: every structure has the layout of its C original (asserted where it stands, and held against the
//! compiler's own words in `layout/` by `tests/layout.rs`), has no hidden padding, and any bytes are a valid value:
//! reading one from a guest cannot fail, and writing one back leaks nothing. A structure too long to spell out is made
//! by `zerocopy::FromZeros::new_zeroed()`.
//!
//! Names: a structure has its C name without the header's prefix (`evtchn_alloc_unbound` is
//! `event_channel::AllocUnbound`), fields and constants have theirs, constants in capitals; a field whose
//! name is a Rust keyword ends with an underscore (`type_`, `ref_`, `in_`). A union is an array of
//! words: its members are structures of their own, to be read from those bytes. Domain ids are `RawDomId`; frame
//! numbers are plain `u64`, for what they number depends on who speaks.
//!
//! Not here: any logic, any access to memory.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod arch_x86_xen;
pub mod arch_x86_xen_x86_64;
pub mod callback;
pub mod cpufeatureset;
pub mod cpuid;
pub mod domctl;
pub mod elfnote;
pub mod errno;
pub mod event_channel;
pub mod features;
pub mod grant_table;
pub mod handle;
pub mod hvm;
pub mod hypfs;
pub mod io;
pub mod mca;
pub mod memory;
pub mod nmi;
pub mod physdev;
pub mod platform;
pub mod sched;
pub mod sysctl;
pub mod vcpu;
pub mod version;
pub mod xen;

mod ids;

pub use errno::Errno;
pub use handle::GuestPtr;
pub use ids::{DomId, Gfn, Mfn, Pfn, RawDomId};
