//! Hypercalls: one table, one way in, one kind of answer.
//!
//! A handler checks, then commits. It gets the [`Call`] (who asks) and typed arguments, and gives an [`Outcome`], which
//! keeps apart what the guest did wrong, what takes long, and what must end the guest.
//!
//! Always: arguments are claims; a handler reads guest memory once, through [`Call::read`], and never trusts it twice.
//!
//! Not here: the registers' way in and out (`metal::cpu::run_guest`), who may do what (`policy`).

pub mod callback_op;
pub mod console_io;
pub mod descriptors;
pub mod domctl;
pub mod event_channel;
pub mod grant_table;
pub mod hvm_op;
pub mod mca;
pub mod memory_op;
pub mod multicall;
pub mod physdev_op;
pub mod platform_op;
pub mod sched_op;
pub mod sysctl;
pub mod traps;
pub mod vcpu_op;
pub mod version;
pub mod vm_assist;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::Cell;

use abi::{DomId, Errno, GuestPtr, RawDomId};
use metal::guest;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::domain::vcpu::{Vcpu, VcpuState};
use crate::domain::{Domain, table};
use crate::policy;

/// The vCPU that a CPU runs: who makes a call, with all that only its runner may touch.
pub struct Current {
    /// Its domain.
    pub domain: Arc<Domain>,
    /// Its shared part.
    pub vcpu: Arc<Vcpu>,
    /// Its own part.
    pub state: Box<VcpuState>,
    /// The arguments of a call that will go on later, for [`Outcome::Resume`].
    pub resume: [u64; 4],
    /// Whether a multicall is being worked through.
    pub in_multicall: bool,
    /// How often [`Self::should_yield`] was asked.
    pub asked: Cell<u32>,
}

/// Answers of "go on" between two of "let others in". Interrupts wait while the hypervisor runs, and nothing tells of
/// them, so long work returns to the guest now and then, where they are taken.
const PATIENCE: u32 = 64;

/// The caller, as handlers see it.
pub type Call = Current;

/// What came of a hypercall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This goes into RAX.
    Done(u64),
    /// The call is to be made again with [`Current::resume`] as its arguments, after interrupts had their turn.
    Resume,
    /// The guest cannot go on.
    Crash(Why),
}

/// Why a guest must end. A word, so that an [`Outcome`] fits two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Why {
    /// `iret` to user mode without a user page table.
    NoUserTable,
    /// The stack for a frame, or of an `iret`, cannot be accessed.
    BadStack,
    /// An exception without a handler.
    NoHandler,
    /// A return frame that the CPU refuses, and no failsafe callback.
    BadReturn,
    /// A vCPU without a page table.
    NoPageTable,
    /// No `vcpu_info` to deliver to.
    NoVcpuInfo,
}

impl Why {
    /// In plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoUserTable => "it returned to user mode without a user page table",
            Self::BadStack => "its kernel stack cannot be accessed",
            Self::NoHandler => "it has no handler for an exception",
            Self::BadReturn => {
                "it returned to registers that the CPU refuses, and has no failsafe callback"
            }
            Self::NoPageTable => "it has no page table",
            Self::NoVcpuInfo => "it has no vcpu_info",
        }
    }
}

impl From<Result<(), Errno>> for Outcome {
    #[inline(always)]
    fn from(result: Result<(), Errno>) -> Self {
        Self::Done(result.map_or_else(Errno::to_register, |()| 0))
    }
}

impl From<Result<u64, Errno>> for Outcome {
    #[inline(always)]
    fn from(result: Result<u64, Errno>) -> Self {
        Self::Done(result.unwrap_or_else(Errno::to_register))
    }
}

impl From<Errno> for Outcome {
    #[inline(always)]
    fn from(error: Errno) -> Self {
        Self::Done(error.to_register())
    }
}

/// A value that an argument register carries.
pub trait FromRegister {
    /// Takes it out; narrow types ignore the upper bits, as the ABI does.
    fn from_register(register: u64) -> Self;
}

impl FromRegister for u64 {
    #[inline(always)]
    fn from_register(register: u64) -> Self {
        register
    }
}

impl FromRegister for u32 {
    #[inline(always)]
    fn from_register(register: u64) -> Self {
        register as u32
    }
}

impl<T> FromRegister for GuestPtr<T> {
    #[inline(always)]
    fn from_register(register: u64) -> Self {
        Self::from_addr(register)
    }
}

/// What stands in the table: a handler with its arguments still in registers.
type Entry = fn(&mut Call, u64, u64, u64, u64) -> Outcome;

/// One more than the highest number that can be in the table.
const ENTRIES: usize = 64;

fn unknown(_: &mut Call, _: u64, _: u64, _: u64, _: u64) -> Outcome {
    Errno::ENOSYS.into()
}

/// Declares the table. A row is `number name (argument: type, ...) = handler;`.
macro_rules! hypercalls {
    ($($number:literal $name:ident ($($argument:ident: $kind:ty),*) = $handler:path;)*) => {
        mod entries {
            use super::*;
            $(
                #[allow(unused_variables, unused_mut, unused_assignments)]
                pub fn $name(call: &mut Call, a: u64, b: u64, c: u64, d: u64) -> Outcome {
                    let mut registers = [a, b, c, d].into_iter();
                    $(let $argument = <$kind>::from_register(registers.next().unwrap_or(0));)*
                    $handler(call, $($argument),*).into()
                }
            )*
        }

        #[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
        static TABLE: [Entry; ENTRIES] = {
            let mut table: [Entry; ENTRIES] = [unknown; ENTRIES];
            $(table[$number] = entries::$name;)*
            table
        };
    };
}

hypercalls! {
    0  set_trap_table     (list: GuestPtr<abi::arch_x86_xen::TrapInfo>) = traps::set_trap_table;
    1  mmu_update         (list: GuestPtr<abi::xen::MmuUpdate>, count: u32, done: GuestPtr<u32>, foreign: u32) = crate::pv::mmu::mmu_update;
    2  set_gdt            (frames: GuestPtr<u64>, entries: u32) = descriptors::set_gdt;
    3  stack_switch       (ss: u64, sp: u64) = traps::stack_switch;
    4  set_callbacks      (event: u64, failsafe: u64, syscall: u64) = callback_op::set_callbacks;
    5  fpu_taskswitch     (set: u32) = traps::fpu_taskswitch;
    7  platform_op        (op: GuestPtr<u8>) = platform_op::platform_op;
    8  set_debugreg       (register: u32, value: u64) = traps::set_debugreg;
    9  get_debugreg       (register: u32) = traps::get_debugreg;
    10 update_descriptor  (address: u64, descriptor: u64) = descriptors::update_descriptor;
    12 memory_op          (cmd: u64, arg: GuestPtr<u8>) = memory_op::memory_op;
    13 multicall          (list: GuestPtr<abi::xen::MulticallEntry>, count: u32) = multicall::multicall;
    14 update_va_mapping  (va: u64, entry: u64, flags: u64) = crate::pv::mmu::update_va_mapping;
    15 set_timer_op       (deadline: u64) = sched_op::set_timer_op;
    17 xen_version        (cmd: u32, arg: GuestPtr<u8>) = version::xen_version;
    18 console_io         (cmd: u32, count: u32, buffer: GuestPtr<u8>) = console_io::console_io;
    20 grant_table_op     (cmd: u32, list: GuestPtr<u8>, count: u32) = grant_table::grant_table_op;
    21 vm_assist          (cmd: u32, kind: u32) = vm_assist::vm_assist;
    22 update_va_mapping_otherdomain (va: u64, entry: u64, flags: u64, domain: u32) = crate::pv::mmu::update_va_mapping_otherdomain;
    23 iret               () = crate::pv::iret::iret;
    24 vcpu_op            (cmd: u32, vcpu: u32, arg: GuestPtr<u8>) = vcpu_op::vcpu_op;
    25 set_segment_base   (which: u32, base: u64) = descriptors::set_segment_base;
    26 mmuext_op          (list: GuestPtr<abi::xen::MmuextOp>, count: u32, done: GuestPtr<u32>, foreign: u32) = crate::pv::mmu::mmuext_op;
    28 nmi_op             (cmd: u32, arg: GuestPtr<u8>) = callback_op::nmi_op;
    29 sched_op           (cmd: u32, arg: GuestPtr<u8>) = sched_op::sched_op;
    30 callback_op        (cmd: u32, arg: GuestPtr<u8>) = callback_op::callback_op;
    32 event_channel_op   (cmd: u32, arg: GuestPtr<u8>) = event_channel::event_channel_op;
    33 physdev_op         (cmd: u32, arg: GuestPtr<u8>) = physdev_op::physdev_op;
    34 hvm_op             (cmd: u32, arg: GuestPtr<u8>) = hvm_op::hvm_op;
    35 sysctl             (op: GuestPtr<u8>) = sysctl::sysctl;
    36 domctl             (op: GuestPtr<u8>) = domctl::domctl;
    48 mca                (op: GuestPtr<u8>) = mca::mca;
}

/// Calls an entry of the table.
#[inline(always)]
pub fn dispatch(call: &mut Call, number: u64, a: u64, b: u64, c: u64, d: u64) -> Outcome {
    match TABLE.get(number as usize) {
        Some(entry) => entry(call, a, b, c, d),
        None => unknown(call, a, b, c, d),
    }
}

/// Bytes of the SYSCALL instruction, to step back over.
const SYSCALL_LEN: u64 = 2;

/// Answers the hypercall in the guest's registers.
#[inline(always)]
pub fn enter(call: &mut Call) {
    let frame = &call.state.frame;
    let (number, a, b, c, d) = (frame.rax, frame.rdi, frame.rsi, frame.rdx, frame.r10);
    match dispatch(call, number, a, b, c, d) {
        Outcome::Done(result) => {
            #[cfg(feature = "trace")]
            trace(call, number, [a, b, c, d], result);
            call.state.frame.rax = result;
        }
        Outcome::Resume => again(call),
        Outcome::Crash(why) => call.domain.crash(why.words()),
    }
}

/// Tells of calls that were refused.
#[cfg(feature = "trace")]
#[cold]
fn trace(call: &Call, number: u64, arguments: [u64; 4], result: u64) {
    if result > u64::MAX - 4096 && number != 17 {
        crate::console::always(format_args!(
            "trace: d{}v{} hypercall {number} {arguments:x?} = -{} at {:#x}",
            call.domain.id.0,
            call.vcpu.id,
            result.wrapping_neg(),
            call.state.frame.rip
        ));
    }
}

/// Makes the guest issue the call once more with new arguments.
#[cold]
fn again(call: &mut Call) {
    let [a, b, c, d] = call.resume;
    let frame = &mut call.state.frame;
    frame.rip = frame.rip.wrapping_sub(SYSCALL_LEN);
    (frame.rdi, frame.rsi, frame.rdx, frame.r10) = (a, b, c, d);
}

impl Current {
    /// Reads a value of the caller's memory, once.
    #[inline]
    pub fn read<T: FromBytes + IntoBytes>(&self, at: GuestPtr<T>) -> Result<T, Errno> {
        let mut value = T::new_zeroed();
        guest::copy_from(value.as_mut_bytes(), at.addr()).map_err(|_| Errno::EFAULT)?;
        Ok(value)
    }

    /// Writes a value to the caller's memory.
    #[inline]
    pub fn write<T: IntoBytes + Immutable>(&self, at: GuestPtr<T>, value: &T) -> Result<(), Errno> {
        guest::copy_to(at.addr(), value.as_bytes()).map_err(|_| Errno::EFAULT)
    }

    /// Reads bytes of the caller's memory.
    pub fn read_bytes(&self, at: GuestPtr<u8>, bytes: &mut [u8]) -> Result<(), Errno> {
        guest::copy_from(bytes, at.addr()).map_err(|_| Errno::EFAULT)
    }

    /// Writes bytes to the caller's memory.
    pub fn write_bytes(&self, at: GuestPtr<u8>, bytes: &[u8]) -> Result<(), Errno> {
        guest::copy_to(at.addr(), bytes).map_err(|_| Errno::EFAULT)
    }

    /// `DOMID_SELF` resolved; the domain need not exist.
    pub fn resolve(&self, raw: RawDomId) -> DomId {
        if raw == RawDomId::SELF {
            self.domain.id
        } else {
            DomId(raw.0)
        }
    }

    /// The domain that a claim names: the caller for `DOMID_SELF`, else whoever has the number.
    pub fn domain_of(&self, raw: RawDomId) -> Result<Arc<Domain>, Errno> {
        let id = self.resolve(raw);
        if id == self.domain.id {
            Ok(self.domain.clone())
        } else {
            table::get(id).ok_or(Errno::ESRCH)
        }
    }

    /// The domain that a claim names, if the caller may act on it: itself, or anyone for domain 0.
    pub fn target(&self, raw: RawDomId) -> Result<Arc<Domain>, Errno> {
        if policy::may_control(&self.domain, self.resolve(raw)) {
            self.domain_of(raw)
        } else {
            Err(Errno::EPERM)
        }
    }

    /// Refuses whoever is not domain 0.
    pub fn require_privilege(&self) -> Result<(), Errno> {
        if policy::may_manage(&self.domain) {
            Ok(())
        } else {
            Err(Errno::EPERM)
        }
    }

    /// Asks for the call to be made again with these arguments.
    pub fn resume_with(&mut self, arguments: [u64; 4]) -> Outcome {
        self.resume = arguments;
        Outcome::Resume
    }

    /// Whether a long call should stop here and go on later, after interrupts had their turn.
    #[inline]
    pub fn should_yield(&self) -> bool {
        let asked = self.asked.get().wrapping_add(1);
        self.asked.set(asked);
        asked.is_multiple_of(PATIENCE) || crate::cpu::has_attention()
    }
}
