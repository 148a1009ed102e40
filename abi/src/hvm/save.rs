//! Records of an HVM domain's saved state (`hvm/save.h`, `arch-x86/hvm/save.h`).
//!
//! Always: a state is a row of records, each behind a `Descriptor`, the first a `Header`, the last of type `END` and
//! empty.
//!
//! Not here: records whose device has no code of ours yet; only their numbers are known.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What stands before each record (`struct hvm_save_descriptor`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Descriptor {
    pub typecode: u16,
    /// Which vCPU or device.
    pub instance: u16,
    /// Bytes that follow.
    pub length: u32,
}

const _: () = assert!(size_of::<Descriptor>() == 8 && offset_of!(Descriptor, length) == 4);

// Kinds of record.

pub const END: u16 = 0;
pub const HEADER: u16 = 1;
pub const CPU: u16 = 2;
pub const PIC: u16 = 3;
pub const IOAPIC: u16 = 4;
pub const LAPIC: u16 = 5;
pub const LAPIC_REGS: u16 = 6;
pub const PCI_IRQ: u16 = 7;
pub const ISA_IRQ: u16 = 8;
pub const PCI_LINK: u16 = 9;
pub const PIT: u16 = 10;
pub const RTC: u16 = 11;
pub const HPET: u16 = 12;
pub const PMTIMER: u16 = 13;
pub const MTRR: u16 = 14;
pub const VIRIDIAN_DOMAIN: u16 = 15;
pub const CPU_XSAVE: u16 = 16;
pub const VIRIDIAN_VCPU: u16 = 17;
pub const VMCE_VCPU: u16 = 18;
pub const TSC_ADJUST: u16 = 19;
pub const CPU_MSR: u16 = 20;

pub const HVM_FILE_MAGIC: u32 = 0x5438_1286;
pub const HVM_FILE_VERSION: u32 = 1;
pub const HVM_SAVE_CODE_MAX: u32 = 20;
pub const XEN_X86_FPU_INITIALISED: u32 = 1;

/// The first record (`struct hvm_save_header`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Header {
    pub magic: u32,
    pub version: u32,
    pub changeset: u64,
    /// Leaf 1, EAX.
    pub cpuid: u32,
    pub gtsc_khz: u32,
}

const _: () = assert!(size_of::<Header>() == 24 && offset_of!(Header, gtsc_khz) == 20);

/// A vCPU (`struct hvm_hw_cpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct HwCpu {
    pub fpu_regs: [u8; 512],
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub rsp: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub rflags: u64,
    pub cr0: u64,
    pub cr2: u64,
    pub cr3: u64,
    pub cr4: u64,
    pub dr0: u64,
    pub dr1: u64,
    pub dr2: u64,
    pub dr3: u64,
    pub dr6: u64,
    pub dr7: u64,
    pub cs_sel: u32,
    pub ds_sel: u32,
    pub es_sel: u32,
    pub fs_sel: u32,
    pub gs_sel: u32,
    pub ss_sel: u32,
    pub tr_sel: u32,
    pub ldtr_sel: u32,
    pub cs_limit: u32,
    pub ds_limit: u32,
    pub es_limit: u32,
    pub fs_limit: u32,
    pub gs_limit: u32,
    pub ss_limit: u32,
    pub tr_limit: u32,
    pub ldtr_limit: u32,
    pub idtr_limit: u32,
    pub gdtr_limit: u32,
    pub cs_base: u64,
    pub ds_base: u64,
    pub es_base: u64,
    pub fs_base: u64,
    pub gs_base: u64,
    pub ss_base: u64,
    pub tr_base: u64,
    pub ldtr_base: u64,
    pub idtr_base: u64,
    pub gdtr_base: u64,
    pub cs_arbytes: u32,
    pub ds_arbytes: u32,
    pub es_arbytes: u32,
    pub fs_arbytes: u32,
    pub gs_arbytes: u32,
    pub ss_arbytes: u32,
    pub tr_arbytes: u32,
    pub ldtr_arbytes: u32,
    pub sysenter_cs: u64,
    pub sysenter_esp: u64,
    pub sysenter_eip: u64,
    pub shadow_gs: u64,
    pub msr_flags: u64,
    pub msr_lstar: u64,
    pub msr_star: u64,
    pub msr_cstar: u64,
    pub msr_syscall_mask: u64,
    pub msr_efer: u64,
    pub msr_tsc_aux: u64,
    pub tsc: u64,
    pub pending_event: u32,
    pub error_code: u32,
    pub flags: u32,
    pub pad0: u32,
}

const _: () = assert!(size_of::<HwCpu>() == 1032 && offset_of!(HwCpu, pad0) == 1028);

/// Memory types of a vCPU (`struct hvm_hw_mtrr`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct HwMtrr {
    pub msr_pat_cr: u64,
    pub msr_mtrr_var: [u64; 16],
    pub msr_mtrr_fixed: [u64; 11],
    pub msr_mtrr_cap: u64,
    pub msr_mtrr_def_type: u64,
}

const _: () = assert!(size_of::<HwMtrr>() == 240 && offset_of!(HwMtrr, msr_mtrr_def_type) == 232);

/// A vCPU's virtual machine checks (`struct hvm_vmce_vcpu`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VmceVcpu {
    pub caps: u64,
    pub mci_ctl2_bank0: u64,
    pub mci_ctl2_bank1: u64,
    pub mcg_ext_ctl: u64,
}

const _: () = assert!(size_of::<VmceVcpu>() == 32 && offset_of!(VmceVcpu, mcg_ext_ctl) == 24);
