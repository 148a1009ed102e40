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
    assert!(WITNESS.lines().count() > 2000);
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
    constants! { lines; abi::domctl;
        XEN_DOMCTL_INTERFACE_VERSION = "XEN_DOMCTL_INTERFACE_VERSION";
        XEN_DOMCTL_CREATEDOMAIN = "XEN_DOMCTL_createdomain";
        XEN_DOMCTL_DESTROYDOMAIN = "XEN_DOMCTL_destroydomain";
        XEN_DOMCTL_PAUSEDOMAIN = "XEN_DOMCTL_pausedomain";
        XEN_DOMCTL_UNPAUSEDOMAIN = "XEN_DOMCTL_unpausedomain";
        XEN_DOMCTL_GETDOMAININFO = "XEN_DOMCTL_getdomaininfo";
        XEN_DOMCTL_SETVCPUAFFINITY = "XEN_DOMCTL_setvcpuaffinity";
        XEN_DOMCTL_SHADOW_OP = "XEN_DOMCTL_shadow_op";
        XEN_DOMCTL_MAX_MEM = "XEN_DOMCTL_max_mem";
        XEN_DOMCTL_SETVCPUCONTEXT = "XEN_DOMCTL_setvcpucontext";
        XEN_DOMCTL_GETVCPUCONTEXT = "XEN_DOMCTL_getvcpucontext";
        XEN_DOMCTL_GETVCPUINFO = "XEN_DOMCTL_getvcpuinfo";
        XEN_DOMCTL_MAX_VCPUS = "XEN_DOMCTL_max_vcpus";
        XEN_DOMCTL_SCHEDULER_OP = "XEN_DOMCTL_scheduler_op";
        XEN_DOMCTL_SETDOMAINHANDLE = "XEN_DOMCTL_setdomainhandle";
        XEN_DOMCTL_SETDEBUGGING = "XEN_DOMCTL_setdebugging";
        XEN_DOMCTL_IRQ_PERMISSION = "XEN_DOMCTL_irq_permission";
        XEN_DOMCTL_IOMEM_PERMISSION = "XEN_DOMCTL_iomem_permission";
        XEN_DOMCTL_IOPORT_PERMISSION = "XEN_DOMCTL_ioport_permission";
        XEN_DOMCTL_HYPERCALL_INIT = "XEN_DOMCTL_hypercall_init";
        XEN_DOMCTL_SETTIMEOFFSET = "XEN_DOMCTL_settimeoffset";
        XEN_DOMCTL_GETVCPUAFFINITY = "XEN_DOMCTL_getvcpuaffinity";
        XEN_DOMCTL_REAL_MODE_AREA = "XEN_DOMCTL_real_mode_area";
        XEN_DOMCTL_RESUMEDOMAIN = "XEN_DOMCTL_resumedomain";
        XEN_DOMCTL_SENDTRIGGER = "XEN_DOMCTL_sendtrigger";
        XEN_DOMCTL_SUBSCRIBE = "XEN_DOMCTL_subscribe";
        XEN_DOMCTL_GETHVMCONTEXT = "XEN_DOMCTL_gethvmcontext";
        XEN_DOMCTL_SETHVMCONTEXT = "XEN_DOMCTL_sethvmcontext";
        XEN_DOMCTL_SET_ADDRESS_SIZE = "XEN_DOMCTL_set_address_size";
        XEN_DOMCTL_GET_ADDRESS_SIZE = "XEN_DOMCTL_get_address_size";
        XEN_DOMCTL_ASSIGN_DEVICE = "XEN_DOMCTL_assign_device";
        XEN_DOMCTL_BIND_PT_IRQ = "XEN_DOMCTL_bind_pt_irq";
        XEN_DOMCTL_MEMORY_MAPPING = "XEN_DOMCTL_memory_mapping";
        XEN_DOMCTL_IOPORT_MAPPING = "XEN_DOMCTL_ioport_mapping";
        XEN_DOMCTL_SET_EXT_VCPUCONTEXT = "XEN_DOMCTL_set_ext_vcpucontext";
        XEN_DOMCTL_GET_EXT_VCPUCONTEXT = "XEN_DOMCTL_get_ext_vcpucontext";
        XEN_DOMCTL_SET_OPT_FEATURE = "XEN_DOMCTL_set_opt_feature";
        XEN_DOMCTL_TEST_ASSIGN_DEVICE = "XEN_DOMCTL_test_assign_device";
        XEN_DOMCTL_SET_TARGET = "XEN_DOMCTL_set_target";
        XEN_DOMCTL_DEASSIGN_DEVICE = "XEN_DOMCTL_deassign_device";
        XEN_DOMCTL_UNBIND_PT_IRQ = "XEN_DOMCTL_unbind_pt_irq";
        XEN_DOMCTL_GET_DEVICE_GROUP = "XEN_DOMCTL_get_device_group";
        XEN_DOMCTL_DEBUG_OP = "XEN_DOMCTL_debug_op";
        XEN_DOMCTL_GETHVMCONTEXT_PARTIAL = "XEN_DOMCTL_gethvmcontext_partial";
        XEN_DOMCTL_VM_EVENT_OP = "XEN_DOMCTL_vm_event_op";
        XEN_DOMCTL_MEM_SHARING_OP = "XEN_DOMCTL_mem_sharing_op";
        XEN_DOMCTL_GETTSCINFO = "XEN_DOMCTL_gettscinfo";
        XEN_DOMCTL_SETTSCINFO = "XEN_DOMCTL_settscinfo";
        XEN_DOMCTL_GETPAGEFRAMEINFO3 = "XEN_DOMCTL_getpageframeinfo3";
        XEN_DOMCTL_SETVCPUEXTSTATE = "XEN_DOMCTL_setvcpuextstate";
        XEN_DOMCTL_GETVCPUEXTSTATE = "XEN_DOMCTL_getvcpuextstate";
        XEN_DOMCTL_SET_ACCESS_REQUIRED = "XEN_DOMCTL_set_access_required";
        XEN_DOMCTL_AUDIT_P2M = "XEN_DOMCTL_audit_p2m";
        XEN_DOMCTL_SET_VIRQ_HANDLER = "XEN_DOMCTL_set_virq_handler";
        XEN_DOMCTL_SET_BROKEN_PAGE_P2M = "XEN_DOMCTL_set_broken_page_p2m";
        XEN_DOMCTL_SETNODEAFFINITY = "XEN_DOMCTL_setnodeaffinity";
        XEN_DOMCTL_GETNODEAFFINITY = "XEN_DOMCTL_getnodeaffinity";
        XEN_DOMCTL_CACHEFLUSH = "XEN_DOMCTL_cacheflush";
        XEN_DOMCTL_GET_VCPU_MSRS = "XEN_DOMCTL_get_vcpu_msrs";
        XEN_DOMCTL_SET_VCPU_MSRS = "XEN_DOMCTL_set_vcpu_msrs";
        XEN_DOMCTL_SETVNUMAINFO = "XEN_DOMCTL_setvnumainfo";
        XEN_DOMCTL_PSR_CMT_OP = "XEN_DOMCTL_psr_cmt_op";
        XEN_DOMCTL_MONITOR_OP = "XEN_DOMCTL_monitor_op";
        XEN_DOMCTL_PSR_ALLOC = "XEN_DOMCTL_psr_alloc";
        XEN_DOMCTL_SOFT_RESET = "XEN_DOMCTL_soft_reset";
        XEN_DOMCTL_VUART_OP = "XEN_DOMCTL_vuart_op";
        XEN_DOMCTL_GET_CPU_POLICY = "XEN_DOMCTL_get_cpu_policy";
        XEN_DOMCTL_SET_CPU_POLICY = "XEN_DOMCTL_set_cpu_policy";
        XEN_DOMCTL_VMTRACE_OP = "XEN_DOMCTL_vmtrace_op";
        XEN_DOMCTL_GET_PAGING_MEMPOOL_SIZE = "XEN_DOMCTL_get_paging_mempool_size";
        XEN_DOMCTL_SET_PAGING_MEMPOOL_SIZE = "XEN_DOMCTL_set_paging_mempool_size";
        XEN_DOMCTL_DT_OVERLAY = "XEN_DOMCTL_dt_overlay";
        XEN_DOMCTL_GSI_PERMISSION = "XEN_DOMCTL_gsi_permission";
        XEN_DOMCTL_SET_LLC_COLORS = "XEN_DOMCTL_set_llc_colors";
        XEN_DOMCTL_GDBSX_GUESTMEMIO = "XEN_DOMCTL_gdbsx_guestmemio";
        XEN_DOMCTL_GDBSX_PAUSEVCPU = "XEN_DOMCTL_gdbsx_pausevcpu";
        XEN_DOMCTL_GDBSX_UNPAUSEVCPU = "XEN_DOMCTL_gdbsx_unpausevcpu";
        XEN_DOMCTL_GDBSX_DOMSTATUS = "XEN_DOMCTL_gdbsx_domstatus";
        XEN_DOMCTL_CDF_HVM = "XEN_DOMCTL_CDF_hvm";
        XEN_DOMCTL_CDF_HAP = "XEN_DOMCTL_CDF_hap";
        XEN_DOMCTL_CDF_S3_INTEGRITY = "XEN_DOMCTL_CDF_s3_integrity";
        XEN_DOMCTL_CDF_OOS_OFF = "XEN_DOMCTL_CDF_oos_off";
        XEN_DOMCTL_CDF_XS_DOMAIN = "XEN_DOMCTL_CDF_xs_domain";
        XEN_DOMCTL_CDF_IOMMU = "XEN_DOMCTL_CDF_iommu";
        XEN_DOMCTL_CDF_NESTED_VIRT = "XEN_DOMCTL_CDF_nested_virt";
        XEN_DOMCTL_CDF_VPMU = "XEN_DOMCTL_CDF_vpmu";
        XEN_DOMCTL_CDF_MAX = "XEN_DOMCTL_CDF_MAX";
        XEN_DOMCTL_IOMMU_NO_SHAREPT = "XEN_DOMCTL_IOMMU_no_sharept";
        XEN_DOMCTL_IOMMU_MAX = "XEN_DOMCTL_IOMMU_MAX";
        XEN_DOMCTL_GRANT_VERSION_MASK = "XEN_DOMCTL_GRANT_version_mask";
        XEN_DOMCTL_ALTP2M_MIXED = "XEN_DOMCTL_ALTP2M_mixed";
        XEN_DOMCTL_ALTP2M_EXTERNAL = "XEN_DOMCTL_ALTP2M_external";
        XEN_DOMCTL_ALTP2M_LIMITED = "XEN_DOMCTL_ALTP2M_limited";
        XEN_DOMCTL_ALTP2M_MODE_MASK = "XEN_DOMCTL_ALTP2M_mode_mask";
        XEN_DOMINF_DYING = "XEN_DOMINF_dying";
        XEN_DOMINF_HVM_GUEST = "XEN_DOMINF_hvm_guest";
        XEN_DOMINF_SHUTDOWN = "XEN_DOMINF_shutdown";
        XEN_DOMINF_PAUSED = "XEN_DOMINF_paused";
        XEN_DOMINF_BLOCKED = "XEN_DOMINF_blocked";
        XEN_DOMINF_RUNNING = "XEN_DOMINF_running";
        XEN_DOMINF_DEBUGGED = "XEN_DOMINF_debugged";
        XEN_DOMINF_XS_DOMAIN = "XEN_DOMINF_xs_domain";
        XEN_DOMINF_HAP = "XEN_DOMINF_hap";
        XEN_DOMINF_SHUTDOWNMASK = "XEN_DOMINF_shutdownmask";
        XEN_DOMINF_SHUTDOWNSHIFT = "XEN_DOMINF_shutdownshift";
        XEN_INVALID_MAX_VCPU_ID = "XEN_INVALID_MAX_VCPU_ID";
        XEN_DOMCTL_PFINFO_LTAB_SHIFT = "XEN_DOMCTL_PFINFO_LTAB_SHIFT";
        XEN_DOMCTL_PFINFO_NOTAB = "XEN_DOMCTL_PFINFO_NOTAB";
        XEN_DOMCTL_PFINFO_L1TAB = "XEN_DOMCTL_PFINFO_L1TAB";
        XEN_DOMCTL_PFINFO_L2TAB = "XEN_DOMCTL_PFINFO_L2TAB";
        XEN_DOMCTL_PFINFO_L3TAB = "XEN_DOMCTL_PFINFO_L3TAB";
        XEN_DOMCTL_PFINFO_L4TAB = "XEN_DOMCTL_PFINFO_L4TAB";
        XEN_DOMCTL_PFINFO_LTABTYPE_MASK = "XEN_DOMCTL_PFINFO_LTABTYPE_MASK";
        XEN_DOMCTL_PFINFO_LPINTAB = "XEN_DOMCTL_PFINFO_LPINTAB";
        XEN_DOMCTL_PFINFO_XTAB = "XEN_DOMCTL_PFINFO_XTAB";
        XEN_DOMCTL_PFINFO_XALLOC = "XEN_DOMCTL_PFINFO_XALLOC";
        XEN_DOMCTL_PFINFO_BROKEN = "XEN_DOMCTL_PFINFO_BROKEN";
        XEN_DOMCTL_PFINFO_LTAB_MASK = "XEN_DOMCTL_PFINFO_LTAB_MASK";
        XEN_DOMCTL_SHADOW_OP_OFF = "XEN_DOMCTL_SHADOW_OP_OFF";
        XEN_DOMCTL_SHADOW_OP_ENABLE_TEST = "XEN_DOMCTL_SHADOW_OP_ENABLE_TEST";
        XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY = "XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY";
        XEN_DOMCTL_SHADOW_OP_CLEAN = "XEN_DOMCTL_SHADOW_OP_CLEAN";
        XEN_DOMCTL_SHADOW_OP_PEEK = "XEN_DOMCTL_SHADOW_OP_PEEK";
        XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION = "XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION";
        XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION = "XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION";
        XEN_DOMCTL_SHADOW_OP_ENABLE = "XEN_DOMCTL_SHADOW_OP_ENABLE";
        XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT = "XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT";
        XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY = "XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY";
        XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE = "XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE";
        XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL = "XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL";
        XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL = "XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL";
        XEN_VCPUAFFINITY_HARD = "XEN_VCPUAFFINITY_HARD";
        XEN_VCPUAFFINITY_SOFT = "XEN_VCPUAFFINITY_SOFT";
        XEN_VCPUAFFINITY_FORCE = "XEN_VCPUAFFINITY_FORCE";
        XEN_SCHEDULER_CREDIT = "XEN_SCHEDULER_CREDIT";
        XEN_SCHEDULER_CREDIT2 = "XEN_SCHEDULER_CREDIT2";
        XEN_SCHEDULER_ARINC653 = "XEN_SCHEDULER_ARINC653";
        XEN_SCHEDULER_RTDS = "XEN_SCHEDULER_RTDS";
        XEN_SCHEDULER_NULL = "XEN_SCHEDULER_NULL";
        XEN_DOMCTL_SCHEDRT_EXTRA = "XEN_DOMCTL_SCHEDRT_extra";
        XEN_DOMCTL_SCHEDOP_PUTINFO = "XEN_DOMCTL_SCHEDOP_putinfo";
        XEN_DOMCTL_SCHEDOP_GETINFO = "XEN_DOMCTL_SCHEDOP_getinfo";
        XEN_DOMCTL_SCHEDOP_PUTVCPUINFO = "XEN_DOMCTL_SCHEDOP_putvcpuinfo";
        XEN_DOMCTL_SCHEDOP_GETVCPUINFO = "XEN_DOMCTL_SCHEDOP_getvcpuinfo";
        XEN_DOMCTL_GSI_REVOKE = "XEN_DOMCTL_GSI_REVOKE";
        XEN_DOMCTL_GSI_GRANT = "XEN_DOMCTL_GSI_GRANT";
        XEN_DOMCTL_GSI_ACTION_MASK = "XEN_DOMCTL_GSI_ACTION_MASK";
        XEN_DOMCTL_SENDTRIGGER_NMI = "XEN_DOMCTL_SENDTRIGGER_NMI";
        XEN_DOMCTL_SENDTRIGGER_RESET = "XEN_DOMCTL_SENDTRIGGER_RESET";
        XEN_DOMCTL_SENDTRIGGER_INIT = "XEN_DOMCTL_SENDTRIGGER_INIT";
        XEN_DOMCTL_SENDTRIGGER_POWER = "XEN_DOMCTL_SENDTRIGGER_POWER";
        XEN_DOMCTL_SENDTRIGGER_SLEEP = "XEN_DOMCTL_SENDTRIGGER_SLEEP";
        XEN_DOMCTL_DEV_PCI = "XEN_DOMCTL_DEV_PCI";
        XEN_DOMCTL_DEV_DT = "XEN_DOMCTL_DEV_DT";
        XEN_DOMCTL_DEV_RDM_RELAXED = "XEN_DOMCTL_DEV_RDM_RELAXED";
        PT_IRQ_TYPE_PCI = "PT_IRQ_TYPE_PCI";
        PT_IRQ_TYPE_ISA = "PT_IRQ_TYPE_ISA";
        PT_IRQ_TYPE_MSI = "PT_IRQ_TYPE_MSI";
        PT_IRQ_TYPE_MSI_TRANSLATE = "PT_IRQ_TYPE_MSI_TRANSLATE";
        XEN_DOMCTL_VMSI_X86_DEST_ID_MASK = "XEN_DOMCTL_VMSI_X86_DEST_ID_MASK";
        XEN_DOMCTL_VMSI_X86_RH_MASK = "XEN_DOMCTL_VMSI_X86_RH_MASK";
        XEN_DOMCTL_VMSI_X86_DM_MASK = "XEN_DOMCTL_VMSI_X86_DM_MASK";
        XEN_DOMCTL_VMSI_X86_DELIV_MASK = "XEN_DOMCTL_VMSI_X86_DELIV_MASK";
        XEN_DOMCTL_VMSI_X86_TRIG_MASK = "XEN_DOMCTL_VMSI_X86_TRIG_MASK";
        XEN_DOMCTL_VMSI_X86_UNMASKED = "XEN_DOMCTL_VMSI_X86_UNMASKED";
        DPCI_ADD_MAPPING = "DPCI_ADD_MAPPING";
        DPCI_REMOVE_MAPPING = "DPCI_REMOVE_MAPPING";
        XEN_DOMCTL_MEM_CACHEATTR_UC = "XEN_DOMCTL_MEM_CACHEATTR_UC";
        XEN_DOMCTL_MEM_CACHEATTR_WC = "XEN_DOMCTL_MEM_CACHEATTR_WC";
        XEN_DOMCTL_MEM_CACHEATTR_WT = "XEN_DOMCTL_MEM_CACHEATTR_WT";
        XEN_DOMCTL_MEM_CACHEATTR_WP = "XEN_DOMCTL_MEM_CACHEATTR_WP";
        XEN_DOMCTL_MEM_CACHEATTR_WB = "XEN_DOMCTL_MEM_CACHEATTR_WB";
        XEN_DOMCTL_MEM_CACHEATTR_UCM = "XEN_DOMCTL_MEM_CACHEATTR_UCM";
        XEN_DOMCTL_DELETE_MEM_CACHEATTR = "XEN_DOMCTL_DELETE_MEM_CACHEATTR";
        XEN_CPUID_INPUT_UNUSED = "XEN_CPUID_INPUT_UNUSED";
        XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF = "XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF";
        XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON = "XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON";
        XEN_VM_EVENT_ENABLE = "XEN_VM_EVENT_ENABLE";
        XEN_VM_EVENT_DISABLE = "XEN_VM_EVENT_DISABLE";
        XEN_VM_EVENT_RESUME = "XEN_VM_EVENT_RESUME";
        XEN_VM_EVENT_GET_VERSION = "XEN_VM_EVENT_GET_VERSION";
        XEN_DOMCTL_VM_EVENT_OP_PAGING = "XEN_DOMCTL_VM_EVENT_OP_PAGING";
        XEN_DOMCTL_VM_EVENT_OP_MONITOR = "XEN_DOMCTL_VM_EVENT_OP_MONITOR";
        XEN_DOMCTL_VM_EVENT_OP_SHARING = "XEN_DOMCTL_VM_EVENT_OP_SHARING";
        XEN_DOMCTL_MEM_SHARING_CONTROL = "XEN_DOMCTL_MEM_SHARING_CONTROL";
        XEN_DOMCTL_PSR_CMT_OP_DETACH = "XEN_DOMCTL_PSR_CMT_OP_DETACH";
        XEN_DOMCTL_PSR_CMT_OP_ATTACH = "XEN_DOMCTL_PSR_CMT_OP_ATTACH";
        XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID = "XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID";
        XEN_DOMCTL_MONITOR_OP_ENABLE = "XEN_DOMCTL_MONITOR_OP_ENABLE";
        XEN_DOMCTL_MONITOR_OP_DISABLE = "XEN_DOMCTL_MONITOR_OP_DISABLE";
        XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES = "XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES";
        XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP = "XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP";
        XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS = "XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS";
        XEN_DOMCTL_VMTRACE_ENABLE = "XEN_DOMCTL_vmtrace_enable";
        XEN_DOMCTL_VMTRACE_DISABLE = "XEN_DOMCTL_vmtrace_disable";
        XEN_DOMCTL_VMTRACE_RESET_AND_ENABLE = "XEN_DOMCTL_vmtrace_reset_and_enable";
        XEN_DOMCTL_VMTRACE_OUTPUT_POSITION = "XEN_DOMCTL_vmtrace_output_position";
        XEN_DOMCTL_VMTRACE_GET_OPTION = "XEN_DOMCTL_vmtrace_get_option";
        XEN_DOMCTL_VMTRACE_SET_OPTION = "XEN_DOMCTL_vmtrace_set_option";
    }
    structures! { lines; abi::domctl;
        Domctl = "xen_domctl" { cmd, interface_version, domain, u }
        Createdomain = "xen_domctl_createdomain" { ssidref, handle, flags, iommu_opts, max_vcpus, max_evtchn_port, max_grant_frames, max_maptrack_frames, grant_opts, altp2m_opts, vmtrace_size, cpupool_id, arch }
        Getdomaininfo = "xen_domctl_getdomaininfo" { domain, pad1, flags, tot_pages, max_pages, outstanding_pages, shr_pages, paged_pages, shared_info_frame, cpu_time, nr_online_vcpus, max_vcpu_id, ssidref, handle, cpupool, gpaddr_bits, pad2, arch_config }
        Getpageframeinfo3 = "xen_domctl_getpageframeinfo3" { num, array }
        ShadowOpStats = "xen_domctl_shadow_op_stats" { fault_count, dirty_count }
        ShadowOp = "xen_domctl_shadow_op" { op, mode, mb, dirty_bitmap, pages, stats }
        MaxMem = "xen_domctl_max_mem" { max_memkb }
        Vcpucontext = "xen_domctl_vcpucontext" { vcpu, ctxt }
        Getvcpuinfo = "xen_domctl_getvcpuinfo" { vcpu, online, blocked, running, cpu_time, cpu }
        Nodeaffinity = "xen_domctl_nodeaffinity" { nodemap }
        Vcpuaffinity = "xen_domctl_vcpuaffinity" { vcpu, flags, cpumap_hard, cpumap_soft }
        MaxVcpus = "xen_domctl_max_vcpus" { max }
        SchedCredit = "xen_domctl_sched_credit" { weight, cap }
        SchedCredit2 = "xen_domctl_sched_credit2" { weight, cap }
        SchedRtds = "xen_domctl_sched_rtds" { period, budget, flags }
        SchedparamVcpu = "xen_domctl_schedparam_vcpu" { u, vcpuid }
        SchedulerOp = "xen_domctl_scheduler_op" { sched_id, cmd, u }
        SchedulerOpVcpus = "xen_domctl_scheduler_op.u.v" { vcpus, nr_vcpus, padding }
        Setdomainhandle = "xen_domctl_setdomainhandle" { handle }
        Setdebugging = "xen_domctl_setdebugging" { enable }
        IrqPermission = "xen_domctl_irq_permission" { pirq, allow_access, pad }
        GsiPermission = "xen_domctl_gsi_permission" { gsi, flags }
        IomemPermission = "xen_domctl_iomem_permission" { first_mfn, nr_mfns, allow_access }
        IoportPermission = "xen_domctl_ioport_permission" { first_port, nr_ports, allow_access }
        HypercallInit = "xen_domctl_hypercall_init" { gmfn }
        Settimeoffset = "xen_domctl_settimeoffset" { time_offset_seconds }
        Hvmcontext = "xen_domctl_hvmcontext" { size, buffer }
        AddressSize = "xen_domctl_address_size" { size }
        Sendtrigger = "xen_domctl_sendtrigger" { trigger, vcpu }
        AssignDevice = "xen_domctl_assign_device" { dev, flags, u }
        GetDeviceGroup = "xen_domctl_get_device_group" { machine_sbdf, max_sdevs, num_sdevs, sdev_array }
        BindPtIrq = "xen_domctl_bind_pt_irq" { machine_irq, irq_type, u }
        BindPtIrqPci = "xen_domctl_bind_pt_irq.u.pci" { bus, device, intx }
        BindPtIrqMsi = "xen_domctl_bind_pt_irq.u.msi" { gvec, gflags, gtable }
        MemoryMapping = "xen_domctl_memory_mapping" { first_gfn, first_mfn, nr_mfns, add_mapping, padding }
        IoportMapping = "xen_domctl_ioport_mapping" { first_gport, first_mport, nr_ports, add_mapping }
        ExtVcpucontext = "xen_domctl_ext_vcpucontext" { vcpu, size, syscall32_callback_eip, sysenter_callback_eip, syscall32_callback_cs, sysenter_callback_cs, syscall32_disables_events, sysenter_disables_events, vmce }
        SetTarget = "xen_domctl_set_target" { target }
        CpuPolicy = "xen_domctl_cpu_policy" { nr_leaves, nr_msrs, leaves, msrs, err_leaf, err_subleaf, err_msr }
        Subscribe = "xen_domctl_subscribe" { port }
        DebugOp = "xen_domctl_debug_op" { op, vcpu }
        HvmcontextPartial = "xen_domctl_hvmcontext_partial" { type_ = "type", instance, bufsz, buffer }
        TscInfo = "xen_domctl_tsc_info" { tsc_mode, gtsc_khz, incarnation, pad, elapsed_nsec }
        GdbsxMemio = "xen_domctl_gdbsx_memio" { pgd3val, gva, uva, len, gwr, remain }
        GdbsxPauseunpVcpu = "xen_domctl_gdbsx_pauseunp_vcpu" { vcpu }
        GdbsxDomstatus = "xen_domctl_gdbsx_domstatus" { paused, vcpu_id, vcpu_ev }
        VmEventOp = "xen_domctl_vm_event_op" { op, mode, u }
        MemSharingOp = "xen_domctl_mem_sharing_op" { op, u }
        AuditP2m = "xen_domctl_audit_p2m" { orphans, m2p_bad, p2m_bad }
        SetVirqHandler = "xen_domctl_set_virq_handler" { virq }
        Vcpuextstate = "xen_domctl_vcpuextstate" { vcpu, xfeature_mask, size, buffer }
        SetAccessRequired = "xen_domctl_set_access_required" { access_required }
        SetBrokenPageP2m = "xen_domctl_set_broken_page_p2m" { pfn }
        Cacheflush = "xen_domctl_cacheflush" { start_pfn, nr_pfns }
        PagingMempool = "xen_domctl_paging_mempool" { size }
        VcpuMsr = "xen_domctl_vcpu_msr" { index, reserved, value }
        VcpuMsrs = "xen_domctl_vcpu_msrs" { vcpu, msr_count, msrs }
        Vnuma = "xen_domctl_vnuma" { nr_vnodes, nr_vmemranges, nr_vcpus, pad, vdistance, vcpu_to_vnode, vnode_to_pnode, vmemrange }
        PsrCmtOp = "xen_domctl_psr_cmt_op" { cmd, data }
        MonitorOp = "xen_domctl_monitor_op" { op, event, u }
        PsrAlloc = "xen_domctl_psr_alloc" { cmd, target, data }
        VuartOp = "xen_domctl_vuart_op" { cmd, type_ = "type", gfn, console_domid, pad, evtchn }
        VmtraceOp = "xen_domctl_vmtrace_op" { cmd, vcpu, key, value }
        SetLlcColors = "xen_domctl_set_llc_colors" { num_llc_colors, pad, llc_colors }
    }
    constants! { lines; abi::sysctl;
        XEN_SYSCTL_INTERFACE_VERSION = "XEN_SYSCTL_INTERFACE_VERSION";
        XEN_SYSCTL_READCONSOLE = "XEN_SYSCTL_readconsole";
        XEN_SYSCTL_TBUF_OP = "XEN_SYSCTL_tbuf_op";
        XEN_SYSCTL_PHYSINFO = "XEN_SYSCTL_physinfo";
        XEN_SYSCTL_SCHED_ID = "XEN_SYSCTL_sched_id";
        XEN_SYSCTL_PERFC_OP = "XEN_SYSCTL_perfc_op";
        XEN_SYSCTL_GETDOMAININFOLIST = "XEN_SYSCTL_getdomaininfolist";
        XEN_SYSCTL_DEBUG_KEYS = "XEN_SYSCTL_debug_keys";
        XEN_SYSCTL_GETCPUINFO = "XEN_SYSCTL_getcpuinfo";
        XEN_SYSCTL_AVAILHEAP = "XEN_SYSCTL_availheap";
        XEN_SYSCTL_GET_PMSTAT = "XEN_SYSCTL_get_pmstat";
        XEN_SYSCTL_CPU_HOTPLUG = "XEN_SYSCTL_cpu_hotplug";
        XEN_SYSCTL_PM_OP = "XEN_SYSCTL_pm_op";
        XEN_SYSCTL_PAGE_OFFLINE_OP = "XEN_SYSCTL_page_offline_op";
        XEN_SYSCTL_LOCKPROF_OP = "XEN_SYSCTL_lockprof_op";
        XEN_SYSCTL_CPUTOPOINFO = "XEN_SYSCTL_cputopoinfo";
        XEN_SYSCTL_NUMAINFO = "XEN_SYSCTL_numainfo";
        XEN_SYSCTL_CPUPOOL_OP = "XEN_SYSCTL_cpupool_op";
        XEN_SYSCTL_SCHEDULER_OP = "XEN_SYSCTL_scheduler_op";
        XEN_SYSCTL_COVERAGE_OP = "XEN_SYSCTL_coverage_op";
        XEN_SYSCTL_PSR_CMT_OP = "XEN_SYSCTL_psr_cmt_op";
        XEN_SYSCTL_PCITOPOINFO = "XEN_SYSCTL_pcitopoinfo";
        XEN_SYSCTL_PSR_ALLOC = "XEN_SYSCTL_psr_alloc";
        XEN_SYSCTL_GET_CPU_LEVELLING_CAPS = "XEN_SYSCTL_get_cpu_levelling_caps";
        XEN_SYSCTL_GET_CPU_FEATURESET = "XEN_SYSCTL_get_cpu_featureset";
        XEN_SYSCTL_LIVEPATCH_OP = "XEN_SYSCTL_livepatch_op";
        XEN_SYSCTL_GET_CPU_POLICY = "XEN_SYSCTL_get_cpu_policy";
        XEN_SYSCTL_DT_OVERLAY = "XEN_SYSCTL_dt_overlay";
        XEN_SYSCTL_TBUFOP_GET_INFO = "XEN_SYSCTL_TBUFOP_get_info";
        XEN_SYSCTL_TBUFOP_SET_CPU_MASK = "XEN_SYSCTL_TBUFOP_set_cpu_mask";
        XEN_SYSCTL_TBUFOP_SET_EVT_MASK = "XEN_SYSCTL_TBUFOP_set_evt_mask";
        XEN_SYSCTL_TBUFOP_SET_SIZE = "XEN_SYSCTL_TBUFOP_set_size";
        XEN_SYSCTL_TBUFOP_ENABLE = "XEN_SYSCTL_TBUFOP_enable";
        XEN_SYSCTL_TBUFOP_DISABLE = "XEN_SYSCTL_TBUFOP_disable";
        XEN_SYSCTL_PHYSCAP_HVM = "XEN_SYSCTL_PHYSCAP_hvm";
        XEN_SYSCTL_PHYSCAP_PV = "XEN_SYSCTL_PHYSCAP_pv";
        XEN_SYSCTL_PHYSCAP_DIRECTIO = "XEN_SYSCTL_PHYSCAP_directio";
        XEN_SYSCTL_PHYSCAP_HAP = "XEN_SYSCTL_PHYSCAP_hap";
        XEN_SYSCTL_PHYSCAP_SHADOW = "XEN_SYSCTL_PHYSCAP_shadow";
        XEN_SYSCTL_PHYSCAP_IOMMU_HAP_PT_SHARE = "XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share";
        XEN_SYSCTL_PHYSCAP_VMTRACE = "XEN_SYSCTL_PHYSCAP_vmtrace";
        XEN_SYSCTL_PHYSCAP_VPMU = "XEN_SYSCTL_PHYSCAP_vpmu";
        XEN_SYSCTL_PHYSCAP_GNTTAB_V1 = "XEN_SYSCTL_PHYSCAP_gnttab_v1";
        XEN_SYSCTL_PHYSCAP_GNTTAB_V2 = "XEN_SYSCTL_PHYSCAP_gnttab_v2";
        XEN_SYSCTL_PHYSCAP_MAX = "XEN_SYSCTL_PHYSCAP_MAX";
        XEN_SYSCTL_PERFCOP_RESET = "XEN_SYSCTL_PERFCOP_reset";
        XEN_SYSCTL_PERFCOP_QUERY = "XEN_SYSCTL_PERFCOP_query";
        PMSTAT_CATEGORY_MASK = "PMSTAT_CATEGORY_MASK";
        PMSTAT_PX = "PMSTAT_PX";
        PMSTAT_CX = "PMSTAT_CX";
        PMSTAT_GET_MAX_PX = "PMSTAT_get_max_px";
        PMSTAT_GET_PXSTAT = "PMSTAT_get_pxstat";
        PMSTAT_RESET_PXSTAT = "PMSTAT_reset_pxstat";
        PMSTAT_GET_MAX_CX = "PMSTAT_get_max_cx";
        PMSTAT_GET_CXSTAT = "PMSTAT_get_cxstat";
        PMSTAT_RESET_CXSTAT = "PMSTAT_reset_cxstat";
        XEN_SYSCTL_CPU_HOTPLUG_ONLINE = "XEN_SYSCTL_CPU_HOTPLUG_ONLINE";
        XEN_SYSCTL_CPU_HOTPLUG_OFFLINE = "XEN_SYSCTL_CPU_HOTPLUG_OFFLINE";
        XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE = "XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE";
        XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE = "XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE";
        GET_CPUFREQ_PARA = "GET_CPUFREQ_PARA";
        SET_CPUFREQ_GOV = "SET_CPUFREQ_GOV";
        SET_CPUFREQ_PARA = "SET_CPUFREQ_PARA";
        GET_CPUFREQ_AVGFREQ = "GET_CPUFREQ_AVGFREQ";
        SET_CPUFREQ_CPPC = "SET_CPUFREQ_CPPC";
        XEN_SYSCTL_PM_OP_SET_SCHED_OPT_SMT = "XEN_SYSCTL_pm_op_set_sched_opt_smt";
        XEN_SYSCTL_PM_OP_GET_MAX_CSTATE = "XEN_SYSCTL_pm_op_get_max_cstate";
        XEN_SYSCTL_PM_OP_SET_MAX_CSTATE = "XEN_SYSCTL_pm_op_set_max_cstate";
        XEN_SYSCTL_PM_OP_ENABLE_TURBO = "XEN_SYSCTL_pm_op_enable_turbo";
        XEN_SYSCTL_PM_OP_DISABLE_TURBO = "XEN_SYSCTL_pm_op_disable_turbo";
        XEN_SYSCTL_CX_UNLIMITED = "XEN_SYSCTL_CX_UNLIMITED";
        XEN_INVALID_CORE_ID = "XEN_INVALID_CORE_ID";
        XEN_INVALID_SOCKET_ID = "XEN_INVALID_SOCKET_ID";
        XEN_INVALID_NODE_ID = "XEN_INVALID_NODE_ID";
        XEN_INVALID_MEM_SZ = "XEN_INVALID_MEM_SZ";
        XEN_INVALID_NODE_DIST = "XEN_INVALID_NODE_DIST";
        XEN_INVALID_DEV = "XEN_INVALID_DEV";
        XEN_SYSCTL_CPUPOOL_OP_CREATE = "XEN_SYSCTL_CPUPOOL_OP_CREATE";
        XEN_SYSCTL_CPUPOOL_OP_DESTROY = "XEN_SYSCTL_CPUPOOL_OP_DESTROY";
        XEN_SYSCTL_CPUPOOL_OP_INFO = "XEN_SYSCTL_CPUPOOL_OP_INFO";
        XEN_SYSCTL_CPUPOOL_OP_ADDCPU = "XEN_SYSCTL_CPUPOOL_OP_ADDCPU";
        XEN_SYSCTL_CPUPOOL_OP_RMCPU = "XEN_SYSCTL_CPUPOOL_OP_RMCPU";
        XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN = "XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN";
        XEN_SYSCTL_CPUPOOL_OP_FREEINFO = "XEN_SYSCTL_CPUPOOL_OP_FREEINFO";
        XEN_SYSCTL_CPUPOOL_PAR_ANY = "XEN_SYSCTL_CPUPOOL_PAR_ANY";
        XEN_SYSCTL_SCHED_RATELIMIT_MAX = "XEN_SYSCTL_SCHED_RATELIMIT_MAX";
        XEN_SYSCTL_SCHED_RATELIMIT_MIN = "XEN_SYSCTL_SCHED_RATELIMIT_MIN";
        XEN_SYSCTL_CSCHED_TSLICE_MAX = "XEN_SYSCTL_CSCHED_TSLICE_MAX";
        XEN_SYSCTL_CSCHED_TSLICE_MIN = "XEN_SYSCTL_CSCHED_TSLICE_MIN";
        XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US = "XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US";
        XEN_SYSCTL_SCHEDOP_PUTINFO = "XEN_SYSCTL_SCHEDOP_putinfo";
        XEN_SYSCTL_SCHEDOP_GETINFO = "XEN_SYSCTL_SCHEDOP_getinfo";
        XEN_SYSCTL_CPU_FEATURESET_RAW = "XEN_SYSCTL_cpu_featureset_raw";
        XEN_SYSCTL_CPU_FEATURESET_HOST = "XEN_SYSCTL_cpu_featureset_host";
        XEN_SYSCTL_CPU_FEATURESET_PV = "XEN_SYSCTL_cpu_featureset_pv";
        XEN_SYSCTL_CPU_FEATURESET_HVM = "XEN_SYSCTL_cpu_featureset_hvm";
        XEN_SYSCTL_CPU_FEATURESET_PV_MAX = "XEN_SYSCTL_cpu_featureset_pv_max";
        XEN_SYSCTL_CPU_FEATURESET_HVM_MAX = "XEN_SYSCTL_cpu_featureset_hvm_max";
        XEN_SYSCTL_CPU_POLICY_RAW = "XEN_SYSCTL_cpu_policy_raw";
        XEN_SYSCTL_CPU_POLICY_HOST = "XEN_SYSCTL_cpu_policy_host";
        XEN_SYSCTL_CPU_POLICY_PV_MAX = "XEN_SYSCTL_cpu_policy_pv_max";
        XEN_SYSCTL_CPU_POLICY_HVM_MAX = "XEN_SYSCTL_cpu_policy_hvm_max";
        XEN_SYSCTL_CPU_POLICY_PV_DEFAULT = "XEN_SYSCTL_cpu_policy_pv_default";
        XEN_SYSCTL_CPU_POLICY_HVM_DEFAULT = "XEN_SYSCTL_cpu_policy_hvm_default";
    }
    structures! { lines; abi::sysctl;
        Sysctl = "xen_sysctl" { cmd, interface_version, u }
        Readconsole = "xen_sysctl_readconsole" { clear, incremental, pad0, pad1, index, buffer, count }
        TbufOp = "xen_sysctl_tbuf_op" { cmd, cpu_mask, evt_mask, buffer_mfn, size }
        Physinfo = "xen_sysctl_physinfo" { threads_per_core, cores_per_socket, nr_cpus, max_cpu_id, nr_nodes, max_node_id, cpu_khz, capabilities, arch_capabilities, pad, total_pages, free_pages, scrub_pages, outstanding_pages, max_mfn, hw_cap }
        SchedId = "xen_sysctl_sched_id" { sched_id }
        PerfcDesc = "xen_sysctl_perfc_desc" { name, nr_vals }
        PerfcOp = "xen_sysctl_perfc_op" { cmd, nr_counters, nr_vals, desc, val }
        Getdomaininfolist = "xen_sysctl_getdomaininfolist" { first_domain, max_domains, buffer, num_domains }
        DebugKeys = "xen_sysctl_debug_keys" { keys, nr_keys }
        Cpuinfo = "xen_sysctl_cpuinfo" { idletime }
        Getcpuinfo = "xen_sysctl_getcpuinfo" { max_cpus, info, nr_cpus }
        Availheap = "xen_sysctl_availheap" { min_bitwidth, max_bitwidth, node, avail_bytes }
        PmPxVal = "pm_px_val" { freq, residency, count }
        PmPxStat = "pm_px_stat" { total, usable, last, cur, trans_pt, pt }
        PmCxStat = "pm_cx_stat" { nr, last, idle_time, triggers, residencies, nr_pc, nr_cc, pc, cc }
        GetPmstat = "xen_sysctl_get_pmstat" { type_ = "type", cpuid, u }
        CpuHotplug = "xen_sysctl_cpu_hotplug" { cpu, op }
        PmOp = "xen_sysctl_pm_op" { cmd, cpuid, u }
        GetCpufreqPara = "xen_get_cpufreq_para" { cpu_num, freq_num, gov_num, affected_cpus, scaling_available_frequencies, scaling_available_governors, scaling_driver, cpuinfo_cur_freq, cpuinfo_max_freq, cpuinfo_min_freq, u, turbo_enabled }
        CppcPara = "xen_cppc_para" { features, lowest, lowest_nonlinear, nominal, highest, minimum, maximum, desired, energy_perf, activity_window }
        SetCppcPara = "xen_set_cppc_para" { set_params, minimum, maximum, desired, energy_perf, activity_window }
        SetCpufreqGov = "xen_set_cpufreq_gov" { scaling_governor }
        SetCpufreqPara = "xen_set_cpufreq_para" { ctrl_type, ctrl_value }
        PageOfflineOp = "xen_sysctl_page_offline_op" { cmd, start, end, status }
        LockprofData = "xen_sysctl_lockprof_data" { name, type_ = "type", idx, lock_cnt, block_cnt, lock_time, block_time }
        LockprofOp = "xen_sysctl_lockprof_op" { cmd, max_elem, nr_elem, time, data }
        Cputopo = "xen_sysctl_cputopo" { core, socket, node }
        Cputopoinfo = "xen_sysctl_cputopoinfo" { num_cpus, cputopo }
        Meminfo = "xen_sysctl_meminfo" { memsize, memfree }
        Numainfo = "xen_sysctl_numainfo" { num_nodes, meminfo, distance }
        Pcitopoinfo = "xen_sysctl_pcitopoinfo" { num_devs, devs, nodes }
        CpupoolOp = "xen_sysctl_cpupool_op" { op, cpupool_id, sched_id, domid, cpu, n_dom, cpumap }
        Arinc653Entry = "xen_sysctl_arinc653_schedule.sched_entries[0]" { dom_handle, vcpu_id, runtime }
        Arinc653Schedule = "xen_sysctl_arinc653_schedule" { major_frame, num_sched_entries, sched_entries }
        CreditSchedule = "xen_sysctl_credit_schedule" { tslice_ms, ratelimit_us, vcpu_migr_delay_us }
        Credit2Schedule = "xen_sysctl_credit2_schedule" { ratelimit_us }
        SchedulerOp = "xen_sysctl_scheduler_op" { cpupool_id, sched_id, cmd, u }
        CoverageOp = "xen_sysctl_coverage_op" { cmd, size, buffer }
        PsrCmtOp = "xen_sysctl_psr_cmt_op" { cmd, flags, u }
        PsrAlloc = "xen_sysctl_psr_alloc" { cmd, target, u }
        CpuLevellingCaps = "xen_sysctl_cpu_levelling_caps" { caps }
        CpuFeatureset = "xen_sysctl_cpu_featureset" { index, nr_features, features }
        LivepatchOp = "xen_sysctl_livepatch_op" { cmd, flags, u }
        CpuPolicy = "xen_sysctl_cpu_policy" { index, nr_leaves, nr_msrs, _rsvd, leaves, msrs }
    }
    constants! { lines; abi::platform;
        XENPF_INTERFACE_VERSION = "XENPF_INTERFACE_VERSION";
        XENPF_SETTIME32 = "XENPF_settime32";
        XENPF_ADD_MEMTYPE = "XENPF_add_memtype";
        XENPF_DEL_MEMTYPE = "XENPF_del_memtype";
        XENPF_READ_MEMTYPE = "XENPF_read_memtype";
        XENPF_MICROCODE_UPDATE = "XENPF_microcode_update";
        XENPF_PLATFORM_QUIRK = "XENPF_platform_quirk";
        XENPF_GET_CPU_VERSION = "XENPF_get_cpu_version";
        XENPF_EFI_RUNTIME_CALL = "XENPF_efi_runtime_call";
        XENPF_FIRMWARE_INFO = "XENPF_firmware_info";
        XENPF_ENTER_ACPI_SLEEP = "XENPF_enter_acpi_sleep";
        XENPF_CHANGE_FREQ = "XENPF_change_freq";
        XENPF_GETIDLETIME = "XENPF_getidletime";
        XENPF_SET_PROCESSOR_PMINFO = "XENPF_set_processor_pminfo";
        XENPF_GET_CPUINFO = "XENPF_get_cpuinfo";
        XENPF_CPU_ONLINE = "XENPF_cpu_online";
        XENPF_CPU_OFFLINE = "XENPF_cpu_offline";
        XENPF_CPU_HOTADD = "XENPF_cpu_hotadd";
        XENPF_MEM_HOTADD = "XENPF_mem_hotadd";
        XENPF_CORE_PARKING = "XENPF_core_parking";
        XENPF_RESOURCE_OP = "XENPF_resource_op";
        XENPF_SETTIME64 = "XENPF_settime64";
        XENPF_GET_SYMBOL = "XENPF_get_symbol";
        XENPF_GET_DOM0_CONSOLE = "XENPF_get_dom0_console";
        XENPF_GET_UCODE_REVISION = "XENPF_get_ucode_revision";
        XENPF_MICROCODE_UPDATE2 = "XENPF_microcode_update2";
        XEN_EFI_GET_TIME = "XEN_EFI_get_time";
        XEN_EFI_SET_TIME = "XEN_EFI_set_time";
        XEN_EFI_GET_WAKEUP_TIME = "XEN_EFI_get_wakeup_time";
        XEN_EFI_SET_WAKEUP_TIME = "XEN_EFI_set_wakeup_time";
        XEN_EFI_GET_NEXT_HIGH_MONOTONIC_COUNT = "XEN_EFI_get_next_high_monotonic_count";
        XEN_EFI_GET_VARIABLE = "XEN_EFI_get_variable";
        XEN_EFI_SET_VARIABLE = "XEN_EFI_set_variable";
        XEN_EFI_GET_NEXT_VARIABLE_NAME = "XEN_EFI_get_next_variable_name";
        XEN_EFI_QUERY_VARIABLE_INFO = "XEN_EFI_query_variable_info";
        XEN_EFI_QUERY_CAPSULE_CAPABILITIES = "XEN_EFI_query_capsule_capabilities";
        XEN_EFI_UPDATE_CAPSULE = "XEN_EFI_update_capsule";
        XEN_FW_DISK_INFO = "XEN_FW_DISK_INFO";
        XEN_FW_DISK_MBR_SIGNATURE = "XEN_FW_DISK_MBR_SIGNATURE";
        XEN_FW_VBEDDC_INFO = "XEN_FW_VBEDDC_INFO";
        XEN_FW_EFI_INFO = "XEN_FW_EFI_INFO";
        XEN_FW_KBD_SHIFT_FLAGS = "XEN_FW_KBD_SHIFT_FLAGS";
        XEN_FW_EFI_VERSION = "XEN_FW_EFI_VERSION";
        XEN_FW_EFI_CONFIG_TABLE = "XEN_FW_EFI_CONFIG_TABLE";
        XEN_FW_EFI_VENDOR = "XEN_FW_EFI_VENDOR";
        XEN_FW_EFI_MEM_INFO = "XEN_FW_EFI_MEM_INFO";
        XEN_FW_EFI_RT_VERSION = "XEN_FW_EFI_RT_VERSION";
        XEN_FW_EFI_PCI_ROM = "XEN_FW_EFI_PCI_ROM";
        XEN_FW_EFI_APPLE_PROPERTIES = "XEN_FW_EFI_APPLE_PROPERTIES";
        XENPF_ACPI_SLEEP_EXTENDED = "XENPF_ACPI_SLEEP_EXTENDED";
        XEN_PM_CX = "XEN_PM_CX";
        XEN_PM_PX = "XEN_PM_PX";
        XEN_PM_TX = "XEN_PM_TX";
        XEN_PM_PDC = "XEN_PM_PDC";
        XEN_PCPU_FLAGS_ONLINE = "XEN_PCPU_FLAGS_ONLINE";
        XEN_PCPU_FLAGS_INVALID = "XEN_PCPU_FLAGS_INVALID";
        XEN_CORE_PARKING_SET = "XEN_CORE_PARKING_SET";
        XEN_CORE_PARKING_GET = "XEN_CORE_PARKING_GET";
        XEN_RESOURCE_OP_MSR_READ = "XEN_RESOURCE_OP_MSR_READ";
        XEN_RESOURCE_OP_MSR_WRITE = "XEN_RESOURCE_OP_MSR_WRITE";
        XENPF_UCODE_FORCE = "XENPF_UCODE_FORCE";
    }
    structures! { lines; abi::platform;
        PlatformOp = "xen_platform_op" { cmd, interface_version, u }
        Settime32 = "xenpf_settime32" { secs, nsecs, system_time }
        Settime64 = "xenpf_settime64" { secs, nsecs, mbz, system_time }
        AddMemtype = "xenpf_add_memtype" { mfn, nr_mfns, type_ = "type", handle, reg }
        DelMemtype = "xenpf_del_memtype" { handle, reg }
        ReadMemtype = "xenpf_read_memtype" { reg, mfn, nr_mfns, type_ = "type" }
        MicrocodeUpdate = "xenpf_microcode_update" { data, length }
        MicrocodeUpdate2 = "xenpf_microcode_update2" { flags, length, data }
        PlatformQuirk = "xenpf_platform_quirk" { quirk_id }
        EfiTime = "xenpf_efi_time" { year, month, day, hour, min, sec, ns, tz, daylight }
        EfiGuid = "xenpf_efi_guid" { data1, data2, data3, data4 }
        EfiRuntimeCall = "xenpf_efi_runtime_call" { function, misc, status, u }
        FirmwareInfo = "xenpf_firmware_info" { type_ = "type", index, u }
        FirmwareDiskInfo = "xenpf_firmware_info.u.disk_info" { device, version, interface_support, legacy_max_cylinder, legacy_max_head, legacy_sectors_per_track, edd_params }
        FirmwareDiskMbrSignature = "xenpf_firmware_info.u.disk_mbr_signature" { device, mbr_signature }
        FirmwareVbeddcInfo = "xenpf_firmware_info.u.vbeddc_info" { capabilities, edid_transfer_time, edid }
        EnterAcpiSleep = "xenpf_enter_acpi_sleep" { val_a, val_b, sleep_state, flags }
        ChangeFreq = "xenpf_change_freq" { flags, cpu, freq }
        Getidletime = "xenpf_getidletime" { cpumap_bitmap, cpumap_nr_cpus, idletime, now }
        SetProcessorPminfo = "xenpf_set_processor_pminfo" { id, type_ = "type", u }
        ProcessorPower = "xen_processor_power" { count, flags, states }
        Pcpuinfo = "xenpf_pcpuinfo" { xen_cpuid, max_present, flags, apic_id, acpi_id }
        PcpuVersion = "xenpf_pcpu_version" { xen_cpuid, max_present, vendor_id, family, model, stepping }
        CpuOl = "xenpf_cpu_ol" { cpuid }
        CpuHotadd = "xenpf_cpu_hotadd" { apic_id, acpi_id, pxm }
        MemHotadd = "xenpf_mem_hotadd" { spfn, epfn, pxm, flags }
        CoreParking = "xenpf_core_parking" { type_ = "type", idle_nums }
        ResourceEntry = "xenpf_resource_entry" { u, rsvd, idx, val }
        ResourceOp = "xenpf_resource_op" { nr_entries, cpu, entries }
        Symdata = "xenpf_symdata" { namelen, symnum, name, address, type_ = "type" }
        UcodeRevision = "xenpf_ucode_revision" { cpu, signature, pf, revision }
    }
    constants! { lines; abi::hvm::params;
        HVM_PARAM_CALLBACK_IRQ = "HVM_PARAM_CALLBACK_IRQ";
        HVM_PARAM_STORE_PFN = "HVM_PARAM_STORE_PFN";
        HVM_PARAM_STORE_EVTCHN = "HVM_PARAM_STORE_EVTCHN";
        HVM_PARAM_PAE_ENABLED = "HVM_PARAM_PAE_ENABLED";
        HVM_PARAM_IOREQ_PFN = "HVM_PARAM_IOREQ_PFN";
        HVM_PARAM_BUFIOREQ_PFN = "HVM_PARAM_BUFIOREQ_PFN";
        HVM_PARAM_VIRIDIAN = "HVM_PARAM_VIRIDIAN";
        HVM_PARAM_TIMER_MODE = "HVM_PARAM_TIMER_MODE";
        HVM_PARAM_HPET_ENABLED = "HVM_PARAM_HPET_ENABLED";
        HVM_PARAM_IDENT_PT = "HVM_PARAM_IDENT_PT";
        HVM_PARAM_DM_DOMAIN = "HVM_PARAM_DM_DOMAIN";
        HVM_PARAM_ACPI_S_STATE = "HVM_PARAM_ACPI_S_STATE";
        HVM_PARAM_VM86_TSS = "HVM_PARAM_VM86_TSS";
        HVM_PARAM_VPT_ALIGN = "HVM_PARAM_VPT_ALIGN";
        HVM_PARAM_CONSOLE_PFN = "HVM_PARAM_CONSOLE_PFN";
        HVM_PARAM_CONSOLE_EVTCHN = "HVM_PARAM_CONSOLE_EVTCHN";
        HVM_PARAM_ACPI_IOPORTS_LOCATION = "HVM_PARAM_ACPI_IOPORTS_LOCATION";
        HVM_PARAM_MEMORY_EVENT_CR0 = "HVM_PARAM_MEMORY_EVENT_CR0";
        HVM_PARAM_MEMORY_EVENT_CR3 = "HVM_PARAM_MEMORY_EVENT_CR3";
        HVM_PARAM_MEMORY_EVENT_CR4 = "HVM_PARAM_MEMORY_EVENT_CR4";
        HVM_PARAM_MEMORY_EVENT_INT3 = "HVM_PARAM_MEMORY_EVENT_INT3";
        HVM_PARAM_NESTEDHVM = "HVM_PARAM_NESTEDHVM";
        HVM_PARAM_MEMORY_EVENT_SINGLE_STEP = "HVM_PARAM_MEMORY_EVENT_SINGLE_STEP";
        HVM_PARAM_BUFIOREQ_EVTCHN = "HVM_PARAM_BUFIOREQ_EVTCHN";
        HVM_PARAM_PAGING_RING_PFN = "HVM_PARAM_PAGING_RING_PFN";
        HVM_PARAM_MONITOR_RING_PFN = "HVM_PARAM_MONITOR_RING_PFN";
        HVM_PARAM_SHARING_RING_PFN = "HVM_PARAM_SHARING_RING_PFN";
        HVM_PARAM_MEMORY_EVENT_MSR = "HVM_PARAM_MEMORY_EVENT_MSR";
        HVM_PARAM_TRIPLE_FAULT_REASON = "HVM_PARAM_TRIPLE_FAULT_REASON";
        HVM_PARAM_IOREQ_SERVER_PFN = "HVM_PARAM_IOREQ_SERVER_PFN";
        HVM_PARAM_NR_IOREQ_SERVER_PAGES = "HVM_PARAM_NR_IOREQ_SERVER_PAGES";
        HVM_PARAM_VM_GENERATION_ID_ADDR = "HVM_PARAM_VM_GENERATION_ID_ADDR";
        HVM_PARAM_ALTP2M = "HVM_PARAM_ALTP2M";
        HVM_PARAM_X87_FIP_WIDTH = "HVM_PARAM_X87_FIP_WIDTH";
        HVM_PARAM_VM86_TSS_SIZED = "HVM_PARAM_VM86_TSS_SIZED";
        HVM_PARAM_MCA_CAP = "HVM_PARAM_MCA_CAP";
        HVM_NR_PARAMS = "HVM_NR_PARAMS";
        HVM_PARAM_CALLBACK_IRQ_TYPE_MASK = "HVM_PARAM_CALLBACK_IRQ_TYPE_MASK";
        HVM_PARAM_CALLBACK_TYPE_GSI = "HVM_PARAM_CALLBACK_TYPE_GSI";
        HVM_PARAM_CALLBACK_TYPE_PCI_INTX = "HVM_PARAM_CALLBACK_TYPE_PCI_INTX";
        HVM_PARAM_CALLBACK_TYPE_VECTOR = "HVM_PARAM_CALLBACK_TYPE_VECTOR";
        HVMPTM_DELAY_FOR_MISSED_TICKS = "HVMPTM_delay_for_missed_ticks";
        HVMPTM_NO_DELAY_FOR_MISSED_TICKS = "HVMPTM_no_delay_for_missed_ticks";
        HVMPTM_NO_MISSED_TICKS_PENDING = "HVMPTM_no_missed_ticks_pending";
        HVMPTM_ONE_MISSED_TICK_PENDING = "HVMPTM_one_missed_tick_pending";
        HVMPV_BASE_FREQ = "HVMPV_base_freq";
        HVMPV_NO_FREQ = "HVMPV_no_freq";
        HVMPV_TIME_REF_COUNT = "HVMPV_time_ref_count";
        HVMPV_REFERENCE_TSC = "HVMPV_reference_tsc";
        HVMPV_HCALL_REMOTE_TLB_FLUSH = "HVMPV_hcall_remote_tlb_flush";
        HVMPV_APIC_ASSIST = "HVMPV_apic_assist";
        HVMPV_CRASH_CTL = "HVMPV_crash_ctl";
        HVMPV_SYNIC = "HVMPV_synic";
        HVMPV_STIMER = "HVMPV_stimer";
        HVMPV_HCALL_IPI = "HVMPV_hcall_ipi";
        HVMPV_EX_PROCESSOR_MASKS = "HVMPV_ex_processor_masks";
        HVMPV_NO_VP_LIMIT = "HVMPV_no_vp_limit";
        HVMPV_CPU_HOTPLUG = "HVMPV_cpu_hotplug";
        HVMPV_FEATURE_MASK = "HVMPV_feature_mask";
        XEN_ALTP2M_DISABLED = "XEN_ALTP2M_disabled";
        XEN_ALTP2M_MIXED = "XEN_ALTP2M_mixed";
        XEN_ALTP2M_EXTERNAL = "XEN_ALTP2M_external";
        XEN_ALTP2M_LIMITED = "XEN_ALTP2M_limited";
        XEN_HVM_MCA_CAP_LMCE = "XEN_HVM_MCA_CAP_LMCE";
        XEN_HVM_MCA_CAP_MASK = "XEN_HVM_MCA_CAP_MASK";
    }
    constants! { lines; abi::hvm::hvm_op;
        HVMOP_SET_PARAM = "HVMOP_set_param";
        HVMOP_GET_PARAM = "HVMOP_get_param";
        HVMOP_FLUSH_TLBS = "HVMOP_flush_tlbs";
        HVMOP_PAGETABLE_DYING = "HVMOP_pagetable_dying";
        HVMOP_GET_TIME = "HVMOP_get_time";
        HVMOP_XENTRACE = "HVMOP_xentrace";
        HVMOP_SET_MEM_ACCESS = "HVMOP_set_mem_access";
        HVMOP_GET_MEM_ACCESS = "HVMOP_get_mem_access";
        HVMOP_GET_MEM_TYPE = "HVMOP_get_mem_type";
        HVMOP_SET_EVTCHN_UPCALL_VECTOR = "HVMOP_set_evtchn_upcall_vector";
        HVMOP_GUEST_REQUEST_VM_EVENT = "HVMOP_guest_request_vm_event";
        HVMOP_ALTP2M = "HVMOP_altp2m";
        HVMMEM_RAM_RW = "HVMMEM_ram_rw";
        HVMMEM_RAM_RO = "HVMMEM_ram_ro";
        HVMMEM_MMIO_DM = "HVMMEM_mmio_dm";
        HVMMEM_UNUSED = "HVMMEM_unused";
        HVMMEM_IOREQ_SERVER = "HVMMEM_ioreq_server";
        HVM_IOREQSRV_BUFIOREQ_OFF = "HVM_IOREQSRV_BUFIOREQ_OFF";
        HVM_IOREQSRV_BUFIOREQ_LEGACY = "HVM_IOREQSRV_BUFIOREQ_LEGACY";
        HVM_IOREQSRV_BUFIOREQ_ATOMIC = "HVM_IOREQSRV_BUFIOREQ_ATOMIC";
    }
    structures! { lines; abi::hvm::hvm_op;
        Param = "xen_hvm_param" { domid, pad, index, value }
        PagetableDying = "xen_hvm_pagetable_dying" { domid, pad, gpa }
        GetTime = "xen_hvm_get_time" { now }
        GetMemType = "xen_hvm_get_mem_type" { domid, mem_type, pad, pfn }
        EvtchnUpcallVector = "xen_hvm_evtchn_upcall_vector" { vcpu, vector }
    }
    constants! { lines; abi::hvm::dm_op;
        XEN_DMOP_CREATE_IOREQ_SERVER = "XEN_DMOP_create_ioreq_server";
        XEN_DMOP_GET_IOREQ_SERVER_INFO = "XEN_DMOP_get_ioreq_server_info";
        XEN_DMOP_MAP_IO_RANGE_TO_IOREQ_SERVER = "XEN_DMOP_map_io_range_to_ioreq_server";
        XEN_DMOP_UNMAP_IO_RANGE_FROM_IOREQ_SERVER = "XEN_DMOP_unmap_io_range_from_ioreq_server";
        XEN_DMOP_SET_IOREQ_SERVER_STATE = "XEN_DMOP_set_ioreq_server_state";
        XEN_DMOP_DESTROY_IOREQ_SERVER = "XEN_DMOP_destroy_ioreq_server";
        XEN_DMOP_TRACK_DIRTY_VRAM = "XEN_DMOP_track_dirty_vram";
        XEN_DMOP_SET_PCI_INTX_LEVEL = "XEN_DMOP_set_pci_intx_level";
        XEN_DMOP_SET_ISA_IRQ_LEVEL = "XEN_DMOP_set_isa_irq_level";
        XEN_DMOP_SET_PCI_LINK_ROUTE = "XEN_DMOP_set_pci_link_route";
        XEN_DMOP_MODIFIED_MEMORY = "XEN_DMOP_modified_memory";
        XEN_DMOP_SET_MEM_TYPE = "XEN_DMOP_set_mem_type";
        XEN_DMOP_INJECT_EVENT = "XEN_DMOP_inject_event";
        XEN_DMOP_INJECT_MSI = "XEN_DMOP_inject_msi";
        XEN_DMOP_MAP_MEM_TYPE_TO_IOREQ_SERVER = "XEN_DMOP_map_mem_type_to_ioreq_server";
        XEN_DMOP_REMOTE_SHUTDOWN = "XEN_DMOP_remote_shutdown";
        XEN_DMOP_RELOCATE_MEMORY = "XEN_DMOP_relocate_memory";
        XEN_DMOP_PIN_MEMORY_CACHEATTR = "XEN_DMOP_pin_memory_cacheattr";
        XEN_DMOP_SET_IRQ_LEVEL = "XEN_DMOP_set_irq_level";
        XEN_DMOP_NR_VCPUS = "XEN_DMOP_nr_vcpus";
        XEN_DMOP_NO_GFNS = "XEN_DMOP_no_gfns";
        XEN_DMOP_IO_RANGE_PORT = "XEN_DMOP_IO_RANGE_PORT";
        XEN_DMOP_IO_RANGE_MEMORY = "XEN_DMOP_IO_RANGE_MEMORY";
        XEN_DMOP_IO_RANGE_PCI = "XEN_DMOP_IO_RANGE_PCI";
        XEN_DMOP_EVENT_EXT_INT = "XEN_DMOP_EVENT_ext_int";
        XEN_DMOP_EVENT_NMI = "XEN_DMOP_EVENT_nmi";
        XEN_DMOP_EVENT_HW_EXC = "XEN_DMOP_EVENT_hw_exc";
        XEN_DMOP_EVENT_SW_INT = "XEN_DMOP_EVENT_sw_int";
        XEN_DMOP_EVENT_PRI_SW_EXC = "XEN_DMOP_EVENT_pri_sw_exc";
        XEN_DMOP_EVENT_SW_EXC = "XEN_DMOP_EVENT_sw_exc";
        XEN_DMOP_IOREQ_MEM_ACCESS_READ = "XEN_DMOP_IOREQ_MEM_ACCESS_READ";
        XEN_DMOP_IOREQ_MEM_ACCESS_WRITE = "XEN_DMOP_IOREQ_MEM_ACCESS_WRITE";
        XEN_DMOP_MEM_CACHEATTR_UC = "XEN_DMOP_MEM_CACHEATTR_UC";
        XEN_DMOP_MEM_CACHEATTR_WC = "XEN_DMOP_MEM_CACHEATTR_WC";
        XEN_DMOP_MEM_CACHEATTR_WT = "XEN_DMOP_MEM_CACHEATTR_WT";
        XEN_DMOP_MEM_CACHEATTR_WP = "XEN_DMOP_MEM_CACHEATTR_WP";
        XEN_DMOP_MEM_CACHEATTR_WB = "XEN_DMOP_MEM_CACHEATTR_WB";
        XEN_DMOP_MEM_CACHEATTR_UCM = "XEN_DMOP_MEM_CACHEATTR_UCM";
        XEN_DMOP_DELETE_MEM_CACHEATTR = "XEN_DMOP_DELETE_MEM_CACHEATTR";
    }
    structures! { lines; abi::hvm::dm_op;
        DmOp = "xen_dm_op" { op, pad, u }
        DmOpBuf = "xen_dm_op_buf" { h, size }
        CreateIoreqServer = "xen_dm_op_create_ioreq_server" { handle_bufioreq, pad, id }
        GetIoreqServerInfo = "xen_dm_op_get_ioreq_server_info" { id, flags, bufioreq_port, ioreq_gfn, bufioreq_gfn }
        IoreqServerRange = "xen_dm_op_ioreq_server_range" { id, pad, type_ = "type", start, end }
        SetIoreqServerState = "xen_dm_op_set_ioreq_server_state" { id, enabled, pad }
        DestroyIoreqServer = "xen_dm_op_destroy_ioreq_server" { id, pad }
        TrackDirtyVram = "xen_dm_op_track_dirty_vram" { nr, pad, first_pfn }
        SetPciIntxLevel = "xen_dm_op_set_pci_intx_level" { domain, bus, device, intx, level }
        SetIsaIrqLevel = "xen_dm_op_set_isa_irq_level" { isa_irq, level }
        SetPciLinkRoute = "xen_dm_op_set_pci_link_route" { link, isa_irq }
        ModifiedMemory = "xen_dm_op_modified_memory" { nr_extents, opaque }
        ModifiedMemoryExtent = "xen_dm_op_modified_memory_extent" { nr, pad, first_pfn }
        SetMemType = "xen_dm_op_set_mem_type" { nr, mem_type, pad, first_pfn }
        InjectEvent = "xen_dm_op_inject_event" { vcpuid, vector, type_ = "type", insn_len, pad0, error_code, pad1, cr2 }
        InjectMsi = "xen_dm_op_inject_msi" { data, pad, addr }
        MapMemTypeToIoreqServer = "xen_dm_op_map_mem_type_to_ioreq_server" { id, type_ = "type", flags, opaque }
        RemoteShutdown = "xen_dm_op_remote_shutdown" { reason }
        RelocateMemory = "xen_dm_op_relocate_memory" { size, pad, src_gfn, dst_gfn }
        PinMemoryCacheattr = "xen_dm_op_pin_memory_cacheattr" { start, end, type_ = "type", pad }
        SetIrqLevel = "xen_dm_op_set_irq_level" { irq, level, pad }
        NrVcpus = "xen_dm_op_nr_vcpus" { vcpus }
    }
    constants! { lines; abi::hvm::ioreq;
        IOREQ_READ = "IOREQ_READ";
        IOREQ_WRITE = "IOREQ_WRITE";
        STATE_IOREQ_NONE = "STATE_IOREQ_NONE";
        STATE_IOREQ_READY = "STATE_IOREQ_READY";
        STATE_IOREQ_INPROCESS = "STATE_IOREQ_INPROCESS";
        STATE_IORESP_READY = "STATE_IORESP_READY";
        IOREQ_TYPE_PIO = "IOREQ_TYPE_PIO";
        IOREQ_TYPE_COPY = "IOREQ_TYPE_COPY";
        IOREQ_TYPE_PCI_CONFIG = "IOREQ_TYPE_PCI_CONFIG";
        IOREQ_TYPE_TIMEOFFSET = "IOREQ_TYPE_TIMEOFFSET";
        IOREQ_TYPE_INVALIDATE = "IOREQ_TYPE_INVALIDATE";
        IOREQ_BUFFER_SLOT_NUM = "IOREQ_BUFFER_SLOT_NUM";
    }
    structures! { lines; abi::hvm::ioreq;
        Ioreq = "ioreq" { addr, data, count, size, vp_eport, _pad0 }
        BufIoreq = "buf_ioreq" { data }
        BufferedIopage = "buffered_iopage" { read_pointer, write_pointer, buf_ioreq }
    }
    constants! { lines; abi::hvm::hvm_vcpu;
        VCPU_HVM_MODE_32B = "VCPU_HVM_MODE_32B";
        VCPU_HVM_MODE_64B = "VCPU_HVM_MODE_64B";
    }
    structures! { lines; abi::hvm::hvm_vcpu;
        Context = "vcpu_hvm_context" { mode, pad, cpu_regs }
        X86_32 = "vcpu_hvm_x86_32" { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cr0, cr3, cr4, pad1, efer, cs_base, ds_base, ss_base, es_base, tr_base, cs_limit, ds_limit, ss_limit, es_limit, tr_limit, cs_ar, ds_ar, ss_ar, es_ar, tr_ar, pad2 }
        X86_64 = "vcpu_hvm_x86_64" { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, rip, rflags, cr0, cr3, cr4, efer }
    }
    constants! { lines; abi::hvm::start_info;
        XEN_HVM_START_MAGIC_VALUE = "XEN_HVM_START_MAGIC_VALUE";
        XEN_HVM_MEMMAP_TYPE_RAM = "XEN_HVM_MEMMAP_TYPE_RAM";
        XEN_HVM_MEMMAP_TYPE_RESERVED = "XEN_HVM_MEMMAP_TYPE_RESERVED";
        XEN_HVM_MEMMAP_TYPE_ACPI = "XEN_HVM_MEMMAP_TYPE_ACPI";
        XEN_HVM_MEMMAP_TYPE_NVS = "XEN_HVM_MEMMAP_TYPE_NVS";
        XEN_HVM_MEMMAP_TYPE_UNUSABLE = "XEN_HVM_MEMMAP_TYPE_UNUSABLE";
        XEN_HVM_MEMMAP_TYPE_DISABLED = "XEN_HVM_MEMMAP_TYPE_DISABLED";
        XEN_HVM_MEMMAP_TYPE_PMEM = "XEN_HVM_MEMMAP_TYPE_PMEM";
    }
    structures! { lines; abi::hvm::start_info;
        StartInfo = "hvm_start_info" { magic, version, flags, nr_modules, modlist_paddr, cmdline_paddr, rsdp_paddr, memmap_paddr, memmap_entries, reserved }
        ModlistEntry = "hvm_modlist_entry" { paddr, size, cmdline_paddr, reserved }
        MemmapTableEntry = "hvm_memmap_table_entry" { addr, size, type_ = "type", reserved }
    }
    constants! { lines; abi::hvm::save;
        HVM_FILE_MAGIC = "HVM_FILE_MAGIC";
        HVM_FILE_VERSION = "HVM_FILE_VERSION";
        HVM_SAVE_CODE_MAX = "HVM_SAVE_CODE_MAX";
        XEN_X86_FPU_INITIALISED = "XEN_X86_FPU_INITIALISED";
    }
    structures! { lines; abi::hvm::save;
        Descriptor = "hvm_save_descriptor" { typecode, instance, length }
        Header = "hvm_save_header" { magic, version, changeset, cpuid, gtsc_khz }
        HwCpu = "hvm_hw_cpu" { fpu_regs, rax, rbx, rcx, rdx, rbp, rsi, rdi, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags, cr0, cr2, cr3, cr4, dr0, dr1, dr2, dr3, dr6, dr7, cs_sel, ds_sel, es_sel, fs_sel, gs_sel, ss_sel, tr_sel, ldtr_sel, cs_limit, ds_limit, es_limit, fs_limit, gs_limit, ss_limit, tr_limit, ldtr_limit, idtr_limit, gdtr_limit, cs_base, ds_base, es_base, fs_base, gs_base, ss_base, tr_base, ldtr_base, idtr_base, gdtr_base, cs_arbytes, ds_arbytes, es_arbytes, fs_arbytes, gs_arbytes, ss_arbytes, tr_arbytes, ldtr_arbytes, sysenter_cs, sysenter_esp, sysenter_eip, shadow_gs, msr_flags, msr_lstar, msr_star, msr_cstar, msr_syscall_mask, msr_efer, msr_tsc_aux, tsc, pending_event, error_code, flags, pad0 }
        HwMtrr = "hvm_hw_mtrr" { msr_pat_cr, msr_mtrr_var, msr_mtrr_fixed, msr_mtrr_cap, msr_mtrr_def_type }
        VmceVcpu = "hvm_vmce_vcpu" { caps, mci_ctl2_bank0, mci_ctl2_bank1, mcg_ext_ctl }
    }
    constants! { lines; abi::cpufeatureset;
        XEN_X86_FEATURE_FPU = "XEN_X86_FEATURE_FPU";
        XEN_X86_FEATURE_VME = "XEN_X86_FEATURE_VME";
        XEN_X86_FEATURE_DE = "XEN_X86_FEATURE_DE";
        XEN_X86_FEATURE_PSE = "XEN_X86_FEATURE_PSE";
        XEN_X86_FEATURE_TSC = "XEN_X86_FEATURE_TSC";
        XEN_X86_FEATURE_MSR = "XEN_X86_FEATURE_MSR";
        XEN_X86_FEATURE_PAE = "XEN_X86_FEATURE_PAE";
        XEN_X86_FEATURE_MCE = "XEN_X86_FEATURE_MCE";
        XEN_X86_FEATURE_CX8 = "XEN_X86_FEATURE_CX8";
        XEN_X86_FEATURE_APIC = "XEN_X86_FEATURE_APIC";
        XEN_X86_FEATURE_SEP = "XEN_X86_FEATURE_SEP";
        XEN_X86_FEATURE_MTRR = "XEN_X86_FEATURE_MTRR";
        XEN_X86_FEATURE_PGE = "XEN_X86_FEATURE_PGE";
        XEN_X86_FEATURE_MCA = "XEN_X86_FEATURE_MCA";
        XEN_X86_FEATURE_CMOV = "XEN_X86_FEATURE_CMOV";
        XEN_X86_FEATURE_PAT = "XEN_X86_FEATURE_PAT";
        XEN_X86_FEATURE_PSE36 = "XEN_X86_FEATURE_PSE36";
        XEN_X86_FEATURE_CLFLUSH = "XEN_X86_FEATURE_CLFLUSH";
        XEN_X86_FEATURE_DS = "XEN_X86_FEATURE_DS";
        XEN_X86_FEATURE_ACPI = "XEN_X86_FEATURE_ACPI";
        XEN_X86_FEATURE_MMX = "XEN_X86_FEATURE_MMX";
        XEN_X86_FEATURE_FXSR = "XEN_X86_FEATURE_FXSR";
        XEN_X86_FEATURE_SSE = "XEN_X86_FEATURE_SSE";
        XEN_X86_FEATURE_SSE2 = "XEN_X86_FEATURE_SSE2";
        XEN_X86_FEATURE_SS = "XEN_X86_FEATURE_SS";
        XEN_X86_FEATURE_HTT = "XEN_X86_FEATURE_HTT";
        XEN_X86_FEATURE_TM1 = "XEN_X86_FEATURE_TM1";
        XEN_X86_FEATURE_PBE = "XEN_X86_FEATURE_PBE";
        XEN_X86_FEATURE_SSE3 = "XEN_X86_FEATURE_SSE3";
        XEN_X86_FEATURE_PCLMULQDQ = "XEN_X86_FEATURE_PCLMULQDQ";
        XEN_X86_FEATURE_DTES64 = "XEN_X86_FEATURE_DTES64";
        XEN_X86_FEATURE_MONITOR = "XEN_X86_FEATURE_MONITOR";
        XEN_X86_FEATURE_DSCPL = "XEN_X86_FEATURE_DSCPL";
        XEN_X86_FEATURE_VMX = "XEN_X86_FEATURE_VMX";
        XEN_X86_FEATURE_SMX = "XEN_X86_FEATURE_SMX";
        XEN_X86_FEATURE_EIST = "XEN_X86_FEATURE_EIST";
        XEN_X86_FEATURE_TM2 = "XEN_X86_FEATURE_TM2";
        XEN_X86_FEATURE_SSSE3 = "XEN_X86_FEATURE_SSSE3";
        XEN_X86_FEATURE_SDBG = "XEN_X86_FEATURE_SDBG";
        XEN_X86_FEATURE_FMA = "XEN_X86_FEATURE_FMA";
        XEN_X86_FEATURE_CX16 = "XEN_X86_FEATURE_CX16";
        XEN_X86_FEATURE_XTPR = "XEN_X86_FEATURE_XTPR";
        XEN_X86_FEATURE_PDCM = "XEN_X86_FEATURE_PDCM";
        XEN_X86_FEATURE_PCID = "XEN_X86_FEATURE_PCID";
        XEN_X86_FEATURE_DCA = "XEN_X86_FEATURE_DCA";
        XEN_X86_FEATURE_SSE4_1 = "XEN_X86_FEATURE_SSE4_1";
        XEN_X86_FEATURE_SSE4_2 = "XEN_X86_FEATURE_SSE4_2";
        XEN_X86_FEATURE_X2APIC = "XEN_X86_FEATURE_X2APIC";
        XEN_X86_FEATURE_MOVBE = "XEN_X86_FEATURE_MOVBE";
        XEN_X86_FEATURE_POPCNT = "XEN_X86_FEATURE_POPCNT";
        XEN_X86_FEATURE_TSC_DEADLINE = "XEN_X86_FEATURE_TSC_DEADLINE";
        XEN_X86_FEATURE_AESNI = "XEN_X86_FEATURE_AESNI";
        XEN_X86_FEATURE_XSAVE = "XEN_X86_FEATURE_XSAVE";
        XEN_X86_FEATURE_OSXSAVE = "XEN_X86_FEATURE_OSXSAVE";
        XEN_X86_FEATURE_AVX = "XEN_X86_FEATURE_AVX";
        XEN_X86_FEATURE_F16C = "XEN_X86_FEATURE_F16C";
        XEN_X86_FEATURE_RDRAND = "XEN_X86_FEATURE_RDRAND";
        XEN_X86_FEATURE_HYPERVISOR = "XEN_X86_FEATURE_HYPERVISOR";
        XEN_X86_FEATURE_SYSCALL = "XEN_X86_FEATURE_SYSCALL";
        XEN_X86_FEATURE_NX = "XEN_X86_FEATURE_NX";
        XEN_X86_FEATURE_MMXEXT = "XEN_X86_FEATURE_MMXEXT";
        XEN_X86_FEATURE_FFXSR = "XEN_X86_FEATURE_FFXSR";
        XEN_X86_FEATURE_PAGE1GB = "XEN_X86_FEATURE_PAGE1GB";
        XEN_X86_FEATURE_RDTSCP = "XEN_X86_FEATURE_RDTSCP";
        XEN_X86_FEATURE_LM = "XEN_X86_FEATURE_LM";
        XEN_X86_FEATURE_3DNOWEXT = "XEN_X86_FEATURE_3DNOWEXT";
        XEN_X86_FEATURE_3DNOW = "XEN_X86_FEATURE_3DNOW";
        XEN_X86_FEATURE_LAHF_LM = "XEN_X86_FEATURE_LAHF_LM";
        XEN_X86_FEATURE_CMP_LEGACY = "XEN_X86_FEATURE_CMP_LEGACY";
        XEN_X86_FEATURE_SVM = "XEN_X86_FEATURE_SVM";
        XEN_X86_FEATURE_EXTAPIC = "XEN_X86_FEATURE_EXTAPIC";
        XEN_X86_FEATURE_CR8_LEGACY = "XEN_X86_FEATURE_CR8_LEGACY";
        XEN_X86_FEATURE_ABM = "XEN_X86_FEATURE_ABM";
        XEN_X86_FEATURE_SSE4A = "XEN_X86_FEATURE_SSE4A";
        XEN_X86_FEATURE_MISALIGNSSE = "XEN_X86_FEATURE_MISALIGNSSE";
        XEN_X86_FEATURE_3DNOWPREFETCH = "XEN_X86_FEATURE_3DNOWPREFETCH";
        XEN_X86_FEATURE_OSVW = "XEN_X86_FEATURE_OSVW";
        XEN_X86_FEATURE_IBS = "XEN_X86_FEATURE_IBS";
        XEN_X86_FEATURE_XOP = "XEN_X86_FEATURE_XOP";
        XEN_X86_FEATURE_SKINIT = "XEN_X86_FEATURE_SKINIT";
        XEN_X86_FEATURE_WDT = "XEN_X86_FEATURE_WDT";
        XEN_X86_FEATURE_LWP = "XEN_X86_FEATURE_LWP";
        XEN_X86_FEATURE_FMA4 = "XEN_X86_FEATURE_FMA4";
        XEN_X86_FEATURE_NODEID_MSR = "XEN_X86_FEATURE_NODEID_MSR";
        XEN_X86_FEATURE_TBM = "XEN_X86_FEATURE_TBM";
        XEN_X86_FEATURE_TOPOEXT = "XEN_X86_FEATURE_TOPOEXT";
        XEN_X86_FEATURE_DBEXT = "XEN_X86_FEATURE_DBEXT";
        XEN_X86_FEATURE_MONITORX = "XEN_X86_FEATURE_MONITORX";
        XEN_X86_FEATURE_ADDR_MSK_EXT = "XEN_X86_FEATURE_ADDR_MSK_EXT";
        XEN_X86_FEATURE_XSAVEOPT = "XEN_X86_FEATURE_XSAVEOPT";
        XEN_X86_FEATURE_XSAVEC = "XEN_X86_FEATURE_XSAVEC";
        XEN_X86_FEATURE_XGETBV1 = "XEN_X86_FEATURE_XGETBV1";
        XEN_X86_FEATURE_XSAVES = "XEN_X86_FEATURE_XSAVES";
        XEN_X86_FEATURE_XFD = "XEN_X86_FEATURE_XFD";
        XEN_X86_FEATURE_FSGSBASE = "XEN_X86_FEATURE_FSGSBASE";
        XEN_X86_FEATURE_TSC_ADJUST = "XEN_X86_FEATURE_TSC_ADJUST";
        XEN_X86_FEATURE_SGX = "XEN_X86_FEATURE_SGX";
        XEN_X86_FEATURE_BMI1 = "XEN_X86_FEATURE_BMI1";
        XEN_X86_FEATURE_HLE = "XEN_X86_FEATURE_HLE";
        XEN_X86_FEATURE_AVX2 = "XEN_X86_FEATURE_AVX2";
        XEN_X86_FEATURE_FDP_EXCP_ONLY = "XEN_X86_FEATURE_FDP_EXCP_ONLY";
        XEN_X86_FEATURE_SMEP = "XEN_X86_FEATURE_SMEP";
        XEN_X86_FEATURE_BMI2 = "XEN_X86_FEATURE_BMI2";
        XEN_X86_FEATURE_ERMS = "XEN_X86_FEATURE_ERMS";
        XEN_X86_FEATURE_INVPCID = "XEN_X86_FEATURE_INVPCID";
        XEN_X86_FEATURE_RTM = "XEN_X86_FEATURE_RTM";
        XEN_X86_FEATURE_PQM = "XEN_X86_FEATURE_PQM";
        XEN_X86_FEATURE_NO_FPU_SEL = "XEN_X86_FEATURE_NO_FPU_SEL";
        XEN_X86_FEATURE_MPX = "XEN_X86_FEATURE_MPX";
        XEN_X86_FEATURE_PQE = "XEN_X86_FEATURE_PQE";
        XEN_X86_FEATURE_AVX512F = "XEN_X86_FEATURE_AVX512F";
        XEN_X86_FEATURE_AVX512DQ = "XEN_X86_FEATURE_AVX512DQ";
        XEN_X86_FEATURE_RDSEED = "XEN_X86_FEATURE_RDSEED";
        XEN_X86_FEATURE_ADX = "XEN_X86_FEATURE_ADX";
        XEN_X86_FEATURE_SMAP = "XEN_X86_FEATURE_SMAP";
        XEN_X86_FEATURE_AVX512_IFMA = "XEN_X86_FEATURE_AVX512_IFMA";
        XEN_X86_FEATURE_CLFLUSHOPT = "XEN_X86_FEATURE_CLFLUSHOPT";
        XEN_X86_FEATURE_CLWB = "XEN_X86_FEATURE_CLWB";
        XEN_X86_FEATURE_PROC_TRACE = "XEN_X86_FEATURE_PROC_TRACE";
        XEN_X86_FEATURE_AVX512PF = "XEN_X86_FEATURE_AVX512PF";
        XEN_X86_FEATURE_AVX512ER = "XEN_X86_FEATURE_AVX512ER";
        XEN_X86_FEATURE_AVX512CD = "XEN_X86_FEATURE_AVX512CD";
        XEN_X86_FEATURE_SHA = "XEN_X86_FEATURE_SHA";
        XEN_X86_FEATURE_AVX512BW = "XEN_X86_FEATURE_AVX512BW";
        XEN_X86_FEATURE_AVX512VL = "XEN_X86_FEATURE_AVX512VL";
        XEN_X86_FEATURE_PREFETCHWT1 = "XEN_X86_FEATURE_PREFETCHWT1";
        XEN_X86_FEATURE_AVX512_VBMI = "XEN_X86_FEATURE_AVX512_VBMI";
        XEN_X86_FEATURE_UMIP = "XEN_X86_FEATURE_UMIP";
        XEN_X86_FEATURE_PKU = "XEN_X86_FEATURE_PKU";
        XEN_X86_FEATURE_OSPKE = "XEN_X86_FEATURE_OSPKE";
        XEN_X86_FEATURE_WAITPKG = "XEN_X86_FEATURE_WAITPKG";
        XEN_X86_FEATURE_AVX512_VBMI2 = "XEN_X86_FEATURE_AVX512_VBMI2";
        XEN_X86_FEATURE_CET_SS = "XEN_X86_FEATURE_CET_SS";
        XEN_X86_FEATURE_GFNI = "XEN_X86_FEATURE_GFNI";
        XEN_X86_FEATURE_VAES = "XEN_X86_FEATURE_VAES";
        XEN_X86_FEATURE_VPCLMULQDQ = "XEN_X86_FEATURE_VPCLMULQDQ";
        XEN_X86_FEATURE_AVX512_VNNI = "XEN_X86_FEATURE_AVX512_VNNI";
        XEN_X86_FEATURE_AVX512_BITALG = "XEN_X86_FEATURE_AVX512_BITALG";
        XEN_X86_FEATURE_TME = "XEN_X86_FEATURE_TME";
        XEN_X86_FEATURE_AVX512_VPOPCNTDQ = "XEN_X86_FEATURE_AVX512_VPOPCNTDQ";
        XEN_X86_FEATURE_LA57 = "XEN_X86_FEATURE_LA57";
        XEN_X86_FEATURE_RDPID = "XEN_X86_FEATURE_RDPID";
        XEN_X86_FEATURE_BLD = "XEN_X86_FEATURE_BLD";
        XEN_X86_FEATURE_CLDEMOTE = "XEN_X86_FEATURE_CLDEMOTE";
        XEN_X86_FEATURE_MOVDIRI = "XEN_X86_FEATURE_MOVDIRI";
        XEN_X86_FEATURE_MOVDIR64B = "XEN_X86_FEATURE_MOVDIR64B";
        XEN_X86_FEATURE_ENQCMD = "XEN_X86_FEATURE_ENQCMD";
        XEN_X86_FEATURE_SGX_LC = "XEN_X86_FEATURE_SGX_LC";
        XEN_X86_FEATURE_PKS = "XEN_X86_FEATURE_PKS";
        XEN_X86_FEATURE_HW_PSTATE = "XEN_X86_FEATURE_HW_PSTATE";
        XEN_X86_FEATURE_ITSC = "XEN_X86_FEATURE_ITSC";
        XEN_X86_FEATURE_CPB = "XEN_X86_FEATURE_CPB";
        XEN_X86_FEATURE_EFRO = "XEN_X86_FEATURE_EFRO";
        XEN_X86_FEATURE_CLZERO = "XEN_X86_FEATURE_CLZERO";
        XEN_X86_FEATURE_RSTR_FP_ERR_PTRS = "XEN_X86_FEATURE_RSTR_FP_ERR_PTRS";
        XEN_X86_FEATURE_WBNOINVD = "XEN_X86_FEATURE_WBNOINVD";
        XEN_X86_FEATURE_IBPB = "XEN_X86_FEATURE_IBPB";
        XEN_X86_FEATURE_IBRS = "XEN_X86_FEATURE_IBRS";
        XEN_X86_FEATURE_AMD_STIBP = "XEN_X86_FEATURE_AMD_STIBP";
        XEN_X86_FEATURE_IBRS_ALWAYS = "XEN_X86_FEATURE_IBRS_ALWAYS";
        XEN_X86_FEATURE_STIBP_ALWAYS = "XEN_X86_FEATURE_STIBP_ALWAYS";
        XEN_X86_FEATURE_IBRS_FAST = "XEN_X86_FEATURE_IBRS_FAST";
        XEN_X86_FEATURE_IBRS_SAME_MODE = "XEN_X86_FEATURE_IBRS_SAME_MODE";
        XEN_X86_FEATURE_NO_LMSL = "XEN_X86_FEATURE_NO_LMSL";
        XEN_X86_FEATURE_AMD_PPIN = "XEN_X86_FEATURE_AMD_PPIN";
        XEN_X86_FEATURE_AMD_SSBD = "XEN_X86_FEATURE_AMD_SSBD";
        XEN_X86_FEATURE_VIRT_SSBD = "XEN_X86_FEATURE_VIRT_SSBD";
        XEN_X86_FEATURE_SSB_NO = "XEN_X86_FEATURE_SSB_NO";
        XEN_X86_FEATURE_PSFD = "XEN_X86_FEATURE_PSFD";
        XEN_X86_FEATURE_BTC_NO = "XEN_X86_FEATURE_BTC_NO";
        XEN_X86_FEATURE_IBPB_RET = "XEN_X86_FEATURE_IBPB_RET";
        XEN_X86_FEATURE_SGX_KEYS = "XEN_X86_FEATURE_SGX_KEYS";
        XEN_X86_FEATURE_AVX512_4VNNIW = "XEN_X86_FEATURE_AVX512_4VNNIW";
        XEN_X86_FEATURE_AVX512_4FMAPS = "XEN_X86_FEATURE_AVX512_4FMAPS";
        XEN_X86_FEATURE_FSRM = "XEN_X86_FEATURE_FSRM";
        XEN_X86_FEATURE_UINTR = "XEN_X86_FEATURE_UINTR";
        XEN_X86_FEATURE_AVX512_VP2INTERSECT = "XEN_X86_FEATURE_AVX512_VP2INTERSECT";
        XEN_X86_FEATURE_SRBDS_CTRL = "XEN_X86_FEATURE_SRBDS_CTRL";
        XEN_X86_FEATURE_MD_CLEAR = "XEN_X86_FEATURE_MD_CLEAR";
        XEN_X86_FEATURE_RTM_ALWAYS_ABORT = "XEN_X86_FEATURE_RTM_ALWAYS_ABORT";
        XEN_X86_FEATURE_TSX_FORCE_ABORT = "XEN_X86_FEATURE_TSX_FORCE_ABORT";
        XEN_X86_FEATURE_SERIALIZE = "XEN_X86_FEATURE_SERIALIZE";
        XEN_X86_FEATURE_HYBRID = "XEN_X86_FEATURE_HYBRID";
        XEN_X86_FEATURE_TSXLDTRK = "XEN_X86_FEATURE_TSXLDTRK";
        XEN_X86_FEATURE_PCONFIG = "XEN_X86_FEATURE_PCONFIG";
        XEN_X86_FEATURE_ARCH_LBR = "XEN_X86_FEATURE_ARCH_LBR";
        XEN_X86_FEATURE_CET_IBT = "XEN_X86_FEATURE_CET_IBT";
        XEN_X86_FEATURE_AMX_BF16 = "XEN_X86_FEATURE_AMX_BF16";
        XEN_X86_FEATURE_AVX512_FP16 = "XEN_X86_FEATURE_AVX512_FP16";
        XEN_X86_FEATURE_AMX_TILE = "XEN_X86_FEATURE_AMX_TILE";
        XEN_X86_FEATURE_AMX_INT8 = "XEN_X86_FEATURE_AMX_INT8";
        XEN_X86_FEATURE_IBRSB = "XEN_X86_FEATURE_IBRSB";
        XEN_X86_FEATURE_STIBP = "XEN_X86_FEATURE_STIBP";
        XEN_X86_FEATURE_L1D_FLUSH = "XEN_X86_FEATURE_L1D_FLUSH";
        XEN_X86_FEATURE_ARCH_CAPS = "XEN_X86_FEATURE_ARCH_CAPS";
        XEN_X86_FEATURE_CORE_CAPS = "XEN_X86_FEATURE_CORE_CAPS";
        XEN_X86_FEATURE_SSBD = "XEN_X86_FEATURE_SSBD";
        XEN_X86_FEATURE_SHA512 = "XEN_X86_FEATURE_SHA512";
        XEN_X86_FEATURE_SM3 = "XEN_X86_FEATURE_SM3";
        XEN_X86_FEATURE_SM4 = "XEN_X86_FEATURE_SM4";
        XEN_X86_FEATURE_AVX_VNNI = "XEN_X86_FEATURE_AVX_VNNI";
        XEN_X86_FEATURE_AVX512_BF16 = "XEN_X86_FEATURE_AVX512_BF16";
        XEN_X86_FEATURE_CMPCCXADD = "XEN_X86_FEATURE_CMPCCXADD";
        XEN_X86_FEATURE_FZRM = "XEN_X86_FEATURE_FZRM";
        XEN_X86_FEATURE_FSRS = "XEN_X86_FEATURE_FSRS";
        XEN_X86_FEATURE_FSRCS = "XEN_X86_FEATURE_FSRCS";
        XEN_X86_FEATURE_FRED = "XEN_X86_FEATURE_FRED";
        XEN_X86_FEATURE_WRMSRNS = "XEN_X86_FEATURE_WRMSRNS";
        XEN_X86_FEATURE_AMX_FP16 = "XEN_X86_FEATURE_AMX_FP16";
        XEN_X86_FEATURE_AVX_IFMA = "XEN_X86_FEATURE_AVX_IFMA";
        XEN_X86_FEATURE_NO_NEST_BP = "XEN_X86_FEATURE_NO_NEST_BP";
        XEN_X86_FEATURE_FS_GS_NS = "XEN_X86_FEATURE_FS_GS_NS";
        XEN_X86_FEATURE_LFENCE_DISPATCH = "XEN_X86_FEATURE_LFENCE_DISPATCH";
        XEN_X86_FEATURE_VERW_CLEAR = "XEN_X86_FEATURE_VERW_CLEAR";
        XEN_X86_FEATURE_NSCB = "XEN_X86_FEATURE_NSCB";
        XEN_X86_FEATURE_AUTO_IBRS = "XEN_X86_FEATURE_AUTO_IBRS";
        XEN_X86_FEATURE_AMD_FSRS = "XEN_X86_FEATURE_AMD_FSRS";
        XEN_X86_FEATURE_AMD_FSRC = "XEN_X86_FEATURE_AMD_FSRC";
        XEN_X86_FEATURE_CPUID_USER_DIS = "XEN_X86_FEATURE_CPUID_USER_DIS";
        XEN_X86_FEATURE_EPSF = "XEN_X86_FEATURE_EPSF";
        XEN_X86_FEATURE_FSRSC = "XEN_X86_FEATURE_FSRSC";
        XEN_X86_FEATURE_AMD_PREFETCHI = "XEN_X86_FEATURE_AMD_PREFETCHI";
        XEN_X86_FEATURE_SBPB = "XEN_X86_FEATURE_SBPB";
        XEN_X86_FEATURE_IBPB_BRTYPE = "XEN_X86_FEATURE_IBPB_BRTYPE";
        XEN_X86_FEATURE_SRSO_NO = "XEN_X86_FEATURE_SRSO_NO";
        XEN_X86_FEATURE_SRSO_US_NO = "XEN_X86_FEATURE_SRSO_US_NO";
        XEN_X86_FEATURE_SRSO_MSR_FIX = "XEN_X86_FEATURE_SRSO_MSR_FIX";
        XEN_X86_FEATURE_INTEL_PPIN = "XEN_X86_FEATURE_INTEL_PPIN";
        XEN_X86_FEATURE_INTEL_PSFD = "XEN_X86_FEATURE_INTEL_PSFD";
        XEN_X86_FEATURE_IPRED_CTRL = "XEN_X86_FEATURE_IPRED_CTRL";
        XEN_X86_FEATURE_RRSBA_CTRL = "XEN_X86_FEATURE_RRSBA_CTRL";
        XEN_X86_FEATURE_DDP_CTRL = "XEN_X86_FEATURE_DDP_CTRL";
        XEN_X86_FEATURE_BHI_CTRL = "XEN_X86_FEATURE_BHI_CTRL";
        XEN_X86_FEATURE_MCDT_NO = "XEN_X86_FEATURE_MCDT_NO";
        XEN_X86_FEATURE_AVX_VNNI_INT8 = "XEN_X86_FEATURE_AVX_VNNI_INT8";
        XEN_X86_FEATURE_AVX_NE_CONVERT = "XEN_X86_FEATURE_AVX_NE_CONVERT";
        XEN_X86_FEATURE_AMX_COMPLEX = "XEN_X86_FEATURE_AMX_COMPLEX";
        XEN_X86_FEATURE_AVX_VNNI_INT16 = "XEN_X86_FEATURE_AVX_VNNI_INT16";
        XEN_X86_FEATURE_PREFETCHI = "XEN_X86_FEATURE_PREFETCHI";
        XEN_X86_FEATURE_CET_SSS = "XEN_X86_FEATURE_CET_SSS";
        XEN_X86_FEATURE_RDCL_NO = "XEN_X86_FEATURE_RDCL_NO";
        XEN_X86_FEATURE_EIBRS = "XEN_X86_FEATURE_EIBRS";
        XEN_X86_FEATURE_RSBA = "XEN_X86_FEATURE_RSBA";
        XEN_X86_FEATURE_SKIP_L1DFL = "XEN_X86_FEATURE_SKIP_L1DFL";
        XEN_X86_FEATURE_INTEL_SSB_NO = "XEN_X86_FEATURE_INTEL_SSB_NO";
        XEN_X86_FEATURE_MDS_NO = "XEN_X86_FEATURE_MDS_NO";
        XEN_X86_FEATURE_IF_PSCHANGE_MC_NO = "XEN_X86_FEATURE_IF_PSCHANGE_MC_NO";
        XEN_X86_FEATURE_TSX_CTRL = "XEN_X86_FEATURE_TSX_CTRL";
        XEN_X86_FEATURE_TAA_NO = "XEN_X86_FEATURE_TAA_NO";
        XEN_X86_FEATURE_MCU_CTRL = "XEN_X86_FEATURE_MCU_CTRL";
        XEN_X86_FEATURE_MISC_PKG_CTRL = "XEN_X86_FEATURE_MISC_PKG_CTRL";
        XEN_X86_FEATURE_ENERGY_FILTERING = "XEN_X86_FEATURE_ENERGY_FILTERING";
        XEN_X86_FEATURE_DOITM = "XEN_X86_FEATURE_DOITM";
        XEN_X86_FEATURE_SBDR_SSDP_NO = "XEN_X86_FEATURE_SBDR_SSDP_NO";
        XEN_X86_FEATURE_FBSDP_NO = "XEN_X86_FEATURE_FBSDP_NO";
        XEN_X86_FEATURE_PSDP_NO = "XEN_X86_FEATURE_PSDP_NO";
        XEN_X86_FEATURE_FB_CLEAR = "XEN_X86_FEATURE_FB_CLEAR";
        XEN_X86_FEATURE_FB_CLEAR_CTRL = "XEN_X86_FEATURE_FB_CLEAR_CTRL";
        XEN_X86_FEATURE_RRSBA = "XEN_X86_FEATURE_RRSBA";
        XEN_X86_FEATURE_BHI_NO = "XEN_X86_FEATURE_BHI_NO";
        XEN_X86_FEATURE_XAPIC_STATUS = "XEN_X86_FEATURE_XAPIC_STATUS";
        XEN_X86_FEATURE_OVRCLK_STATUS = "XEN_X86_FEATURE_OVRCLK_STATUS";
        XEN_X86_FEATURE_PBRSB_NO = "XEN_X86_FEATURE_PBRSB_NO";
        XEN_X86_FEATURE_GDS_CTRL = "XEN_X86_FEATURE_GDS_CTRL";
        XEN_X86_FEATURE_GDS_NO = "XEN_X86_FEATURE_GDS_NO";
        XEN_X86_FEATURE_RFDS_NO = "XEN_X86_FEATURE_RFDS_NO";
        XEN_X86_FEATURE_RFDS_CLEAR = "XEN_X86_FEATURE_RFDS_CLEAR";
        XEN_X86_FEATURE_PB_OPT_CTRL = "XEN_X86_FEATURE_PB_OPT_CTRL";
        XEN_X86_FEATURE_ITS_NO = "XEN_X86_FEATURE_ITS_NO";
        XEN_X86_FEATURE_TSA_SQ_NO = "XEN_X86_FEATURE_TSA_SQ_NO";
        XEN_X86_FEATURE_TSA_L1_NO = "XEN_X86_FEATURE_TSA_L1_NO";
    }
    constants! { lines; abi::cpuid;
        XEN_CPUID_FIRST_LEAF = "XEN_CPUID_FIRST_LEAF";
        XEN_CPUID_SIGNATURE_EBX = "XEN_CPUID_SIGNATURE_EBX";
        XEN_CPUID_SIGNATURE_ECX = "XEN_CPUID_SIGNATURE_ECX";
        XEN_CPUID_SIGNATURE_EDX = "XEN_CPUID_SIGNATURE_EDX";
        XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD = "XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD";
        XEN_CPUID_TSC_EMULATED = "XEN_CPUID_TSC_EMULATED";
        XEN_CPUID_HOST_TSC_RELIABLE = "XEN_CPUID_HOST_TSC_RELIABLE";
        XEN_CPUID_RDTSCP_INSTR_AVAIL = "XEN_CPUID_RDTSCP_INSTR_AVAIL";
        XEN_CPUID_TSC_MODE_DEFAULT = "XEN_CPUID_TSC_MODE_DEFAULT";
        XEN_CPUID_TSC_MODE_ALWAYS_EMULATE = "XEN_CPUID_TSC_MODE_ALWAYS_EMULATE";
        XEN_CPUID_TSC_MODE_NEVER_EMULATE = "XEN_CPUID_TSC_MODE_NEVER_EMULATE";
        XEN_CPUID_TSC_MODE_PVRDTSCP = "XEN_CPUID_TSC_MODE_PVRDTSCP";
        XEN_HVM_CPUID_APIC_ACCESS_VIRT = "XEN_HVM_CPUID_APIC_ACCESS_VIRT";
        XEN_HVM_CPUID_X2APIC_VIRT = "XEN_HVM_CPUID_X2APIC_VIRT";
        XEN_HVM_CPUID_IOMMU_MAPPINGS = "XEN_HVM_CPUID_IOMMU_MAPPINGS";
        XEN_HVM_CPUID_VCPU_ID_PRESENT = "XEN_HVM_CPUID_VCPU_ID_PRESENT";
        XEN_HVM_CPUID_DOMID_PRESENT = "XEN_HVM_CPUID_DOMID_PRESENT";
        XEN_HVM_CPUID_EXT_DEST_ID = "XEN_HVM_CPUID_EXT_DEST_ID";
        XEN_HVM_CPUID_UPCALL_VECTOR = "XEN_HVM_CPUID_UPCALL_VECTOR";
        XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK = "XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK";
        XEN_CPUID_MAX_NUM_LEAVES = "XEN_CPUID_MAX_NUM_LEAVES";
    }
    structures! { lines; abi::io::console;
        Interface = "xencons_interface" { in_ = "in", out, in_cons, in_prod, out_cons, out_prod }
    }
    constants! { lines; abi::io::xs_wire;
        XS_CONTROL = "XS_CONTROL";
        XS_DIRECTORY = "XS_DIRECTORY";
        XS_READ = "XS_READ";
        XS_GET_PERMS = "XS_GET_PERMS";
        XS_WATCH = "XS_WATCH";
        XS_UNWATCH = "XS_UNWATCH";
        XS_TRANSACTION_START = "XS_TRANSACTION_START";
        XS_TRANSACTION_END = "XS_TRANSACTION_END";
        XS_INTRODUCE = "XS_INTRODUCE";
        XS_RELEASE = "XS_RELEASE";
        XS_GET_DOMAIN_PATH = "XS_GET_DOMAIN_PATH";
        XS_WRITE = "XS_WRITE";
        XS_MKDIR = "XS_MKDIR";
        XS_RM = "XS_RM";
        XS_SET_PERMS = "XS_SET_PERMS";
        XS_WATCH_EVENT = "XS_WATCH_EVENT";
        XS_ERROR = "XS_ERROR";
        XS_IS_DOMAIN_INTRODUCED = "XS_IS_DOMAIN_INTRODUCED";
        XS_RESUME = "XS_RESUME";
        XS_SET_TARGET = "XS_SET_TARGET";
        XS_RESET_WATCHES = "XS_RESET_WATCHES";
        XS_DIRECTORY_PART = "XS_DIRECTORY_PART";
        XS_TYPE_COUNT = "XS_TYPE_COUNT";
        XS_INVALID = "XS_INVALID";
        XENSTORE_RING_SIZE = "XENSTORE_RING_SIZE";
        XENSTORE_PAYLOAD_MAX = "XENSTORE_PAYLOAD_MAX";
        XENSTORE_ABS_PATH_MAX = "XENSTORE_ABS_PATH_MAX";
        XENSTORE_REL_PATH_MAX = "XENSTORE_REL_PATH_MAX";
        XENSTORE_SERVER_FEATURE_RECONNECTION = "XENSTORE_SERVER_FEATURE_RECONNECTION";
        XENSTORE_SERVER_FEATURE_ERROR = "XENSTORE_SERVER_FEATURE_ERROR";
        XENSTORE_CONNECTED = "XENSTORE_CONNECTED";
        XENSTORE_RECONNECT = "XENSTORE_RECONNECT";
        XENSTORE_ERROR_NONE = "XENSTORE_ERROR_NONE";
        XENSTORE_ERROR_COMM = "XENSTORE_ERROR_COMM";
        XENSTORE_ERROR_RINGIDX = "XENSTORE_ERROR_RINGIDX";
        XENSTORE_ERROR_PROTO = "XENSTORE_ERROR_PROTO";
    }
    structures! { lines; abi::io::xs_wire;
        Sockmsg = "xsd_sockmsg" { type_ = "type", req_id, tx_id, len }
        DomainInterface = "xenstore_domain_interface" { req, rsp, req_cons, req_prod, rsp_cons, rsp_prod, server_features, connection, error }
    }
    structures! { lines; abi::io::ring;
        Sring = "blkif_sring" { req_prod, req_event, rsp_prod, rsp_event, pvt }
    }
    constants! { lines; abi::io::blkif;
        BLKIF_OP_READ = "BLKIF_OP_READ";
        BLKIF_OP_WRITE = "BLKIF_OP_WRITE";
        BLKIF_OP_WRITE_BARRIER = "BLKIF_OP_WRITE_BARRIER";
        BLKIF_OP_FLUSH_DISKCACHE = "BLKIF_OP_FLUSH_DISKCACHE";
        BLKIF_OP_RESERVED_1 = "BLKIF_OP_RESERVED_1";
        BLKIF_OP_DISCARD = "BLKIF_OP_DISCARD";
        BLKIF_OP_INDIRECT = "BLKIF_OP_INDIRECT";
        BLKIF_DISCARD_SECURE = "BLKIF_DISCARD_SECURE";
        BLKIF_MAX_SEGMENTS_PER_REQUEST = "BLKIF_MAX_SEGMENTS_PER_REQUEST";
        BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST = "BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST";
        BLKIF_RSP_EOPNOTSUPP = "BLKIF_RSP_EOPNOTSUPP";
        BLKIF_RSP_ERROR = "BLKIF_RSP_ERROR";
        BLKIF_RSP_OKAY = "BLKIF_RSP_OKAY";
        VDISK_CDROM = "VDISK_CDROM";
        VDISK_REMOVABLE = "VDISK_REMOVABLE";
        VDISK_READONLY = "VDISK_READONLY";
    }
    structures! { lines; abi::io::blkif;
        RequestSegment = "blkif_request_segment" { gref, first_sect, last_sect }
        Request = "blkif_request" { operation, nr_segments, handle, id, sector_number, seg }
        RequestDiscard = "blkif_request_discard" { operation, flag, handle, id, sector_number, nr_sectors }
        RequestIndirect = "blkif_request_indirect" { operation, indirect_op, nr_segments, id, sector_number, handle, indirect_grefs }
        Response = "blkif_response" { id, operation, status }
    }
    constants! { lines; abi::io::netif;
        NETTXF_CSUM_BLANK = "NETTXF_csum_blank";
        NETTXF_DATA_VALIDATED = "NETTXF_data_validated";
        NETTXF_MORE_DATA = "NETTXF_more_data";
        NETTXF_EXTRA_INFO = "NETTXF_extra_info";
        NETRXF_DATA_VALIDATED = "NETRXF_data_validated";
        NETRXF_CSUM_BLANK = "NETRXF_csum_blank";
        NETRXF_MORE_DATA = "NETRXF_more_data";
        NETRXF_EXTRA_INFO = "NETRXF_extra_info";
        NETRXF_GSO_PREFIX = "NETRXF_gso_prefix";
        XEN_NETIF_EXTRA_TYPE_NONE = "XEN_NETIF_EXTRA_TYPE_NONE";
        XEN_NETIF_EXTRA_TYPE_GSO = "XEN_NETIF_EXTRA_TYPE_GSO";
        XEN_NETIF_EXTRA_TYPE_MCAST_ADD = "XEN_NETIF_EXTRA_TYPE_MCAST_ADD";
        XEN_NETIF_EXTRA_TYPE_MCAST_DEL = "XEN_NETIF_EXTRA_TYPE_MCAST_DEL";
        XEN_NETIF_EXTRA_TYPE_HASH = "XEN_NETIF_EXTRA_TYPE_HASH";
        XEN_NETIF_EXTRA_FLAG_MORE = "XEN_NETIF_EXTRA_FLAG_MORE";
        XEN_NETIF_GSO_TYPE_TCPV4 = "XEN_NETIF_GSO_TYPE_TCPV4";
        XEN_NETIF_GSO_TYPE_TCPV6 = "XEN_NETIF_GSO_TYPE_TCPV6";
        NETIF_RSP_DROPPED = "NETIF_RSP_DROPPED";
        NETIF_RSP_ERROR = "NETIF_RSP_ERROR";
        NETIF_RSP_OKAY = "NETIF_RSP_OKAY";
        NETIF_RSP_NULL = "NETIF_RSP_NULL";
        XEN_NETIF_NR_SLOTS_MIN = "XEN_NETIF_NR_SLOTS_MIN";
        XEN_NETIF_MAX_TX_SIZE = "XEN_NETIF_MAX_TX_SIZE";
    }
    structures! { lines; abi::io::netif;
        TxRequest = "netif_tx_request" { gref, offset, flags, id, size }
        TxResponse = "netif_tx_response" { id, status }
        RxRequest = "netif_rx_request" { id, pad, gref }
        RxResponse = "netif_rx_response" { id, offset, flags, status }
        ExtraInfo = "netif_extra_info" { type_ = "type", flags, u }
    }
    constants! { lines; abi::io::xenbus;
        XENBUS_STATE_UNKNOWN = "XenbusStateUnknown";
        XENBUS_STATE_INITIALISING = "XenbusStateInitialising";
        XENBUS_STATE_INIT_WAIT = "XenbusStateInitWait";
        XENBUS_STATE_INITIALISED = "XenbusStateInitialised";
        XENBUS_STATE_CONNECTED = "XenbusStateConnected";
        XENBUS_STATE_CLOSING = "XenbusStateClosing";
        XENBUS_STATE_CLOSED = "XenbusStateClosed";
        XENBUS_STATE_RECONFIGURING = "XenbusStateReconfiguring";
        XENBUS_STATE_RECONFIGURED = "XenbusStateReconfigured";
    }
    constants! { lines; abi::hypfs;
        XEN_HYPFS_OP_GET_VERSION = "XEN_HYPFS_OP_get_version";
        XEN_HYPFS_OP_READ = "XEN_HYPFS_OP_read";
        XEN_HYPFS_OP_WRITE_CONTENTS = "XEN_HYPFS_OP_write_contents";
        XEN_HYPFS_VERSION = "XEN_HYPFS_VERSION";
        XEN_HYPFS_MAX_PATHLEN = "XEN_HYPFS_MAX_PATHLEN";
        XEN_HYPFS_TYPE_DIR = "XEN_HYPFS_TYPE_DIR";
        XEN_HYPFS_TYPE_BLOB = "XEN_HYPFS_TYPE_BLOB";
        XEN_HYPFS_TYPE_STRING = "XEN_HYPFS_TYPE_STRING";
        XEN_HYPFS_TYPE_UINT = "XEN_HYPFS_TYPE_UINT";
        XEN_HYPFS_TYPE_INT = "XEN_HYPFS_TYPE_INT";
        XEN_HYPFS_TYPE_BOOL = "XEN_HYPFS_TYPE_BOOL";
        XEN_HYPFS_ENC_PLAIN = "XEN_HYPFS_ENC_PLAIN";
        XEN_HYPFS_ENC_GZIP = "XEN_HYPFS_ENC_GZIP";
    }
    structures! { lines; abi::hypfs;
        Direntry = "xen_hypfs_direntry" { type_ = "type", encoding, pad, content_len, max_write_len }
        Dirlistentry = "xen_hypfs_dirlistentry" { e, off_next }
    }
    lines
}
