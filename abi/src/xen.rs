//! The core of the interface (`xen.h`): hypercall numbers, shared information, the start of day, page-table updates.
//!
//! Always: the layout is that of `xen.h` for x86-64. `arch_x86_xen` holds what the header leaves to the architecture.
//!
//! Not here: what an update or a flag means when it is applied (`page_types`, `hypervisor`).

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::arch_x86_xen::{ArchSharedInfo, XEN_LEGACY_MAX_VCPUS};
use crate::arch_x86_xen_x86_64::ArchVcpuInfo;
use crate::handle::GuestPtr;

/// A domain's name for ever, chosen by whoever creates it (`xen_domain_handle_t`).
pub type DomainHandle = [u8; 16];

// Hypercall numbers, without the two leading underscores of C.

pub const HYPERVISOR_SET_TRAP_TABLE: u32 = 0;
pub const HYPERVISOR_MMU_UPDATE: u32 = 1;
pub const HYPERVISOR_SET_GDT: u32 = 2;
pub const HYPERVISOR_STACK_SWITCH: u32 = 3;
pub const HYPERVISOR_SET_CALLBACKS: u32 = 4;
pub const HYPERVISOR_FPU_TASKSWITCH: u32 = 5;
pub const HYPERVISOR_SCHED_OP_COMPAT: u32 = 6;
pub const HYPERVISOR_PLATFORM_OP: u32 = 7;
pub const HYPERVISOR_SET_DEBUGREG: u32 = 8;
pub const HYPERVISOR_GET_DEBUGREG: u32 = 9;
pub const HYPERVISOR_UPDATE_DESCRIPTOR: u32 = 10;
pub const HYPERVISOR_MEMORY_OP: u32 = 12;
pub const HYPERVISOR_MULTICALL: u32 = 13;
pub const HYPERVISOR_UPDATE_VA_MAPPING: u32 = 14;
pub const HYPERVISOR_SET_TIMER_OP: u32 = 15;
pub const HYPERVISOR_EVENT_CHANNEL_OP_COMPAT: u32 = 16;
pub const HYPERVISOR_XEN_VERSION: u32 = 17;
pub const HYPERVISOR_CONSOLE_IO: u32 = 18;
pub const HYPERVISOR_PHYSDEV_OP_COMPAT: u32 = 19;
pub const HYPERVISOR_GRANT_TABLE_OP: u32 = 20;
pub const HYPERVISOR_VM_ASSIST: u32 = 21;
pub const HYPERVISOR_UPDATE_VA_MAPPING_OTHERDOMAIN: u32 = 22;
pub const HYPERVISOR_IRET: u32 = 23;
pub const HYPERVISOR_VCPU_OP: u32 = 24;
pub const HYPERVISOR_SET_SEGMENT_BASE: u32 = 25;
pub const HYPERVISOR_MMUEXT_OP: u32 = 26;
pub const HYPERVISOR_XSM_OP: u32 = 27;
pub const HYPERVISOR_NMI_OP: u32 = 28;
pub const HYPERVISOR_SCHED_OP: u32 = 29;
pub const HYPERVISOR_CALLBACK_OP: u32 = 30;
pub const HYPERVISOR_XENOPROF_OP: u32 = 31;
pub const HYPERVISOR_EVENT_CHANNEL_OP: u32 = 32;
pub const HYPERVISOR_PHYSDEV_OP: u32 = 33;
pub const HYPERVISOR_HVM_OP: u32 = 34;
pub const HYPERVISOR_SYSCTL: u32 = 35;
pub const HYPERVISOR_DOMCTL: u32 = 36;
pub const HYPERVISOR_KEXEC_OP: u32 = 37;
pub const HYPERVISOR_TMEM_OP: u32 = 38;
pub const HYPERVISOR_ARGO_OP: u32 = 39;
pub const HYPERVISOR_XENPMU_OP: u32 = 40;
pub const HYPERVISOR_DM_OP: u32 = 41;
pub const HYPERVISOR_HYPFS_OP: u32 = 42;
/// The first architecture's own number: machine checks (`mca`).
pub const HYPERVISOR_MCA: u32 = 48;
/// Continuation of a long shadow operation; nobody else calls it.
pub const HYPERVISOR_ARCH_1: u32 = 49;
pub const HYPERVISOR_ARCH_2: u32 = 50;
pub const HYPERVISOR_ARCH_3: u32 = 51;
pub const HYPERVISOR_ARCH_4: u32 = 52;
pub const HYPERVISOR_ARCH_5: u32 = 53;
pub const HYPERVISOR_ARCH_6: u32 = 54;
pub const HYPERVISOR_ARCH_7: u32 = 55;

// Virtual interrupts.

/// A timer of the vCPU has fired.
pub const VIRQ_TIMER: u32 = 0;
/// Somebody asks the guest for its state.
pub const VIRQ_DEBUG: u32 = 1;
/// Input waits on the emergency console (global, dom0).
pub const VIRQ_CONSOLE: u32 = 2;
/// A domain has changed its state (global, to the store).
pub const VIRQ_DOM_EXC: u32 = 3;
/// Trace buffers have records (global).
pub const VIRQ_TBUF: u32 = 4;
/// A domain has stopped for its debugger (global).
pub const VIRQ_DEBUGGER: u32 = 6;
/// Profiling samples wait.
pub const VIRQ_XENOPROF: u32 = 7;
/// Bytes were written to the console ring (global).
pub const VIRQ_CON_RING: u32 = 8;
/// A physical CPU came or went (global).
pub const VIRQ_PCPU_STATE: u32 = 9;
/// Memory events wait (global).
pub const VIRQ_MEM_EVENT: u32 = 10;
/// Messages between domains wait.
pub const VIRQ_ARGO: u32 = 11;
/// Memory runs short (global).
pub const VIRQ_ENOMEM: u32 = 12;
/// A performance counter overflowed.
pub const VIRQ_XENPMU: u32 = 13;
/// Machine check (x86: `VIRQ_MCA`).
pub const VIRQ_ARCH_0: u32 = 16;
pub const VIRQ_ARCH_1: u32 = 17;
pub const VIRQ_ARCH_2: u32 = 18;
pub const VIRQ_ARCH_3: u32 = 19;
pub const VIRQ_ARCH_4: u32 = 20;
pub const VIRQ_ARCH_5: u32 = 21;
pub const VIRQ_ARCH_6: u32 = 22;
pub const VIRQ_ARCH_7: u32 = 23;
pub const NR_VIRQS: u32 = 24;

// Domain ids with a meaning; `RawDomId` and `DomId` have them as constants.

pub const DOMID_FIRST_RESERVED: u16 = 0x7ff0;
pub const DOMID_SELF: u16 = 0x7ff0;
pub const DOMID_IO: u16 = 0x7ff1;
pub const DOMID_XEN: u16 = 0x7ff2;
pub const DOMID_COW: u16 = 0x7ff3;
pub const DOMID_INVALID: u16 = 0x7ff4;
pub const DOMID_IDLE: u16 = 0x7fff;
pub const DOMID_MASK: u16 = 0x7fff;

// `mmu_update`: the low two bits of `ptr` say what kind of update it is.

/// Checked write of a page-table entry.
pub const MMU_NORMAL_PT_UPDATE: u64 = 0;
/// Write of an entry of the machine-to-physical table.
pub const MMU_MACHPHYS_UPDATE: u64 = 1;
/// Checked write which keeps the Accessed and Dirty bits.
pub const MMU_PT_UPDATE_PRESERVE_AD: u64 = 2;
/// Checked write whose value is a machine address even for a translated caller.
pub const MMU_PT_UPDATE_NO_TRANSLATE: u64 = 3;

// `mmuext_op`: commands.

pub const MMUEXT_PIN_L1_TABLE: u32 = 0;
pub const MMUEXT_PIN_L2_TABLE: u32 = 1;
pub const MMUEXT_PIN_L3_TABLE: u32 = 2;
pub const MMUEXT_PIN_L4_TABLE: u32 = 3;
pub const MMUEXT_UNPIN_TABLE: u32 = 4;
pub const MMUEXT_NEW_BASEPTR: u32 = 5;
pub const MMUEXT_TLB_FLUSH_LOCAL: u32 = 6;
pub const MMUEXT_INVLPG_LOCAL: u32 = 7;
pub const MMUEXT_TLB_FLUSH_MULTI: u32 = 8;
pub const MMUEXT_INVLPG_MULTI: u32 = 9;
pub const MMUEXT_TLB_FLUSH_ALL: u32 = 10;
pub const MMUEXT_INVLPG_ALL: u32 = 11;
pub const MMUEXT_FLUSH_CACHE: u32 = 12;
pub const MMUEXT_SET_LDT: u32 = 13;
pub const MMUEXT_NEW_USER_BASEPTR: u32 = 15;
pub const MMUEXT_CLEAR_PAGE: u32 = 16;
pub const MMUEXT_COPY_PAGE: u32 = 17;
pub const MMUEXT_FLUSH_CACHE_GLOBAL: u32 = 18;
pub const MMUEXT_MARK_SUPER: u32 = 19;
pub const MMUEXT_UNMARK_SUPER: u32 = 20;

// `update_va_mapping`: which translations to forget, and on which CPUs. With neither `UVMF_ALL` nor a zero, the rest
// of the word is the address of a mask of vCPUs.

/// Flush nothing.
pub const UVMF_NONE: u64 = 0x0;
/// Flush all translations.
pub const UVMF_TLB_FLUSH: u64 = 0x1;
/// Flush this one translation.
pub const UVMF_INVLPG: u64 = 0x2;
pub const UVMF_FLUSHTYPE_MASK: u64 = 0x3;
/// On the vCPUs of the mask.
pub const UVMF_MULTI: u64 = 0x0;
/// On this vCPU.
pub const UVMF_LOCAL: u64 = 0x0;
/// On all vCPUs of the domain.
pub const UVMF_ALL: u64 = 0x4;

// `console_io`, `vm_assist`.

pub const CONSOLEIO_WRITE: u32 = 0;
pub const CONSOLEIO_READ: u32 = 1;

pub const VMASST_CMD_ENABLE: u32 = 0;
pub const VMASST_CMD_DISABLE: u32 = 1;
/// Emulate 4 GiB segments (32-bit guests).
pub const VMASST_TYPE_4GB_SEGMENTS: u32 = 0;
/// Tell the guest when that emulation was needed.
pub const VMASST_TYPE_4GB_SEGMENTS_NOTIFY: u32 = 1;
/// Plain stores to page tables are emulated.
pub const VMASST_TYPE_WRITABLE_PAGETABLES: u32 = 2;
/// PAE page directories above 4 GiB (32-bit guests).
pub const VMASST_TYPE_PAE_EXTENDED_CR3: u32 = 3;
/// IOPL lives in rflags, as on the bare machine.
pub const VMASST_TYPE_ARCHITECTURAL_IOPL: u32 = 4;
/// Runstate areas carry `XEN_RUNSTATE_UPDATE` while they change.
pub const VMASST_TYPE_RUNSTATE_UPDATE_FLAG: u32 = 5;
/// The machine-to-physical table is not readable from user mode.
pub const VMASST_TYPE_M2P_STRICT: u32 = 32;

/// One update of a page-table or machine-to-physical entry (`struct mmu_update`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MmuUpdate {
    /// Machine address of the entry, the kind of update in its low two bits.
    pub ptr: u64,
    /// The new contents.
    pub val: u64,
}

const _: () = assert!(size_of::<MmuUpdate>() == 16 && offset_of!(MmuUpdate, val) == 8);

/// One extended paging operation (`struct mmuext_op`). The two unions are plain words: `cmd` says what they hold.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MmuextOp {
    /// One of `MMUEXT_*`.
    pub cmd: u32,
    pub _pad: [u8; 4],
    /// A frame (`arg1.mfn`) or a linear address (`arg1.linear_addr`).
    pub arg1: u64,
    /// An entry count (`nr_ents`, low half), the address of a vCPU mask (`vcpumask`), or a frame (`src_mfn`).
    pub arg2: u64,
}

const _: () = assert!(size_of::<MmuextOp>() == 24 && offset_of!(MmuextOp, arg2) == 16);

/// One call of a batch (`struct multicall_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MulticallEntry {
    /// Hypercall number.
    pub op: u64,
    /// Out.
    pub result: u64,
    pub args: [u64; 6],
}

const _: () = assert!(size_of::<MulticallEntry>() == 64 && offset_of!(MulticallEntry, args) == 16);

/// The clock of one vCPU (`struct vcpu_time_info`): time = system_time + ((tsc - tsc_timestamp) << shift) * mul >> 32.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VcpuTimeInfo {
    /// Odd while the rest changes.
    pub version: u32,
    pub pad0: u32,
    /// The TSC at the moment of `system_time`.
    pub tsc_timestamp: u64,
    /// Nanoseconds since the machine started.
    pub system_time: u64,
    pub tsc_to_system_mul: u32,
    /// Negative: shift right.
    pub tsc_shift: i8,
    /// `XEN_PVCLOCK_*`.
    pub flags: u8,
    pub pad1: [u8; 2],
}

const _: () = assert!(size_of::<VcpuTimeInfo>() == 32 && offset_of!(VcpuTimeInfo, pad1) == 30);

/// The TSCs of all CPUs agree: readings of different vCPUs may be compared.
pub const XEN_PVCLOCK_TSC_STABLE_BIT: u8 = 0x1;
/// The guest was stopped for a while; its own watchdog should know.
pub const XEN_PVCLOCK_GUEST_STOPPED: u8 = 0x2;

/// What a vCPU shares with the hypervisor (`struct vcpu_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VcpuInfo {
    /// Not 0: an event waits.
    pub evtchn_upcall_pending: u8,
    /// Not 0: the guest wants no upcall now.
    pub evtchn_upcall_mask: u8,
    pub _pad: [u8; 6],
    /// One bit for each word of `SharedInfo::evtchn_pending` to look at.
    pub evtchn_pending_sel: u64,
    pub arch: ArchVcpuInfo,
    pub time: VcpuTimeInfo,
}

const _: () = assert!(size_of::<VcpuInfo>() == 64 && offset_of!(VcpuInfo, time) == 32);

/// What a domain shares with the hypervisor (`struct shared_info`). It lives in memory that both write: this type is
/// for its layout and for private copies; access goes by the offsets below, with atomics.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SharedInfo {
    pub vcpu_info: [VcpuInfo; XEN_LEGACY_MAX_VCPUS as usize],
    /// One bit for each port of the two-level scheme.
    pub evtchn_pending: [u64; 64],
    pub evtchn_mask: [u64; 64],
    /// Odd while the wall clock changes.
    pub wc_version: u32,
    /// Wall-clock time at which system time was 0, seconds since 1970.
    pub wc_sec: u32,
    pub wc_nsec: u32,
    /// The upper half of the seconds.
    pub wc_sec_hi: u32,
    pub arch: ArchSharedInfo,
}

const _: () = assert!(size_of::<SharedInfo>() == 3136 && offset_of!(SharedInfo, arch) == 3088);

// Where the fields of the shared page are.

pub const SHARED_INFO_VCPU_INFO: usize = offset_of!(SharedInfo, vcpu_info);
pub const SHARED_INFO_EVTCHN_PENDING: usize = offset_of!(SharedInfo, evtchn_pending);
pub const SHARED_INFO_EVTCHN_MASK: usize = offset_of!(SharedInfo, evtchn_mask);
pub const SHARED_INFO_WC_VERSION: usize = offset_of!(SharedInfo, wc_version);
pub const SHARED_INFO_WC_SEC: usize = offset_of!(SharedInfo, wc_sec);
pub const SHARED_INFO_WC_NSEC: usize = offset_of!(SharedInfo, wc_nsec);
pub const SHARED_INFO_WC_SEC_HI: usize = offset_of!(SharedInfo, wc_sec_hi);
pub const SHARED_INFO_ARCH: usize = offset_of!(SharedInfo, arch);
pub const SHARED_INFO_ARCH_MAX_PFN: usize = SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, max_pfn);
pub const SHARED_INFO_ARCH_PFN_TO_MFN_FRAME_LIST_LIST: usize =
    SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, pfn_to_mfn_frame_list_list);
pub const SHARED_INFO_ARCH_NMI_REASON: usize =
    SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, nmi_reason);
pub const SHARED_INFO_ARCH_P2M_CR3: usize = SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, p2m_cr3);
pub const SHARED_INFO_ARCH_P2M_VADDR: usize =
    SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, p2m_vaddr);
pub const SHARED_INFO_ARCH_P2M_GENERATION: usize =
    SHARED_INFO_ARCH + offset_of!(ArchSharedInfo, p2m_generation);
pub const VCPU_INFO_EVTCHN_UPCALL_PENDING: usize = offset_of!(VcpuInfo, evtchn_upcall_pending);
pub const VCPU_INFO_EVTCHN_UPCALL_MASK: usize = offset_of!(VcpuInfo, evtchn_upcall_mask);
pub const VCPU_INFO_EVTCHN_PENDING_SEL: usize = offset_of!(VcpuInfo, evtchn_pending_sel);
pub const VCPU_INFO_ARCH_CR2: usize = offset_of!(VcpuInfo, arch) + offset_of!(ArchVcpuInfo, cr2);
pub const VCPU_INFO_TIME: usize = offset_of!(VcpuInfo, time);

/// What a PV kernel finds at its start (`struct start_info`). The console's union is two words; the accessors below
/// say which field is where.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct StartInfo {
    /// `START_INFO_MAGIC`, then zeros.
    pub magic: [u8; 32],
    /// Memory of the domain.
    pub nr_pages: u64,
    /// Machine address of the shared page.
    pub shared_info: u64,
    /// `SIF_*`.
    pub flags: u32,
    pub _pad0: [u8; 4],
    /// Frame of the xenstore ring.
    pub store_mfn: u64,
    pub store_evtchn: u32,
    pub _pad1: [u8; 4],
    /// domU: frame (words 0 and 1), event channel (word 2). dom0: `info_off`, `info_size`.
    pub console: [u32; 4],
    /// Virtual address of the page tables.
    pub pt_base: u64,
    pub nr_pt_frames: u64,
    /// Virtual address of the physical-to-machine list.
    pub mfn_list: u64,
    /// Virtual address of the ramdisk, or its first frame with `SIF_MOD_START_PFN`.
    pub mod_start: u64,
    pub mod_len: u64,
    /// Ends with a zero.
    pub cmd_line: [u8; MAX_GUEST_CMDLINE as usize],
    /// Where the list lies when the kernel asked for it outside of its own mapping.
    pub first_p2m_pfn: u64,
    pub nr_p2m_frames: u64,
}

const _: () =
    assert!(size_of::<StartInfo>() == 1168 && offset_of!(StartInfo, nr_p2m_frames) == 1160);

/// What `StartInfo::magic` begins with on x86-64.
pub const START_INFO_MAGIC: &[u8] = b"xen-3.0-x86_64";

impl StartInfo {
    /// Sets the console of an ordinary domain: the frame of its ring and its event channel.
    pub const fn set_console(&mut self, mfn: u64, evtchn: u32) {
        self.console = [mfn as u32, (mfn >> 32) as u32, evtchn, 0];
    }

    /// The console of an ordinary domain: the frame of its ring and its event channel.
    pub const fn console(&self) -> (u64, u32) {
        let [low, high, evtchn, _] = self.console;
        (low as u64 | (high as u64) << 32, evtchn)
    }

    /// Sets where dom0 finds its `Dom0VgaConsoleInfo`: bytes from the start of this structure, and its size.
    pub const fn set_dom0_console(&mut self, info_off: u32, info_size: u32) {
        self.console = [info_off, info_size, 0, 0];
    }

    /// Where dom0 finds its `Dom0VgaConsoleInfo`: bytes from the start of this structure, and its size.
    pub const fn dom0_console(&self) -> (u32, u32) {
        let [info_off, info_size, ..] = self.console;
        (info_off, info_size)
    }
}

pub const MAX_GUEST_CMDLINE: u32 = 1024;
/// The domain may issue privileged calls.
pub const SIF_PRIVILEGED: u32 = 0x1;
/// It is the first domain.
pub const SIF_INITDOMAIN: u32 = 0x2;
/// `mod_start` points to a list of modules.
pub const SIF_MULTIBOOT_MOD: u32 = 0x4;
/// `mod_start` is a frame, and the module is not mapped.
pub const SIF_MOD_START_PFN: u32 = 0x8;
/// Tools can follow a p2m list mapped in the guest's own page tables.
pub const SIF_VIRT_P2M_4TOOLS: u32 = 0x10;
/// Power management options of dom0.
pub const SIF_PM_MASK: u32 = 0xff00;

/// One module of a `SIF_MULTIBOOT_MOD` list (`struct xen_multiboot_mod_list`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct MultibootModList {
    pub mod_start: u32,
    pub mod_end: u32,
    pub cmdline: u32,
    pub pad: u32,
}

const _: () =
    assert!(size_of::<MultibootModList>() == 16 && offset_of!(MultibootModList, pad) == 12);

/// The screen that dom0 takes over (`struct dom0_vga_console_info`). `u` is a `VgaTextMode3` or a `VgaVesaLfb`,
/// as `video_type` says.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Dom0VgaConsoleInfo {
    /// `XEN_VGATYPE_*`.
    pub video_type: u8,
    pub _pad: [u8; 3],
    pub u: [u32; 9],
}

const _: () =
    assert!(size_of::<Dom0VgaConsoleInfo>() == 40 && offset_of!(Dom0VgaConsoleInfo, u) == 4);

/// A text screen (`dom0_vga_console_info.u.text_mode_3`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VgaTextMode3 {
    pub font_height: u16,
    pub cursor_x: u16,
    pub cursor_y: u16,
    pub rows: u16,
    pub columns: u16,
}

const _: () = assert!(size_of::<VgaTextMode3>() == 10 && offset_of!(VgaTextMode3, columns) == 8);

/// A graphics screen (`dom0_vga_console_info.u.vesa_lfb`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VgaVesaLfb {
    pub width: u16,
    pub height: u16,
    pub bytes_per_line: u16,
    pub bits_per_pixel: u16,
    pub lfb_base: u32,
    /// In units of 64 KiB.
    pub lfb_size: u32,
    pub red_pos: u8,
    pub red_size: u8,
    pub green_pos: u8,
    pub green_size: u8,
    pub blue_pos: u8,
    pub blue_size: u8,
    pub rsvd_pos: u8,
    pub rsvd_size: u8,
    pub gbl_caps: u32,
    pub mode_attrs: u16,
    pub pad: u16,
    /// The upper half of the address.
    pub ext_lfb_base: u32,
}

const _: () = assert!(size_of::<VgaVesaLfb>() == 36 && offset_of!(VgaVesaLfb, ext_lfb_base) == 32);

pub const XEN_VGATYPE_TEXT_MODE_3: u8 = 3;
pub const XEN_VGATYPE_VESA_LFB: u8 = 35;
pub const XEN_VGATYPE_EFI_LFB: u8 = 112;

/// A bitmap that tools hand over (`struct xenctl_bitmap`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CtlBitmap {
    /// Eight bits a byte, lowest first.
    pub bitmap: GuestPtr<u8>,
    /// How many the buffer has room for.
    pub nr_bits: u32,
    pub _pad: [u8; 4],
}

const _: () = assert!(size_of::<CtlBitmap>() == 16 && offset_of!(CtlBitmap, nr_bits) == 8);
