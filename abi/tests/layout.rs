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
    assert!(WITNESS.lines().count() > 1000);
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
        VgaTextMode3 = "typeof___struct_dom0_vga_console_info_0_u_text_mode_3" { font_height, cursor_x, cursor_y, rows, columns }
        VgaVesaLfb = "typeof___struct_dom0_vga_console_info_0_u_vesa_lfb" { width, height, bytes_per_line, bits_per_pixel, lfb_base, lfb_size, red_pos, red_size, green_pos, green_size, blue_pos, blue_size, rsvd_pos, rsvd_size, gbl_caps, mode_attrs, pad, ext_lfb_base }
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
    lines
}
