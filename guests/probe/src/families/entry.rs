//! What a PV kernel finds at its first instruction: registers, start info, tables, versions.

use crate::ask::{Outcome, Why};
use kit::hypercall::{self, ptr};
use kit::memory::{self, BASE, M2P, PAGE, Page};
use kit::{events, start, xen};

family!("entry":
    registers, selectors, flags, magic_and_flags, start_info_place, page_tables_place,
    page_tables_read_only, image_writable, frames_translate_back, p2m_list, shared_info_fresh,
    slack_behind_stack, hypercall_page_filled, hypercall_page_works, bss_is_zero, version,
    extraversion_is_text, capabilities, platform_parameters, page_size, features, guest_handle,
    m2p_window, command_line_reaches_us,
);

fn registers() -> Outcome {
    let [rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, rest @ ..] = start::entry_registers();
    same!(rsi, start::va());
    same!(rsp % 16, 0);
    holds!(rsp > start::va(), "rsp {rsp:#x} below the start info");
    same!([rax, rbx, rcx, rdx, rdi, rbp], [0; 6]);
    same!(&rest[..8], &[0; 8]);
    Ok(())
}
fn selectors() -> Outcome {
    let [cs, ss, ds, es, fs, gs] = start::entry_registers()[17..23] else {
        return Ok(());
    };
    same!([cs, ss], [xen::KERNEL_CS, xen::KERNEL_SS]);
    same!([ds, es, fs, gs], [0; 4]);
    Ok(())
}
fn flags() -> Outcome {
    let flags = start::entry_registers()[16];
    holds!(flags & 0x200 != 0, "interrupts are off: {flags:#x}");
    holds!(flags & 0x400 == 0, "the direction flag is set: {flags:#x}");
    holds!(
        flags & 0x3000 == 0,
        "the hardware's iopl is not 0: {flags:#x}"
    );
    Ok(())
}
fn magic_and_flags() -> Outcome {
    let info = start::info();
    same!(&info.magic[..15], b"xen-3.0-x86_64\0");
    let base = if start::is_dom0() {
        xen::SIF_PRIVILEGED | xen::SIF_INITDOMAIN
    } else {
        0
    };
    same!(info.flags & 0x3, base);
    Ok(())
}
fn start_info_place() -> Outcome {
    let (_, image_end) = start::image();
    same!(start::va() % PAGE, 0);
    holds!(start::va() >= image_end, "the start info lies in the image");
    if start::is_dom0() {
        same!(start::va(), image_end);
    }
    same!(start::info().mod_len, 0);
    Ok(())
}
fn page_tables_place() -> Outcome {
    let info = start::info();
    same!(info.pt_base % PAGE, 0);
    holds!(
        info.pt_base > start::va(),
        "the page tables come before the start info"
    );
    holds!(
        info.nr_pt_frames >= 4,
        "{} page-table frames",
        info.nr_pt_frames
    );
    // The first frame is the L4 in use.
    same!(
        kit::cpu::cr3() & memory::FRAME_MASK,
        Page::at(info.pt_base).mfn() << 12
    );
    Ok(())
}
fn page_tables_read_only() -> Outcome {
    let info = start::info();
    for index in 0..info.nr_pt_frames {
        // The kernel's own L1 tells how each is mapped; find it by a walk.
        let va = info.pt_base + index * PAGE;
        let entry = crate::families::entry::walk(va);
        holds!(entry & 1 != 0, "page-table frame {index} is not mapped");
        holds!(
            entry & 2 == 0,
            "page-table frame {index} is mapped writable: {entry:#x}"
        );
    }
    Ok(())
}
/// The L1 entry of a kernel address, by reading the tables through the kernel's mapping of them.
pub fn walk(va: u64) -> u64 {
    let mut table = memory::kernel_l4();
    for shift in [39, 30, 21] {
        let entry = table.read(va >> shift & 511);
        if entry & 1 == 0 {
            return 0;
        }
        match memory::pfn_of_mfn((entry & memory::FRAME_MASK) >> 12) {
            Ok(pfn) => table = Page::at(BASE + pfn * PAGE),
            Err(_) => return 0,
        }
    }
    table.read(va >> 12 & 511)
}
fn image_writable() -> Outcome {
    // The builder maps the whole image writable, segments or not.
    let (first, end) = start::image();
    let mut va = first;
    while va < end {
        let entry = walk(va);
        if va != events::shared_info() {
            holds!(entry & 3 == 3, "{va:#x} is mapped by {entry:#x}");
        }
        va += PAGE;
    }
    Ok(())
}
fn frames_translate_back() -> Outcome {
    let pages = start::info().nr_pages;
    let mut pfn = 0;
    while pfn < pages {
        let mfn = memory::mfn_of_pfn(pfn);
        same!(
            memory::pfn_of_mfn(mfn),
            Ok(pfn),
            "frame {pfn:#x} is machine frame {mfn:#x}, which is"
        );
        pfn += 1 + pages / 4096;
    }
    Ok(())
}
fn p2m_list() -> Outcome {
    let info = start::info();
    same!(
        info.mfn_list,
        0x80_0000_0000,
        "the list is where the note INIT_P2M asks"
    );
    same!(info.nr_p2m_frames > 0, true);
    holds!(
        info.first_p2m_pfn + info.nr_p2m_frames <= info.nr_pages,
        "the list's frames are ours"
    );
    // Frames of the list and of its tables are not mapped in the kernel half.
    holds!(
        info.nr_p2m_frames >= (info.nr_pages * 8).div_ceil(PAGE),
        "the list is too short"
    );
    Ok(())
}
fn shared_info_fresh() -> Outcome {
    let info = start::info();
    same!(info.shared_info % PAGE, 0);
    // Not one of our frames: the table gives it no number, or one of the hypervisor's marks.
    match memory::pfn_of_mfn(info.shared_info >> 12) {
        Ok(pfn) => holds!(
            pfn >= info.nr_pages,
            "the shared info has our frame number {pfn:#x}"
        ),
        Err(trap) => return Err(crate::ask::Why::new(format_args!("trap {}", trap.vector()))),
    }
    same!(start::boot_mask(), 1, "the upcall mask at boot");
    same!(events::upcall_pending(0), false);
    Ok(())
}
fn slack_behind_stack() -> Outcome {
    let rsp = start::entry_registers()[7];
    // Mapped up to a multiple of 4 MiB, with at least 512 KiB behind the stack.
    let end = (rsp + 0x8_0000).next_multiple_of(0x40_0000);
    for va in [rsp, rsp + 0x7_f000, end - PAGE] {
        holds!(
            walk(va) & 3 == 3,
            "{va:#x} behind the stack is mapped by {:#x}",
            walk(va)
        );
    }
    Ok(())
}
fn hypercall_page_filled() -> Outcome {
    for number in [0, 1, 17, 18, 29, 32] {
        let bytes = hypercall::page_entry(number);
        holds!(
            bytes.windows(2).any(|pair| pair == [0x0f, 0x05]),
            "entry {number} has no syscall"
        );
    }
    Ok(())
}
fn hypercall_page_works() -> Outcome {
    hypercall_page_filled()?;
    answers!(
        hypercall::by_page(xen::XEN_VERSION, [xen::XENVER_VERSION, 0, 0, 0, 0]),
        0x40014
    );
    answers!(
        hypercall::by_page(xen::SCHED_OP, [99, 0, 0, 0, 0]),
        xen::ENOSYS
    );
    Ok(())
}
fn bss_is_zero() -> Outcome {
    let page = Page::take();
    for index in 0..512 {
        same!(page.read(index), 0);
    }
    Ok(())
}
fn version() -> Outcome {
    answers!(hypercall::xen_version(xen::XENVER_VERSION, 0), 4 << 16 | 20);
    Ok(())
}
fn extraversion_is_text() -> Outcome {
    let mut text = [0xffu8; 16];
    answers!(
        hypercall::xen_version(xen::XENVER_EXTRAVERSION, ptr(&mut text)),
        0
    );
    holds!(text.contains(&0), "no end: {text:x?}");
    same!(text[0], b'.');
    Ok(())
}
fn capabilities() -> Outcome {
    let mut text = [0u8; 1024];
    answers!(
        hypercall::xen_version(xen::XENVER_CAPABILITIES, ptr(&mut text)),
        0
    );
    // All that the hypervisor can run, and that differs: ours runs PV guests alone.
    let want: &[u8] = if is_xenolith()? {
        b"xen-3.0-x86_64 \0"
    } else {
        b"xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 \0"
    };
    same!(&text[..want.len()], want);
    Ok(())
}
/// Whether the text that each hypervisor words for itself is ours.
fn is_xenolith() -> Result<bool, Why> {
    let mut text = [0u8; 16];
    answers!(
        hypercall::xen_version(xen::XENVER_EXTRAVERSION, ptr(&mut text)),
        0
    );
    Ok(text.windows(9).any(|part| part == b"-xenolith"))
}
fn platform_parameters() -> Outcome {
    let mut start = 0u64;
    answers!(
        hypercall::xen_version(xen::XENVER_PLATFORM_PARAMETERS, ptr(&mut start)),
        0
    );
    same!(start, M2P);
    Ok(())
}
fn page_size() -> Outcome {
    answers!(hypercall::xen_version(xen::XENVER_PAGESIZE, 0), 4096);
    Ok(())
}
fn features() -> Outcome {
    let mut feature = [0u32, 0];
    answers!(
        hypercall::xen_version(xen::XENVER_GET_FEATURES, ptr(&mut feature)),
        0
    );
    same!(
        feature[1],
        if start::is_dom0() {
            0x1e_28e0
        } else {
            0x1e_20e0
        }
    );
    feature = [1, 7];
    answers!(
        hypercall::xen_version(xen::XENVER_GET_FEATURES, ptr(&mut feature)),
        xen::EINVAL
    );
    Ok(())
}
fn guest_handle() -> Outcome {
    let mut handle = [0xffu8; 16];
    answers!(
        hypercall::xen_version(xen::XENVER_GUEST_HANDLE, ptr(&mut handle)),
        0
    );
    if start::is_dom0() {
        same!(handle, [0; 16]);
    }
    Ok(())
}
fn m2p_window() -> Outcome {
    let mut mapping = [0u64; 3];
    answers!(
        hypercall::memory_op(xen::XENMEM_MACHPHYS_MAPPING, &mut mapping),
        0
    );
    let [first, end, max_mfn] = mapping;
    same!(first, M2P);
    same!(end, M2P + (256 << 30));
    holds!(max_mfn < (256 << 30) / 8, "max_mfn {max_mfn:#x}");
    Ok(())
}
fn command_line_reaches_us() -> Outcome {
    let line = start::command_line();
    holds!(
        line.contains("test=") || line.is_empty() || line.starts_with("probe"),
        "{line}"
    );
    Ok(())
}
