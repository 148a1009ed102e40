//! Memory reservation: giving back, asking for more, exchanging; and many calls in one.

use crate::ask::{Outcome, Why};
use core::sync::atomic::AtomicU64;
use kit::call;
use kit::hypercall::{self, memory_op, mmuext_op, ptr};
use kit::memory::{self, FRAME_MASK, Page, RO};
use kit::xen::*;
use kit::{start, xen};

family!("memory":
    reservations, decrease_and_populate, decrease_refuses, decrease_of_a_mapped_page,
    decrease_of_a_table, increase_gives_frames, populate_sets_the_frame_number,
    populate_with_bad_order, exchange_one, exchange_for_contiguous, exchange_refuses,
    machine_memory_map, memory_map, maximum_ram_page, sharing_counts, claims,
    multicall_runs_all, multicall_keeps_the_arguments, multicall_unknown, multicall_in_multicall,
    multicall_results_are_apart, multicall_goes_on_within_a_call,
    console_read_is_empty, console_write_bounds,
);

fn reservation(extents: &mut [u64], order: u32) -> MemoryReservation {
    MemoryReservation {
        extent_start: extents.as_mut_ptr() as u64,
        nr_extents: extents.len() as u64,
        extent_order: order,
        mem_flags: 0,
        domid: DOMID_SELF as u16,
        _pad: [0; 3],
    }
}
fn current() -> i64 {
    memory_op(XENMEM_CURRENT_RESERVATION, &mut (DOMID_SELF as u16))
}
fn reserve(op: u64, extents: &mut [u64], order: u32) -> i64 {
    memory_op(op, &mut reservation(extents, order))
}
/// Takes a page out of the kernel's tables.
fn unmap(page: Page) -> i64 {
    hypercall::update_va_mapping(page.va(), 0, UVMF_INVLPG)
}

fn reservations() -> Outcome {
    let (now, most) = (
        current(),
        memory_op(XENMEM_MAXIMUM_RESERVATION, &mut (DOMID_SELF as u16)),
    );
    holds!(now >= start::info().nr_pages as i64, "{now} pages");
    holds!(most >= now, "{now} pages, at most {most}");
    Ok(())
}
fn decrease_and_populate() -> Outcome {
    let page = Page::take();
    let (pfn, mfn, before) = (page.pfn(), page.mfn(), current());
    answers!(unmap(page), 0);
    answers!(reserve(XENMEM_DECREASE_RESERVATION, &mut [mfn], 0), 1);
    same!(current(), before - 1);
    let mut extent = [pfn];
    answers!(reserve(XENMEM_POPULATE_PHYSMAP, &mut extent, 0), 1);
    same!(current(), before);
    let new = extent[0];
    memory::set_mfn_of_pfn(pfn, new);
    same!(
        memory::pfn_of_mfn(new),
        Ok(pfn),
        "the frame number of the new page"
    );
    answers!(
        hypercall::update_va_mapping(page.va(), page.entry(memory::RW), UVMF_INVLPG),
        0
    );
    same!([page.read(0), page.read(511)], [0; 2], "the new page");
    Ok(())
}
fn decrease_refuses() -> Outcome {
    let before = current();
    answers!(
        reserve(XENMEM_DECREASE_RESERVATION, &mut [0xff_ffff_ffff], 0),
        0,
        "no frame"
    );
    let mut entry = memory::kernel_l4().read(256);
    entry = (entry & FRAME_MASK) >> 12;
    answers!(
        reserve(XENMEM_DECREASE_RESERVATION, &mut [entry], 0),
        0,
        "the hypervisor's frame"
    );
    same!(current(), before);
    Ok(())
}
fn decrease_of_a_mapped_page() -> Outcome {
    // It leaves the count at once, and the machine when the last mapping is gone.
    let page = Page::take();
    let before = current();
    page.write(0, 0x4242);
    answers!(
        reserve(XENMEM_DECREASE_RESERVATION, &mut [page.mfn()], 0),
        1
    );
    same!(page.read(0), 0x4242, "through the mapping that is left");
    answers!(unmap(page), 0);
    same!(current(), before - 1);
    let mut extent = [page.pfn()];
    answers!(reserve(XENMEM_POPULATE_PHYSMAP, &mut extent, 0), 1);
    memory::set_mfn_of_pfn(page.pfn(), extent[0]);
    answers!(
        hypercall::update_va_mapping(page.va(), page.entry(memory::RW), UVMF_INVLPG),
        0
    );
    Ok(())
}
fn decrease_of_a_table() -> Outcome {
    // A pinned table: its pin goes with it.
    let page = Page::take();
    answers!(page.protect(RO), 0);
    answers!(mmuext_op(MMUEXT_PIN_L1_TABLE, page.mfn(), 0), 0);
    answers!(unmap(page), 0);
    answers!(
        reserve(XENMEM_DECREASE_RESERVATION, &mut [page.mfn()], 0),
        1
    );
    let mut extent = [page.pfn()];
    answers!(reserve(XENMEM_POPULATE_PHYSMAP, &mut extent, 0), 1);
    memory::set_mfn_of_pfn(page.pfn(), extent[0]);
    answers!(
        hypercall::update_va_mapping(page.va(), page.entry(memory::RW), UVMF_INVLPG),
        0
    );
    Ok(())
}
fn increase_gives_frames() -> Outcome {
    let before = current();
    let mut extents = [0u64; 2];
    answers!(reserve(XENMEM_INCREASE_RESERVATION, &mut extents, 0), 2);
    holds!(
        extents[0] != 0 && extents[0] != extents[1],
        "frames {extents:x?}"
    );
    same!(current(), before + 2);
    answers!(reserve(XENMEM_DECREASE_RESERVATION, &mut extents, 0), 2);
    same!(current(), before);
    Ok(())
}
fn populate_sets_the_frame_number() -> Outcome {
    let pfn = start::info().nr_pages + 100;
    let mut extent = [pfn];
    answers!(reserve(XENMEM_POPULATE_PHYSMAP, &mut extent, 0), 1);
    same!(memory::pfn_of_mfn(extent[0]), Ok(pfn));
    answers!(reserve(XENMEM_DECREASE_RESERVATION, &mut extent, 0), 1);
    Ok(())
}
fn populate_with_bad_order() -> Outcome {
    let mut extent = [start::info().nr_pages + 100];
    answers!(reserve(XENMEM_POPULATE_PHYSMAP, &mut extent, 40), 0);
    Ok(())
}
fn exchange(input: &mut [u64], order_in: u32, output: &mut [u64], order_out: u32) -> (i64, u64) {
    let mut arg = MemoryExchange {
        input: reservation(input, order_in),
        output: reservation(output, order_out),
        nr_exchanged: 0,
    };
    (memory_op(XENMEM_EXCHANGE, &mut arg), arg.nr_exchanged)
}
fn exchange_one() -> Outcome {
    let page = Page::take();
    let (pfn, before) = (page.pfn(), current());
    answers!(unmap(page), 0);
    let mut output = [pfn];
    same!(exchange(&mut [page.mfn()], 0, &mut output, 0), (0, 1));
    memory::set_mfn_of_pfn(pfn, output[0]);
    same!(memory::pfn_of_mfn(output[0]), Ok(pfn));
    same!(current(), before);
    answers!(
        hypercall::update_va_mapping(page.va(), page.entry(memory::RW), UVMF_INVLPG),
        0
    );
    Ok(())
}
fn exchange_for_contiguous() -> Outcome {
    // Four frames for one run of four, as Linux does for DMA.
    let pages: [Page; 4] = Page::take_many();
    let mut input = pages.map(Page::mfn);
    for page in pages {
        answers!(unmap(page), 0);
    }
    let mut output = [pages[0].pfn()];
    same!(exchange(&mut input, 0, &mut output, 2), (0, 4));
    same!(output[0] % 4, 0, "aligned to its size");
    for (index, page) in pages.into_iter().enumerate() {
        memory::set_mfn_of_pfn(page.pfn(), output[0] + index as u64);
        same!(memory::pfn_of_mfn(page.mfn()), Ok(page.pfn()));
        answers!(
            hypercall::update_va_mapping(page.va(), page.entry(memory::RW), UVMF_INVLPG),
            0
        );
    }
    Ok(())
}
fn exchange_refuses() -> Outcome {
    let page = Page::take();
    let mut output = [page.pfn()];
    let (answer, done) = exchange(&mut [0xff_ffff_ffff], 0, &mut output, 0);
    same!((answer, done), (EINVAL, 0), "no such frame");
    let (answer, _) = exchange(&mut [page.mfn()], 0, &mut output, 1);
    answers!(answer, EINVAL, "sizes that differ");
    let mut arg = MemoryExchange {
        nr_exchanged: 5,
        ..MemoryExchange::default()
    };
    arg.input.domid = DOMID_SELF as u16;
    arg.output.domid = DOMID_SELF as u16;
    answers!(
        memory_op(XENMEM_EXCHANGE, &mut arg),
        EINVAL,
        "more done than asked"
    );
    Ok(())
}
/// Entries of 20 bytes: address, size, type.
fn map_entries(op: u64, room: u32) -> Result<(i64, u32, Page), Why> {
    let page = Page::take();
    let mut arg = [u64::from(room), page.va()];
    let answer = memory_op(op, &mut arg);
    Ok((answer, arg[0] as u32, page))
}
fn machine_memory_map() -> Outcome {
    if !start::is_dom0() {
        let (answer, ..) = map_entries(XENMEM_MACHINE_MEMORY_MAP, 128)?;
        answers!(answer, EPERM);
        return Ok(());
    }
    let (answer, count, page) = map_entries(XENMEM_MACHINE_MEMORY_MAP, 128)?;
    answers!(answer, 0);
    holds!(count >= 3, "{count} entries");
    same!(page.read(0), 0, "the first entry's address");
    same!(page.read(2) as u32, 1, "the first entry's type");
    let (answer, count, _) = map_entries(XENMEM_MACHINE_MEMORY_MAP, 1)?;
    same!((answer, count), (EINVAL, 1), "with room for one");
    Ok(())
}
fn memory_map() -> Outcome {
    let (answer, ..) = map_entries(XENMEM_MEMORY_MAP, 128)?;
    if start::is_dom0() {
        answers!(answer, ENOSYS, "dom0 has none");
    }
    Ok(())
}
fn maximum_ram_page() -> Outcome {
    let most = call!(MEMORY_OP, XENMEM_MAXIMUM_RAM_PAGE, 0);
    holds!(most > 0 && most as u64 > Page::take().mfn(), "{most:#x}");
    Ok(())
}
fn sharing_counts() -> Outcome {
    answers!(call!(MEMORY_OP, XENMEM_GET_SHARING_FREED_PAGES, 0), 0);
    answers!(call!(MEMORY_OP, XENMEM_GET_SHARING_SHARED_PAGES, 0), 0);
    Ok(())
}
fn claims() -> Outcome {
    if !start::is_dom0() {
        return Ok(());
    }
    let mut arg = reservation(&mut [], 1);
    arg.extent_start = 0;
    answers!(
        memory_op(XENMEM_CLAIM_PAGES, &mut arg),
        EINVAL,
        "with an order"
    );
    Ok(())
}

fn version_entry() -> MulticallEntry {
    MulticallEntry {
        op: XEN_VERSION,
        result: 0,
        args: [XENVER_VERSION, 0, 0, 0, 0, 0],
    }
}
fn multicall_runs_all() -> Outcome {
    let mut list = [version_entry(); 20];
    answers!(call!(MULTICALL, ptr(&mut list), 20), 0);
    same!(list.map(|entry| entry.result), [4 << 16 | 20; 20]);
    Ok(())
}
fn multicall_keeps_the_arguments() -> Outcome {
    let mut list = [version_entry(); 2];
    list[1].args = [XENVER_VERSION, 0, 3, 4, 5, 6];
    answers!(call!(MULTICALL, ptr(&mut list), 2), 0);
    same!(list[1].args, [XENVER_VERSION, 0, 3, 4, 5, 6]);
    same!(list[1].op, XEN_VERSION);
    Ok(())
}
fn multicall_unknown() -> Outcome {
    let mut list = [version_entry(); 3];
    list[1].op = 63;
    answers!(call!(MULTICALL, ptr(&mut list), 3), 0);
    same!(
        list.map(|entry| entry.result),
        [4 << 16 | 20, ENOSYS, 4 << 16 | 20]
    );
    Ok(())
}
fn multicall_in_multicall() -> Outcome {
    let mut inner = [version_entry(); 1];
    let mut list = [version_entry(); 2];
    list[0] = MulticallEntry {
        op: MULTICALL,
        result: 0,
        args: [ptr(&mut inner), 1, 0, 0, 0, 0],
    };
    let answer = call!(MULTICALL, ptr(&mut list), 2);
    answers!(answer, 0);
    same!(list[0].result, EINVAL);
    same!(list[1].result, 4 << 16 | 20);
    Ok(())
}
fn multicall_results_are_apart() -> Outcome {
    let mut list = [version_entry(); 3];
    list[0].args[0] = XENVER_PAGESIZE;
    list[1] = MulticallEntry {
        op: SET_SEGMENT_BASE,
        result: 7,
        args: [9, 0, 0, 0, 0, 0],
    };
    answers!(call!(MULTICALL, ptr(&mut list), 3), 0);
    same!(list.map(|entry| entry.result), [4096, EINVAL, 4 << 16 | 20]);
    Ok(())
}
/// Giving back so many extents takes longer than a call may without a break; what follows it in the list comes once.
fn multicall_goes_on_within_a_call() -> Outcome {
    const MANY: usize = 5000;
    static FRAMES: [AtomicU64; MANY] = [const { AtomicU64::new(0) }; MANY];
    let before = current();
    let mut request = MemoryReservation {
        extent_start: FRAMES.as_ptr() as u64,
        nr_extents: MANY as u64,
        extent_order: 0,
        mem_flags: 0,
        domid: DOMID_SELF as u16,
        _pad: [0; 3],
    };
    answers!(
        memory_op(XENMEM_INCREASE_RESERVATION, &mut request),
        MANY as i64
    );
    same!(current(), before + MANY as i64);
    let mut list = [version_entry(); 100];
    list[50] = MulticallEntry {
        op: MEMORY_OP,
        result: 0,
        args: [XENMEM_DECREASE_RESERVATION, ptr(&mut request), 0, 0, 0, 0],
    };
    answers!(call!(MULTICALL, ptr(&mut list), 100), 0);
    same!(list[50].result, MANY as i64);
    list[50].result = 4 << 16 | 20;
    same!(list.map(|entry| entry.result), [4 << 16 | 20; 100]);
    same!(current(), before);
    Ok(())
}
fn console_read_is_empty() -> Outcome {
    let page = Page::take();
    let answer = call!(CONSOLE_IO, CONSOLEIO_READ, 64, page.va());
    answers!(answer, if start::is_dom0() { 0 } else { EPERM });
    Ok(())
}
fn console_write_bounds() -> Outcome {
    if !start::is_dom0() {
        return Ok(());
    }
    answers!(call!(CONSOLE_IO, CONSOLEIO_WRITE, 0, 0), 0);
    answers!(call!(CONSOLE_IO, CONSOLEIO_WRITE, 5, 0x1000), xen::EFAULT);
    Ok(())
}
