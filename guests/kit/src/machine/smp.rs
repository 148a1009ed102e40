//! More vCPUs: where each stands, and how to start one.

use super::entry::{self, MAX_VCPUS, STACK_BYTES};
use super::trap::{self, Entry};
use super::{cpu, hypercall, memory};
use crate::xen;

/// The vCPU that runs this, by its stack.
#[inline(always)]
pub fn this_vcpu() -> usize {
    let offset = cpu::stack_pointer().wrapping_sub(&raw const entry::kit_stacks as u64);
    let index = (offset / STACK_BYTES) as usize;
    if index < MAX_VCPUS { index } else { 0 }
}
/// Where the stack for entries from user mode begins, at its top.
pub fn kernel_stack(vcpu: usize) -> u64 {
    &raw const entry::kit_stacks as u64 + (vcpu as u64 + 1) * STACK_BYTES
}
/// The top of the main stack.
pub fn main_stack(vcpu: usize) -> u64 {
    kernel_stack(vcpu) - STACK_BYTES / 2
}

/// `struct vcpu_guest_context`, by words.
#[derive(Clone)]
pub struct Context(pub [u64; 646]);

/// Word indices of [`Context`].
#[expect(missing_docs, reason = "the names are those of Xen's public headers")]
pub mod context_word {
    pub const FLAGS: usize = 512 / 8;
    pub const RSI: usize = 520 / 8 + 13;
    pub const RDI: usize = 520 / 8 + 14;
    pub const RIP: usize = 520 / 8 + 16;
    pub const CS: usize = 520 / 8 + 17;
    pub const RFLAGS: usize = 520 / 8 + 18;
    pub const RSP: usize = 520 / 8 + 19;
    pub const SS: usize = 520 / 8 + 20;
    pub const TRAPS: usize = 720 / 8;
    pub const GDT_ENTS: usize = 4960 / 8;
    pub const KERNEL_SS: usize = 4968 / 8;
    pub const KERNEL_SP: usize = 4976 / 8;
    pub const CR3: usize = 4984 / 8 + 3;
    pub const EVENT: usize = 5112 / 8;
    pub const FAILSAFE: usize = 5120 / 8;
    pub const SYSCALL: usize = 5128 / 8;
    pub const GS_BASE_KERNEL: usize = 5152 / 8;
}

impl Context {
    /// A vCPU that runs `f(argument)` in the kernel on its own stack with events masked.
    pub fn for_function(vcpu: usize, f: extern "C" fn(u64) -> !, argument: u64) -> Self {
        use context_word::*;
        let mut words = [0; 646];
        words[FLAGS] = 1 << 2; // in the kernel
        words[RDI] = f as usize as u64;
        words[RSI] = argument;
        words[RIP] = entry::kit_start_other as *const () as u64;
        words[CS] = xen::KERNEL_CS | 1 << 32; // the byte above the selector is the saved mask
        words[RFLAGS] = 0x202;
        words[RSP] = main_stack(vcpu);
        words[SS] = xen::KERNEL_SS;
        for row in trap::default_table().iter().filter(|row| row.address != 0) {
            // Unlike the hypercall's list this is a table by vector.
            let at = TRAPS + usize::from(row.vector) * 2;
            words[at] = u64::from(row.vector) | u64::from(row.flags) << 8 | u64::from(row.cs) << 16;
            words[at + 1] = row.address;
        }
        words[KERNEL_SS] = xen::KERNEL_SS;
        words[KERNEL_SP] = kernel_stack(vcpu);
        words[CR3] = memory::kernel_l4().mfn() << 12;
        words[EVENT] = Entry::Event.address();
        words[FAILSAFE] = Entry::Failsafe.address();
        words[SYSCALL] = Entry::Syscall.address();
        Self(words)
    }
}

/// Initialises a vCPU and brings it up; the first answer that is not 0.
pub fn start(vcpu: usize, f: extern "C" fn(u64) -> !, argument: u64) -> i64 {
    let mut context = Context::for_function(vcpu, f, argument);
    match initialise(vcpu, &mut context) {
        0 => hypercall::vcpu_op(xen::VCPUOP_UP, vcpu as u64, 0),
        error => error,
    }
}
/// `VCPUOP_initialise`.
pub fn initialise(vcpu: usize, context: &mut Context) -> i64 {
    hypercall::vcpu_op(
        xen::VCPUOP_INITIALISE,
        vcpu as u64,
        hypercall::ptr(&mut context.0),
    )
}
