//! The 64-bit half of the architecture (`arch-x86/xen-x86_64.h`): registers, flat selectors, the reserved addresses.
//!
//! Always: selectors are of ring 3, where a 64-bit PV kernel runs.
//!
//! Not here: who may load which selector (`hypervisor::pv`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

// Flat segments that every PV guest finds in the reserved part of its GDT.

pub const FLAT_RING3_CS32: u16 = 0xe023;
pub const FLAT_RING3_CS64: u16 = 0xe033;
pub const FLAT_RING3_DS32: u16 = 0xe02b;
pub const FLAT_RING3_DS64: u16 = 0x0;
pub const FLAT_RING3_SS32: u16 = 0xe02b;
pub const FLAT_RING3_SS64: u16 = 0xe02b;
pub const FLAT_KERNEL_CS: u16 = 0xe033;
pub const FLAT_KERNEL_DS: u16 = 0x0;
pub const FLAT_KERNEL_SS: u16 = 0xe02b;
pub const FLAT_USER_CS: u16 = 0xe033;
pub const FLAT_USER_DS: u16 = 0x0;
pub const FLAT_USER_SS: u16 = 0xe02b;

// The part of every PV address space that is the hypervisor's.

pub const HYPERVISOR_VIRT_START: u64 = 0xffff_8000_0000_0000;
pub const HYPERVISOR_VIRT_END: u64 = 0xffff_8800_0000_0000;
/// The machine-to-physical table, readable by guests.
pub const MACH2PHYS_VIRT_START: u64 = 0xffff_8000_0000_0000;
pub const MACH2PHYS_VIRT_END: u64 = 0xffff_8040_0000_0000;
pub const MACH2PHYS_NR_ENTRIES: u64 = 0x8_0000_0000;

// `set_segment_base`.

pub const SEGBASE_FS: u32 = 0;
/// The base that user mode sees.
pub const SEGBASE_GS_USER: u32 = 1;
/// The base that the kernel sees.
pub const SEGBASE_GS_KERNEL: u32 = 2;
/// Loads a selector into the user's GS.
pub const SEGBASE_GS_USER_SEL: u32 = 3;

/// `iret` may return by SYSRET: rcx and r11 need not survive.
pub const VGCF_IN_SYSCALL: u64 = 0x100;

/// What the `iret` hypercall finds on the kernel's stack (`struct iret_context`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct IretContext {
    pub rax: u64,
    pub r11: u64,
    pub rcx: u64,
    /// `VGCF_IN_SYSCALL`.
    pub flags: u64,
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

const _: () = assert!(size_of::<IretContext>() == 72 && offset_of!(IretContext, ss) == 64);

/// The registers of a guest (`struct cpu_user_regs`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuUserRegs {
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
    pub cs: u16,
    pub _pad0: [u8; 2],
    /// The guest's event mask when it was interrupted.
    pub saved_upcall_mask: u8,
    pub _pad1: [u8; 3],
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u16,
    pub _pad2: [u8; 6],
    pub es: u16,
    pub _pad3: [u8; 6],
    pub ds: u16,
    pub _pad4: [u8; 6],
    pub fs: u16,
    pub _pad5: [u8; 6],
    pub gs: u16,
    pub _pad6: [u8; 6],
}

const _: () = assert!(size_of::<CpuUserRegs>() == 200 && offset_of!(CpuUserRegs, gs) == 192);

/// The architecture's part of a vCPU's shared information (`struct arch_vcpu_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ArchVcpuInfo {
    /// The address of the last page fault.
    pub cr2: u64,
    pub pad: u64,
}

const _: () = assert!(size_of::<ArchVcpuInfo>() == 16 && offset_of!(ArchVcpuInfo, pad) == 8);
