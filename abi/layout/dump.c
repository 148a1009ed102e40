/*
 * Prints the layout of the public headers of the hypervisor, as the compiler lays them out on x86-64:
 * one fact a line, in the order of abi/src. The result is kept beside this file and abi/tests/layout.rs
 * holds every Rust type and constant against it.
 *
 * To make the text again, with libxen-dev 4.20 installed (or unpacked, its include folder in $INC):
 *
 *     cc -std=gnu11 -Wall -I "$INC" -o /tmp/dump abi/layout/dump.c && /tmp/dump > abi/layout/xen-4.20.txt
 *
 * Lines:  size TYPE BYTES  |  field TYPE.MEMBER OFFSET BYTES  |  const NAME VALUE
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define __XEN_TOOLS__ 1

#include <xen/xen.h>
#include <xen/arch-x86/xen.h>
#include <xen/arch-x86/xen-x86_64.h>
#include <xen/event_channel.h>
#include <xen/sched.h>


#define SIZE(name, type) printf("size %s %zu\n", name, sizeof(type))
#define FIELD(name, type, member) \
    printf("field %s.%s %zu %zu\n", name, #member, offsetof(type, member), sizeof(((type *)0)->member))
#define CONST(name) printf("const %s %llu\n", #name, (unsigned long long)(name))

static void xen(void)
{
    CONST(__HYPERVISOR_set_trap_table);
    CONST(__HYPERVISOR_mmu_update);
    CONST(__HYPERVISOR_set_gdt);
    CONST(__HYPERVISOR_stack_switch);
    CONST(__HYPERVISOR_set_callbacks);
    CONST(__HYPERVISOR_fpu_taskswitch);
    CONST(__HYPERVISOR_sched_op_compat);
    CONST(__HYPERVISOR_platform_op);
    CONST(__HYPERVISOR_set_debugreg);
    CONST(__HYPERVISOR_get_debugreg);
    CONST(__HYPERVISOR_update_descriptor);
    CONST(__HYPERVISOR_memory_op);
    CONST(__HYPERVISOR_multicall);
    CONST(__HYPERVISOR_update_va_mapping);
    CONST(__HYPERVISOR_set_timer_op);
    CONST(__HYPERVISOR_event_channel_op_compat);
    CONST(__HYPERVISOR_xen_version);
    CONST(__HYPERVISOR_console_io);
    CONST(__HYPERVISOR_physdev_op_compat);
    CONST(__HYPERVISOR_grant_table_op);
    CONST(__HYPERVISOR_vm_assist);
    CONST(__HYPERVISOR_update_va_mapping_otherdomain);
    CONST(__HYPERVISOR_iret);
    CONST(__HYPERVISOR_vcpu_op);
    CONST(__HYPERVISOR_set_segment_base);
    CONST(__HYPERVISOR_mmuext_op);
    CONST(__HYPERVISOR_xsm_op);
    CONST(__HYPERVISOR_nmi_op);
    CONST(__HYPERVISOR_sched_op);
    CONST(__HYPERVISOR_callback_op);
    CONST(__HYPERVISOR_xenoprof_op);
    CONST(__HYPERVISOR_event_channel_op);
    CONST(__HYPERVISOR_physdev_op);
    CONST(__HYPERVISOR_hvm_op);
    CONST(__HYPERVISOR_sysctl);
    CONST(__HYPERVISOR_domctl);
    CONST(__HYPERVISOR_kexec_op);
    CONST(__HYPERVISOR_tmem_op);
    CONST(__HYPERVISOR_argo_op);
    CONST(__HYPERVISOR_xenpmu_op);
    CONST(__HYPERVISOR_dm_op);
    CONST(__HYPERVISOR_hypfs_op);
    CONST(__HYPERVISOR_arch_0);
    CONST(__HYPERVISOR_arch_1);
    CONST(__HYPERVISOR_arch_2);
    CONST(__HYPERVISOR_arch_3);
    CONST(__HYPERVISOR_arch_4);
    CONST(__HYPERVISOR_arch_5);
    CONST(__HYPERVISOR_arch_6);
    CONST(__HYPERVISOR_arch_7);
    CONST(VIRQ_TIMER);
    CONST(VIRQ_DEBUG);
    CONST(VIRQ_CONSOLE);
    CONST(VIRQ_DOM_EXC);
    CONST(VIRQ_TBUF);
    CONST(VIRQ_DEBUGGER);
    CONST(VIRQ_XENOPROF);
    CONST(VIRQ_CON_RING);
    CONST(VIRQ_PCPU_STATE);
    CONST(VIRQ_MEM_EVENT);
    CONST(VIRQ_ARGO);
    CONST(VIRQ_ENOMEM);
    CONST(VIRQ_XENPMU);
    CONST(VIRQ_ARCH_0);
    CONST(VIRQ_ARCH_1);
    CONST(VIRQ_ARCH_2);
    CONST(VIRQ_ARCH_3);
    CONST(VIRQ_ARCH_4);
    CONST(VIRQ_ARCH_5);
    CONST(VIRQ_ARCH_6);
    CONST(VIRQ_ARCH_7);
    CONST(NR_VIRQS);
    CONST(DOMID_FIRST_RESERVED);
    CONST(DOMID_SELF);
    CONST(DOMID_IO);
    CONST(DOMID_XEN);
    CONST(DOMID_COW);
    CONST(DOMID_INVALID);
    CONST(DOMID_IDLE);
    CONST(DOMID_MASK);
    CONST(MMU_NORMAL_PT_UPDATE);
    CONST(MMU_MACHPHYS_UPDATE);
    CONST(MMU_PT_UPDATE_PRESERVE_AD);
    CONST(MMU_PT_UPDATE_NO_TRANSLATE);
    CONST(MMUEXT_PIN_L1_TABLE);
    CONST(MMUEXT_PIN_L2_TABLE);
    CONST(MMUEXT_PIN_L3_TABLE);
    CONST(MMUEXT_PIN_L4_TABLE);
    CONST(MMUEXT_UNPIN_TABLE);
    CONST(MMUEXT_NEW_BASEPTR);
    CONST(MMUEXT_TLB_FLUSH_LOCAL);
    CONST(MMUEXT_INVLPG_LOCAL);
    CONST(MMUEXT_TLB_FLUSH_MULTI);
    CONST(MMUEXT_INVLPG_MULTI);
    CONST(MMUEXT_TLB_FLUSH_ALL);
    CONST(MMUEXT_INVLPG_ALL);
    CONST(MMUEXT_FLUSH_CACHE);
    CONST(MMUEXT_SET_LDT);
    CONST(MMUEXT_NEW_USER_BASEPTR);
    CONST(MMUEXT_CLEAR_PAGE);
    CONST(MMUEXT_COPY_PAGE);
    CONST(MMUEXT_FLUSH_CACHE_GLOBAL);
    CONST(MMUEXT_MARK_SUPER);
    CONST(MMUEXT_UNMARK_SUPER);
    CONST(UVMF_NONE);
    CONST(UVMF_TLB_FLUSH);
    CONST(UVMF_INVLPG);
    CONST(UVMF_FLUSHTYPE_MASK);
    CONST(UVMF_MULTI);
    CONST(UVMF_LOCAL);
    CONST(UVMF_ALL);
    CONST(CONSOLEIO_write);
    CONST(CONSOLEIO_read);
    CONST(VMASST_CMD_enable);
    CONST(VMASST_CMD_disable);
    CONST(VMASST_TYPE_4gb_segments);
    CONST(VMASST_TYPE_4gb_segments_notify);
    CONST(VMASST_TYPE_writable_pagetables);
    CONST(VMASST_TYPE_pae_extended_cr3);
    CONST(VMASST_TYPE_architectural_iopl);
    CONST(VMASST_TYPE_runstate_update_flag);
    CONST(VMASST_TYPE_m2p_strict);
    SIZE("mmu_update", struct mmu_update);
    FIELD("mmu_update", struct mmu_update, ptr);
    FIELD("mmu_update", struct mmu_update, val);
    SIZE("mmuext_op", struct mmuext_op);
    FIELD("mmuext_op", struct mmuext_op, cmd);
    FIELD("mmuext_op", struct mmuext_op, arg1);
    FIELD("mmuext_op", struct mmuext_op, arg2);
    SIZE("multicall_entry", struct multicall_entry);
    FIELD("multicall_entry", struct multicall_entry, op);
    FIELD("multicall_entry", struct multicall_entry, result);
    FIELD("multicall_entry", struct multicall_entry, args);
    SIZE("vcpu_time_info", struct vcpu_time_info);
    FIELD("vcpu_time_info", struct vcpu_time_info, version);
    FIELD("vcpu_time_info", struct vcpu_time_info, pad0);
    FIELD("vcpu_time_info", struct vcpu_time_info, tsc_timestamp);
    FIELD("vcpu_time_info", struct vcpu_time_info, system_time);
    FIELD("vcpu_time_info", struct vcpu_time_info, tsc_to_system_mul);
    FIELD("vcpu_time_info", struct vcpu_time_info, tsc_shift);
    FIELD("vcpu_time_info", struct vcpu_time_info, flags);
    FIELD("vcpu_time_info", struct vcpu_time_info, pad1);
    CONST(XEN_PVCLOCK_TSC_STABLE_BIT);
    CONST(XEN_PVCLOCK_GUEST_STOPPED);
    SIZE("vcpu_info", struct vcpu_info);
    FIELD("vcpu_info", struct vcpu_info, evtchn_upcall_pending);
    FIELD("vcpu_info", struct vcpu_info, evtchn_upcall_mask);
    FIELD("vcpu_info", struct vcpu_info, evtchn_pending_sel);
    FIELD("vcpu_info", struct vcpu_info, arch);
    FIELD("vcpu_info", struct vcpu_info, time);
    SIZE("shared_info", struct shared_info);
    FIELD("shared_info", struct shared_info, vcpu_info);
    FIELD("shared_info", struct shared_info, evtchn_pending);
    FIELD("shared_info", struct shared_info, evtchn_mask);
    FIELD("shared_info", struct shared_info, wc_version);
    FIELD("shared_info", struct shared_info, wc_sec);
    FIELD("shared_info", struct shared_info, wc_nsec);
    FIELD("shared_info", struct shared_info, wc_sec_hi);
    FIELD("shared_info", struct shared_info, arch);
    SIZE("start_info", struct start_info);
    FIELD("start_info", struct start_info, magic);
    FIELD("start_info", struct start_info, nr_pages);
    FIELD("start_info", struct start_info, shared_info);
    FIELD("start_info", struct start_info, flags);
    FIELD("start_info", struct start_info, store_mfn);
    FIELD("start_info", struct start_info, store_evtchn);
    FIELD("start_info", struct start_info, console);
    FIELD("start_info", struct start_info, pt_base);
    FIELD("start_info", struct start_info, nr_pt_frames);
    FIELD("start_info", struct start_info, mfn_list);
    FIELD("start_info", struct start_info, mod_start);
    FIELD("start_info", struct start_info, mod_len);
    FIELD("start_info", struct start_info, cmd_line);
    FIELD("start_info", struct start_info, first_p2m_pfn);
    FIELD("start_info", struct start_info, nr_p2m_frames);
    CONST(MAX_GUEST_CMDLINE);
    CONST(SIF_PRIVILEGED);
    CONST(SIF_INITDOMAIN);
    CONST(SIF_MULTIBOOT_MOD);
    CONST(SIF_MOD_START_PFN);
    CONST(SIF_VIRT_P2M_4TOOLS);
    CONST(SIF_PM_MASK);
    SIZE("xen_multiboot_mod_list", struct xen_multiboot_mod_list);
    FIELD("xen_multiboot_mod_list", struct xen_multiboot_mod_list, mod_start);
    FIELD("xen_multiboot_mod_list", struct xen_multiboot_mod_list, mod_end);
    FIELD("xen_multiboot_mod_list", struct xen_multiboot_mod_list, cmdline);
    FIELD("xen_multiboot_mod_list", struct xen_multiboot_mod_list, pad);
    SIZE("dom0_vga_console_info", struct dom0_vga_console_info);
    FIELD("dom0_vga_console_info", struct dom0_vga_console_info, video_type);
    FIELD("dom0_vga_console_info", struct dom0_vga_console_info, u);
    SIZE("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3));
    FIELD("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3), font_height);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3), cursor_x);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3), cursor_y);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3), rows);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_text_mode_3", __typeof__(((struct dom0_vga_console_info *)0)->u.text_mode_3), columns);
    SIZE("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb));
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), width);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), height);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), bytes_per_line);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), bits_per_pixel);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), lfb_base);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), lfb_size);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), red_pos);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), red_size);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), green_pos);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), green_size);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), blue_pos);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), blue_size);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), rsvd_pos);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), rsvd_size);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), gbl_caps);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), mode_attrs);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), pad);
    FIELD("typeof___struct_dom0_vga_console_info_0_u_vesa_lfb", __typeof__(((struct dom0_vga_console_info *)0)->u.vesa_lfb), ext_lfb_base);
    CONST(XEN_VGATYPE_TEXT_MODE_3);
    CONST(XEN_VGATYPE_VESA_LFB);
    CONST(XEN_VGATYPE_EFI_LFB);
    SIZE("xenctl_bitmap", struct xenctl_bitmap);
    FIELD("xenctl_bitmap", struct xenctl_bitmap, bitmap);
    FIELD("xenctl_bitmap", struct xenctl_bitmap, nr_bits);
}

static void arch_x86_xen(void)
{
    CONST(FIRST_RESERVED_GDT_PAGE);
    CONST(FIRST_RESERVED_GDT_BYTE);
    CONST(FIRST_RESERVED_GDT_ENTRY);
    CONST(XEN_LEGACY_MAX_VCPUS);
    CONST(XEN_HVM_DEBUGCONS_IOPORT);
    SIZE("trap_info", struct trap_info);
    FIELD("trap_info", struct trap_info, vector);
    FIELD("trap_info", struct trap_info, flags);
    FIELD("trap_info", struct trap_info, cs);
    FIELD("trap_info", struct trap_info, address);
    SIZE("vcpu_guest_context", struct vcpu_guest_context);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, fpu_ctxt);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, flags);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, user_regs);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, trap_ctxt);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, ldt_base);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, ldt_ents);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, gdt_frames);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, gdt_ents);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, kernel_ss);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, kernel_sp);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, ctrlreg);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, debugreg);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, event_callback_eip);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, failsafe_callback_eip);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, syscall_callback_eip);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, vm_assist);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, fs_base);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, gs_base_kernel);
    FIELD("vcpu_guest_context", struct vcpu_guest_context, gs_base_user);
    CONST(VGCF_i387_valid);
    CONST(VGCF_in_kernel);
    CONST(VGCF_failsafe_disables_events);
    CONST(VGCF_syscall_disables_events);
    CONST(VGCF_online);
    SIZE("arch_shared_info", struct arch_shared_info);
    FIELD("arch_shared_info", struct arch_shared_info, max_pfn);
    FIELD("arch_shared_info", struct arch_shared_info, pfn_to_mfn_frame_list_list);
    FIELD("arch_shared_info", struct arch_shared_info, nmi_reason);
    FIELD("arch_shared_info", struct arch_shared_info, p2m_cr3);
    FIELD("arch_shared_info", struct arch_shared_info, p2m_vaddr);
    FIELD("arch_shared_info", struct arch_shared_info, p2m_generation);
    SIZE("xen_arch_domainconfig", struct xen_arch_domainconfig);
    FIELD("xen_arch_domainconfig", struct xen_arch_domainconfig, emulation_flags);
    FIELD("xen_arch_domainconfig", struct xen_arch_domainconfig, misc_flags);
    CONST(XEN_X86_EMU_LAPIC);
    CONST(XEN_X86_EMU_HPET);
    CONST(XEN_X86_EMU_PM);
    CONST(XEN_X86_EMU_RTC);
    CONST(XEN_X86_EMU_IOAPIC);
    CONST(XEN_X86_EMU_PIC);
    CONST(XEN_X86_EMU_VGA);
    CONST(XEN_X86_EMU_IOMMU);
    CONST(XEN_X86_EMU_PIT);
    CONST(XEN_X86_EMU_USE_PIRQ);
    CONST(XEN_X86_EMU_VPCI);
    CONST(XEN_X86_EMU_ALL);
    CONST(XEN_X86_MSR_RELAXED);
    CONST(XEN_X86_MISC_FLAGS_MAX);
    SIZE("xen_cpuid_leaf", struct xen_cpuid_leaf);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, leaf);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, subleaf);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, a);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, b);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, c);
    FIELD("xen_cpuid_leaf", struct xen_cpuid_leaf, d);
    CONST(XEN_CPUID_NO_SUBLEAF);
    SIZE("xen_msr_entry", struct xen_msr_entry);
    FIELD("xen_msr_entry", struct xen_msr_entry, idx);
    FIELD("xen_msr_entry", struct xen_msr_entry, flags);
    FIELD("xen_msr_entry", struct xen_msr_entry, val);
}

static void arch_x86_xen_x86_64(void)
{
    CONST(FLAT_RING3_CS32);
    CONST(FLAT_RING3_CS64);
    CONST(FLAT_RING3_DS32);
    CONST(FLAT_RING3_DS64);
    CONST(FLAT_RING3_SS32);
    CONST(FLAT_RING3_SS64);
    CONST(FLAT_KERNEL_CS);
    CONST(FLAT_KERNEL_DS);
    CONST(FLAT_KERNEL_SS);
    CONST(FLAT_USER_CS);
    CONST(FLAT_USER_DS);
    CONST(FLAT_USER_SS);
    CONST(HYPERVISOR_VIRT_START);
    CONST(HYPERVISOR_VIRT_END);
    CONST(MACH2PHYS_VIRT_START);
    CONST(MACH2PHYS_VIRT_END);
    CONST(MACH2PHYS_NR_ENTRIES);
    CONST(SEGBASE_FS);
    CONST(SEGBASE_GS_USER);
    CONST(SEGBASE_GS_KERNEL);
    CONST(SEGBASE_GS_USER_SEL);
    CONST(VGCF_in_syscall);
    SIZE("iret_context", struct iret_context);
    FIELD("iret_context", struct iret_context, rax);
    FIELD("iret_context", struct iret_context, r11);
    FIELD("iret_context", struct iret_context, rcx);
    FIELD("iret_context", struct iret_context, flags);
    FIELD("iret_context", struct iret_context, rip);
    FIELD("iret_context", struct iret_context, cs);
    FIELD("iret_context", struct iret_context, rflags);
    FIELD("iret_context", struct iret_context, rsp);
    FIELD("iret_context", struct iret_context, ss);
    SIZE("cpu_user_regs", struct cpu_user_regs);
    FIELD("cpu_user_regs", struct cpu_user_regs, r15);
    FIELD("cpu_user_regs", struct cpu_user_regs, r14);
    FIELD("cpu_user_regs", struct cpu_user_regs, r13);
    FIELD("cpu_user_regs", struct cpu_user_regs, r12);
    FIELD("cpu_user_regs", struct cpu_user_regs, rbp);
    FIELD("cpu_user_regs", struct cpu_user_regs, rbx);
    FIELD("cpu_user_regs", struct cpu_user_regs, r11);
    FIELD("cpu_user_regs", struct cpu_user_regs, r10);
    FIELD("cpu_user_regs", struct cpu_user_regs, r9);
    FIELD("cpu_user_regs", struct cpu_user_regs, r8);
    FIELD("cpu_user_regs", struct cpu_user_regs, rax);
    FIELD("cpu_user_regs", struct cpu_user_regs, rcx);
    FIELD("cpu_user_regs", struct cpu_user_regs, rdx);
    FIELD("cpu_user_regs", struct cpu_user_regs, rsi);
    FIELD("cpu_user_regs", struct cpu_user_regs, rdi);
    FIELD("cpu_user_regs", struct cpu_user_regs, error_code);
    FIELD("cpu_user_regs", struct cpu_user_regs, entry_vector);
    FIELD("cpu_user_regs", struct cpu_user_regs, rip);
    FIELD("cpu_user_regs", struct cpu_user_regs, cs);
    FIELD("cpu_user_regs", struct cpu_user_regs, saved_upcall_mask);
    FIELD("cpu_user_regs", struct cpu_user_regs, rflags);
    FIELD("cpu_user_regs", struct cpu_user_regs, rsp);
    FIELD("cpu_user_regs", struct cpu_user_regs, ss);
    FIELD("cpu_user_regs", struct cpu_user_regs, es);
    FIELD("cpu_user_regs", struct cpu_user_regs, ds);
    FIELD("cpu_user_regs", struct cpu_user_regs, fs);
    FIELD("cpu_user_regs", struct cpu_user_regs, gs);
    SIZE("arch_vcpu_info", struct arch_vcpu_info);
    FIELD("arch_vcpu_info", struct arch_vcpu_info, cr2);
    FIELD("arch_vcpu_info", struct arch_vcpu_info, pad);
}

static void event_channel(void)
{
    CONST(EVTCHNOP_bind_interdomain);
    CONST(EVTCHNOP_bind_virq);
    CONST(EVTCHNOP_bind_pirq);
    CONST(EVTCHNOP_close);
    CONST(EVTCHNOP_send);
    CONST(EVTCHNOP_status);
    CONST(EVTCHNOP_alloc_unbound);
    CONST(EVTCHNOP_bind_ipi);
    CONST(EVTCHNOP_bind_vcpu);
    CONST(EVTCHNOP_unmask);
    CONST(EVTCHNOP_reset);
    CONST(EVTCHNOP_init_control);
    CONST(EVTCHNOP_expand_array);
    CONST(EVTCHNOP_set_priority);
    SIZE("evtchn_alloc_unbound", struct evtchn_alloc_unbound);
    FIELD("evtchn_alloc_unbound", struct evtchn_alloc_unbound, dom);
    FIELD("evtchn_alloc_unbound", struct evtchn_alloc_unbound, remote_dom);
    FIELD("evtchn_alloc_unbound", struct evtchn_alloc_unbound, port);
    SIZE("evtchn_bind_interdomain", struct evtchn_bind_interdomain);
    FIELD("evtchn_bind_interdomain", struct evtchn_bind_interdomain, remote_dom);
    FIELD("evtchn_bind_interdomain", struct evtchn_bind_interdomain, remote_port);
    FIELD("evtchn_bind_interdomain", struct evtchn_bind_interdomain, local_port);
    SIZE("evtchn_bind_virq", struct evtchn_bind_virq);
    FIELD("evtchn_bind_virq", struct evtchn_bind_virq, virq);
    FIELD("evtchn_bind_virq", struct evtchn_bind_virq, vcpu);
    FIELD("evtchn_bind_virq", struct evtchn_bind_virq, port);
    SIZE("evtchn_bind_pirq", struct evtchn_bind_pirq);
    FIELD("evtchn_bind_pirq", struct evtchn_bind_pirq, pirq);
    FIELD("evtchn_bind_pirq", struct evtchn_bind_pirq, flags);
    FIELD("evtchn_bind_pirq", struct evtchn_bind_pirq, port);
    CONST(BIND_PIRQ__WILL_SHARE);
    SIZE("evtchn_bind_ipi", struct evtchn_bind_ipi);
    FIELD("evtchn_bind_ipi", struct evtchn_bind_ipi, vcpu);
    FIELD("evtchn_bind_ipi", struct evtchn_bind_ipi, port);
    SIZE("evtchn_close", struct evtchn_close);
    FIELD("evtchn_close", struct evtchn_close, port);
    SIZE("evtchn_send", struct evtchn_send);
    FIELD("evtchn_send", struct evtchn_send, port);
    SIZE("evtchn_status", struct evtchn_status);
    FIELD("evtchn_status", struct evtchn_status, dom);
    FIELD("evtchn_status", struct evtchn_status, port);
    FIELD("evtchn_status", struct evtchn_status, status);
    FIELD("evtchn_status", struct evtchn_status, vcpu);
    FIELD("evtchn_status", struct evtchn_status, u);
    CONST(EVTCHNSTAT_closed);
    CONST(EVTCHNSTAT_unbound);
    CONST(EVTCHNSTAT_interdomain);
    CONST(EVTCHNSTAT_pirq);
    CONST(EVTCHNSTAT_virq);
    CONST(EVTCHNSTAT_ipi);
    SIZE("evtchn_bind_vcpu", struct evtchn_bind_vcpu);
    FIELD("evtchn_bind_vcpu", struct evtchn_bind_vcpu, port);
    FIELD("evtchn_bind_vcpu", struct evtchn_bind_vcpu, vcpu);
    SIZE("evtchn_unmask", struct evtchn_unmask);
    FIELD("evtchn_unmask", struct evtchn_unmask, port);
    SIZE("evtchn_reset", struct evtchn_reset);
    FIELD("evtchn_reset", struct evtchn_reset, dom);
    SIZE("evtchn_init_control", struct evtchn_init_control);
    FIELD("evtchn_init_control", struct evtchn_init_control, control_gfn);
    FIELD("evtchn_init_control", struct evtchn_init_control, offset);
    FIELD("evtchn_init_control", struct evtchn_init_control, vcpu);
    FIELD("evtchn_init_control", struct evtchn_init_control, link_bits);
    FIELD("evtchn_init_control", struct evtchn_init_control, _pad);
    SIZE("evtchn_expand_array", struct evtchn_expand_array);
    FIELD("evtchn_expand_array", struct evtchn_expand_array, array_gfn);
    SIZE("evtchn_set_priority", struct evtchn_set_priority);
    FIELD("evtchn_set_priority", struct evtchn_set_priority, port);
    FIELD("evtchn_set_priority", struct evtchn_set_priority, priority);
    SIZE("evtchn_op", struct evtchn_op);
    FIELD("evtchn_op", struct evtchn_op, cmd);
    FIELD("evtchn_op", struct evtchn_op, u);
    CONST(EVTCHN_2L_NR_CHANNELS);
    CONST(EVTCHN_FIFO_PRIORITY_MAX);
    CONST(EVTCHN_FIFO_PRIORITY_DEFAULT);
    CONST(EVTCHN_FIFO_PRIORITY_MIN);
    CONST(EVTCHN_FIFO_MAX_QUEUES);
    CONST(EVTCHN_FIFO_PENDING);
    CONST(EVTCHN_FIFO_MASKED);
    CONST(EVTCHN_FIFO_LINKED);
    CONST(EVTCHN_FIFO_BUSY);
    CONST(EVTCHN_FIFO_LINK_BITS);
    CONST(EVTCHN_FIFO_LINK_MASK);
    CONST(EVTCHN_FIFO_NR_CHANNELS);
    SIZE("evtchn_fifo_control_block", struct evtchn_fifo_control_block);
    FIELD("evtchn_fifo_control_block", struct evtchn_fifo_control_block, ready);
    FIELD("evtchn_fifo_control_block", struct evtchn_fifo_control_block, _rsvd);
    FIELD("evtchn_fifo_control_block", struct evtchn_fifo_control_block, head);
}

static void sched(void)
{
    CONST(SCHEDOP_yield);
    CONST(SCHEDOP_block);
    CONST(SCHEDOP_shutdown);
    CONST(SCHEDOP_poll);
    CONST(SCHEDOP_remote_shutdown);
    CONST(SCHEDOP_shutdown_code);
    CONST(SCHEDOP_watchdog);
    CONST(SCHEDOP_pin_override);
    SIZE("sched_shutdown", struct sched_shutdown);
    FIELD("sched_shutdown", struct sched_shutdown, reason);
    SIZE("sched_poll", struct sched_poll);
    FIELD("sched_poll", struct sched_poll, ports);
    FIELD("sched_poll", struct sched_poll, nr_ports);
    FIELD("sched_poll", struct sched_poll, timeout);
    SIZE("sched_remote_shutdown", struct sched_remote_shutdown);
    FIELD("sched_remote_shutdown", struct sched_remote_shutdown, domain_id);
    FIELD("sched_remote_shutdown", struct sched_remote_shutdown, reason);
    SIZE("sched_watchdog", struct sched_watchdog);
    FIELD("sched_watchdog", struct sched_watchdog, id);
    FIELD("sched_watchdog", struct sched_watchdog, timeout);
    SIZE("sched_pin_override", struct sched_pin_override);
    FIELD("sched_pin_override", struct sched_pin_override, pcpu);
    CONST(SHUTDOWN_poweroff);
    CONST(SHUTDOWN_reboot);
    CONST(SHUTDOWN_suspend);
    CONST(SHUTDOWN_crash);
    CONST(SHUTDOWN_watchdog);
    CONST(SHUTDOWN_soft_reset);
    CONST(SHUTDOWN_MAX);
}

int main(void)
{
    xen();
    arch_x86_xen();
    arch_x86_xen_x86_64();
    event_channel();
    sched();
    return 0;
}
