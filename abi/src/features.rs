//! Numbers of the features that a hypervisor offers to a guest and a kernel asks for (`features.h`).
//!
//! Always: each is a bit number, in the words of `XENVER_get_features` and in a kernel's ELF notes alike.
//!
//! Not here: the names in a `FEATURES` note (`formats/elf`).

/// The guest may write its page tables without asking.
pub const XENFEAT_WRITABLE_PAGE_TABLES: u32 = 0;
pub const XENFEAT_WRITABLE_DESCRIPTOR_TABLES: u32 = 1;
/// The guest's frame numbers are translated for it.
pub const XENFEAT_AUTO_TRANSLATED_PHYSMAP: u32 = 2;
pub const XENFEAT_SUPERVISOR_MODE_KERNEL: u32 = 3;
pub const XENFEAT_PAE_PGDIR_ABOVE_4GB: u32 = 4;
/// `MMU_PT_UPDATE_PRESERVE_AD` is understood.
pub const XENFEAT_MMU_PT_UPDATE_PRESERVE_AD: u32 = 5;
/// Batched clearing and copying of pages is understood.
pub const XENFEAT_HIGHMEM_ASSIST: u32 = 6;
/// Grant maps keep the bits of `GNTMAP_guest_avail0`.
pub const XENFEAT_GNTTAB_MAP_AVAIL_BITS: u32 = 7;
/// Upcalls to an HVM guest may come as a vector.
pub const XENFEAT_HVM_CALLBACK_VECTOR: u32 = 8;
/// The paravirtual clock may be used by HVM guests.
pub const XENFEAT_HVM_SAFE_PVCLOCK: u32 = 9;
/// HVM guests may route interrupts through event channels.
pub const XENFEAT_HVM_PIRQS: u32 = 10;
/// The kernel can be dom0.
pub const XENFEAT_DOM0: u32 = 11;
pub const XENFEAT_MEMORY_OP_VNODE_SUPPORTED: u32 = 13;
pub const XENFEAT_ARM_SMCCC_SUPPORTED: u32 = 14;
pub const XENFEAT_LINUX_RSDP_UNRESTRICTED: u32 = 15;
/// The guest's frames are not the machine's.
pub const XENFEAT_NOT_DIRECT_MAPPED: u32 = 16;
pub const XENFEAT_DIRECT_MAPPED: u32 = 17;
pub const XENFEAT_RUNSTATE_PHYS_AREA: u32 = 18;
pub const XENFEAT_VCPU_TIME_PHYS_AREA: u32 = 19;
pub const XENFEAT_DM_MSIX_ALL_WRITES: u32 = 20;
pub const XENFEAT_NR_SUBMAPS: u32 = 1;
