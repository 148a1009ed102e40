//! Page tables: what a guest may write where, and by which of the four ways.
//!
//! The rules asked here are the safety of every other domain: a page that is a table is never
//! writable, a writable page is never a table, and no entry reaches a frame that is not ours.

use crate::ask::{Outcome, Why};
use kit::hypercall::{self, mmuext_op, ptr};
use kit::memory::{self, Branch, FRAME_MASK, M2P, PAGE, Page, RO, RW};
use kit::xen::*;
use kit::{call, start};

family!("mmu":
    entries_read_back, every_kind_of_update, preserve_keeps_accessed_and_dirty,
    unknown_kind_is_refused, unaligned_entry, entry_in_a_page_that_is_no_table,
    foreign_frames_are_refused, hypervisor_frames_are_refused, frames_beyond_memory_are_refused,
    tables_are_never_writable, writable_pages_are_never_tables, read_only_mapping_of_a_table,
    batch_stops_at_the_first_error, count_done_is_told, pin_each_level, pin_the_wrong_level,
    pin_twice, unpin_what_is_not_pinned, pin_what_is_not_ours, pin_with_a_bad_entry,
    pinned_table_can_be_unpinned_and_written, table_in_use_stays_a_table,
    hypervisor_slots_are_refused, hypervisor_slots_follow_the_table, self_map_read_only, self_map_writable_refused,
    baseptr_needs_a_top_table, update_va_mapping_flags, update_va_mapping_refuses,
    update_va_mapping_elsewhere, plain_store_to_a_table, plain_stores_in_sizes,
    locked_stores_to_a_table, plain_store_of_a_bad_entry, plain_store_to_upper_levels,
    plain_store_without_mapping_faults, machine_to_physical_update, machine_to_physical_refuses,
    m2p_is_read_only, clear_and_copy_page, invlpg_and_flushes, flush_of_vcpu_masks,
    cache_flushes, superpages_are_refused, reserved_bits_are_refused, global_and_user_bits,
    no_execute_is_kept, ldt_rules, gdt_rules, update_descriptor_rules, mmio_frames,
    large_batch_is_continued,
);

const SCRATCH: u64 = 0x4000_0000;

/// The kernel's own branch at [`SCRATCH`]; made once.
fn scratch() -> Result<(Branch, Page), Why> {
    use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
    static MADE: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
    let [l3, l2, l1, data] = [0, 1, 2, 3].map(|index: usize| MADE[index].load(SeqCst));
    if l3 != 0 {
        let [l3, l2, l1, data] = [l3, l2, l1, data].map(Page::at);
        return Ok((Branch { l3, l2, l1 }, data));
    }
    let data = Page::take();
    let branch = Branch::new(SCRATCH, data, 8, RW)
        .map_err(|error| Why::new(format_args!("tables: {error}")))?;
    answers!(
        memory::set_entry(memory::kernel_l4(), SCRATCH >> 39, branch.l3.entry(RW)),
        0
    );
    for (place, page) in MADE.iter().zip([branch.l3, branch.l2, branch.l1, data]) {
        place.store(page.va(), SeqCst);
    }
    Ok((branch, data))
}
/// A page that we may only read.
fn read_only_page() -> Result<Page, Why> {
    let page = Page::take();
    answers!(page.protect(RO), 0);
    Ok(page)
}
fn unpin(page: Page) -> i64 {
    mmuext_op(MMUEXT_UNPIN_TABLE, page.mfn(), 0)
}
/// A frame of the hypervisor: the shared info page is ours, the M2P table is not.
fn m2p_frame() -> u64 {
    // No way to name it from here but by the largest frame number: taken from the machine's end.
    let mut mapping = [0u64; 3];
    hypercall::memory_op(XENMEM_MACHPHYS_MAPPING, &mut mapping);
    mapping[2]
}
/// A frame that has no owner or another: found in the table of frame numbers.
fn not_ours() -> Option<u64> {
    let pages = start::info().nr_pages;
    let end = call!(MEMORY_OP, XENMEM_MAXIMUM_RAM_PAGE, 0) as u64;
    // The hypervisor's own memory has no frame number of ours that leads back.
    (256..end).rev().find(|mfn| match memory::pfn_of_mfn(*mfn) {
        Ok(pfn) => pfn >= pages || memory::mfn_of_pfn(pfn) != *mfn,
        Err(_) => false,
    })
}

fn entries_read_back() -> Outcome {
    let (branch, _) = scratch()?;
    let other = Page::take();
    other.write(0, 77);
    answers!(memory::set_entry(branch.l1, 0, other.entry(RW)), 0);
    same!(branch.l1.read(0) & FRAME_MASK, other.mfn() << 12);
    same!(memory::peek(SCRATCH), Ok(77));
    answers!(memory::set_entry(branch.l1, 0, 0), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_LOCAL, SCRATCH, 0), 0);
    holds!(memory::peek(SCRATCH).is_err());
    Ok(())
}
fn every_kind_of_update() -> Outcome {
    let (branch, data) = scratch()?;
    for kind in [
        MMU_NORMAL_PT_UPDATE,
        MMU_PT_UPDATE_PRESERVE_AD,
        MMU_PT_UPDATE_NO_TRANSLATE,
    ] {
        answers!(memory::set_entry(branch.l1, 0, 0), 0);
        let mut update = [MmuUpdate {
            ptr: branch.l1.maddr(0) | kind,
            val: data.entry(RW),
        }];
        answers!(hypercall::mmu_update(&mut update), 0, "kind {kind}");
        same!(
            branch.l1.read(0) & FRAME_MASK,
            data.mfn() << 12,
            "kind {kind}"
        );
    }
    Ok(())
}
fn preserve_keeps_accessed_and_dirty() -> Outcome {
    let (branch, data) = scratch()?;
    const CLEAN: u64 = 7; // present, writable, user
    answers!(memory::set_entry(branch.l1, 0, data.entry(CLEAN)), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_LOCAL, SCRATCH, 0), 0);
    holds!(memory::poke(SCRATCH, 1).is_ok());
    same!(branch.l1.read(0) & 0x60, 0x60, "A and D after a write");
    let update = |kind| {
        hypercall::mmu_update(&mut [MmuUpdate {
            ptr: branch.l1.maddr(0) | kind,
            val: data.entry(5),
        }])
    };
    answers!(update(MMU_PT_UPDATE_PRESERVE_AD), 0);
    same!(branch.l1.read(0) & 0x62, 0x60, "A and D kept, W cleared");
    answers!(update(MMU_NORMAL_PT_UPDATE), 0);
    same!(branch.l1.read(0) & 0x60, 0, "A and D as asked");
    Ok(())
}
fn unknown_kind_is_refused() -> Outcome {
    // Two bits, four kinds; the fourth argument names whose tables.
    let (branch, data) = scratch()?;
    let mut update = MmuUpdate {
        ptr: branch.l1.maddr(0),
        val: data.entry(RW),
    };
    answers!(call!(MMU_UPDATE, ptr(&mut update), 1, 0, DOMID_IDLE), ESRCH);
    Ok(())
}
fn unaligned_entry() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(
        memory::set_entry_at(branch.l1.maddr(1) + 4, data.entry(RW)),
        ENOSYS
    );
    Ok(())
}
fn entry_in_a_page_that_is_no_table() -> Outcome {
    // A plain page may be "updated" too: it is a checked write of a word.
    let page = Page::take();
    answers!(memory::set_entry(page, 3, 0x1234), 0);
    same!(page.read(3), 0x1234);
    Ok(())
}
fn foreign_frames_are_refused() -> Outcome {
    let (branch, _) = scratch()?;
    let Some(frame) = not_ours() else {
        return Err(Why::new(format_args!("no such frame")));
    };
    refused!(
        memory::set_entry(branch.l1, 0, frame << 12 | RW),
        "writable, frame {frame:#x}"
    );
    refused!(
        memory::set_entry(branch.l1, 0, frame << 12 | RO),
        "read-only, frame {frame:#x}"
    );
    Ok(())
}
fn hypervisor_frames_are_refused() -> Outcome {
    let (branch, _) = scratch()?;
    // The hypervisor's image lies where the tables of this machine say nothing of ours; the
    // frame behind slot 256 of our own L4 is its as well.
    let entry = memory::kernel_l4().read(256);
    holds!(entry & 1 != 0, "slot 256 is empty");
    let frame = (entry & FRAME_MASK) >> 12;
    refused!(
        memory::set_entry(branch.l1, 0, frame << 12 | RW),
        "writable"
    );
    refused!(
        memory::set_entry(branch.l3, 5, frame << 12 | RW),
        "as an L2"
    );
    Ok(())
}
fn frames_beyond_memory_are_refused() -> Outcome {
    let (branch, _) = scratch()?;
    for frame in [m2p_frame() + 0x10_0000, 0xf_ffff_ffff] {
        if start::is_dom0() && frame != 0xf_ffff_ffff {
            continue; // there may be devices, which are dom0's
        }
        refused!(
            memory::set_entry(branch.l1, 0, frame << 12 | RW),
            "frame {frame:#x}"
        );
    }
    Ok(())
}
fn tables_are_never_writable() -> Outcome {
    let (branch, _) = scratch()?;
    for (name, table) in [
        ("l1", branch.l1),
        ("l2", branch.l2),
        ("l3", branch.l3),
        ("l4", memory::kernel_l4()),
    ] {
        answers!(
            memory::set_entry(branch.l1, 0, table.entry(RW)),
            EBUSY,
            "{name}"
        );
        answers!(table.protect(RW), EBUSY, "{name} by update_va_mapping");
    }
    Ok(())
}
fn writable_pages_are_never_tables() -> Outcome {
    let (branch, _) = scratch()?;
    let page = Page::take(); // mapped writable by the builder
    answers!(
        memory::set_entry(branch.l2, 7, page.entry(RW)),
        EINVAL,
        "as an L1"
    );
    answers!(
        memory::set_entry(branch.l3, 7, page.entry(RW)),
        EINVAL,
        "as an L2"
    );
    answers!(
        memory::set_entry(memory::kernel_l4(), 7, page.entry(RW)),
        EINVAL,
        "as an L3"
    );
    answers!(
        mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0),
        EINVAL,
        "pinned as an L1"
    );
    Ok(())
}
fn read_only_mapping_of_a_table() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 0, branch.l1.entry(RO)), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_LOCAL, SCRATCH, 0), 0);
    same!(memory::peek(SCRATCH + 8), Ok(branch.l1.read(1)));
    answers!(memory::set_entry(branch.l1, 0, data.entry(RW)), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_LOCAL, SCRATCH, 0), 0);
    Ok(())
}
fn batch_stops_at_the_first_error() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 2, 0), 0);
    answers!(memory::set_entry(branch.l1, 3, 0), 0);
    let mut updates = [
        MmuUpdate {
            ptr: branch.l1.maddr(2),
            val: data.entry(RO),
        },
        MmuUpdate {
            ptr: branch.l1.maddr(3),
            val: branch.l1.entry(RW),
        },
        MmuUpdate {
            ptr: branch.l1.maddr(3),
            val: data.entry(RO),
        },
    ];
    answers!(hypercall::mmu_update(&mut updates), EBUSY);
    same!(branch.l1.read(2) & FRAME_MASK, data.mfn() << 12);
    same!(branch.l1.read(3), 0);
    Ok(())
}
fn count_done_is_told() -> Outcome {
    let (branch, data) = scratch()?;
    let mut updates = [
        MmuUpdate {
            ptr: branch.l1.maddr(2),
            val: data.entry(RO),
        },
        MmuUpdate {
            ptr: branch.l1.maddr(3),
            val: data.entry(RO),
        },
        MmuUpdate {
            ptr: branch.l1.maddr(3),
            val: branch.l1.entry(RW),
        },
    ];
    let mut done = 99u32;
    answers!(
        call!(MMU_UPDATE, ptr(&mut updates), 3, ptr(&mut done), DOMID_SELF),
        EBUSY
    );
    same!(done, 2);
    answers!(
        call!(MMU_UPDATE, ptr(&mut updates), 2, ptr(&mut done), DOMID_SELF),
        0
    );
    same!(done, 2);
    let mut ops = [MmuextOp {
        cmd: MMUEXT_TLB_FLUSH_LOCAL,
        ..Default::default()
    }; 3];
    answers!(
        call!(MMUEXT_OP, ptr(&mut ops), 3, ptr(&mut done), DOMID_SELF),
        0
    );
    same!(done, 3);
    ops[1].cmd = 99;
    answers!(
        call!(MMUEXT_OP, ptr(&mut ops), 3, ptr(&mut done), DOMID_SELF),
        ENOSYS
    );
    same!(done, 1);
    Ok(())
}
fn pin_each_level() -> Outcome {
    for cmd in [
        MMUEXT_PIN_L1_TABLE,
        MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE,
    ] {
        let page = read_only_page()?;
        answers!(mmuext_op(cmd, page.mfn(), 0), 0, "pin {cmd}");
        answers!(unpin(page), 0, "unpin {cmd}");
        answers!(page.protect(RW), 0, "writable after unpin {cmd}");
    }
    Ok(())
}
fn pin_the_wrong_level() -> Outcome {
    let page = read_only_page()?;
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), 0);
    for cmd in [
        MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE,
    ] {
        answers!(mmuext_op(cmd, page.mfn(), 0), EINVAL, "an L1 as {cmd}");
    }
    answers!(unpin(page), 0);
    answers!(
        mmuext_op(MMUEXT_PIN_L2_TABLE, page.mfn(), 0),
        0,
        "another level when free"
    );
    answers!(unpin(page), 0);
    Ok(())
}
fn pin_twice() -> Outcome {
    let page = read_only_page()?;
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), 0);
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), EINVAL);
    answers!(unpin(page), 0);
    answers!(unpin(page), EINVAL);
    Ok(())
}
fn unpin_what_is_not_pinned() -> Outcome {
    let (branch, _) = scratch()?;
    answers!(unpin(branch.l1), EINVAL, "a table in use");
    answers!(unpin(Page::take()), EINVAL, "a plain page");
    Ok(())
}
fn pin_what_is_not_ours() -> Outcome {
    let Some(frame) = not_ours() else {
        return Err(Why::new(format_args!("no such frame")));
    };
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, frame, 0), EINVAL);
    answers!(mmuext_op(MMUEXT_UNPIN_TABLE, frame, 0), EINVAL);
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, 0xff_ffff_ffff, 0), EINVAL);
    Ok(())
}
fn pin_with_a_bad_entry() -> Outcome {
    let (branch, data) = scratch()?;
    let page = Page::take();
    page.write(0, data.entry(RO));
    page.write(300, branch.l1.entry(RW)); // a writable mapping of a table
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), EBUSY);
    // Nothing is held: it can be written again.
    answers!(page.protect(RW), 0);
    page.write(300, 0);
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), 0);
    answers!(unpin(page), 0);
    Ok(())
}
fn pinned_table_can_be_unpinned_and_written() -> Outcome {
    let page = read_only_page()?;
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), 0);
    answers!(page.protect(RW), EBUSY);
    answers!(unpin(page), 0);
    answers!(page.protect(RW), 0);
    page.write(0, 1);
    Ok(())
}
fn table_in_use_stays_a_table() -> Outcome {
    let (branch, data) = scratch()?;
    let table = Page::take();
    table.write(0, data.entry(RW));
    answers!(table.protect(RO), 0);
    answers!(memory::set_entry(branch.l2, 9, table.entry(RW)), 0);
    answers!(table.protect(RW), EBUSY, "while an L2 holds it");
    answers!(memory::set_entry(branch.l2, 9, 0), 0);
    answers!(table.protect(RW), 0, "when nothing holds it");
    Ok(())
}
fn hypervisor_slots_are_refused() -> Outcome {
    let (branch, _) = scratch()?;
    let l4 = memory::kernel_l4();
    for slot in [256, 257, 260, 271] {
        answers!(
            memory::set_entry(l4, slot, branch.l3.entry(RW)),
            EINVAL,
            "slot {slot}"
        );
        answers!(
            memory::set_entry(l4, slot, 0),
            EINVAL,
            "clearing slot {slot}"
        );
    }
    // Slots of a table to come are overwritten, whatever they hold.
    let page = Page::take();
    page.write(256, 0x1234_5000 | 7);
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L4_TABLE, page.mfn(), 0), 0);
    holds!(
        page.read(256) != 0x1234_5000 | 7,
        "the guest's own entry stands in slot 256"
    );
    answers!(unpin(page), 0);
    Ok(())
}
fn hypervisor_slots_follow_the_table() -> Outcome {
    let (page, l4) = (Page::take(), memory::kernel_l4());
    for slot in (1..256).chain(272..512) {
        page.write(slot, l4.read(slot));
    }
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L4_TABLE, page.mfn(), 0), 0);
    answers!(mmuext_op(MMUEXT_NEW_BASEPTR, page.mfn(), 0), 0);
    let there = memory::pfn_of_mfn(page.mfn());
    let slot = page.read(256);
    answers!(mmuext_op(MMUEXT_NEW_BASEPTR, l4.mfn(), 0), 0);
    answers!(unpin(page), 0);
    same!(
        there,
        Ok(page.pfn()),
        "the table of frame numbers under another L4"
    );
    same!(slot, l4.read(256));
    Ok(())
}
fn self_map_read_only() -> Outcome {
    let page = Page::take();
    page.write(5, page.entry(0x25)); // present, user, accessed; not writable
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L4_TABLE, page.mfn(), 0), 0);
    answers!(unpin(page), 0);
    Ok(())
}
fn self_map_writable_refused() -> Outcome {
    let page = Page::take();
    page.write(5, page.entry(RW));
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L4_TABLE, page.mfn(), 0), EINVAL);
    answers!(page.protect(RW), 0);
    Ok(())
}
fn baseptr_needs_a_top_table() -> Outcome {
    let (branch, _) = scratch()?;
    answers!(
        mmuext_op(MMUEXT_NEW_BASEPTR, branch.l3.mfn(), 0),
        EINVAL,
        "an L3"
    );
    answers!(
        mmuext_op(MMUEXT_NEW_BASEPTR, Page::take().mfn(), 0),
        EINVAL,
        "a plain page"
    );
    answers!(
        mmuext_op(MMUEXT_NEW_BASEPTR, memory::kernel_l4().mfn(), 0),
        0
    );
    Ok(())
}
fn update_va_mapping_flags() -> Outcome {
    let (_, data) = scratch()?;
    let mut mask = 1u64;
    for flags in [
        UVMF_NONE,
        UVMF_TLB_FLUSH,
        UVMF_INVLPG,
        UVMF_TLB_FLUSH | UVMF_ALL,
        UVMF_INVLPG | UVMF_ALL,
        UVMF_TLB_FLUSH | ptr(&mut mask),
        UVMF_INVLPG | ptr(&mut mask),
    ] {
        answers!(
            hypercall::update_va_mapping(SCRATCH, data.entry(RW), flags),
            0,
            "flags {flags:#x}"
        );
    }
    answers!(
        hypercall::update_va_mapping(SCRATCH, data.entry(RW), UVMF_TLB_FLUSH | (M2P + (1 << 40))),
        EFAULT
    );
    Ok(())
}
fn update_va_mapping_refuses() -> Outcome {
    let (_, data) = scratch()?;
    answers!(
        hypercall::update_va_mapping(M2P, data.entry(RW), 0),
        EINVAL,
        "in the hypervisor's part"
    );
    answers!(
        hypercall::update_va_mapping(0x7000_0000_0000, data.entry(RW), 0),
        EINVAL,
        "no tables"
    );
    Ok(())
}
fn update_va_mapping_elsewhere() -> Outcome {
    let (_, data) = scratch()?;
    let other = |domain: u64| {
        call!(
            UPDATE_VA_MAPPING_OTHERDOMAIN,
            SCRATCH,
            data.entry(RW),
            0,
            domain
        )
    };
    answers!(other(77), ESRCH);
    answers!(other(DOMID_SELF), 0);
    Ok(())
}
fn plain_store_to_a_table() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(
        call!(VM_ASSIST, VMASST_ENABLE, VMASST_WRITABLE_PAGETABLES),
        0
    );
    let other = Page::take();
    other.write(0, 88);
    same!(memory::poke(branch.l1.va(), other.entry(RW)).is_ok(), true);
    same!(branch.l1.read(0) & FRAME_MASK, other.mfn() << 12);
    answers!(mmuext_op(MMUEXT_INVLPG_LOCAL, SCRATCH, 0), 0);
    same!(memory::peek(SCRATCH), Ok(88));
    same!(memory::poke(branch.l1.va(), data.entry(RW)).is_ok(), true);
    Ok(())
}
fn plain_stores_in_sizes() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 0, data.entry(RW)), 0);
    // Half an entry: turning the writable bit off; the upper half: turning no-execute on.
    same!(
        memory::poke_half(branch.l1.va(), data.entry(RO) as u32).is_ok(),
        true
    );
    same!(branch.l1.read(0) & 2, 0);
    same!(memory::poke_byte(branch.l1.va(), RW as u8).is_ok(), true);
    same!(branch.l1.read(0) & 2, 2);
    Ok(())
}
fn locked_stores_to_a_table() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 0, data.entry(RO)), 0);
    let before = branch.l1.read(0);
    same!(
        memory::poke_exchange(branch.l1.va(), before, data.entry(RW)),
        Ok(before)
    );
    same!(branch.l1.read(0) & 2, 2, "after an exchange");
    same!(
        memory::poke_exchange(branch.l1.va(), 0x1234, 0),
        Ok(branch.l1.read(0)),
        "a failing exchange"
    );
    answers!(memory::set_entry(branch.l1, 0, data.entry(RO)), 0);
    same!(memory::poke_or(branch.l1.va(), 2).is_ok(), true);
    same!(branch.l1.read(0) & 2, 2, "after a locked or");
    Ok(())
}
fn plain_store_of_a_bad_entry() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 0, data.entry(RW)), 0);
    match memory::poke(branch.l1.va(), branch.l1.entry(RW)) {
        Ok(()) => return Err(Why::new(format_args!("taken"))),
        Err(trap) => same!([trap.vector(), trap.frame.error], [14, 3]),
    }
    same!(branch.l1.read(0) & FRAME_MASK, data.mfn() << 12);
    Ok(())
}
fn plain_store_to_upper_levels() -> Outcome {
    let (branch, _) = scratch()?;
    for (name, table) in [
        ("l2", branch.l2),
        ("l3", branch.l3),
        ("l4", memory::kernel_l4()),
    ] {
        // Only L1 tables take plain stores; above, the fault is the guest's.
        match memory::poke(table.va() + 8 * 9, 0) {
            Ok(()) => return Err(Why::new(format_args!("{name}: taken"))),
            Err(trap) => same!([trap.vector(), trap.frame.error], [14, 3], "{name}"),
        }
    }
    Ok(())
}
fn plain_store_without_mapping_faults() -> Outcome {
    let page = read_only_page()?;
    match memory::poke(page.va(), 1) {
        Ok(()) => Err(Why::new(format_args!(
            "a store to a read-only page was taken"
        ))),
        Err(trap) => {
            same!([trap.vector(), trap.frame.error], [14, 3]);
            Ok(())
        }
    }
}
fn machine_to_physical_update() -> Outcome {
    let page = Page::take();
    let set = |pfn| {
        hypercall::mmu_update(&mut [MmuUpdate {
            ptr: (page.mfn() * PAGE) | MMU_MACHPHYS_UPDATE,
            val: pfn,
        }])
    };
    let pfn = page.pfn();
    let mfn = page.mfn();
    answers!(set(0x1234), 0);
    same!(memory::pfn_of_mfn(mfn), Ok(0x1234));
    answers!(set(pfn), 0);
    same!(memory::pfn_of_mfn(mfn), Ok(pfn));
    Ok(())
}
fn machine_to_physical_refuses() -> Outcome {
    let Some(frame) = not_ours() else {
        return Err(Why::new(format_args!("no such frame")));
    };
    let mut update = [MmuUpdate {
        ptr: (frame * PAGE) | MMU_MACHPHYS_UPDATE,
        val: 1,
    }];
    answers!(hypercall::mmu_update(&mut update), EINVAL);
    Ok(())
}
fn m2p_is_read_only() -> Outcome {
    holds!(memory::peek(M2P + 8 * Page::take().mfn()).is_ok());
    holds!(memory::poke(M2P + 8 * Page::take().mfn(), 1).is_err());
    Ok(())
}
fn clear_and_copy_page() -> Outcome {
    let [from, to] = Page::take_many();
    from.fill(0x55aa);
    answers!(mmuext_op(MMUEXT_COPY_PAGE, to.mfn(), from.mfn()), 0);
    same!([to.read(0), to.read(511)], [0x55aa; 2]);
    answers!(mmuext_op(MMUEXT_CLEAR_PAGE, to.mfn(), 0), 0);
    same!([to.read(0), to.read(511)], [0; 2]);
    let (branch, _) = scratch()?;
    answers!(
        mmuext_op(MMUEXT_CLEAR_PAGE, branch.l1.mfn(), 0),
        EINVAL,
        "clearing a table"
    );
    answers!(
        mmuext_op(MMUEXT_COPY_PAGE, branch.l1.mfn(), from.mfn()),
        EINVAL,
        "copying over a table"
    );
    Ok(())
}
fn invlpg_and_flushes() -> Outcome {
    for cmd in [
        MMUEXT_TLB_FLUSH_LOCAL,
        MMUEXT_TLB_FLUSH_ALL,
        MMUEXT_INVLPG_LOCAL,
        MMUEXT_INVLPG_ALL,
    ] {
        answers!(mmuext_op(cmd, SCRATCH, 0), 0, "{cmd}");
    }
    answers!(
        mmuext_op(MMUEXT_INVLPG_LOCAL, 0x8000_0000_0000, 0),
        0,
        "a non-canonical address"
    );
    Ok(())
}
fn flush_of_vcpu_masks() -> Outcome {
    let mut mask = 1u64;
    let bad = M2P + (1 << 40);
    answers!(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, ptr(&mut mask)), 0);
    answers!(mmuext_op(MMUEXT_INVLPG_MULTI, SCRATCH, ptr(&mut mask)), 0);
    answers!(
        mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, bad),
        EINVAL,
        "a bad mask"
    );
    Ok(())
}
fn cache_flushes() -> Outcome {
    if start::is_dom0() {
        answers!(mmuext_op(MMUEXT_FLUSH_CACHE, 0, 0), 0);
        answers!(mmuext_op(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), 0);
    } else {
        answers!(mmuext_op(MMUEXT_FLUSH_CACHE, 0, 0), EACCES);
    }
    Ok(())
}
fn superpages_are_refused() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(
        memory::set_entry(branch.l2, 9, (data.mfn() << 12 & !0x1f_ffff) | 0xe7),
        EINVAL,
        "2 MiB"
    );
    answers!(memory::set_entry(branch.l3, 9, 0xe7), EINVAL, "1 GiB");
    answers!(mmuext_op(MMUEXT_MARK_SUPER, data.mfn(), 0), EOPNOTSUPP);
    answers!(mmuext_op(MMUEXT_UNMARK_SUPER, data.mfn(), 0), EOPNOTSUPP);
    Ok(())
}
fn reserved_bits_are_refused() -> Outcome {
    let (branch, data) = scratch()?;
    // PSE as PAT in an L1 is a cache attribute; bit 51 is beyond any frame of this machine.
    answers!(
        memory::set_entry(branch.l1, 0, data.entry(RW) | 1 << 51),
        EPERM,
        "bit 51"
    );
    answers!(
        memory::set_entry(branch.l2, 9, branch.l1.entry(RW) | 1 << 8),
        EINVAL,
        "G in an L2"
    );
    Ok(())
}
fn global_and_user_bits() -> Outcome {
    let (branch, data) = scratch()?;
    // Bits the guest keeps: available ones 9 to 11; user is added.
    answers!(memory::set_entry(branch.l1, 4, data.entry(0x663)), 0);
    let entry = branch.l1.read(4);
    same!(entry & 0x667, 0x667, "entry {entry:#x}");
    answers!(memory::set_entry(branch.l1, 4, 0), 0);
    Ok(())
}
fn no_execute_is_kept() -> Outcome {
    let (branch, data) = scratch()?;
    answers!(memory::set_entry(branch.l1, 4, data.entry(RW) | 1 << 63), 0);
    same!(branch.l1.read(4) >> 63, 1);
    answers!(memory::set_entry(branch.l1, 4, 0), 0);
    Ok(())
}
fn ldt_rules() -> Outcome {
    let table = Page::take();
    table.write(1, 0x00cf_f300_0000_ffff); // a data segment of ring 3
    answers!(
        mmuext_op(MMUEXT_SET_LDT, table.va(), 8193),
        EINVAL,
        "too many entries"
    );
    answers!(
        mmuext_op(MMUEXT_SET_LDT, table.va() + 8, 8),
        EINVAL,
        "not page-aligned"
    );
    answers!(table.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_SET_LDT, table.va(), 8), 0);
    holds!(
        kit::trap::catch(|| kit::cpu::set_fs(0x0f)).is_ok(),
        "selector 1 of the LDT is refused"
    );
    kit::cpu::set_fs(0);
    answers!(
        table.protect(RW),
        EBUSY,
        "the LDT made writable while in use"
    );
    answers!(mmuext_op(MMUEXT_SET_LDT, 0, 0), 0);
    answers!(table.protect(RW), 0);
    holds!(
        kit::trap::catch(|| kit::cpu::set_fs(0x0f)).is_err(),
        "a selector of no LDT is taken"
    );
    Ok(())
}
fn gdt_rules() -> Outcome {
    let table = Page::take();
    table.write(1, 0x00cf_f300_0000_ffff); // data, ring 3
    table.write(2, 0x00cf_9300_0000_ffff); // data, ring 0: not for guests
    let mut frames = [table.mfn()];
    // Entries of ring 0 are adjusted or refused; asked with one only.
    answers!(
        call!(SET_GDT, ptr(&mut frames), 513),
        EINVAL,
        "more entries than one frame"
    );
    table.write(2, 0);
    answers!(table.protect(RO), 0);
    answers!(call!(SET_GDT, ptr(&mut frames), 512), 0);
    holds!(
        kit::trap::catch(|| kit::cpu::set_fs(0x0b)).is_ok(),
        "selector 1 of the GDT is refused"
    );
    kit::cpu::set_fs(0);
    answers!(
        table.protect(RW),
        EBUSY,
        "the GDT made writable while in use"
    );
    answers!(call!(SET_GDT, ptr(&mut frames), 0), 0);
    answers!(table.protect(RW), 0);
    Ok(())
}
fn update_descriptor_rules() -> Outcome {
    let table = read_only_page()?;
    let mut frames = [table.mfn()];
    answers!(call!(SET_GDT, ptr(&mut frames), 512), 0);
    let set = |index, value: u64| call!(UPDATE_DESCRIPTOR, table.maddr(index), value);
    answers!(set(1, 0x00cf_f300_0000_ffff), 0, "data of ring 3");
    same!(table.read(1), 0x00cf_f300_0000_ffff);
    answers!(set(2, 0x00af_fb00_0000_ffff), 0, "64-bit code of ring 3");
    answers!(set(3, 0), 0, "nothing");
    answers!(set(4, 0x0000_8900_0000_0067), EINVAL, "a task segment");
    answers!(set(5, 0x00cf_9b00_0000_ffff), 0, "code of ring 0");
    same!(
        table.read(5),
        0x00cf_fb00_0000_ffff,
        "code of ring 0 becomes ring 3"
    );
    answers!(
        call!(UPDATE_DESCRIPTOR, table.maddr(1) + 4, 0),
        EINVAL,
        "unaligned"
    );
    answers!(call!(SET_GDT, 0, 0), 0);
    Ok(())
}
fn mmio_frames() -> Outcome {
    let (branch, data) = scratch()?;
    // The video memory: dom0's to map, nobody else's.
    let want = if start::is_dom0() { 0 } else { EINVAL };
    answers!(memory::set_entry(branch.l1, 5, 0xb_8000 | RW), want);
    answers!(memory::set_entry(branch.l1, 5, data.entry(RO)), 0);
    Ok(())
}
fn large_batch_is_continued() -> Outcome {
    let (branch, data) = scratch()?;
    let list = Page::take();
    for index in 0..256 {
        list.write(index * 2, branch.l1.maddr(16 + index));
        list.write(index * 2 + 1, data.entry(RO));
    }
    let mut done = 0u32;
    answers!(
        call!(MMU_UPDATE, list.va(), 256, ptr(&mut done), DOMID_SELF),
        0
    );
    same!(done, 256);
    for index in 0..256 {
        same!(branch.l1.read(16 + index) & FRAME_MASK, data.mfn() << 12);
    }
    Ok(())
}
