//! Every type and constant of `abi` against what the C compiler makes of the public headers.
//!
//! `layout/xen-4.20.txt` is the witness (printed by `layout/dump.c`); the tables below name the Rust side of each line.

use std::collections::BTreeSet;
use std::mem::{offset_of, size_of, size_of_val};
use zerocopy::FromZeros;

const WITNESS: &str = include_str!("../layout/xen-4.20.txt");

/// Pushes one line, as `dump.c` would print it, for each constant named.
macro_rules! constants {
    ($lines:ident; $module:path; $($name:ident = $c:literal;)*) => {{
        use $module as module;
        // Signed constants are printed by C as the 64-bit pattern.
        $($lines.push(format!("const {} {}", $c, (module::$name as i64) as u64));)*
    }};
}

/// The same for structures and their fields; a field that Rust spells otherwise than C says how C spells it.
macro_rules! structures {
    ($lines:ident; $module:path; $($name:ident = $c:literal { $($field:ident $(= $member:literal)?),* })*) => {{
        use $module as module;
        $(
            $lines.push(format!("size {} {}", $c, size_of::<module::$name>()));
            $({
                let zeroed = module::$name::new_zeroed();
                let (offset, size) = (offset_of!(module::$name, $field), size_of_val(&zeroed.$field));
                let member = [$($member,)? stringify!($field)][0];
                $lines.push(format!("field {}.{member} {offset} {size}", $c));
            })*
        )*
    }};
}

#[test]
fn every_line_of_the_witness_is_ours_and_every_line_of_ours_is_witnessed() {
    let ours = ours();
    let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
    let witness: BTreeSet<&str> = WITNESS.lines().collect();
    let missing: Vec<_> = witness.difference(&ours).collect();
    let invented: Vec<_> = ours.difference(&witness).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "the headers say, and we do not: {missing:#?}\nwe say, and the headers do not: {invented:#?}"
    );
}

#[test]
fn the_witness_is_not_empty() {
    assert!(WITNESS.lines().count() > 400);
}

fn ours() -> Vec<String> {
    let mut lines = Vec::new();
    constants! { lines; abi::xen;
        HYPERVISOR_SET_TRAP_TABLE = "__HYPERVISOR_set_trap_table";
        HYPERVISOR_MMU_UPDATE = "__HYPERVISOR_mmu_update";
        HYPERVISOR_SET_GDT = "__HYPERVISOR_set_gdt";
        HYPERVISOR_STACK_SWITCH = "__HYPERVISOR_stack_switch";
        HYPERVISOR_SET_CALLBACKS = "__HYPERVISOR_set_callbacks";
        HYPERVISOR_FPU_TASKSWITCH = "__HYPERVISOR_fpu_taskswitch";
        HYPERVISOR_SCHED_OP_COMPAT = "__HYPERVISOR_sched_op_compat";
        HYPERVISOR_PLATFORM_OP = "__HYPERVISOR_platform_op";
        HYPERVISOR_SET_DEBUGREG = "__HYPERVISOR_set_debugreg";
        HYPERVISOR_GET_DEBUGREG = "__HYPERVISOR_get_debugreg";
        HYPERVISOR_UPDATE_DESCRIPTOR = "__HYPERVISOR_update_descriptor";
        HYPERVISOR_MEMORY_OP = "__HYPERVISOR_memory_op";
        HYPERVISOR_MULTICALL = "__HYPERVISOR_multicall";
        HYPERVISOR_UPDATE_VA_MAPPING = "__HYPERVISOR_update_va_mapping";
        HYPERVISOR_SET_TIMER_OP = "__HYPERVISOR_set_timer_op";
        HYPERVISOR_EVENT_CHANNEL_OP_COMPAT = "__HYPERVISOR_event_channel_op_compat";
        HYPERVISOR_XEN_VERSION = "__HYPERVISOR_xen_version";
        HYPERVISOR_CONSOLE_IO = "__HYPERVISOR_console_io";
        HYPERVISOR_PHYSDEV_OP_COMPAT = "__HYPERVISOR_physdev_op_compat";
        HYPERVISOR_GRANT_TABLE_OP = "__HYPERVISOR_grant_table_op";
        HYPERVISOR_VM_ASSIST = "__HYPERVISOR_vm_assist";
        HYPERVISOR_UPDATE_VA_MAPPING_OTHERDOMAIN = "__HYPERVISOR_update_va_mapping_otherdomain";
        HYPERVISOR_IRET = "__HYPERVISOR_iret";
        HYPERVISOR_VCPU_OP = "__HYPERVISOR_vcpu_op";
        HYPERVISOR_SET_SEGMENT_BASE = "__HYPERVISOR_set_segment_base";
        HYPERVISOR_MMUEXT_OP = "__HYPERVISOR_mmuext_op";
        HYPERVISOR_XSM_OP = "__HYPERVISOR_xsm_op";
        HYPERVISOR_NMI_OP = "__HYPERVISOR_nmi_op";
        HYPERVISOR_SCHED_OP = "__HYPERVISOR_sched_op";
        HYPERVISOR_CALLBACK_OP = "__HYPERVISOR_callback_op";
        HYPERVISOR_XENOPROF_OP = "__HYPERVISOR_xenoprof_op";
        HYPERVISOR_EVENT_CHANNEL_OP = "__HYPERVISOR_event_channel_op";
        HYPERVISOR_PHYSDEV_OP = "__HYPERVISOR_physdev_op";
        HYPERVISOR_HVM_OP = "__HYPERVISOR_hvm_op";
        HYPERVISOR_SYSCTL = "__HYPERVISOR_sysctl";
        HYPERVISOR_DOMCTL = "__HYPERVISOR_domctl";
        HYPERVISOR_KEXEC_OP = "__HYPERVISOR_kexec_op";
        HYPERVISOR_TMEM_OP = "__HYPERVISOR_tmem_op";
        HYPERVISOR_ARGO_OP = "__HYPERVISOR_argo_op";
        HYPERVISOR_XENPMU_OP = "__HYPERVISOR_xenpmu_op";
        HYPERVISOR_DM_OP = "__HYPERVISOR_dm_op";
        HYPERVISOR_HYPFS_OP = "__HYPERVISOR_hypfs_op";
        HYPERVISOR_MCA = "__HYPERVISOR_arch_0";
        HYPERVISOR_ARCH_1 = "__HYPERVISOR_arch_1";
        HYPERVISOR_ARCH_2 = "__HYPERVISOR_arch_2";
        HYPERVISOR_ARCH_3 = "__HYPERVISOR_arch_3";
        HYPERVISOR_ARCH_4 = "__HYPERVISOR_arch_4";
        HYPERVISOR_ARCH_5 = "__HYPERVISOR_arch_5";
        HYPERVISOR_ARCH_6 = "__HYPERVISOR_arch_6";
        HYPERVISOR_ARCH_7 = "__HYPERVISOR_arch_7";
        VIRQ_TIMER = "VIRQ_TIMER";
        VIRQ_DEBUG = "VIRQ_DEBUG";
        VIRQ_CONSOLE = "VIRQ_CONSOLE";
        VIRQ_DOM_EXC = "VIRQ_DOM_EXC";
        VIRQ_TBUF = "VIRQ_TBUF";
        VIRQ_DEBUGGER = "VIRQ_DEBUGGER";
        VIRQ_XENOPROF = "VIRQ_XENOPROF";
        VIRQ_CON_RING = "VIRQ_CON_RING";
        VIRQ_PCPU_STATE = "VIRQ_PCPU_STATE";
        VIRQ_MEM_EVENT = "VIRQ_MEM_EVENT";
        VIRQ_ARGO = "VIRQ_ARGO";
        VIRQ_ENOMEM = "VIRQ_ENOMEM";
        VIRQ_XENPMU = "VIRQ_XENPMU";
        VIRQ_ARCH_0 = "VIRQ_ARCH_0";
        VIRQ_ARCH_1 = "VIRQ_ARCH_1";
        VIRQ_ARCH_2 = "VIRQ_ARCH_2";
        VIRQ_ARCH_3 = "VIRQ_ARCH_3";
        VIRQ_ARCH_4 = "VIRQ_ARCH_4";
        VIRQ_ARCH_5 = "VIRQ_ARCH_5";
        VIRQ_ARCH_6 = "VIRQ_ARCH_6";
        VIRQ_ARCH_7 = "VIRQ_ARCH_7";
        NR_VIRQS = "NR_VIRQS";
        DOMID_FIRST_RESERVED = "DOMID_FIRST_RESERVED";
        DOMID_SELF = "DOMID_SELF";
        DOMID_IO = "DOMID_IO";
        DOMID_XEN = "DOMID_XEN";
        DOMID_COW = "DOMID_COW";
        DOMID_INVALID = "DOMID_INVALID";
        DOMID_IDLE = "DOMID_IDLE";
        DOMID_MASK = "DOMID_MASK";
        MMU_NORMAL_PT_UPDATE = "MMU_NORMAL_PT_UPDATE";
        MMU_MACHPHYS_UPDATE = "MMU_MACHPHYS_UPDATE";
        MMU_PT_UPDATE_PRESERVE_AD = "MMU_PT_UPDATE_PRESERVE_AD";
        MMU_PT_UPDATE_NO_TRANSLATE = "MMU_PT_UPDATE_NO_TRANSLATE";
        MMUEXT_PIN_L1_TABLE = "MMUEXT_PIN_L1_TABLE";
        MMUEXT_PIN_L2_TABLE = "MMUEXT_PIN_L2_TABLE";
        MMUEXT_PIN_L3_TABLE = "MMUEXT_PIN_L3_TABLE";
        MMUEXT_PIN_L4_TABLE = "MMUEXT_PIN_L4_TABLE";
        MMUEXT_UNPIN_TABLE = "MMUEXT_UNPIN_TABLE";
        MMUEXT_NEW_BASEPTR = "MMUEXT_NEW_BASEPTR";
        MMUEXT_TLB_FLUSH_LOCAL = "MMUEXT_TLB_FLUSH_LOCAL";
        MMUEXT_INVLPG_LOCAL = "MMUEXT_INVLPG_LOCAL";
        MMUEXT_TLB_FLUSH_MULTI = "MMUEXT_TLB_FLUSH_MULTI";
        MMUEXT_INVLPG_MULTI = "MMUEXT_INVLPG_MULTI";
        MMUEXT_TLB_FLUSH_ALL = "MMUEXT_TLB_FLUSH_ALL";
        MMUEXT_INVLPG_ALL = "MMUEXT_INVLPG_ALL";
        MMUEXT_FLUSH_CACHE = "MMUEXT_FLUSH_CACHE";
        MMUEXT_SET_LDT = "MMUEXT_SET_LDT";
        MMUEXT_NEW_USER_BASEPTR = "MMUEXT_NEW_USER_BASEPTR";
        MMUEXT_CLEAR_PAGE = "MMUEXT_CLEAR_PAGE";
        MMUEXT_COPY_PAGE = "MMUEXT_COPY_PAGE";
        MMUEXT_FLUSH_CACHE_GLOBAL = "MMUEXT_FLUSH_CACHE_GLOBAL";
        MMUEXT_MARK_SUPER = "MMUEXT_MARK_SUPER";
        MMUEXT_UNMARK_SUPER = "MMUEXT_UNMARK_SUPER";
        UVMF_NONE = "UVMF_NONE";
        UVMF_TLB_FLUSH = "UVMF_TLB_FLUSH";
        UVMF_INVLPG = "UVMF_INVLPG";
        UVMF_FLUSHTYPE_MASK = "UVMF_FLUSHTYPE_MASK";
        UVMF_MULTI = "UVMF_MULTI";
        UVMF_LOCAL = "UVMF_LOCAL";
        UVMF_ALL = "UVMF_ALL";
        CONSOLEIO_WRITE = "CONSOLEIO_write";
        CONSOLEIO_READ = "CONSOLEIO_read";
        VMASST_CMD_ENABLE = "VMASST_CMD_enable";
        VMASST_CMD_DISABLE = "VMASST_CMD_disable";
        VMASST_TYPE_4GB_SEGMENTS = "VMASST_TYPE_4gb_segments";
        VMASST_TYPE_4GB_SEGMENTS_NOTIFY = "VMASST_TYPE_4gb_segments_notify";
        VMASST_TYPE_WRITABLE_PAGETABLES = "VMASST_TYPE_writable_pagetables";
        VMASST_TYPE_PAE_EXTENDED_CR3 = "VMASST_TYPE_pae_extended_cr3";
        VMASST_TYPE_ARCHITECTURAL_IOPL = "VMASST_TYPE_architectural_iopl";
        VMASST_TYPE_RUNSTATE_UPDATE_FLAG = "VMASST_TYPE_runstate_update_flag";
        VMASST_TYPE_M2P_STRICT = "VMASST_TYPE_m2p_strict";
        XEN_PVCLOCK_TSC_STABLE_BIT = "XEN_PVCLOCK_TSC_STABLE_BIT";
        XEN_PVCLOCK_GUEST_STOPPED = "XEN_PVCLOCK_GUEST_STOPPED";
        MAX_GUEST_CMDLINE = "MAX_GUEST_CMDLINE";
        SIF_PRIVILEGED = "SIF_PRIVILEGED";
        SIF_INITDOMAIN = "SIF_INITDOMAIN";
        SIF_MULTIBOOT_MOD = "SIF_MULTIBOOT_MOD";
        SIF_MOD_START_PFN = "SIF_MOD_START_PFN";
        SIF_VIRT_P2M_4TOOLS = "SIF_VIRT_P2M_4TOOLS";
        SIF_PM_MASK = "SIF_PM_MASK";
        XEN_VGATYPE_TEXT_MODE_3 = "XEN_VGATYPE_TEXT_MODE_3";
        XEN_VGATYPE_VESA_LFB = "XEN_VGATYPE_VESA_LFB";
        XEN_VGATYPE_EFI_LFB = "XEN_VGATYPE_EFI_LFB";
    }
    structures! { lines; abi::xen;
        MmuUpdate = "mmu_update" { ptr, val }
        MmuextOp = "mmuext_op" { cmd, arg1, arg2 }
        MulticallEntry = "multicall_entry" { op, result, args }
        VcpuTimeInfo = "vcpu_time_info" { version, pad0, tsc_timestamp, system_time, tsc_to_system_mul, tsc_shift, flags, pad1 }
        VcpuInfo = "vcpu_info" { evtchn_upcall_pending, evtchn_upcall_mask, evtchn_pending_sel, arch, time }
        SharedInfo = "shared_info" { vcpu_info, evtchn_pending, evtchn_mask, wc_version, wc_sec, wc_nsec, wc_sec_hi, arch }
        StartInfo = "start_info" { magic, nr_pages, shared_info, flags, store_mfn, store_evtchn, console, pt_base, nr_pt_frames, mfn_list, mod_start, mod_len, cmd_line, first_p2m_pfn, nr_p2m_frames }
        MultibootModList = "xen_multiboot_mod_list" { mod_start, mod_end, cmdline, pad }
        Dom0VgaConsoleInfo = "dom0_vga_console_info" { video_type, u }
        VgaTextMode3 = "dom0_vga_console_info.u.text_mode_3" { font_height, cursor_x, cursor_y, rows, columns }
        VgaVesaLfb = "dom0_vga_console_info.u.vesa_lfb" { width, height, bytes_per_line, bits_per_pixel, lfb_base, lfb_size, red_pos, red_size, green_pos, green_size, blue_pos, blue_size, rsvd_pos, rsvd_size, gbl_caps, mode_attrs, pad, ext_lfb_base }
        CtlBitmap = "xenctl_bitmap" { bitmap, nr_bits }
    }
    constants! { lines; abi::arch_x86_xen;
        FIRST_RESERVED_GDT_PAGE = "FIRST_RESERVED_GDT_PAGE";
        FIRST_RESERVED_GDT_BYTE = "FIRST_RESERVED_GDT_BYTE";
        FIRST_RESERVED_GDT_ENTRY = "FIRST_RESERVED_GDT_ENTRY";
        XEN_LEGACY_MAX_VCPUS = "XEN_LEGACY_MAX_VCPUS";
        XEN_HVM_DEBUGCONS_IOPORT = "XEN_HVM_DEBUGCONS_IOPORT";
        VGCF_I387_VALID = "VGCF_i387_valid";
        VGCF_IN_KERNEL = "VGCF_in_kernel";
        VGCF_FAILSAFE_DISABLES_EVENTS = "VGCF_failsafe_disables_events";
        VGCF_SYSCALL_DISABLES_EVENTS = "VGCF_syscall_disables_events";
        VGCF_ONLINE = "VGCF_online";
        XEN_X86_EMU_LAPIC = "XEN_X86_EMU_LAPIC";
        XEN_X86_EMU_HPET = "XEN_X86_EMU_HPET";
        XEN_X86_EMU_PM = "XEN_X86_EMU_PM";
        XEN_X86_EMU_RTC = "XEN_X86_EMU_RTC";
        XEN_X86_EMU_IOAPIC = "XEN_X86_EMU_IOAPIC";
        XEN_X86_EMU_PIC = "XEN_X86_EMU_PIC";
        XEN_X86_EMU_VGA = "XEN_X86_EMU_VGA";
        XEN_X86_EMU_IOMMU = "XEN_X86_EMU_IOMMU";
        XEN_X86_EMU_PIT = "XEN_X86_EMU_PIT";
        XEN_X86_EMU_USE_PIRQ = "XEN_X86_EMU_USE_PIRQ";
        XEN_X86_EMU_VPCI = "XEN_X86_EMU_VPCI";
        XEN_X86_EMU_ALL = "XEN_X86_EMU_ALL";
        XEN_X86_MSR_RELAXED = "XEN_X86_MSR_RELAXED";
        XEN_X86_MISC_FLAGS_MAX = "XEN_X86_MISC_FLAGS_MAX";
        XEN_CPUID_NO_SUBLEAF = "XEN_CPUID_NO_SUBLEAF";
    }
    structures! { lines; abi::arch_x86_xen;
        TrapInfo = "trap_info" { vector, flags, cs, address }
        VcpuGuestContext = "vcpu_guest_context" { fpu_ctxt, flags, user_regs, trap_ctxt, ldt_base, ldt_ents, gdt_frames, gdt_ents, kernel_ss, kernel_sp, ctrlreg, debugreg, event_callback_eip, failsafe_callback_eip, syscall_callback_eip, vm_assist, fs_base, gs_base_kernel, gs_base_user }
        ArchSharedInfo = "arch_shared_info" { max_pfn, pfn_to_mfn_frame_list_list, nmi_reason, p2m_cr3, p2m_vaddr, p2m_generation }
        ArchDomainconfig = "xen_arch_domainconfig" { emulation_flags, misc_flags }
        CpuidLeaf = "xen_cpuid_leaf" { leaf, subleaf, a, b, c, d }
        MsrEntry = "xen_msr_entry" { idx, flags, val }
    }
    constants! { lines; abi::arch_x86_xen_x86_64;
        FLAT_RING3_CS32 = "FLAT_RING3_CS32";
        FLAT_RING3_CS64 = "FLAT_RING3_CS64";
        FLAT_RING3_DS32 = "FLAT_RING3_DS32";
        FLAT_RING3_DS64 = "FLAT_RING3_DS64";
        FLAT_RING3_SS32 = "FLAT_RING3_SS32";
        FLAT_RING3_SS64 = "FLAT_RING3_SS64";
        FLAT_KERNEL_CS = "FLAT_KERNEL_CS";
        FLAT_KERNEL_DS = "FLAT_KERNEL_DS";
        FLAT_KERNEL_SS = "FLAT_KERNEL_SS";
        FLAT_USER_CS = "FLAT_USER_CS";
        FLAT_USER_DS = "FLAT_USER_DS";
        FLAT_USER_SS = "FLAT_USER_SS";
        HYPERVISOR_VIRT_START = "HYPERVISOR_VIRT_START";
        HYPERVISOR_VIRT_END = "HYPERVISOR_VIRT_END";
        MACH2PHYS_VIRT_START = "MACH2PHYS_VIRT_START";
        MACH2PHYS_VIRT_END = "MACH2PHYS_VIRT_END";
        MACH2PHYS_NR_ENTRIES = "MACH2PHYS_NR_ENTRIES";
        SEGBASE_FS = "SEGBASE_FS";
        SEGBASE_GS_USER = "SEGBASE_GS_USER";
        SEGBASE_GS_KERNEL = "SEGBASE_GS_KERNEL";
        SEGBASE_GS_USER_SEL = "SEGBASE_GS_USER_SEL";
        VGCF_IN_SYSCALL = "VGCF_in_syscall";
    }
    structures! { lines; abi::arch_x86_xen_x86_64;
        IretContext = "iret_context" { rax, r11, rcx, flags, rip, cs, rflags, rsp, ss }
        CpuUserRegs = "cpu_user_regs" { r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, error_code, entry_vector, rip, cs, saved_upcall_mask, rflags, rsp, ss, es, ds, fs, gs }
        ArchVcpuInfo = "arch_vcpu_info" { cr2, pad }
    }
    constants! { lines; abi::event_channel;
        EVTCHNOP_BIND_INTERDOMAIN = "EVTCHNOP_bind_interdomain";
        EVTCHNOP_BIND_VIRQ = "EVTCHNOP_bind_virq";
        EVTCHNOP_BIND_PIRQ = "EVTCHNOP_bind_pirq";
        EVTCHNOP_CLOSE = "EVTCHNOP_close";
        EVTCHNOP_SEND = "EVTCHNOP_send";
        EVTCHNOP_STATUS = "EVTCHNOP_status";
        EVTCHNOP_ALLOC_UNBOUND = "EVTCHNOP_alloc_unbound";
        EVTCHNOP_BIND_IPI = "EVTCHNOP_bind_ipi";
        EVTCHNOP_BIND_VCPU = "EVTCHNOP_bind_vcpu";
        EVTCHNOP_UNMASK = "EVTCHNOP_unmask";
        EVTCHNOP_RESET = "EVTCHNOP_reset";
        EVTCHNOP_INIT_CONTROL = "EVTCHNOP_init_control";
        EVTCHNOP_EXPAND_ARRAY = "EVTCHNOP_expand_array";
        EVTCHNOP_SET_PRIORITY = "EVTCHNOP_set_priority";
        BIND_PIRQ__WILL_SHARE = "BIND_PIRQ__WILL_SHARE";
        EVTCHNSTAT_CLOSED = "EVTCHNSTAT_closed";
        EVTCHNSTAT_UNBOUND = "EVTCHNSTAT_unbound";
        EVTCHNSTAT_INTERDOMAIN = "EVTCHNSTAT_interdomain";
        EVTCHNSTAT_PIRQ = "EVTCHNSTAT_pirq";
        EVTCHNSTAT_VIRQ = "EVTCHNSTAT_virq";
        EVTCHNSTAT_IPI = "EVTCHNSTAT_ipi";
        EVTCHN_2L_NR_CHANNELS = "EVTCHN_2L_NR_CHANNELS";
        EVTCHN_FIFO_PRIORITY_MAX = "EVTCHN_FIFO_PRIORITY_MAX";
        EVTCHN_FIFO_PRIORITY_DEFAULT = "EVTCHN_FIFO_PRIORITY_DEFAULT";
        EVTCHN_FIFO_PRIORITY_MIN = "EVTCHN_FIFO_PRIORITY_MIN";
        EVTCHN_FIFO_MAX_QUEUES = "EVTCHN_FIFO_MAX_QUEUES";
        EVTCHN_FIFO_PENDING = "EVTCHN_FIFO_PENDING";
        EVTCHN_FIFO_MASKED = "EVTCHN_FIFO_MASKED";
        EVTCHN_FIFO_LINKED = "EVTCHN_FIFO_LINKED";
        EVTCHN_FIFO_BUSY = "EVTCHN_FIFO_BUSY";
        EVTCHN_FIFO_LINK_BITS = "EVTCHN_FIFO_LINK_BITS";
        EVTCHN_FIFO_LINK_MASK = "EVTCHN_FIFO_LINK_MASK";
        EVTCHN_FIFO_NR_CHANNELS = "EVTCHN_FIFO_NR_CHANNELS";
    }
    structures! { lines; abi::event_channel;
        AllocUnbound = "evtchn_alloc_unbound" { dom, remote_dom, port }
        BindInterdomain = "evtchn_bind_interdomain" { remote_dom, remote_port, local_port }
        BindVirq = "evtchn_bind_virq" { virq, vcpu, port }
        BindPirq = "evtchn_bind_pirq" { pirq, flags, port }
        BindIpi = "evtchn_bind_ipi" { vcpu, port }
        Close = "evtchn_close" { port }
        Send = "evtchn_send" { port }
        Status = "evtchn_status" { dom, port, status, vcpu, u }
        BindVcpu = "evtchn_bind_vcpu" { port, vcpu }
        Unmask = "evtchn_unmask" { port }
        Reset = "evtchn_reset" { dom }
        InitControl = "evtchn_init_control" { control_gfn, offset, vcpu, link_bits, _pad }
        ExpandArray = "evtchn_expand_array" { array_gfn }
        SetPriority = "evtchn_set_priority" { port, priority }
        Op = "evtchn_op" { cmd, u }
        FifoControlBlock = "evtchn_fifo_control_block" { ready, _rsvd, head }
    }
    constants! { lines; abi::sched;
        SCHEDOP_YIELD = "SCHEDOP_yield";
        SCHEDOP_BLOCK = "SCHEDOP_block";
        SCHEDOP_SHUTDOWN = "SCHEDOP_shutdown";
        SCHEDOP_POLL = "SCHEDOP_poll";
        SCHEDOP_REMOTE_SHUTDOWN = "SCHEDOP_remote_shutdown";
        SCHEDOP_SHUTDOWN_CODE = "SCHEDOP_shutdown_code";
        SCHEDOP_WATCHDOG = "SCHEDOP_watchdog";
        SCHEDOP_PIN_OVERRIDE = "SCHEDOP_pin_override";
        SHUTDOWN_POWEROFF = "SHUTDOWN_poweroff";
        SHUTDOWN_REBOOT = "SHUTDOWN_reboot";
        SHUTDOWN_SUSPEND = "SHUTDOWN_suspend";
        SHUTDOWN_CRASH = "SHUTDOWN_crash";
        SHUTDOWN_WATCHDOG = "SHUTDOWN_watchdog";
        SHUTDOWN_SOFT_RESET = "SHUTDOWN_soft_reset";
        SHUTDOWN_MAX = "SHUTDOWN_MAX";
    }
    structures! { lines; abi::sched;
        Shutdown = "sched_shutdown" { reason }
        Poll = "sched_poll" { ports, nr_ports, timeout }
        RemoteShutdown = "sched_remote_shutdown" { domain_id, reason }
        Watchdog = "sched_watchdog" { id, timeout }
        PinOverride = "sched_pin_override" { pcpu }
    }
    constants! { lines; abi::vcpu;
        VCPUOP_INITIALISE = "VCPUOP_initialise";
        VCPUOP_UP = "VCPUOP_up";
        VCPUOP_DOWN = "VCPUOP_down";
        VCPUOP_IS_UP = "VCPUOP_is_up";
        VCPUOP_GET_RUNSTATE_INFO = "VCPUOP_get_runstate_info";
        VCPUOP_REGISTER_RUNSTATE_MEMORY_AREA = "VCPUOP_register_runstate_memory_area";
        VCPUOP_SET_PERIODIC_TIMER = "VCPUOP_set_periodic_timer";
        VCPUOP_STOP_PERIODIC_TIMER = "VCPUOP_stop_periodic_timer";
        VCPUOP_SET_SINGLESHOT_TIMER = "VCPUOP_set_singleshot_timer";
        VCPUOP_STOP_SINGLESHOT_TIMER = "VCPUOP_stop_singleshot_timer";
        VCPUOP_REGISTER_VCPU_INFO = "VCPUOP_register_vcpu_info";
        VCPUOP_SEND_NMI = "VCPUOP_send_nmi";
        VCPUOP_GET_PHYSID = "VCPUOP_get_physid";
        VCPUOP_REGISTER_VCPU_TIME_MEMORY_AREA = "VCPUOP_register_vcpu_time_memory_area";
        VCPUOP_REGISTER_RUNSTATE_PHYS_AREA = "VCPUOP_register_runstate_phys_area";
        VCPUOP_REGISTER_VCPU_TIME_PHYS_AREA = "VCPUOP_register_vcpu_time_phys_area";
        XEN_RUNSTATE_UPDATE = "XEN_RUNSTATE_UPDATE";
        RUNSTATE_RUNNING = "RUNSTATE_running";
        RUNSTATE_RUNNABLE = "RUNSTATE_runnable";
        RUNSTATE_BLOCKED = "RUNSTATE_blocked";
        RUNSTATE_OFFLINE = "RUNSTATE_offline";
        VCPU_SSHOTTMR_FUTURE = "VCPU_SSHOTTMR_future";
    }
    structures! { lines; abi::vcpu;
        RunstateInfo = "vcpu_runstate_info" { state, state_entry_time, time }
        RegisterRunstateMemoryArea = "vcpu_register_runstate_memory_area" { addr }
        SetPeriodicTimer = "vcpu_set_periodic_timer" { period_ns }
        SetSingleshotTimer = "vcpu_set_singleshot_timer" { timeout_abs_ns, flags }
        RegisterVcpuInfo = "vcpu_register_vcpu_info" { mfn, offset, rsvd }
        GetPhysid = "vcpu_get_physid" { phys_id }
        RegisterTimeMemoryArea = "vcpu_register_time_memory_area" { addr }
    }
    constants! { lines; abi::version;
        XENVER_VERSION = "XENVER_version";
        XENVER_EXTRAVERSION = "XENVER_extraversion";
        XENVER_COMPILE_INFO = "XENVER_compile_info";
        XENVER_CAPABILITIES = "XENVER_capabilities";
        XENVER_CHANGESET = "XENVER_changeset";
        XENVER_PLATFORM_PARAMETERS = "XENVER_platform_parameters";
        XENVER_GET_FEATURES = "XENVER_get_features";
        XENVER_PAGESIZE = "XENVER_pagesize";
        XENVER_GUEST_HANDLE = "XENVER_guest_handle";
        XENVER_COMMANDLINE = "XENVER_commandline";
        XENVER_BUILD_ID = "XENVER_build_id";
        XENVER_EXTRAVERSION2 = "XENVER_extraversion2";
        XENVER_CAPABILITIES2 = "XENVER_capabilities2";
        XENVER_CHANGESET2 = "XENVER_changeset2";
        XENVER_COMMANDLINE2 = "XENVER_commandline2";
        XEN_EXTRAVERSION_LEN = "XEN_EXTRAVERSION_LEN";
        XEN_CAPABILITIES_INFO_LEN = "XEN_CAPABILITIES_INFO_LEN";
        XEN_CHANGESET_INFO_LEN = "XEN_CHANGESET_INFO_LEN";
    }
    structures! { lines; abi::version;
        CompileInfo = "xen_compile_info" { compiler, compile_by, compile_domain, compile_date }
        PlatformParameters = "xen_platform_parameters" { virt_start }
        FeatureInfo = "xen_feature_info" { submap_idx, submap }
        BuildId = "xen_build_id" { len }
        Varbuf = "xen_varbuf" { len }
    }
    constants! { lines; abi::features;
        XENFEAT_WRITABLE_PAGE_TABLES = "XENFEAT_writable_page_tables";
        XENFEAT_WRITABLE_DESCRIPTOR_TABLES = "XENFEAT_writable_descriptor_tables";
        XENFEAT_AUTO_TRANSLATED_PHYSMAP = "XENFEAT_auto_translated_physmap";
        XENFEAT_SUPERVISOR_MODE_KERNEL = "XENFEAT_supervisor_mode_kernel";
        XENFEAT_PAE_PGDIR_ABOVE_4GB = "XENFEAT_pae_pgdir_above_4gb";
        XENFEAT_MMU_PT_UPDATE_PRESERVE_AD = "XENFEAT_mmu_pt_update_preserve_ad";
        XENFEAT_HIGHMEM_ASSIST = "XENFEAT_highmem_assist";
        XENFEAT_GNTTAB_MAP_AVAIL_BITS = "XENFEAT_gnttab_map_avail_bits";
        XENFEAT_HVM_CALLBACK_VECTOR = "XENFEAT_hvm_callback_vector";
        XENFEAT_HVM_SAFE_PVCLOCK = "XENFEAT_hvm_safe_pvclock";
        XENFEAT_HVM_PIRQS = "XENFEAT_hvm_pirqs";
        XENFEAT_DOM0 = "XENFEAT_dom0";
        XENFEAT_MEMORY_OP_VNODE_SUPPORTED = "XENFEAT_memory_op_vnode_supported";
        XENFEAT_ARM_SMCCC_SUPPORTED = "XENFEAT_ARM_SMCCC_supported";
        XENFEAT_LINUX_RSDP_UNRESTRICTED = "XENFEAT_linux_rsdp_unrestricted";
        XENFEAT_NOT_DIRECT_MAPPED = "XENFEAT_not_direct_mapped";
        XENFEAT_DIRECT_MAPPED = "XENFEAT_direct_mapped";
        XENFEAT_RUNSTATE_PHYS_AREA = "XENFEAT_runstate_phys_area";
        XENFEAT_VCPU_TIME_PHYS_AREA = "XENFEAT_vcpu_time_phys_area";
        XENFEAT_DM_MSIX_ALL_WRITES = "XENFEAT_dm_msix_all_writes";
        XENFEAT_NR_SUBMAPS = "XENFEAT_NR_SUBMAPS";
    }
    constants! { lines; abi::callback;
        CALLBACKTYPE_EVENT = "CALLBACKTYPE_event";
        CALLBACKTYPE_FAILSAFE = "CALLBACKTYPE_failsafe";
        CALLBACKTYPE_SYSCALL = "CALLBACKTYPE_syscall";
        CALLBACKTYPE_SYSENTER_DEPRECATED = "CALLBACKTYPE_sysenter_deprecated";
        CALLBACKTYPE_NMI = "CALLBACKTYPE_nmi";
        CALLBACKTYPE_SYSENTER = "CALLBACKTYPE_sysenter";
        CALLBACKTYPE_SYSCALL32 = "CALLBACKTYPE_syscall32";
        CALLBACKF_MASK_EVENTS = "CALLBACKF_mask_events";
        CALLBACKOP_REGISTER = "CALLBACKOP_register";
        CALLBACKOP_UNREGISTER = "CALLBACKOP_unregister";
    }
    structures! { lines; abi::callback;
        Register = "callback_register" { type_ = "type", flags, address }
        Unregister = "callback_unregister" { type_ = "type", _unused }
    }
    constants! { lines; abi::nmi;
        XEN_NMIREASON_IO_ERROR = "XEN_NMIREASON_io_error";
        XEN_NMIREASON_PCI_SERR = "XEN_NMIREASON_pci_serr";
        XEN_NMIREASON_UNKNOWN = "XEN_NMIREASON_unknown";
        XENNMI_REGISTER_CALLBACK = "XENNMI_register_callback";
        XENNMI_UNREGISTER_CALLBACK = "XENNMI_unregister_callback";
    }
    structures! { lines; abi::nmi;
        Callback = "xennmi_callback" { handler_address, pad }
    }
    constants! { lines; abi::memory;
        XENMEM_INCREASE_RESERVATION = "XENMEM_increase_reservation";
        XENMEM_DECREASE_RESERVATION = "XENMEM_decrease_reservation";
        XENMEM_MAXIMUM_RAM_PAGE = "XENMEM_maximum_ram_page";
        XENMEM_CURRENT_RESERVATION = "XENMEM_current_reservation";
        XENMEM_MAXIMUM_RESERVATION = "XENMEM_maximum_reservation";
        XENMEM_MACHPHYS_MFN_LIST = "XENMEM_machphys_mfn_list";
        XENMEM_POPULATE_PHYSMAP = "XENMEM_populate_physmap";
        XENMEM_ADD_TO_PHYSMAP = "XENMEM_add_to_physmap";
        XENMEM_MEMORY_MAP = "XENMEM_memory_map";
        XENMEM_MACHINE_MEMORY_MAP = "XENMEM_machine_memory_map";
        XENMEM_EXCHANGE = "XENMEM_exchange";
        XENMEM_MACHPHYS_MAPPING = "XENMEM_machphys_mapping";
        XENMEM_SET_MEMORY_MAP = "XENMEM_set_memory_map";
        XENMEM_MAXIMUM_GPFN = "XENMEM_maximum_gpfn";
        XENMEM_REMOVE_FROM_PHYSMAP = "XENMEM_remove_from_physmap";
        XENMEM_SET_POD_TARGET = "XENMEM_set_pod_target";
        XENMEM_GET_POD_TARGET = "XENMEM_get_pod_target";
        XENMEM_GET_SHARING_FREED_PAGES = "XENMEM_get_sharing_freed_pages";
        XENMEM_GET_SHARING_SHARED_PAGES = "XENMEM_get_sharing_shared_pages";
        XENMEM_PAGING_OP = "XENMEM_paging_op";
        XENMEM_ACCESS_OP = "XENMEM_access_op";
        XENMEM_SHARING_OP = "XENMEM_sharing_op";
        XENMEM_ADD_TO_PHYSMAP_BATCH = "XENMEM_add_to_physmap_batch";
        XENMEM_CLAIM_PAGES = "XENMEM_claim_pages";
        XENMEM_MACHPHYS_COMPAT_MFN_LIST = "XENMEM_machphys_compat_mfn_list";
        XENMEM_GET_VNUMAINFO = "XENMEM_get_vnumainfo";
        XENMEM_RESERVED_DEVICE_MEMORY_MAP = "XENMEM_reserved_device_memory_map";
        XENMEM_ACQUIRE_RESOURCE = "XENMEM_acquire_resource";
        XENMEMF_POPULATE_ON_DEMAND = "XENMEMF_populate_on_demand";
        XENMEMF_EXACT_NODE_REQUEST = "XENMEMF_exact_node_request";
        XENMEMF_VNODE = "XENMEMF_vnode";
        XENMAPSPACE_SHARED_INFO = "XENMAPSPACE_shared_info";
        XENMAPSPACE_GRANT_TABLE = "XENMAPSPACE_grant_table";
        XENMAPSPACE_GMFN = "XENMAPSPACE_gmfn";
        XENMAPSPACE_GMFN_RANGE = "XENMAPSPACE_gmfn_range";
        XENMAPSPACE_GMFN_FOREIGN = "XENMAPSPACE_gmfn_foreign";
        XENMAPSPACE_DEV_MMIO = "XENMAPSPACE_dev_mmio";
        XENMAPIDX_GRANT_TABLE_STATUS = "XENMAPIDX_grant_table_status";
        XENMEM_RDM_ALL = "XENMEM_RDM_ALL";
        XENMEM_RESOURCE_IOREQ_SERVER = "XENMEM_resource_ioreq_server";
        XENMEM_RESOURCE_GRANT_TABLE = "XENMEM_resource_grant_table";
        XENMEM_RESOURCE_VMTRACE_BUF = "XENMEM_resource_vmtrace_buf";
        XENMEM_RESOURCE_GRANT_TABLE_ID_SHARED = "XENMEM_resource_grant_table_id_shared";
        XENMEM_RESOURCE_GRANT_TABLE_ID_STATUS = "XENMEM_resource_grant_table_id_status";
        XENMEM_RESOURCE_IOREQ_SERVER_FRAME_BUFIOREQ = "XENMEM_resource_ioreq_server_frame_bufioreq";
    }
    structures! { lines; abi::memory;
        MemoryReservation = "xen_memory_reservation" { extent_start, nr_extents, extent_order, mem_flags, domid }
        MemoryExchange = "xen_memory_exchange" { in_ = "in", out, nr_exchanged }
        MemoryDomain = "xen_memory_domain" { domid }
        MachphysMfnList = "xen_machphys_mfn_list" { max_extents, extent_start, nr_extents }
        MachphysMapping = "xen_machphys_mapping" { v_start, v_end, max_mfn }
        AddToPhysmap = "xen_add_to_physmap" { domid, size, space, idx, gpfn }
        AddToPhysmapBatch = "xen_add_to_physmap_batch" { domid, space, size, u, idxs, gpfns, errs }
        RemoveFromPhysmap = "xen_remove_from_physmap" { domid, gpfn }
        MemoryMap = "xen_memory_map" { nr_entries, buffer }
        ForeignMemoryMap = "xen_foreign_memory_map" { domid, map }
        PodTarget = "xen_pod_target" { target_pages, tot_pages, pod_cache_pages, pod_entries, domid }
        MemPagingOp = "xen_mem_paging_op" { op, domain, buffer, gfn }
        MemAccessOp = "xen_mem_access_op" { op, access, domid, nr, pfn, pfn_list, access_list }
        ReservedDeviceMemory = "xen_reserved_device_memory" { start_pfn, nr_pages }
        ReservedDeviceMemoryMap = "xen_reserved_device_memory_map" { flags, nr_entries, buffer, dev }
        MemAcquireResource = "xen_mem_acquire_resource" { domid, type_ = "type", id, nr_frames, pad, frame, frame_list }
        Vmemrange = "xen_vmemrange" { start, end, flags, nid }
        VnumaTopologyInfo = "xen_vnuma_topology_info" { domid, pad, nr_vnodes, nr_vcpus, nr_vmemranges, vdistance, vcpu_to_vnode, vmemrange }
    }
    constants! { lines; abi::physdev;
        PHYSDEVOP_IRQ_UNMASK_NOTIFY = "PHYSDEVOP_IRQ_UNMASK_NOTIFY";
        PHYSDEVOP_IRQ_STATUS_QUERY = "PHYSDEVOP_irq_status_query";
        PHYSDEVOP_SET_IOPL = "PHYSDEVOP_set_iopl";
        PHYSDEVOP_SET_IOBITMAP = "PHYSDEVOP_set_iobitmap";
        PHYSDEVOP_APIC_READ = "PHYSDEVOP_apic_read";
        PHYSDEVOP_APIC_WRITE = "PHYSDEVOP_apic_write";
        PHYSDEVOP_ALLOC_IRQ_VECTOR = "PHYSDEVOP_alloc_irq_vector";
        PHYSDEVOP_FREE_IRQ_VECTOR = "PHYSDEVOP_free_irq_vector";
        PHYSDEVOP_EOI = "PHYSDEVOP_eoi";
        PHYSDEVOP_MAP_PIRQ = "PHYSDEVOP_map_pirq";
        PHYSDEVOP_UNMAP_PIRQ = "PHYSDEVOP_unmap_pirq";
        PHYSDEVOP_MANAGE_PCI_ADD = "PHYSDEVOP_manage_pci_add";
        PHYSDEVOP_MANAGE_PCI_REMOVE = "PHYSDEVOP_manage_pci_remove";
        PHYSDEVOP_PIRQ_EOI_GMFN_V1 = "PHYSDEVOP_pirq_eoi_gmfn_v1";
        PHYSDEVOP_RESTORE_MSI = "PHYSDEVOP_restore_msi";
        PHYSDEVOP_MANAGE_PCI_ADD_EXT = "PHYSDEVOP_manage_pci_add_ext";
        PHYSDEVOP_SETUP_GSI = "PHYSDEVOP_setup_gsi";
        PHYSDEVOP_GET_FREE_PIRQ = "PHYSDEVOP_get_free_pirq";
        PHYSDEVOP_PCI_MMCFG_RESERVED = "PHYSDEVOP_pci_mmcfg_reserved";
        PHYSDEVOP_PCI_DEVICE_ADD = "PHYSDEVOP_pci_device_add";
        PHYSDEVOP_PCI_DEVICE_REMOVE = "PHYSDEVOP_pci_device_remove";
        PHYSDEVOP_RESTORE_MSI_EXT = "PHYSDEVOP_restore_msi_ext";
        PHYSDEVOP_PIRQ_EOI_GMFN_V2 = "PHYSDEVOP_pirq_eoi_gmfn_v2";
        PHYSDEVOP_DBGP_OP = "PHYSDEVOP_dbgp_op";
        PHYSDEVOP_PREPARE_MSIX = "PHYSDEVOP_prepare_msix";
        PHYSDEVOP_RELEASE_MSIX = "PHYSDEVOP_release_msix";
        PHYSDEVOP_PCI_DEVICE_RESET = "PHYSDEVOP_pci_device_reset";
        XENIRQSTAT_NEEDS_EOI = "XENIRQSTAT_needs_eoi";
        XENIRQSTAT_SHARED = "XENIRQSTAT_shared";
        MAP_PIRQ_TYPE_MSI = "MAP_PIRQ_TYPE_MSI";
        MAP_PIRQ_TYPE_GSI = "MAP_PIRQ_TYPE_GSI";
        MAP_PIRQ_TYPE_UNKNOWN = "MAP_PIRQ_TYPE_UNKNOWN";
        MAP_PIRQ_TYPE_MSI_SEG = "MAP_PIRQ_TYPE_MSI_SEG";
        MAP_PIRQ_TYPE_MULTI_MSI = "MAP_PIRQ_TYPE_MULTI_MSI";
        XEN_PCI_MMCFG_RESERVED = "XEN_PCI_MMCFG_RESERVED";
        XEN_PCI_DEV_EXTFN = "XEN_PCI_DEV_EXTFN";
        XEN_PCI_DEV_VIRTFN = "XEN_PCI_DEV_VIRTFN";
        XEN_PCI_DEV_PXM = "XEN_PCI_DEV_PXM";
        PCI_DEVICE_RESET_COLD = "PCI_DEVICE_RESET_COLD";
        PCI_DEVICE_RESET_WARM = "PCI_DEVICE_RESET_WARM";
        PCI_DEVICE_RESET_HOT = "PCI_DEVICE_RESET_HOT";
        PCI_DEVICE_RESET_FLR = "PCI_DEVICE_RESET_FLR";
        PCI_DEVICE_RESET_MASK = "PCI_DEVICE_RESET_MASK";
        PHYSDEVOP_DBGP_RESET_PREPARE = "PHYSDEVOP_DBGP_RESET_PREPARE";
        PHYSDEVOP_DBGP_RESET_DONE = "PHYSDEVOP_DBGP_RESET_DONE";
        PHYSDEVOP_DBGP_BUS_UNKNOWN = "PHYSDEVOP_DBGP_BUS_UNKNOWN";
        PHYSDEVOP_DBGP_BUS_PCI = "PHYSDEVOP_DBGP_BUS_PCI";
    }
    structures! { lines; abi::physdev;
        Eoi = "physdev_eoi" { irq }
        PirqEoiGmfn = "physdev_pirq_eoi_gmfn" { gmfn }
        IrqStatusQuery = "physdev_irq_status_query" { irq, flags }
        SetIopl = "physdev_set_iopl" { iopl }
        SetIobitmap = "physdev_set_iobitmap" { bitmap, nr_ports }
        Apic = "physdev_apic" { apic_physbase, reg, value }
        Irq = "physdev_irq" { irq, vector }
        MapPirq = "physdev_map_pirq" { domid, type_ = "type", index, pirq, bus, devfn, entry_nr, table_base }
        UnmapPirq = "physdev_unmap_pirq" { domid, pirq }
        ManagePci = "physdev_manage_pci" { bus, devfn }
        RestoreMsi = "physdev_restore_msi" { bus, devfn }
        ManagePciExt = "physdev_manage_pci_ext" { bus, devfn, is_extfn, is_virtfn, physfn_bus = "physfn.bus", physfn_devfn = "physfn.devfn" }
        Op = "physdev_op" { cmd, u }
        SetupGsi = "physdev_setup_gsi" { gsi, triggering, polarity }
        GetFreePirq = "physdev_get_free_pirq" { type_ = "type", pirq }
        PciMmcfgReserved = "physdev_pci_mmcfg_reserved" { address, segment, start_bus, end_bus, flags }
        PciDeviceAdd = "physdev_pci_device_add" { seg, bus, devfn, flags, physfn_bus = "physfn.bus", physfn_devfn = "physfn.devfn" }
        PciDevice = "physdev_pci_device" { seg, bus, devfn }
        PciDeviceReset = "pci_device_reset" { dev, flags }
        DbgpOp = "physdev_dbgp_op" { op, bus, pci = "u.pci" }
    }
    constants! { lines; abi::grant_table;
        GNTTABOP_MAP_GRANT_REF = "GNTTABOP_map_grant_ref";
        GNTTABOP_UNMAP_GRANT_REF = "GNTTABOP_unmap_grant_ref";
        GNTTABOP_SETUP_TABLE = "GNTTABOP_setup_table";
        GNTTABOP_DUMP_TABLE = "GNTTABOP_dump_table";
        GNTTABOP_TRANSFER = "GNTTABOP_transfer";
        GNTTABOP_COPY = "GNTTABOP_copy";
        GNTTABOP_QUERY_SIZE = "GNTTABOP_query_size";
        GNTTABOP_UNMAP_AND_REPLACE = "GNTTABOP_unmap_and_replace";
        GNTTABOP_SET_VERSION = "GNTTABOP_set_version";
        GNTTABOP_GET_STATUS_FRAMES = "GNTTABOP_get_status_frames";
        GNTTABOP_GET_VERSION = "GNTTABOP_get_version";
        GNTTABOP_SWAP_GRANT_REF = "GNTTABOP_swap_grant_ref";
        GNTTABOP_CACHE_FLUSH = "GNTTABOP_cache_flush";
        GNTTAB_NR_RESERVED_ENTRIES = "GNTTAB_NR_RESERVED_ENTRIES";
        GNTTAB_RESERVED_CONSOLE = "GNTTAB_RESERVED_CONSOLE";
        GNTTAB_RESERVED_XENSTORE = "GNTTAB_RESERVED_XENSTORE";
        GTF_INVALID = "GTF_invalid";
        GTF_PERMIT_ACCESS = "GTF_permit_access";
        GTF_ACCEPT_TRANSFER = "GTF_accept_transfer";
        GTF_TRANSITIVE = "GTF_transitive";
        GTF_TYPE_MASK = "GTF_type_mask";
        GTF_READONLY = "GTF_readonly";
        GTF_READING = "GTF_reading";
        GTF_WRITING = "GTF_writing";
        GTF_PWT = "GTF_PWT";
        GTF_PCD = "GTF_PCD";
        GTF_PAT = "GTF_PAT";
        GTF_SUB_PAGE = "GTF_sub_page";
        GTF_TRANSFER_COMMITTED = "GTF_transfer_committed";
        GTF_TRANSFER_COMPLETED = "GTF_transfer_completed";
        GNTCOPY_SOURCE_GREF = "GNTCOPY_source_gref";
        GNTCOPY_DEST_GREF = "GNTCOPY_dest_gref";
        GNTTAB_CACHE_CLEAN = "GNTTAB_CACHE_CLEAN";
        GNTTAB_CACHE_INVAL = "GNTTAB_CACHE_INVAL";
        GNTTAB_CACHE_SOURCE_GREF = "GNTTAB_CACHE_SOURCE_GREF";
        GNTMAP_DEVICE_MAP = "GNTMAP_device_map";
        GNTMAP_HOST_MAP = "GNTMAP_host_map";
        GNTMAP_READONLY = "GNTMAP_readonly";
        GNTMAP_APPLICATION_MAP = "GNTMAP_application_map";
        GNTMAP_CONTAINS_PTE = "GNTMAP_contains_pte";
        GNTMAP_GUEST_AVAIL0 = "_GNTMAP_guest_avail0";
        GNTMAP_GUEST_AVAIL_MASK = "GNTMAP_guest_avail_mask";
        GNTST_OKAY = "GNTST_okay";
        GNTST_GENERAL_ERROR = "GNTST_general_error";
        GNTST_BAD_DOMAIN = "GNTST_bad_domain";
        GNTST_BAD_GNTREF = "GNTST_bad_gntref";
        GNTST_BAD_HANDLE = "GNTST_bad_handle";
        GNTST_BAD_VIRT_ADDR = "GNTST_bad_virt_addr";
        GNTST_BAD_DEV_ADDR = "GNTST_bad_dev_addr";
        GNTST_NO_DEVICE_SPACE = "GNTST_no_device_space";
        GNTST_PERMISSION_DENIED = "GNTST_permission_denied";
        GNTST_BAD_PAGE = "GNTST_bad_page";
        GNTST_BAD_COPY_ARG = "GNTST_bad_copy_arg";
        GNTST_ADDRESS_TOO_BIG = "GNTST_address_too_big";
        GNTST_EAGAIN = "GNTST_eagain";
        GNTST_NO_SPACE = "GNTST_no_space";
    }
    structures! { lines; abi::grant_table;
        EntryV1 = "grant_entry_v1" { flags, domid, frame }
        EntryHeader = "grant_entry_header" { flags, domid }
        EntryV2FullPage = "grant_entry_v2" { hdr = "full_page.hdr", pad0 = "full_page.pad0", frame = "full_page.frame" }
        EntryV2SubPage = "grant_entry_v2" { hdr = "sub_page.hdr", page_off = "sub_page.page_off", length = "sub_page.length", frame = "sub_page.frame" }
        EntryV2Transitive = "grant_entry_v2" { hdr = "transitive.hdr", trans_domid = "transitive.trans_domid", pad0 = "transitive.pad0", gref = "transitive.gref" }
        MapGrantRef = "gnttab_map_grant_ref" { host_addr, flags, ref_ = "ref", dom, status, handle, dev_bus_addr }
        UnmapGrantRef = "gnttab_unmap_grant_ref" { host_addr, dev_bus_addr, handle, status }
        SetupTable = "gnttab_setup_table" { dom, nr_frames, status, frame_list }
        DumpTable = "gnttab_dump_table" { dom, status }
        Transfer = "gnttab_transfer" { mfn, domid, ref_ = "ref", status }
        CopyPtr = "gnttab_copy_ptr" { u, domid, offset }
        Copy = "gnttab_copy" { source, dest, len, flags, status }
        QuerySize = "gnttab_query_size" { dom, nr_frames, max_nr_frames, status }
        UnmapAndReplace = "gnttab_unmap_and_replace" { host_addr, new_addr, handle, status }
        SetVersion = "gnttab_set_version" { version }
        GetStatusFrames = "gnttab_get_status_frames" { nr_frames, dom, status, frame_list }
        GetVersion = "gnttab_get_version" { dom, pad, version }
        SwapGrantRef = "gnttab_swap_grant_ref" { ref_a, ref_b, status }
        CacheFlush = "gnttab_cache_flush" { a, offset, length, op }
    }
    constants! { lines; abi::elfnote;
        XEN_ELFNOTE_INFO = "XEN_ELFNOTE_INFO";
        XEN_ELFNOTE_ENTRY = "XEN_ELFNOTE_ENTRY";
        XEN_ELFNOTE_HYPERCALL_PAGE = "XEN_ELFNOTE_HYPERCALL_PAGE";
        XEN_ELFNOTE_VIRT_BASE = "XEN_ELFNOTE_VIRT_BASE";
        XEN_ELFNOTE_PADDR_OFFSET = "XEN_ELFNOTE_PADDR_OFFSET";
        XEN_ELFNOTE_XEN_VERSION = "XEN_ELFNOTE_XEN_VERSION";
        XEN_ELFNOTE_GUEST_OS = "XEN_ELFNOTE_GUEST_OS";
        XEN_ELFNOTE_GUEST_VERSION = "XEN_ELFNOTE_GUEST_VERSION";
        XEN_ELFNOTE_LOADER = "XEN_ELFNOTE_LOADER";
        XEN_ELFNOTE_PAE_MODE = "XEN_ELFNOTE_PAE_MODE";
        XEN_ELFNOTE_FEATURES = "XEN_ELFNOTE_FEATURES";
        XEN_ELFNOTE_BSD_SYMTAB = "XEN_ELFNOTE_BSD_SYMTAB";
        XEN_ELFNOTE_HV_START_LOW = "XEN_ELFNOTE_HV_START_LOW";
        XEN_ELFNOTE_L1_MFN_VALID = "XEN_ELFNOTE_L1_MFN_VALID";
        XEN_ELFNOTE_SUSPEND_CANCEL = "XEN_ELFNOTE_SUSPEND_CANCEL";
        XEN_ELFNOTE_INIT_P2M = "XEN_ELFNOTE_INIT_P2M";
        XEN_ELFNOTE_MOD_START_PFN = "XEN_ELFNOTE_MOD_START_PFN";
        XEN_ELFNOTE_SUPPORTED_FEATURES = "XEN_ELFNOTE_SUPPORTED_FEATURES";
        XEN_ELFNOTE_PHYS32_ENTRY = "XEN_ELFNOTE_PHYS32_ENTRY";
        XEN_ELFNOTE_PHYS32_RELOC = "XEN_ELFNOTE_PHYS32_RELOC";
        XEN_ELFNOTE_MAX = "XEN_ELFNOTE_MAX";
        XEN_ELFNOTE_CRASH_INFO = "XEN_ELFNOTE_CRASH_INFO";
        XEN_ELFNOTE_CRASH_REGS = "XEN_ELFNOTE_CRASH_REGS";
        XEN_ELFNOTE_DUMPCORE_NONE = "XEN_ELFNOTE_DUMPCORE_NONE";
        XEN_ELFNOTE_DUMPCORE_HEADER = "XEN_ELFNOTE_DUMPCORE_HEADER";
        XEN_ELFNOTE_DUMPCORE_XEN_VERSION = "XEN_ELFNOTE_DUMPCORE_XEN_VERSION";
        XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION = "XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION";
    }
    lines
}
