//! Instructions that a PV kernel may not execute itself, and what stands in for them.

use crate::ask::Outcome;
use kit::memory::{self, Page};
use kit::trap::{Trap, catch};
use kit::{call, cpu, hypercall, start, xen};

family!("cpu":
    signature_by_prefix, leaves_of_the_hypervisor, other_hypervisors_are_not_here,
    features_hide_what_pv_has_not, vendor_is_the_processor_s, prefix_needs_the_right_bytes,
    control_register_0, control_register_3, control_register_4, control_register_8, clts_is_for_kernels,
    task_switched_flag, wbinvd_passes, invlpg_traps, msr_unknown, msr_segment_bases, msr_efer, msr_apic_base,
    msr_write_refused, debug_registers_by_hypercall, debug_registers_by_mov, watchpoint,
    watchpoints_stay_out_of_the_hypervisor, ports_need_iopl, ports_in_widths, iopl_range,
    extended_state, cli_and_sti, rdtscp_or_not, rdpmc_refused, vmcall_is_undefined,
);

fn trapped<T>(result: Result<T, Trap>) -> Result<Trap, crate::ask::Why> {
    match result {
        Ok(_) => Err(crate::ask::Why::new(format_args!("no trap came"))),
        Err(trap) => Ok(trap),
    }
}
fn worked<T>(result: Result<T, Trap>) -> Result<T, crate::ask::Why> {
    result.map_err(|trap| {
        crate::ask::Why::new(format_args!(
            "trap {} error {:#x}",
            trap.vector(),
            trap.frame.error
        ))
    })
}

fn signature_by_prefix() -> Outcome {
    let [max, b, c, d] = cpu::cpuid_forced(0x4000_0000, 0);
    same!(
        [b, c, d].map(u32::to_le_bytes),
        [*b"XenV", *b"MMXe", *b"nVMM"]
    );
    holds!(
        (0x4000_0004..0x4000_0100).contains(&max),
        "the last leaf is {max:#x}"
    );
    Ok(())
}
fn leaves_of_the_hypervisor() -> Outcome {
    same!(cpu::cpuid_forced(0x4000_0001, 0), [4 << 16 | 20, 0, 0, 0]);
    let [pages, _, features, _] = cpu::cpuid_forced(0x4000_0002, 0);
    same!(pages, 1, "hypercall pages");
    same!(features & 1, 1, "mmu_update preserves A and D");
    Ok(())
}
fn other_hypervisors_are_not_here() -> Outcome {
    for leaf in (0x4000_0100..0x4001_0000).step_by(0x1000) {
        same!(cpu::cpuid_forced(leaf, 0), [0; 4], "leaf {leaf:#x}");
    }
    Ok(())
}
fn features_hide_what_pv_has_not() -> Outcome {
    let [_, _, c, d] = cpu::cpuid_forced(1, 0);
    holds!(c & 1 << 31 != 0, "no hypervisor bit: {c:#x}");
    holds!(d & 1 << 5 != 0, "no MSR bit");
    same!(
        d & (1 << 1 | 1 << 3 | 1 << 17),
        0,
        "VME, PSE, PSE36 of {d:#x}"
    );
    same!(c & (1 << 3 | 1 << 5), 0, "MONITOR, VMX of {c:#x}");
    let [_, b, ..] = cpu::cpuid_forced(7, 0);
    same!(b & (1 << 7 | 1 << 20), 0, "SMEP, SMAP of {b:#x}");
    let [_, _, c, d] = cpu::cpuid_forced(0x8000_0001, 0);
    same!(c & 1 << 2, 0, "SVM");
    holds!(
        d & (1 << 29 | 1 << 20 | 1 << 11) == 1 << 29 | 1 << 20 | 1 << 11,
        "LM, NX, SYSCALL: {d:#x}"
    );
    Ok(())
}
fn vendor_is_the_processor_s() -> Outcome {
    let [_, b, c, d] = cpu::cpuid_forced(0, 0);
    let [_, real_b, real_c, real_d] = cpu::cpuid(0, 0);
    same!([b, c, d], [real_b, real_c, real_d]);
    Ok(())
}
fn prefix_needs_the_right_bytes() -> Outcome {
    let trap = trapped(catch(cpu::ud2))?;
    same!(trap.vector(), 6, "ud2 without the bytes");
    Ok(())
}
fn control_register_0() -> Outcome {
    let value = worked(catch(cpu::cr0))?;
    // PE, MP-less bits that a kernel expects: protected, paged, write protected.
    same!(value & 0x8001_0001, 0x8001_0001, "cr0 {value:#x}");
    worked(catch(|| cpu::set_cr0(value)))?;
    same!(
        trapped(catch(|| cpu::set_cr0(value ^ 0x1_0000)))?.vector(),
        13,
        "clearing WP"
    );
    same!(worked(catch(cpu::cr0))?, value);
    Ok(())
}
fn control_register_3() -> Outcome {
    let value = worked(catch(cpu::cr3))?;
    same!(value, memory::kernel_l4().mfn() << 12);
    worked(catch(|| cpu::set_cr3(value)))?;
    same!(
        trapped(catch(|| cpu::set_cr3(Page::take().mfn() << 12)))?.vector(),
        13,
        "no table"
    );
    Ok(())
}
fn control_register_4() -> Outcome {
    let value = worked(catch(cpu::cr4))?;
    same!(value & 1 << 5, 1 << 5, "PAE of {value:#x}");
    worked(catch(|| cpu::set_cr4(value)))?;
    same!(worked(catch(cpu::cr4))?, value, "cr4 again");
    Ok(())
}
fn control_register_8() -> Outcome {
    same!(trapped(catch(cpu::cr8))?.vector(), 13);
    Ok(())
}
fn clts_is_for_kernels() -> Outcome {
    worked(catch(cpu::clts))?;
    Ok(())
}
fn task_switched_flag() -> Outcome {
    answers!(call!(xen::FPU_TASKSWITCH, 1), 0);
    same!(cpu::cr0() & 8, 8, "TS in cr0");
    let trap = trapped(catch(cpu::fninit))?;
    same!(trap.vector(), 7, "fninit with TS");
    // The hypervisor clears the flag before it tells the kernel.
    same!(cpu::cr0() & 8, 0, "TS in cr0 after #NM");
    worked(catch(cpu::fninit))?;
    answers!(call!(xen::FPU_TASKSWITCH, 1), 0);
    answers!(call!(xen::FPU_TASKSWITCH, 0), 0);
    worked(catch(cpu::fninit))?;
    Ok(())
}
fn wbinvd_passes() -> Outcome {
    worked(catch(cpu::wbinvd))?;
    worked(catch(cpu::invd))?;
    Ok(())
}
fn invlpg_traps() -> Outcome {
    let trap = trapped(catch(cpu::invlpg_zero))?;
    same!(trap.vector(), 13);
    Ok(())
}
fn msr_unknown() -> Outcome {
    let trap = trapped(catch(|| cpu::rdmsr(0xdead_beef)))?;
    same!([trap.vector(), trap.frame.error], [13, 0]);
    Ok(())
}
fn msr_segment_bases() -> Outcome {
    let page = Page::take();
    page.write(0, 0xabcd);
    worked(catch(|| cpu::wrmsr(0xc000_0100, page.va())))?;
    same!(
        worked(catch(|| cpu::rdmsr(0xc000_0100)))?,
        page.va(),
        "FS base"
    );
    same!(cpu::fs_word(), 0xabcd);
    worked(catch(|| cpu::wrmsr(0xc000_0101, page.va())))?;
    same!(
        worked(catch(|| cpu::rdmsr(0xc000_0101)))?,
        page.va(),
        "GS base"
    );
    same!(cpu::gs_word(), 0xabcd);
    worked(catch(|| cpu::wrmsr(0xc000_0102, 0x1000)))?;
    same!(
        worked(catch(|| cpu::rdmsr(0xc000_0102)))?,
        0x1000,
        "kernel GS base, the user's"
    );
    same!(cpu::gs_word(), 0xabcd, "gs after a write of the other base");
    same!(
        trapped(catch(|| cpu::wrmsr(0xc000_0100, 0x8000_0000_0000)))?.vector(),
        13
    );
    worked(catch(|| cpu::wrmsr(0xc000_0100, 0)))?;
    Ok(())
}
fn msr_efer() -> Outcome {
    let efer = worked(catch(|| cpu::rdmsr(0xc000_0080)))?;
    same!(efer & 0xd00, 0xd00, "LME, LMA, NXE of {efer:#x}");
    Ok(())
}
fn msr_apic_base() -> Outcome {
    let base = worked(catch(|| cpu::rdmsr(0x1b)))?;
    if !start::is_dom0() {
        same!(base & 0xfff, 0);
    }
    Ok(())
}
fn msr_write_refused() -> Outcome {
    // LSTAR and EFER are the hypervisor's.
    same!(
        trapped(catch(|| cpu::wrmsr(0xc000_0082, 0x1000)))?.vector(),
        13,
        "LSTAR"
    );
    same!(
        trapped(catch(|| cpu::rdmsr(0xc000_0082)))?.vector(),
        13,
        "reading LSTAR"
    );
    Ok(())
}
fn debug_registers_by_hypercall() -> Outcome {
    for register in 0..4u64 {
        answers!(call!(xen::SET_DEBUGREG, register, 0x1000 + register), 0);
        answers!(
            call!(xen::GET_DEBUGREG, register),
            0x1000 + register,
            "dr{register}"
        );
    }
    answers!(
        call!(xen::SET_DEBUGREG, 0, memory::M2P),
        xen::EPERM,
        "dr0 in the hypervisor's range"
    );
    answers!(call!(xen::SET_DEBUGREG, 7, 0x2000), xen::EPERM, "GD in dr7");
    // A breakpoint on a port is refused.
    answers!(
        call!(xen::SET_DEBUGREG, 7, 0x2_0001),
        xen::EPERM,
        "an I/O breakpoint without DE"
    );
    for register in [0u64, 1, 2, 3, 7] {
        answers!(call!(xen::SET_DEBUGREG, register, 0), 0);
    }
    Ok(())
}
fn debug_registers_by_mov() -> Outcome {
    worked(catch(|| cpu::set_dr0(0x2000)))?;
    same!(worked(catch(cpu::dr0))?, 0x2000);
    worked(catch(|| cpu::set_dr0(0)))?;
    let dr7 = worked(catch(cpu::dr7))?;
    same!(dr7 & 0xff, 0, "dr7 {dr7:#x}");
    Ok(())
}
fn watchpoint() -> Outcome {
    let page = Page::take();
    answers!(call!(xen::SET_DEBUGREG, 0, page.va() + 8), 0);
    // Enabled locally, on writes, 8 bytes.
    answers!(call!(xen::SET_DEBUGREG, 7, 0x9_0001), 0);
    static SEEN: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
    fn hook(trap: &mut Trap) -> bool {
        SEEN.store(trap.vector() + 1, core::sync::atomic::Ordering::SeqCst);
        true
    }
    kit::trap::set_hook(Some(hook));
    page.write(1, 5);
    kit::trap::set_hook(None);
    let dr6 = call!(xen::GET_DEBUGREG, 6) as u64;
    answers!(call!(xen::SET_DEBUGREG, 7, 0), 0);
    answers!(call!(xen::SET_DEBUGREG, 6, 0), 0);
    answers!(call!(xen::SET_DEBUGREG, 0, 0), 0);
    same!(
        SEEN.load(core::sync::atomic::Ordering::SeqCst),
        2,
        "#DB after the write"
    );
    same!(dr6 & 0xf, 1, "dr6 {dr6:#x}");
    same!(page.read(1), 5);
    Ok(())
}
fn watchpoints_stay_out_of_the_hypervisor() -> Outcome {
    // The hypervisor writes to a watched page of ours without a #DB for us in its middle.
    let page = Page::take();
    answers!(call!(xen::SET_DEBUGREG, 0, page.va()), 0);
    answers!(call!(xen::SET_DEBUGREG, 7, 0x9_0001), 0);
    let answer = hypercall::xen_version(xen::XENVER_PLATFORM_PARAMETERS, page.va());
    answers!(call!(xen::SET_DEBUGREG, 7, 0), 0);
    answers!(call!(xen::SET_DEBUGREG, 6, 0), 0);
    answers!(answer, 0);
    same!(page.read(0), memory::M2P);
    Ok(())
}
fn set_iopl(level: u32) -> i64 {
    let mut level = level;
    hypercall::physdev_op(xen::PHYSDEVOP_SET_IOPL, &mut level)
}
fn ports_need_iopl() -> Outcome {
    // The hypercall counts a kernel's level from 1.
    let closed = catch(|| cpu::inb(0x80));
    answers!(set_iopl(1), 0);
    let open = catch(|| cpu::inb(0x80));
    answers!(set_iopl(0), 0);
    same!(trapped(closed)?.vector(), 13, "with iopl 0");
    worked(open)?;
    Ok(())
}
fn ports_in_widths() -> Outcome {
    answers!(set_iopl(1), 0);
    let answers = (
        catch(|| cpu::inb(0xcf8)),
        catch(|| cpu::inl(0xcf8)),
        catch(|| cpu::outl(0xcf8, 0x8000_0000)),
        catch(|| cpu::inl(0xcfc)),
        catch(|| cpu::inw(0xcfc)),
    );
    answers!(set_iopl(0), 0);
    worked(answers.0)?;
    worked(answers.1)?;
    worked(answers.2)?;
    let (long, short) = (worked(answers.3)?, worked(answers.4)?);
    if start::is_dom0() {
        same!(long as u16, short, "the vendor of PCI device 0");
        holds!(short != 0xffff, "no PCI device 0");
    } else {
        same!([long, short.into()], [u32::MAX, 0xffff]);
    }
    Ok(())
}
fn iopl_range() -> Outcome {
    answers!(set_iopl(4), xen::EINVAL);
    answers!(set_iopl(3), 0);
    answers!(set_iopl(0), 0);
    Ok(())
}
fn extended_state() -> Outcome {
    let [_, _, c, _] = cpu::cpuid_forced(1, 0);
    if c & 1 << 26 == 0 {
        return Ok(()); // no XSAVE, nothing to ask
    }
    // A kernel turns it on in cr4, and then CPUID says so.
    worked(catch(|| cpu::set_cr4(cpu::cr4() | 1 << 18)))?;
    same!(cpu::cr4() & 1 << 18, 1 << 18);
    same!(
        cpu::cpuid_forced(1, 0)[2] & 1 << 27,
        1 << 27,
        "OSXSAVE in CPUID"
    );
    let mask = worked(catch(cpu::xgetbv))?;
    holds!(mask & 1 != 0, "xcr0 {mask:#x}");
    worked(catch(|| cpu::xsetbv(0, mask | 3)))?;
    same!(worked(catch(cpu::xgetbv))?, mask | 3);
    same!(
        trapped(catch(|| cpu::xsetbv(0, 0)))?.vector(),
        13,
        "x87 off"
    );
    same!(trapped(catch(|| cpu::xsetbv(1, 1)))?.vector(), 13, "xcr1");
    Ok(())
}
fn cli_and_sti() -> Outcome {
    let flags = cpu::flags();
    same!(trapped(catch(cpu::cli))?.vector(), 13, "cli with iopl 0");
    answers!(set_iopl(1), 0);
    let (cli, sti) = (catch(cpu::cli), catch(cpu::sti));
    answers!(set_iopl(0), 0);
    // Silently done nothing: the mask is the byte's affair.
    worked(cli)?;
    worked(sti)?;
    same!(cpu::flags() & 0x200, flags & 0x200);
    same!(kit::events::mask_byte(0), 1);
    Ok(())
}
fn rdtscp_or_not() -> Outcome {
    let [_, _, _, d] = cpu::cpuid_forced(0x8000_0001, 0);
    let outcome = catch(cpu::rdtscp);
    if d & 1 << 27 != 0 {
        let (tsc, _) = worked(outcome)?;
        holds!(cpu::rdtsc().wrapping_sub(tsc) < 1 << 40);
    }
    Ok(())
}
fn rdpmc_refused() -> Outcome {
    same!(trapped(catch(cpu::rdpmc))?.vector(), 13);
    Ok(())
}
fn vmcall_is_undefined() -> Outcome {
    same!(trapped(catch(cpu::vmcall))?.vector(), 6, "vmcall");
    same!(trapped(catch(cpu::vmmcall))?.vector(), 6, "vmmcall");
    Ok(())
}
