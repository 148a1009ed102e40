//! Traps: the frame, what catches one, and who may look at the others.
//!
//! A trap is looked at in this order: it came from user mode that `user::run` started; its
//! instruction is a guarded one of `cpu` or `memory`, then it is recorded and skipped; a hook of
//! the test takes it; else the guest prints it and stops.
//!
//! Not here: entry and exit (`entry`).

use super::entry;
pub use super::entry::entry_vector;
use super::{console, events, hypercall, user};
use crate::xen::{self, TrapInfo};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The registers of what was interrupted, as the entry code lays them on the stack.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the registers'")]
pub struct Frame {
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub rbx: u64,
    pub rbp: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    /// The exception's vector, or one of `entry_vector`.
    pub vector: u64,
    /// 0 for entries that have none.
    pub error: u64,
    pub rip: u64,
    /// The selector in the low half; the saved upcall mask in the byte above it.
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

// entry.rs counts on these places.
const _: () = assert!(size_of::<Frame>() == 176 && core::mem::offset_of!(Frame, rip) == 136);

impl Frame {
    /// Whether user mode was interrupted.
    pub fn from_user(&self) -> bool {
        self.cs & 3 == 3
    }
    /// The upcall mask before the entry, which lies in the upper half of the cs word.
    pub fn saved_mask(&self) -> u64 {
        self.cs >> 32
    }
    /// The code selector alone.
    pub fn selector(&self) -> u64 {
        self.cs & 0xffff
    }
}

/// A trap that was caught: its frame, and what the kernel saw around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trap {
    /// The registers.
    pub frame: Frame,
    /// Where the frame lay.
    pub frame_va: u64,
    /// `vcpu_info.arch.cr2`.
    pub cr2: u64,
    /// The upcall mask in the handler.
    pub mask: u64,
    /// rflags in the handler.
    pub rflags: u64,
}

impl Trap {
    /// The vector, to compare with.
    pub fn vector(&self) -> u64 {
        self.frame.vector
    }
    /// The address just above the frame: where the stack pointer was before the entry, rounded
    /// down by the hypervisor to 16 bytes.
    pub fn frame_top(&self) -> u64 {
        self.frame_va + size_of::<Frame>() as u64
    }
}

/// A test's own look at traps: true if it dealt with this one.
pub type Hook = fn(&mut Trap) -> bool;

struct Slot {
    caught: core::cell::UnsafeCell<Trap>,
    count: AtomicU64,
}
// SAFETY: [GUEST-VCPU-SLOT] each slot is touched by its own vCPU alone, in its trap entry and in
// the code that this entry interrupted, never at once.
unsafe impl Sync for Slot {}

static SLOTS: [Slot; entry::MAX_VCPUS] = [const {
    Slot {
        caught: core::cell::UnsafeCell::new(Trap {
            frame: Frame {
                rax: 0,
                rcx: 0,
                rdx: 0,
                rsi: 0,
                rdi: 0,
                r8: 0,
                r9: 0,
                r10: 0,
                r11: 0,
                rbx: 0,
                rbp: 0,
                r12: 0,
                r13: 0,
                r14: 0,
                r15: 0,
                vector: 0,
                error: 0,
                rip: 0,
                cs: 0,
                rflags: 0,
                rsp: 0,
                ss: 0,
            },
            frame_va: 0,
            cr2: 0,
            mask: 0,
            rflags: 0,
        }),
        count: AtomicU64::new(0),
    }
}; entry::MAX_VCPUS];
static HOOK: AtomicU64 = AtomicU64::new(0);

/// How many guarded instructions have trapped on this vCPU.
#[inline(always)]
pub fn count() -> u64 {
    SLOTS
        .get(super::smp::this_vcpu())
        .map_or(0, |slot| slot.count.load(Relaxed))
}

/// The last trap of a guarded instruction on this vCPU.
pub fn last() -> Trap {
    let slot = &SLOTS[super::smp::this_vcpu()];
    // SAFETY: [GUEST-VCPU-SLOT].
    unsafe { *slot.caught.get() }
}

/// What `f` made of it: its value, or the trap of the first guarded instruction that trapped.
#[inline(always)]
pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Trap> {
    let before = count();
    let value = f();
    if count() == before {
        Ok(value)
    } else {
        Err(last())
    }
}

/// Installs a hook for traps that nothing else takes; `None` removes it.
pub fn set_hook(hook: Option<Hook>) {
    HOOK.store(hook.map_or(0, |hook| hook as usize as u64), Relaxed);
}

fn fixup(rip: u64) -> Option<u64> {
    let start = &raw const entry::kit_fixups;
    let bytes = &raw const entry::kit_fixups_end as usize - start as usize;
    // SAFETY: [GUEST-IMAGE] the linker script bounds the table, which only `guarded!` fills, by
    // pairs of words.
    let table = unsafe { core::slice::from_raw_parts(start, bytes / 16) };
    table.iter().find(|pair| pair[0] == rip).map(|pair| pair[1])
}

/// Every entry that is not a measuring one ends here.
pub extern "C" fn kit_rust_trap(frame: &mut Frame) {
    let mut trap = Trap {
        frame: *frame,
        frame_va: frame as *mut Frame as u64,
        cr2: events::cr2(),
        mask: u64::from(events::mask_byte(super::smp::this_vcpu())),
        rflags: super::cpu::flags(),
    };
    let leaves_user = frame.from_user() && user::running();
    if leaves_user && frame.vector != entry_vector::EVENT {
        user::leave(trap);
    }
    if let Some(next) = fixup(frame.rip).filter(|_| frame.vector < entry_vector::EVENT) {
        let slot = &SLOTS[super::smp::this_vcpu()];
        // SAFETY: [GUEST-VCPU-SLOT].
        unsafe { *slot.caught.get() = trap };
        slot.count
            .store(slot.count.load(Relaxed).wrapping_add(1), Relaxed);
        frame.rip = next;
        if frame.vector == 1 {
            frame.rflags &= !0x100; // one step is enough
        }
        return;
    }
    let hook = HOOK.load(Relaxed);
    if hook != 0 {
        // SAFETY: [GUEST-HOOK] the word is 0 or came from a `Hook` in `set_hook`.
        let hook = unsafe { core::mem::transmute::<usize, Hook>(hook as usize) };
        if hook(&mut trap) {
            *frame = trap.frame;
            return;
        }
    }
    if frame.vector == entry_vector::EVENT {
        events::on_event();
        return;
    }
    stop(&trap);
}

fn stop(trap: &Trap) -> ! {
    let f = &trap.frame;
    let kind = match f.vector {
        entry_vector::FAILSAFE => "failsafe callback",
        entry_vector::SYSCALL => "system call",
        entry_vector::NMI => "NMI",
        _ => "trap",
    };
    console::print(format_args!(
        "PANIC {kind} {} error {:#x} rip {:#x} cs {:#x} rsp {:#x} cr2 {:#x}",
        f.vector, f.error, f.rip, f.cs, f.rsp, trap.cr2
    ));
    console::print(format_args!(
        "PANIC rax {:#x} rbx {:#x} rcx {:#x} rdx {:#x} rsi {:#x} rdi {:#x}",
        f.rax, f.rbx, f.rcx, f.rdx, f.rsi, f.rdi
    ));
    super::report::give_up()
}

/// The selectors that the last failsafe callback reported: ds, es, fs, gs.
pub fn failsafe_selectors() -> [u64; 4] {
    // SAFETY: [GUEST-SHARED-STATIC] plain words, written by the entry code only.
    unsafe { (&raw const entry::kit_failsafe_selectors).read_volatile() }
}

/// The addresses of entries that a test may register itself.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    Event,
    Failsafe,
    Syscall,
    Nmi,
    Sysenter,
    Syscall32,
    SoftInterrupt,
    QuickBreakpoint,
    QuickUndefined,
    QuickPageFault,
    QuickEvent,
    QuickSyscall,
}

impl Entry {
    /// Its address in the image.
    pub fn address(self) -> u64 {
        (match self {
            Self::Event => entry::kit_event as *const (),
            Self::Failsafe => entry::kit_failsafe as *const (),
            Self::Syscall => entry::kit_syscall as *const (),
            Self::Nmi => entry::kit_nmi as *const (),
            Self::Sysenter => entry::kit_sysenter as *const (),
            Self::Syscall32 => entry::kit_syscall32 as *const (),
            Self::SoftInterrupt => entry::kit_trap_soft as *const (),
            Self::QuickBreakpoint => entry::kit_quick_bp as *const (),
            Self::QuickUndefined => entry::kit_quick_ud as *const (),
            Self::QuickPageFault => entry::kit_quick_pf as *const (),
            Self::QuickEvent => entry::kit_quick_event as *const (),
            Self::QuickSyscall => entry::kit_quick_syscall as *const (),
        }) as u64
    }
}

/// The boot trap table: the vectors that the entry code knows, in its order, then zeroes.
///
/// Traps mask events; INT3 may come from user mode.
pub fn default_table() -> [TrapInfo; 32] {
    let mut table = [TrapInfo::default(); 32];
    let start = &raw const entry::kit_trap_list;
    let bytes = &raw const entry::kit_trap_list_end as usize - start as usize;
    // SAFETY: [GUEST-IMAGE] the linker script bounds the list; `kit_trap` adds pairs of words.
    let list = unsafe { core::slice::from_raw_parts(start, bytes / 16) };
    for (slot, pair) in table.iter_mut().zip(list) {
        let user = if pair[0] == 3 { 3 } else { 0 };
        *slot = TrapInfo {
            vector: pair[0] as u8,
            flags: xen::TI_MASK_EVENTS | user,
            cs: xen::KERNEL_CS as u16,
            _pad: 0,
            address: pair[1],
        };
    }
    table
}

/// Registers the boot table with, if asked, another handler for one vector.
pub fn load_table(other: Option<(u8, Entry)>) -> i64 {
    let mut table = default_table();
    if let Some((vector, entry)) = other {
        for slot in table
            .iter_mut()
            .filter(|slot| slot.address != 0 && slot.vector == vector)
        {
            slot.address = entry.address();
        }
    }
    hypercall::set_trap_table(&table)
}
