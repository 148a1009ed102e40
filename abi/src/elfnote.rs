//! Types of the ELF notes by which a kernel tells how it wants to be started (`elfnote.h`).
//!
//! Not here: reading them (`formats/elf`).

/// Owner of the notes.
pub const XEN_ELFNOTE_NAME: &str = "Xen";

pub const XEN_ELFNOTE_INFO: u32 = 0;
/// Virtual address of the PV entry.
pub const XEN_ELFNOTE_ENTRY: u32 = 1;
/// Virtual address of the page to fill with hypercall stubs.
pub const XEN_ELFNOTE_HYPERCALL_PAGE: u32 = 2;
/// Virtual address that physical address 0 is mapped to.
pub const XEN_ELFNOTE_VIRT_BASE: u32 = 3;
/// What to subtract from the program headers' physical addresses.
pub const XEN_ELFNOTE_PADDR_OFFSET: u32 = 4;
pub const XEN_ELFNOTE_XEN_VERSION: u32 = 5;
pub const XEN_ELFNOTE_GUEST_OS: u32 = 6;
pub const XEN_ELFNOTE_GUEST_VERSION: u32 = 7;
pub const XEN_ELFNOTE_LOADER: u32 = 8;
pub const XEN_ELFNOTE_PAE_MODE: u32 = 9;
/// Names of features, by `|`; `!` before one that is required.
pub const XEN_ELFNOTE_FEATURES: u32 = 10;
pub const XEN_ELFNOTE_BSD_SYMTAB: u32 = 11;
/// The lowest address that the hypervisor may take (32-bit kernels).
pub const XEN_ELFNOTE_HV_START_LOW: u32 = 12;
/// Pairs (mask, value) that tell a valid L1 entry.
pub const XEN_ELFNOTE_L1_MFN_VALID: u32 = 13;
/// A suspend may be taken back.
pub const XEN_ELFNOTE_SUSPEND_CANCEL: u32 = 14;
/// Virtual address for the p2m list.
pub const XEN_ELFNOTE_INIT_P2M: u32 = 15;
/// The ramdisk need not be mapped.
pub const XEN_ELFNOTE_MOD_START_PFN: u32 = 16;
/// Bits of `features::XENFEAT_*`.
pub const XEN_ELFNOTE_SUPPORTED_FEATURES: u32 = 17;
/// Physical address of the PVH entry.
pub const XEN_ELFNOTE_PHYS32_ENTRY: u32 = 18;
/// The PVH entry may be moved: alignment, lowest and highest address.
pub const XEN_ELFNOTE_PHYS32_RELOC: u32 = 19;
pub const XEN_ELFNOTE_MAX: u32 = 19;

pub const XEN_ELFNOTE_CRASH_INFO: u32 = 0x100_0001;
pub const XEN_ELFNOTE_CRASH_REGS: u32 = 0x100_0002;
pub const XEN_ELFNOTE_DUMPCORE_NONE: u32 = 0x200_0000;
pub const XEN_ELFNOTE_DUMPCORE_HEADER: u32 = 0x200_0001;
pub const XEN_ELFNOTE_DUMPCORE_XEN_VERSION: u32 = 0x200_0002;
pub const XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION: u32 = 0x200_0003;
