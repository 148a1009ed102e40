//! Exceptions of the kernel, bounced back to it: the frame, the error code, the mask.

use crate::ask::Outcome;
use kit::hypercall;
use kit::memory::{self, Page};
use kit::trap::{self, Entry, Trap, catch};
use kit::xen::{self, TrapInfo};
use kit::{call, cpu, events};

family!("traps":
    undefined_instruction, frame_layout, frame_is_aligned, saved_mask_follows_the_byte,
    interrupt_flag_shows_the_mask, masking_is_by_flag, mask_restored_by_iret, breakpoint_is_behind,
    software_interrupt_3, software_interrupt_refused, software_interrupt_allowed,
    software_interrupts_of_exceptions, divide_error, page_fault_read, page_fault_write,
    page_fault_protection, page_fault_in_hypervisor_range, page_fault_clears_nothing_else,
    non_canonical, stack_segment_of_user_selectors, single_step, general_protection_error_codes,
    software_interrupt_4, registers_survive, nested_faults, trap_table_replaces,
    trap_table_refuses_bad_addresses, selector_is_forced_to_ring_3,
    bad_data_selector_faults, iret_to_bad_selector, iret_keeps_flags_in_bounds, failsafe_is_not_for_kernel_loads,
);

fn trapped<T>(result: Result<T, Trap>) -> Result<Trap, crate::ask::Why> {
    match result {
        Ok(_) => Err(crate::ask::Why::new(format_args!("no trap came"))),
        Err(trap) => Ok(trap),
    }
}

fn undefined_instruction() -> Outcome {
    let trap = trapped(catch(cpu::ud2))?;
    same!(trap.vector(), 6);
    same!(trap.frame.error, 0);
    Ok(())
}
fn frame_layout() -> Outcome {
    let sp = cpu::stack_pointer();
    let trap = trapped(catch(cpu::ud2))?;
    // Interrupted in the kernel, whose real ring is 3, yet cs is shown with RPL 0.
    same!(trap.frame.selector(), xen::KERNEL_CS & !3, "cs");
    same!(trap.frame.ss, xen::KERNEL_SS, "ss");
    holds!(
        trap.frame.rsp <= sp && sp - trap.frame.rsp < 4096,
        "rsp {:#x}, was {sp:#x}",
        trap.frame.rsp
    );
    let (first, end) = kit::start::image();
    holds!(
        (first..end).contains(&trap.frame.rip),
        "rip {:#x}",
        trap.frame.rip
    );
    Ok(())
}
fn frame_is_aligned() -> Outcome {
    for trap in [trapped(catch(cpu::ud2))?, trapped(memory::peek(0x1000))?] {
        same!(trap.frame_top() % 16, 0);
        same!(trap.frame_top(), trap.frame.rsp & !15);
    }
    Ok(())
}
fn saved_mask_follows_the_byte() -> Outcome {
    events::set_mask(true);
    let masked = trapped(catch(cpu::ud2))?;
    events::set_mask(false);
    let open = trapped(catch(cpu::ud2))?;
    events::set_mask(true);
    same!(masked.frame.saved_mask(), 1);
    same!(open.frame.saved_mask(), 0);
    Ok(())
}
fn interrupt_flag_shows_the_mask() -> Outcome {
    events::set_mask(true);
    let masked = trapped(catch(cpu::ud2))?;
    events::set_mask(false);
    let open = trapped(catch(cpu::ud2))?;
    events::set_mask(true);
    same!(masked.frame.rflags & 0x200, 0);
    same!(open.frame.rflags & 0x200, 0x200);
    Ok(())
}
/// Registers the boot table with other flags for #UD.
fn load_with_flags(flags: u8) -> i64 {
    let mut table = trap::default_table();
    for row in table
        .iter_mut()
        .filter(|row| row.address != 0 && row.vector == 6)
    {
        row.flags = flags;
    }
    hypercall::set_trap_table(&table)
}
fn masking_is_by_flag() -> Outcome {
    answers!(load_with_flags(0), 0);
    events::set_mask(false);
    let open = trapped(catch(cpu::ud2))?;
    events::set_mask(true);
    answers!(load_with_flags(xen::TI_MASK_EVENTS), 0);
    events::set_mask(false);
    let masked = trapped(catch(cpu::ud2))?;
    events::set_mask(true);
    same!(
        open.mask,
        0,
        "the mask in a handler that does not ask for it"
    );
    same!(masked.mask, 1, "the mask in a handler that asks for it");
    answers!(trap::load_table(None), 0);
    Ok(())
}
fn mask_restored_by_iret() -> Outcome {
    events::set_mask(false);
    let _ = catch(cpu::ud2);
    let after = events::mask_byte(0);
    events::set_mask(true);
    let _ = catch(cpu::ud2);
    same!([after, events::mask_byte(0)], [0, 1]);
    Ok(())
}
fn breakpoint_is_behind() -> Outcome {
    let trap = trapped(catch(cpu::breakpoint_recorded))?;
    same!(trap.vector(), 3);
    Ok(())
}
/// Runs `f`, whose trap resumes where it says; the vector of that trap.
fn hooked_vector(f: fn()) -> u64 {
    use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
    static VECTOR: AtomicU64 = AtomicU64::new(u64::MAX);
    fn hook(trap: &mut Trap) -> bool {
        VECTOR.store(trap.vector(), SeqCst);
        true
    }
    VECTOR.store(u64::MAX, SeqCst);
    trap::set_hook(Some(hook));
    f();
    trap::set_hook(None);
    VECTOR.load(SeqCst)
}
fn software_interrupt_3() -> Outcome {
    // INT 3 in two bytes is the same trap, also reported behind the instruction.
    same!(hooked_vector(cpu::int_3_long), 3);
    Ok(())
}
fn software_interrupt_refused() -> Outcome {
    // No handler for 0x80: #GP with the vector's IDT error code.
    let trap = trapped(catch(cpu::int_80))?;
    same!(trap.vector(), 13);
    same!(trap.frame.error, 0x80 << 3 | 2);
    Ok(())
}
fn software_interrupt_allowed() -> Outcome {
    let mut table = [TrapInfo::default(); 2];
    table[0] = TrapInfo {
        vector: 0x80,
        flags: 3,
        cs: xen::KERNEL_CS as u16,
        _pad: 0,
        address: Entry::SoftInterrupt.address(),
    };
    answers!(hypercall::set_trap_table(&table), 0);
    let trap = trapped(catch(cpu::int_80_recorded))?;
    same!(trap.vector(), 0x80);
    // A table replaces only the vectors it names; all of it is taken back by an empty one.
    answers!(trap::load_table(None), 0);
    Ok(())
}
fn software_interrupts_of_exceptions() -> Outcome {
    // The kernel of a PV guest runs in ring 3 of the processor, but its own INT n is judged as
    // ring 0: a handler with privilege 0 takes it.
    let fourteen = trapped(catch(cpu::int_13))?;
    same!(fourteen.vector(), 13);
    same!(fourteen.frame.error, 13 << 3 | 2);
    Ok(())
}
fn divide_error() -> Outcome {
    same!(trapped(catch(cpu::divide_by_zero))?.vector(), 0);
    Ok(())
}
fn page_fault_read() -> Outcome {
    let trap = trapped(memory::peek(0x5_5555_5123))?;
    same!(trap.vector(), 14);
    // Not present, a read; the kernel counts as supervisor.
    same!(trap.frame.error, 0);
    same!(trap.cr2, 0x5_5555_5123);
    Ok(())
}
fn page_fault_write() -> Outcome {
    let trap = trapped(memory::poke(0x5_5555_5128, 1))?;
    same!([trap.vector(), trap.frame.error], [14, 2]);
    same!(trap.cr2, 0x5_5555_5128);
    Ok(())
}
fn page_fault_protection() -> Outcome {
    let page = Page::take();
    answers!(page.protect(memory::RO), 0);
    let trap = trapped(memory::poke(page.va() + 16, 1))?;
    same!([trap.vector(), trap.frame.error], [14, 3]);
    same!(trap.cr2, page.va() + 16);
    answers!(page.protect(memory::RW), 0);
    holds!(memory::poke(page.va() + 16, 1).is_ok());
    Ok(())
}
fn page_fault_in_hypervisor_range() -> Outcome {
    // A write to the readable table of frames, and a read where nothing is for us.
    let write = trapped(memory::poke(memory::M2P, 1))?;
    same!([write.vector(), write.frame.error], [14, 3]);
    let read = trapped(memory::peek(0xffff_8300_0000_0000))?;
    same!(read.vector(), 14);
    same!(
        read.frame.error & !1,
        0,
        "the error code of a read in the hypervisor's range"
    );
    Ok(())
}
fn page_fault_clears_nothing_else() -> Outcome {
    let first = trapped(memory::peek(0x1230))?;
    let _ = catch(cpu::ud2);
    same!(events::cr2(), first.cr2, "cr2 after another trap");
    Ok(())
}
fn non_canonical() -> Outcome {
    let trap = trapped(catch(cpu::read_non_canonical))?;
    same!([trap.vector(), trap.frame.error], [13, 0]);
    Ok(())
}
fn stack_segment_of_user_selectors() -> Outcome {
    // Loading a selector beyond the table is #GP with that selector.
    let trap = trapped(catch(|| cpu::set_fs(0xfff8)))?;
    same!([trap.vector(), trap.frame.error], [13, 0xfff8]);
    Ok(())
}
fn single_step() -> Outcome {
    let trap = trapped(catch(cpu::single_step))?;
    same!(trap.vector(), 1);
    same!(
        trap.frame.rflags & 0x100,
        0x100,
        "the trap flag in the frame"
    );
    same!(trap.rflags & 0x100, 0, "the trap flag in the handler");
    let mut dr6 = call!(xen::GET_DEBUGREG, 6) as u64;
    same!(dr6 & 0x4000, 0x4000, "BS in the guest's dr6");
    answers!(call!(xen::SET_DEBUGREG, 6, 0), 0);
    dr6 = call!(xen::GET_DEBUGREG, 6) as u64;
    same!(dr6 & 0x4000, 0);
    Ok(())
}
fn general_protection_error_codes() -> Outcome {
    for (what, trap) in [
        ("hlt", trapped(catch(cpu::hlt))?),
        ("lgdt", trapped(catch(cpu::lgdt_here))?),
        ("lidt", trapped(catch(cpu::lidt_here))?),
        ("ltr", trapped(catch(cpu::ltr))?),
    ] {
        same!([trap.vector(), trap.frame.error], [13, 0], "{what}");
    }
    Ok(())
}
fn software_interrupt_4() -> Outcome {
    // The processor lets ring 3 call vector 4 too, so it comes as a trap and not as #GP.
    same!(hooked_vector(cpu::int_4), 4);
    Ok(())
}
fn registers_survive() -> Outcome {
    let trap = trapped(memory::poke(0x7777_7000, 0x1234_5678_9abc_def0))?;
    let frame = trap.frame;
    let all = [
        frame.rax, frame.rcx, frame.rdx, frame.rsi, frame.rdi, frame.r8, frame.r9, frame.r10,
        frame.r11, frame.rbx, frame.rbp, frame.r12, frame.r13, frame.r14, frame.r15,
    ];
    holds!(
        all.contains(&0x7777_7000) && all.contains(&0x1234_5678_9abc_def0),
        "{all:x?}"
    );
    Ok(())
}
fn nested_faults() -> Outcome {
    static INNER: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
    fn hook(trap: &mut Trap) -> bool {
        if trap.vector() != 6 {
            return false;
        }
        // Fault within the handler.
        if let Err(inner) = memory::peek(0x2000) {
            INNER.store(inner.frame_va, core::sync::atomic::Ordering::SeqCst);
            trap.frame.rip += 2;
            return inner.frame_va < trap.frame_va;
        }
        false
    }
    trap::set_hook(Some(hook));
    cpu::ud2_unguarded();
    trap::set_hook(None);
    holds!(INNER.load(core::sync::atomic::Ordering::SeqCst) != 0);
    Ok(())
}
fn trap_table_replaces() -> Outcome {
    static SEEN: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
    fn hook(trap: &mut Trap) -> bool {
        SEEN.store(trap.vector(), core::sync::atomic::Ordering::SeqCst);
        trap.frame.rip += 2;
        true
    }
    answers!(trap::load_table(Some((6, Entry::SoftInterrupt))), 0);
    trap::set_hook(Some(hook));
    cpu::ud2_unguarded();
    trap::set_hook(None);
    answers!(trap::load_table(None), 0);
    same!(
        SEEN.load(core::sync::atomic::Ordering::SeqCst),
        0x80,
        "the entry that #UD took"
    );
    Ok(())
}
fn trap_table_refuses_bad_addresses() -> Outcome {
    let mut table = trap::default_table();
    table[0].address = 0x8000_0000_0000;
    answers!(hypercall::set_trap_table(&table), xen::EINVAL);
    answers!(trap::load_table(None), 0);
    Ok(())
}
fn selector_is_forced_to_ring_3() -> Outcome {
    // A table may name its code selector with any RPL.
    let mut table = trap::default_table();
    for row in table.iter_mut().filter(|row| row.vector == 6) {
        row.cs = (xen::KERNEL_CS & !3) as u16;
    }
    answers!(hypercall::set_trap_table(&table), 0);
    let trap = catch(cpu::ud2);
    answers!(trap::load_table(None), 0);
    same!(trapped(trap)?.vector(), 6);
    Ok(())
}
fn bad_data_selector_faults() -> Outcome {
    for load in [
        cpu::set_ds as fn(u64),
        cpu::set_es,
        cpu::set_fs,
        cpu::set_gs,
    ] {
        let trap = trapped(catch(|| load(0x1234)))?;
        same!([trap.vector(), trap.frame.error], [13, 0x1234]);
        holds!(
            catch(|| load(xen::KERNEL_SS)).is_ok(),
            "the flat data selector was refused"
        );
        holds!(catch(|| load(0)).is_ok(), "the null selector was refused");
    }
    Ok(())
}
/// What a hook saw of an `iret` that could not return.
static BAD_IRET: [core::sync::atomic::AtomicU64; 4] =
    [const { core::sync::atomic::AtomicU64::new(0) }; 4];
fn iret_to_bad_selector() -> Outcome {
    use core::sync::atomic::Ordering::SeqCst;
    fn hook(trap: &mut Trap) -> bool {
        if trap.vector() == 6 {
            // Return from this trap to a code selector that does not exist.
            trap.frame.cs = 0x1230;
            trap.frame.rip += 2;
            return true;
        }
        BAD_IRET[0].store(trap.vector(), SeqCst);
        BAD_IRET[1].store(trap.frame.error, SeqCst);
        BAD_IRET[2].store(trap.frame.cs, SeqCst);
        BAD_IRET[3].store(trap.mask, SeqCst);
        trap.frame.cs = xen::KERNEL_CS & !3;
        true
    }
    trap::set_hook(Some(hook));
    cpu::ud2_unguarded();
    trap::set_hook(None);
    let seen = [0, 1, 2, 3].map(|index: usize| BAD_IRET[index].load(SeqCst));
    same!(seen[0], 13, "the vector; all: {seen:x?}");
    same!(seen[1], 0x1230, "the error code");
    Ok(())
}
fn iret_keeps_flags_in_bounds() -> Outcome {
    static FLAGS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
    fn hook(trap: &mut Trap) -> bool {
        // Ask for iopl 3, NT, VIF, VIP, VM.
        trap.frame.rflags |= 0x3000 | 0x4000 | 0x1a_0000;
        trap.frame.rip += 2;
        FLAGS.fetch_add(1, core::sync::atomic::Ordering::SeqCst);
        true
    }
    trap::set_hook(Some(hook));
    cpu::ud2_unguarded();
    trap::set_hook(None);
    let flags = cpu::flags();
    cpu::set_flags(0x202);
    same!(FLAGS.load(core::sync::atomic::Ordering::SeqCst), 1);
    same!(flags & (0x3000 | 0x2_0000), 0, "iopl and VM after iret");
    holds!(
        flags & 0x200 != 0,
        "interrupts are off in the processor: {flags:#x}"
    );
    Ok(())
}
fn failsafe_is_not_for_kernel_loads() -> Outcome {
    // Loads by the kernel itself were plain #GP above; nothing came to the failsafe callback.
    same!(trap::failsafe_selectors(), [0; 4]);
    Ok(())
}
