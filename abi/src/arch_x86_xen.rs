//! What the core interface leaves to the architecture (`arch-x86/xen.h`): trap tables, the state of a vCPU.
//!
//! Always: frames and addresses in these structures are what a 64-bit PV guest means by them (machine frames).
//!
//! Not here: registers and selectors of the 64-bit mode (`arch_x86_xen_x86_64`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::arch_x86_xen_x86_64::CpuUserRegs;

/// Bytes before an instruction that ask the hypervisor to emulate it: `ud2a` and the letters "xen".
pub const XEN_EMULATE_PREFIX: [u8; 5] = [0x0f, 0x0b, 0x78, 0x65, 0x6e];

/// The guest's descriptors end below this page of the table.
pub const FIRST_RESERVED_GDT_PAGE: u32 = 14;
pub const FIRST_RESERVED_GDT_BYTE: u32 = 57_344;
pub const FIRST_RESERVED_GDT_ENTRY: u32 = 7168;
/// vCPUs whose `VcpuInfo` fits into the shared page.
pub const XEN_LEGACY_MAX_VCPUS: u32 = 32;
/// Where HVM guests may write text for the log.
pub const XEN_HVM_DEBUGCONS_IOPORT: u32 = 233;

/// One entry of a trap table (`struct trap_info`); a table ends with an entry of address 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct TrapInfo {
    pub vector: u8,
    /// Bits 0 and 1: the least privileged ring that may raise it. Bit 2: mask events on entry.
    pub flags: u8,
    pub cs: u16,
    pub _pad: [u8; 4],
    pub address: u64,
}

const _: () = assert!(size_of::<TrapInfo>() == 16 && offset_of!(TrapInfo, address) == 8);

/// `TrapInfo::flags`: the ring that may raise the trap by software.
pub const TI_DPL_MASK: u8 = 3;
/// `TrapInfo::flags`: event delivery is masked when the handler starts.
pub const TI_IF: u8 = 4;

/// The whole state of a PV vCPU, as it is started, saved and restored (`struct vcpu_guest_context`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VcpuGuestContext {
    /// An FXSAVE image.
    pub fpu_ctxt: [u8; 512],
    /// `VGCF_*`.
    pub flags: u64,
    pub user_regs: CpuUserRegs,
    pub trap_ctxt: [TrapInfo; 256],
    /// Linear address.
    pub ldt_base: u64,
    pub ldt_ents: u64,
    /// Machine frames of the guest's part of the GDT.
    pub gdt_frames: [u64; 16],
    pub gdt_ents: u64,
    pub kernel_ss: u64,
    pub kernel_sp: u64,
    /// CR0 to CR7; CR1 holds the page table of user mode.
    pub ctrlreg: [u64; 8],
    pub debugreg: [u64; 8],
    pub event_callback_eip: u64,
    pub failsafe_callback_eip: u64,
    pub syscall_callback_eip: u64,
    /// One bit for each `VMASST_TYPE_*`.
    pub vm_assist: u64,
    pub fs_base: u64,
    pub gs_base_kernel: u64,
    pub gs_base_user: u64,
}

const _: () = assert!(
    size_of::<VcpuGuestContext>() == 5168 && offset_of!(VcpuGuestContext, gs_base_user) == 5160
);

/// `fpu_ctxt` counts.
pub const VGCF_I387_VALID: u64 = 0x1;
/// The vCPU is in its kernel.
pub const VGCF_IN_KERNEL: u64 = 0x4;
pub const VGCF_FAILSAFE_DISABLES_EVENTS: u64 = 0x8;
pub const VGCF_SYSCALL_DISABLES_EVENTS: u64 = 0x10;
/// The vCPU is up.
pub const VGCF_ONLINE: u64 = 0x20;

/// The architecture's part of the shared page (`struct arch_shared_info`): how to find the guest's p2m list.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ArchSharedInfo {
    /// First frame beyond the list.
    pub max_pfn: u64,
    /// Frame of the top of the three-level form.
    pub pfn_to_mfn_frame_list_list: u64,
    /// `XEN_NMIREASON_*`.
    pub nmi_reason: u64,
    /// Page table through which `p2m_vaddr` is to be read; 0 when that form is not in use.
    pub p2m_cr3: u64,
    /// Virtual address of the linear list.
    pub p2m_vaddr: u64,
    /// Odd while the list is being changed.
    pub p2m_generation: u64,
}

const _: () =
    assert!(size_of::<ArchSharedInfo>() == 48 && offset_of!(ArchSharedInfo, p2m_generation) == 40);

/// The architecture's part of a domain's configuration (`struct xen_arch_domainconfig`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct ArchDomainconfig {
    /// `XEN_X86_EMU_*`.
    pub emulation_flags: u32,
    /// `XEN_X86_MSR_RELAXED`.
    pub misc_flags: u32,
}

const _: () =
    assert!(size_of::<ArchDomainconfig>() == 8 && offset_of!(ArchDomainconfig, misc_flags) == 4);

pub const XEN_X86_EMU_LAPIC: u32 = 0x1;
pub const XEN_X86_EMU_HPET: u32 = 0x2;
pub const XEN_X86_EMU_PM: u32 = 0x4;
pub const XEN_X86_EMU_RTC: u32 = 0x8;
pub const XEN_X86_EMU_IOAPIC: u32 = 0x10;
pub const XEN_X86_EMU_PIC: u32 = 0x20;
pub const XEN_X86_EMU_VGA: u32 = 0x40;
pub const XEN_X86_EMU_IOMMU: u32 = 0x80;
pub const XEN_X86_EMU_PIT: u32 = 0x100;
pub const XEN_X86_EMU_USE_PIRQ: u32 = 0x200;
pub const XEN_X86_EMU_VPCI: u32 = 0x400;
pub const XEN_X86_EMU_ALL: u32 = 0x7ff;
pub const XEN_X86_MSR_RELAXED: u32 = 0x1;
pub const XEN_X86_MISC_FLAGS_MAX: u32 = 1;

/// One leaf of a CPU policy (`struct xen_cpuid_leaf`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CpuidLeaf {
    pub leaf: u32,
    /// `XEN_CPUID_NO_SUBLEAF` if the leaf has none.
    pub subleaf: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
    pub d: u32,
}

const _: () = assert!(size_of::<CpuidLeaf>() == 24 && offset_of!(CpuidLeaf, d) == 20);

pub const XEN_CPUID_NO_SUBLEAF: u32 = 0xffff_ffff;

/// One model-specific register of a CPU policy (`struct xen_msr_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MsrEntry {
    pub idx: u32,
    /// Must be 0.
    pub flags: u32,
    pub val: u64,
}

const _: () = assert!(size_of::<MsrEntry>() == 16 && offset_of!(MsrEntry, val) == 8);
