//! What a guest's CPU looked like when it left the guest, and why it left.

use crate::Interrupt;
use core::mem::{offset_of, size_of};

/// Value of [`GuestFrame::entry_vector`] after SYSCALL, and the wish to return by SYSRET.
///
/// The return is by SYSRET only if `cs` and `ss` are the flat ones and `rip` is canonical; the guest
/// then finds `rip` in `rcx` and `rflags` in `r11`. With any other value the return is by IRET.
pub const SYSCALL_VECTOR: u32 = 0x100;

/// The integer registers of a guest, in the order of the ABI's `cpu_user_regs` up to `ss`.
///
/// Its end is 16-byte aligned, because the CPU pushes the last words itself; hence the padding in front.
/// Whatever is written here, the guest runs in ring 3 with interrupts on: the return forces that.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "registers are named as the manuals name them")]
pub struct GuestFrame {
    #[doc(hidden)]
    pub pad: u64,
    pub r15: u64,
    pub r14: u64,
    pub r13: u64,
    pub r12: u64,
    pub rbp: u64,
    pub rbx: u64,
    pub r11: u64,
    pub r10: u64,
    pub r9: u64,
    pub r8: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub error_code: u32,
    pub entry_vector: u32,
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

const _: () = assert!(
    size_of::<GuestFrame>() == 176
        && offset_of!(GuestFrame, r15) == 8
        && offset_of!(GuestFrame, error_code) == 128
        && offset_of!(GuestFrame, rip) == 136
        && offset_of!(GuestFrame, ss) == 168
);

impl GuestFrame {
    /// All registers zero.
    pub const ZERO: GuestFrame = GuestFrame {
        pad: 0,
        r15: 0,
        r14: 0,
        r13: 0,
        r12: 0,
        rbp: 0,
        rbx: 0,
        r11: 0,
        r10: 0,
        r9: 0,
        r8: 0,
        rax: 0,
        rcx: 0,
        rdx: 0,
        rsi: 0,
        rdi: 0,
        error_code: 0,
        entry_vector: 0,
        rip: 0,
        cs: 0,
        rflags: 0,
        rsp: 0,
        ss: 0,
    };
}

/// Why `cpu::run_guest` came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// SYSCALL from 64-bit code.
    Syscall,
    /// SYSCALL from 32-bit code (AMD).
    Syscall32,
    /// SYSENTER (Intel); the frame's `rip`, `rsp` are unknown and zero.
    Sysenter,
    /// An exception of the guest.
    Exception {
        /// 0 to 31.
        vector: u8,
        /// As the CPU pushed it; 0 for vectors without one.
        error: u32,
        /// CR2 for vector 14, else 0.
        address: u64,
    },
    /// `INT n` by the guest through a gate that it may use: only 0x80 and 0x82 exist besides the exceptions.
    Software(u8),
    /// Something outside wants this CPU.
    Interrupt(Interrupt),
    /// The frame could not be loaded: its `cs`, `ss` or `rip` are not usable. The frame is unchanged.
    ReturnFault,
}

/// The segment registers and bases that are not in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Selector.
    pub ds: u16,
    /// Selector.
    pub es: u16,
    /// Selector.
    pub fs: u16,
    /// Selector.
    pub gs: u16,
    /// Base of FS, whatever the selector.
    pub fs_base: u64,
    /// Base of GS as the guest's code sees it now.
    pub gs_base: u64,
    /// The base that SWAPGS would bring: the user's while the kernel runs, and the reverse. Kept by the body.
    pub gs_base_other: u64,
}
