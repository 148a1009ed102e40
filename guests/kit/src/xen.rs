//! The words of Xen's public interface that test guests use, as the guests spell them.
//!
//! A test guest states what it expects from the interface on its own, apart from the definitions
//! that the hypervisor is built with: an error in one does not hide in the other.
//!
//! Not here: logic.
#![expect(missing_docs, reason = "the names are those of Xen's public headers")]

/// Declares constants of one type without a line of ceremony each.
macro_rules! words {
    ($ty:ty: $($name:ident = $value:expr),* $(,)?) => { $(pub const $name: $ty = $value;)* };
}

// Hypercall numbers (xen.h).
words! { u64:
    SET_TRAP_TABLE = 0, MMU_UPDATE = 1, SET_GDT = 2, STACK_SWITCH = 3, SET_CALLBACKS = 4,
    FPU_TASKSWITCH = 5, SCHED_OP_COMPAT = 6, PLATFORM_OP = 7, SET_DEBUGREG = 8, GET_DEBUGREG = 9,
    UPDATE_DESCRIPTOR = 10, MEMORY_OP = 12, MULTICALL = 13, UPDATE_VA_MAPPING = 14,
    SET_TIMER_OP = 15, EVENT_CHANNEL_OP_COMPAT = 16, XEN_VERSION = 17, CONSOLE_IO = 18,
    PHYSDEV_OP_COMPAT = 19, GRANT_TABLE_OP = 20, VM_ASSIST = 21,
    UPDATE_VA_MAPPING_OTHERDOMAIN = 22, IRET = 23, VCPU_OP = 24, SET_SEGMENT_BASE = 25,
    MMUEXT_OP = 26, XSM_OP = 27, NMI_OP = 28, SCHED_OP = 29, CALLBACK_OP = 30, XENOPROF_OP = 31,
    EVENT_CHANNEL_OP = 32, PHYSDEV_OP = 33, HVM_OP = 34, SYSCTL = 35, DOMCTL = 36, KEXEC_OP = 37,
    TMEM_OP = 38, ARGO_OP = 39, XENPMU_OP = 40, DM_OP = 41, HYPFS_OP = 42, ARCH_0 = 48, ARCH_1 = 49,
}
// Versions of the interfaces for toolstacks (domctl.h, sysctl.h, platform.h).
words! { u64: DOMCTL_VERSION = 0x17, SYSCTL_VERSION = 0x15, PLATFORM_OP_VERSION = 0x0300_0001 }
// Domain ids.
words! { u64:
    DOMID_SELF = 0x7ff0, DOMID_IO = 0x7ff1, DOMID_XEN = 0x7ff2, DOMID_COW = 0x7ff3,
    DOMID_INVALID = 0x7ff4, DOMID_IDLE = 0x7fff,
}
// Errors, as answers.
words! { i64:
    EPERM = -1, ENOENT = -2, ESRCH = -3, EIO = -5, ENXIO = -6, E2BIG = -7, EAGAIN = -11,
    ENOMEM = -12, EACCES = -13, EFAULT = -14, EBUSY = -16, EEXIST = -17, ENODEV = -19,
    EISDIR = -21, EINVAL = -22, ENOSPC = -28, ERANGE = -34, ENOSYS = -38, ENODATA = -61,
    ETIME = -62, EOVERFLOW = -75, EOPNOTSUPP = -95, ENOBUFS = -105,
}
// start_info.flags.
words! { u32: SIF_PRIVILEGED = 1, SIF_INITDOMAIN = 2, SIF_MOD_START_PFN = 8 }
// Selectors and the flags of traps and callbacks.
words! { u64:
    KERNEL_CS = 0xe033, KERNEL_SS = 0xe02b, USER_CS32 = 0xe023, VGCF_IN_SYSCALL = 0x100,
    CALLBACKOP_REGISTER = 0, CALLBACKOP_UNREGISTER = 1,
}
words! { u8: TI_MASK_EVENTS = 4 }
words! { u16:
    CALLBACK_EVENT = 0, CALLBACK_FAILSAFE = 1, CALLBACK_SYSCALL = 2, CALLBACK_NMI = 4,
    CALLBACK_SYSENTER = 5, CALLBACK_SYSCALL32 = 7, CALLBACKF_MASK_EVENTS = 1,
}
// xen_version, sched_op, console_io, vm_assist.
words! { u64:
    XENVER_VERSION = 0, XENVER_EXTRAVERSION = 1, XENVER_CAPABILITIES = 3,
    XENVER_PLATFORM_PARAMETERS = 5, XENVER_GET_FEATURES = 6, XENVER_PAGESIZE = 7,
    XENVER_GUEST_HANDLE = 8, XENVER_COMMANDLINE = 9, XENVER_BUILD_ID = 10,
    XENVER_CAPABILITIES2 = 12,
    SCHEDOP_YIELD = 0, SCHEDOP_BLOCK = 1, SCHEDOP_SHUTDOWN = 2, SCHEDOP_POLL = 3,
    SCHEDOP_REMOTE_SHUTDOWN = 4, SCHEDOP_SHUTDOWN_CODE = 5, SCHEDOP_WATCHDOG = 6,
    CONSOLEIO_WRITE = 0, CONSOLEIO_READ = 1,
    VMASST_ENABLE = 0, VMASST_DISABLE = 1, VMASST_WRITABLE_PAGETABLES = 2,
    VMASST_RUNSTATE_UPDATE_FLAG = 5, VMASST_M2P_STRICT = 32,
}
words! { u32: SHUTDOWN_POWEROFF = 0, SHUTDOWN_REBOOT = 1, SHUTDOWN_CRASH = 3 }
// event_channel_op.
words! { u64:
    EVTCHNOP_BIND_INTERDOMAIN = 0, EVTCHNOP_BIND_VIRQ = 1, EVTCHNOP_BIND_PIRQ = 2,
    EVTCHNOP_CLOSE = 3, EVTCHNOP_SEND = 4, EVTCHNOP_STATUS = 5, EVTCHNOP_ALLOC_UNBOUND = 6,
    EVTCHNOP_BIND_IPI = 7, EVTCHNOP_BIND_VCPU = 8, EVTCHNOP_UNMASK = 9, EVTCHNOP_RESET = 10,
    EVTCHNOP_INIT_CONTROL = 11, EVTCHNOP_EXPAND_ARRAY = 12, EVTCHNOP_SET_PRIORITY = 13,
}
words! { u32:
    EVTCHNSTAT_CLOSED = 0, EVTCHNSTAT_UNBOUND = 1, EVTCHNSTAT_INTERDOMAIN = 2,
    EVTCHNSTAT_PIRQ = 3, EVTCHNSTAT_VIRQ = 4, EVTCHNSTAT_IPI = 5,
    VIRQ_TIMER = 0, VIRQ_DEBUG = 1, VIRQ_CONSOLE = 2, VIRQ_DOM_EXC = 3,
}
// mmu_update, mmuext_op, update_va_mapping.
words! { u64:
    MMU_NORMAL_PT_UPDATE = 0, MMU_MACHPHYS_UPDATE = 1, MMU_PT_UPDATE_PRESERVE_AD = 2,
    MMU_PT_UPDATE_NO_TRANSLATE = 3,
    UVMF_NONE = 0, UVMF_TLB_FLUSH = 1, UVMF_INVLPG = 2, UVMF_ALL = 4,
}
words! { u32:
    MMUEXT_PIN_L1_TABLE = 0, MMUEXT_PIN_L2_TABLE = 1, MMUEXT_PIN_L3_TABLE = 2,
    MMUEXT_PIN_L4_TABLE = 3, MMUEXT_UNPIN_TABLE = 4, MMUEXT_NEW_BASEPTR = 5,
    MMUEXT_TLB_FLUSH_LOCAL = 6, MMUEXT_INVLPG_LOCAL = 7, MMUEXT_TLB_FLUSH_MULTI = 8,
    MMUEXT_INVLPG_MULTI = 9, MMUEXT_TLB_FLUSH_ALL = 10, MMUEXT_INVLPG_ALL = 11,
    MMUEXT_FLUSH_CACHE = 12, MMUEXT_SET_LDT = 13, MMUEXT_NEW_USER_BASEPTR = 15,
    MMUEXT_CLEAR_PAGE = 16, MMUEXT_COPY_PAGE = 17, MMUEXT_FLUSH_CACHE_GLOBAL = 18,
    MMUEXT_MARK_SUPER = 19, MMUEXT_UNMARK_SUPER = 20,
}
// memory_op.
words! { u64:
    XENMEM_INCREASE_RESERVATION = 0, XENMEM_DECREASE_RESERVATION = 1, XENMEM_MAXIMUM_RAM_PAGE = 2,
    XENMEM_CURRENT_RESERVATION = 3, XENMEM_MAXIMUM_RESERVATION = 4, XENMEM_MACHPHYS_MFN_LIST = 5,
    XENMEM_POPULATE_PHYSMAP = 6, XENMEM_ADD_TO_PHYSMAP = 7, XENMEM_MEMORY_MAP = 9,
    XENMEM_MACHINE_MEMORY_MAP = 10, XENMEM_EXCHANGE = 11, XENMEM_MACHPHYS_MAPPING = 12,
    XENMEM_SET_MEMORY_MAP = 13, XENMEM_MAXIMUM_GPFN = 14, XENMEM_REMOVE_FROM_PHYSMAP = 15,
    XENMEM_GET_SHARING_FREED_PAGES = 18, XENMEM_GET_SHARING_SHARED_PAGES = 19,
    XENMEM_CLAIM_PAGES = 24, XENMEM_GET_VNUMAINFO = 26, XENMEM_ACQUIRE_RESOURCE = 28,
}
// vcpu_op, set_segment_base.
words! { u64:
    VCPUOP_INITIALISE = 0, VCPUOP_UP = 1, VCPUOP_DOWN = 2, VCPUOP_IS_UP = 3,
    VCPUOP_GET_RUNSTATE_INFO = 4, VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA = 5,
    VCPUOP_SET_PERIODIC_TIMER = 6, VCPUOP_STOP_PERIODIC_TIMER = 7,
    VCPUOP_SET_SINGLESHOT_TIMER = 8, VCPUOP_STOP_SINGLESHOT_TIMER = 9,
    VCPUOP_REGISTER_VCPU_INFO = 10, VCPUOP_SEND_NMI = 11, VCPUOP_GET_PHYSID = 12,
    VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA = 13,
    SEGBASE_FS = 0, SEGBASE_GS_USER = 1, SEGBASE_GS_KERNEL = 2, SEGBASE_GS_USER_SEL = 3,
}
// grant_table_op and its statuses.
words! { u64:
    GNTTABOP_MAP_GRANT_REF = 0, GNTTABOP_UNMAP_GRANT_REF = 1, GNTTABOP_SETUP_TABLE = 2,
    GNTTABOP_DUMP_TABLE = 3, GNTTABOP_TRANSFER = 4, GNTTABOP_COPY = 5, GNTTABOP_QUERY_SIZE = 6,
    GNTTABOP_UNMAP_AND_REPLACE = 7, GNTTABOP_SET_VERSION = 8, GNTTABOP_GET_STATUS_FRAMES = 9,
    GNTTABOP_GET_VERSION = 10, GNTTABOP_SWAP_GRANT_REF = 11, GNTTABOP_CACHE_FLUSH = 12,
}
words! { i16:
    GNTST_OKAY = 0, GNTST_GENERAL_ERROR = -1, GNTST_BAD_DOMAIN = -2, GNTST_BAD_GNTREF = -3,
    GNTST_BAD_HANDLE = -4, GNTST_BAD_VIRT_ADDR = -5, GNTST_BAD_DEV_ADDR = -6,
    GNTST_NO_DEVICE_SPACE = -7, GNTST_PERMISSION_DENIED = -8, GNTST_BAD_PAGE = -9,
    GNTST_BAD_COPY_ARG = -10, GNTST_ADDRESS_TOO_BIG = -11, GNTST_EAGAIN = -12,
    GNTST_NO_SPACE = -13,
}
words! { u16:
    GTF_INVALID = 0, GTF_PERMIT_ACCESS = 1, GTF_ACCEPT_TRANSFER = 2, GTF_READONLY = 4,
    GTF_READING = 8, GTF_WRITING = 16,
}
words! { u32:
    GNTMAP_DEVICE_MAP = 1, GNTMAP_HOST_MAP = 2, GNTMAP_READONLY = 4, GNTMAP_APPLICATION_MAP = 8,
    GNTMAP_CONTAINS_PTE = 16,
}
words! { u16: GNTCOPY_SOURCE_GREF = 1, GNTCOPY_DEST_GREF = 2 }
// physdev_op.
words! { u64:
    PHYSDEVOP_IRQ_STATUS_QUERY = 5, PHYSDEVOP_SET_IOPL = 6, PHYSDEVOP_SET_IOBITMAP = 7,
    PHYSDEVOP_APIC_READ = 8, PHYSDEVOP_EOI = 12, PHYSDEVOP_MAP_PIRQ = 13,
}

/// One row of a trap table (`struct trap_info`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct TrapInfo {
    pub vector: u8,
    /// Bits 0 and 1: the least privileged ring that may call it; bit 2: mask events.
    pub flags: u8,
    pub cs: u16,
    pub _pad: u32,
    pub address: u64,
}
/// `struct mmu_update`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct MmuUpdate {
    /// A machine address, the kind in the low two bits.
    pub ptr: u64,
    pub val: u64,
}
/// `struct mmuext_op`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct MmuextOp {
    pub cmd: u32,
    pub _pad: u32,
    pub arg1: u64,
    pub arg2: u64,
}
/// `struct multicall_entry`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MulticallEntry {
    pub op: u64,
    pub result: i64,
    pub args: [u64; 6],
}
/// `struct callback_register`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct CallbackRegister {
    pub kind: u16,
    pub flags: u16,
    pub _pad: u32,
    pub address: u64,
}
/// `struct evtchn_alloc_unbound`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct EvtchnAllocUnbound {
    pub dom: u16,
    pub remote_dom: u16,
    pub port: u32,
}
/// `struct evtchn_bind_interdomain`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct EvtchnBindInterdomain {
    pub remote_dom: u16,
    pub _pad: u16,
    pub remote_port: u32,
    pub local_port: u32,
}
/// `struct evtchn_bind_virq`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct EvtchnBindVirq {
    pub virq: u32,
    pub vcpu: u32,
    pub port: u32,
}
/// `struct evtchn_status`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvtchnStatus {
    pub dom: u16,
    pub _pad: u16,
    pub port: u32,
    pub status: u32,
    pub vcpu: u32,
    /// unbound: domain; interdomain: domain, port; pirq, virq: number.
    pub u: [u32; 2],
}
/// `struct evtchn_init_control`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct EvtchnInitControl {
    pub control_gfn: u64,
    pub offset: u32,
    pub vcpu: u32,
    pub link_bits: u8,
    pub _pad: [u8; 7],
}
/// `struct xen_memory_reservation`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryReservation {
    pub extent_start: u64,
    pub nr_extents: u64,
    pub extent_order: u32,
    pub mem_flags: u32,
    pub domid: u16,
    pub _pad: [u16; 3],
}
/// `struct xen_memory_exchange`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryExchange {
    pub input: MemoryReservation,
    pub output: MemoryReservation,
    pub nr_exchanged: u64,
}
/// `struct gnttab_setup_table`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GnttabSetupTable {
    pub dom: u16,
    pub _pad: u16,
    pub nr_frames: u32,
    pub status: i16,
    pub _pad2: [u16; 3],
    pub frame_list: u64,
}
/// `struct gnttab_map_grant_ref`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GnttabMapGrantRef {
    pub host_addr: u64,
    pub flags: u32,
    pub gref: u32,
    pub dom: u16,
    pub status: i16,
    pub handle: u32,
    pub dev_bus_addr: u64,
}
/// `struct gnttab_unmap_grant_ref`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GnttabUnmapGrantRef {
    pub host_addr: u64,
    pub dev_bus_addr: u64,
    pub handle: u32,
    pub status: i16,
    pub _pad: u16,
}
/// One side of `struct gnttab_copy`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GnttabCopyPtr {
    /// A grant reference or a frame.
    pub u: u64,
    pub domid: u16,
    pub offset: u16,
    pub _pad: u32,
}
/// `struct gnttab_copy`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct GnttabCopy {
    pub source: GnttabCopyPtr,
    pub dest: GnttabCopyPtr,
    pub len: u16,
    pub flags: u16,
    pub status: i16,
    pub _pad: u16,
}
/// `struct vcpu_runstate_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunstateInfo {
    pub state: i32,
    pub _pad: u32,
    pub state_entry_time: u64,
    pub time: [u64; 4],
}
/// `struct sched_poll`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SchedPoll {
    pub ports: u64,
    pub nr_ports: u32,
    pub _pad: u32,
    pub timeout: u64,
}

const _: () = {
    assert!(size_of::<TrapInfo>() == 16 && size_of::<MmuextOp>() == 24);
    assert!(size_of::<MulticallEntry>() == 64 && size_of::<EvtchnStatus>() == 24);
    assert!(size_of::<EvtchnInitControl>() == 24 && size_of::<MemoryReservation>() == 32);
    assert!(size_of::<GnttabSetupTable>() == 24 && size_of::<GnttabMapGrantRef>() == 32);
    assert!(size_of::<GnttabUnmapGrantRef>() == 24 && size_of::<GnttabCopy>() == 40);
    assert!(size_of::<RunstateInfo>() == 48 && size_of::<EvtchnBindInterdomain>() == 12);
};
