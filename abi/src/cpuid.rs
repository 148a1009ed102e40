//! The hypervisor's own CPUID leaves (`arch-x86/cpuid.h`): 0x40000000 and on, or moved up by a multiple of 0x100.
//!
//! Leaf +0: the highest leaf, signature. +1: version. +2: number of pages, MSR and features of the hypercall page.
//! +3: time, in three subleaves. +4: features of HVM. +5: features of PV.
//!
//! Not here: the answers (`logic/cpu_policy`).

pub const XEN_CPUID_FIRST_LEAF: u32 = 0x4000_0000;
// "XenVMMXenVMM" in EBX, ECX, EDX of the first leaf.
pub const XEN_CPUID_SIGNATURE_EBX: u32 = 0x566e_6558;
pub const XEN_CPUID_SIGNATURE_ECX: u32 = 0x6558_4d4d;
pub const XEN_CPUID_SIGNATURE_EDX: u32 = 0x4d4d_566e;
/// Leaf +2, ECX.
pub const XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD: u32 = 1;

// Leaf +3, subleaf 0, EAX.
pub const XEN_CPUID_TSC_EMULATED: u32 = 0x1;
pub const XEN_CPUID_HOST_TSC_RELIABLE: u32 = 0x2;
pub const XEN_CPUID_RDTSCP_INSTR_AVAIL: u32 = 0x4;

// Leaf +3, subleaf 0, EBX.
pub const XEN_CPUID_TSC_MODE_DEFAULT: u32 = 0;
pub const XEN_CPUID_TSC_MODE_ALWAYS_EMULATE: u32 = 1;
pub const XEN_CPUID_TSC_MODE_NEVER_EMULATE: u32 = 2;
pub const XEN_CPUID_TSC_MODE_PVRDTSCP: u32 = 3;

// Leaf +4, EAX.
pub const XEN_HVM_CPUID_APIC_ACCESS_VIRT: u32 = 0x1;
pub const XEN_HVM_CPUID_X2APIC_VIRT: u32 = 0x2;
pub const XEN_HVM_CPUID_IOMMU_MAPPINGS: u32 = 0x4;
/// EBX holds the vCPU's number.
pub const XEN_HVM_CPUID_VCPU_ID_PRESENT: u32 = 0x8;
/// ECX holds the domain's id.
pub const XEN_HVM_CPUID_DOMID_PRESENT: u32 = 0x10;
pub const XEN_HVM_CPUID_EXT_DEST_ID: u32 = 0x20;
/// Upcall vectors per vCPU work with interrupts bound to event channels.
pub const XEN_HVM_CPUID_UPCALL_VECTOR: u32 = 0x40;

// Leaf +5, EBX.
pub const XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK: u32 = 255;

pub const XEN_CPUID_MAX_NUM_LEAVES: u32 = 5;
