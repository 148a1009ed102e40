//! Grants, from a domain to itself: mapping, unmapping, copying, and the bits that tell.

use crate::ask::{Outcome, Why};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use kit::call;
use kit::hypercall::{self, grant_table_op, ptr};
use kit::memory::{self, Branch, FRAME_MASK, Page, RO, RW};
use kit::xen::*;

family!("grants":
    query_size, version_is_1, setup_table_frames, setup_table_refuses, map_and_unmap,
    map_sets_status_bits, map_read_only, map_of_read_only_grant, map_refuses, map_needs_a_flag,
    map_at_a_bad_address, unmap_needs_its_handle, unmap_twice, map_by_entry, mapping_is_protected,
    grant_page_of_a_table, granted_page_in_use, map_twice_counts,
    unmap_ends_what_aliases_show, unmap_takes_its_own_kind, copy_from_a_grant,
    copy_to_a_grant, copy_between_own_pages, copy_refuses, copy_is_bounded, unmap_and_replace,
    batches_answer_each, swap_refs, transfer_is_refused, set_version_while_idle,
);

const SELF: u16 = DOMID_SELF as u16;
const SCRATCH: u64 = 0x4000_0000;
const TABLE_VA: u64 = SCRATCH;
const MAP_VA: u64 = SCRATCH + 4096;
const MAP2_VA: u64 = SCRATCH + 2 * 4096;

struct Ground {
    /// The page granted.
    page: Page,
    /// The L2 and the L1 behind [`SCRATCH`].
    l2: Page,
    l1: Page,
}
static L2: AtomicU64 = AtomicU64::new(0);
static L1: AtomicU64 = AtomicU64::new(0);
static GRANTED: AtomicU64 = AtomicU64::new(0);

fn setup_table(frames: u32, list: &mut [u64]) -> (i64, i16) {
    let mut arg = GnttabSetupTable {
        dom: SELF,
        nr_frames: frames,
        frame_list: list.as_mut_ptr() as u64,
        ..Default::default()
    };
    (grant_table_op(GNTTABOP_SETUP_TABLE, &mut arg), arg.status)
}
/// The grant table mapped at [`TABLE_VA`] and a page to grant.
fn ground() -> Result<Ground, Why> {
    if L1.load(SeqCst) == 0 {
        let page = Page::take();
        let branch = Branch::new(SCRATCH, page, 0, RW)
            .map_err(|error| Why::new(format_args!("tables: {error}")))?;
        answers!(
            memory::set_entry(memory::kernel_l4(), SCRATCH >> 39, branch.l3.entry(RW)),
            0
        );
        let mut frames = [0u64];
        same!(setup_table(1, &mut frames), (0, GNTST_OKAY));
        answers!(
            hypercall::update_va_mapping(TABLE_VA, frames[0] << 12 | RW, UVMF_INVLPG),
            0
        );
        L2.store(branch.l2.va(), SeqCst);
        L1.store(branch.l1.va(), SeqCst);
        GRANTED.store(page.va(), SeqCst);
    }
    Ok(Ground {
        page: Page::at(GRANTED.load(SeqCst)),
        l2: Page::at(L2.load(SeqCst)),
        l1: Page::at(L1.load(SeqCst)),
    })
}
/// Writes entry `gref`: the frame first, the flags last.
fn grant(gref: u32, page: Page, flags: u16) -> Result<(), Why> {
    let at = TABLE_VA + u64::from(gref) * 8;
    let me = own_domain();
    let written = memory::poke_half(at + 4, page.mfn() as u32)
        .and_then(|()| memory::poke_half(at, u32::from(flags) | u32::from(me) << 16));
    written.map_err(|trap| Why::new(format_args!("grant table: trap {}", trap.vector())))
}
fn flags_of(gref: u32) -> u16 {
    memory::peek(TABLE_VA + u64::from(gref) * 8).unwrap_or(0) as u16
}
/// Our number: dom0's, or what a port bound to ourselves says.
fn own_domain() -> u16 {
    if kit::start::is_dom0() {
        return 0;
    }
    let mut alloc = EvtchnAllocUnbound {
        dom: SELF,
        remote_dom: SELF,
        port: 0,
    };
    hypercall::event_channel_op(EVTCHNOP_ALLOC_UNBOUND, &mut alloc);
    let mut status = EvtchnStatus {
        dom: SELF,
        port: alloc.port,
        ..Default::default()
    };
    hypercall::event_channel_op(EVTCHNOP_STATUS, &mut status);
    hypercall::event_channel_op(EVTCHNOP_CLOSE, &mut alloc.port);
    status.u[0] as u16
}
fn map_at(host_addr: u64, gref: u32, flags: u32) -> GnttabMapGrantRef {
    let mut arg = GnttabMapGrantRef {
        host_addr,
        flags,
        gref,
        dom: own_domain(),
        ..Default::default()
    };
    let answer = grant_table_op(GNTTABOP_MAP_GRANT_REF, &mut arg);
    if answer != 0 {
        arg.status = answer as i16;
    }
    arg
}
fn unmap_at(host_addr: u64, handle: u32) -> i16 {
    let mut arg = GnttabUnmapGrantRef {
        host_addr,
        handle,
        ..Default::default()
    };
    let answer = grant_table_op(GNTTABOP_UNMAP_GRANT_REF, &mut arg);
    if answer != 0 {
        answer as i16
    } else {
        arg.status
    }
}

fn query_size() -> Outcome {
    let mut arg = [DOMID_SELF as u32, 0, 0, 0]; // dom, nr_frames, max_nr_frames, status
    answers!(grant_table_op(GNTTABOP_QUERY_SIZE, &mut arg), 0);
    same!(arg[3] as i16, GNTST_OKAY);
    holds!(
        arg[1] >= 1 && arg[2] >= arg[1],
        "{} frames of {}",
        arg[1],
        arg[2]
    );
    Ok(())
}
fn version_is_1() -> Outcome {
    let mut arg = [DOMID_SELF as u16, 0, 0, 0];
    answers!(grant_table_op(GNTTABOP_GET_VERSION, &mut arg), 0);
    same!(arg[2], 1);
    Ok(())
}
fn setup_table_frames() -> Outcome {
    let (mut first, mut again) = ([0u64; 2], [0u64; 2]);
    same!(setup_table(2, &mut first), (0, GNTST_OKAY));
    same!(setup_table(2, &mut again), (0, GNTST_OKAY));
    same!(first, again, "the frames do not move");
    holds!(first[0] != first[1] && first[0] != 0);
    Ok(())
}
fn setup_table_refuses() -> Outcome {
    let mut list = [0u64; 1];
    let (answer, status) = setup_table(100_000, &mut list);
    same!(
        (answer, status),
        (0, GNTST_GENERAL_ERROR),
        "too many frames"
    );
    let mut arg = GnttabSetupTable {
        dom: 77,
        nr_frames: 1,
        frame_list: ptr(&mut list),
        ..Default::default()
    };
    answers!(grant_table_op(GNTTABOP_SETUP_TABLE, &mut arg), 0);
    same!(arg.status, GNTST_BAD_DOMAIN);
    Ok(())
}
fn map_and_unmap() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    same!(map.status, GNTST_OKAY);
    ground.page.write(3, 0x77);
    same!(memory::peek(MAP_VA + 24), Ok(0x77));
    holds!(memory::poke(MAP_VA + 32, 0x88).is_ok());
    same!(ground.page.read(4), 0x88);
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    holds!(
        memory::peek(MAP_VA).is_err(),
        "it can be read after the unmap"
    );
    Ok(())
}
fn map_sets_status_bits() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    let mapped = flags_of(8);
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    same!(mapped, GTF_PERMIT_ACCESS | GTF_READING | GTF_WRITING);
    same!(flags_of(8), GTF_PERMIT_ACCESS);
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP | GNTMAP_READONLY);
    let mapped = flags_of(8);
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    same!(mapped, GTF_PERMIT_ACCESS | GTF_READING);
    Ok(())
}
fn map_read_only() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP | GNTMAP_READONLY);
    same!(map.status, GNTST_OKAY);
    let (read, write) = (memory::peek(MAP_VA), memory::poke(MAP_VA, 1));
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    holds!(
        read.is_ok() && write.is_err(),
        "read {}, write {}",
        read.is_ok(),
        write.is_ok()
    );
    Ok(())
}
fn map_of_read_only_grant() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS | GTF_READONLY)?;
    same!(
        map_at(MAP_VA, 8, GNTMAP_HOST_MAP).status,
        GNTST_GENERAL_ERROR,
        "writable"
    );
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP | GNTMAP_READONLY);
    same!(map.status, GNTST_OKAY, "read-only");
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    Ok(())
}
fn map_refuses() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let mut arg = GnttabMapGrantRef {
        host_addr: MAP_VA,
        flags: GNTMAP_HOST_MAP,
        gref: 8,
        dom: 77,
        ..Default::default()
    };
    answers!(grant_table_op(GNTTABOP_MAP_GRANT_REF, &mut arg), 0);
    same!(arg.status, GNTST_BAD_DOMAIN, "no such domain");
    same!(
        map_at(MAP_VA, 100_000_000, GNTMAP_HOST_MAP).status,
        GNTST_BAD_GNTREF,
        "beyond the table"
    );
    grant(9, ground.page, GTF_INVALID)?;
    same!(
        map_at(MAP_VA, 9, GNTMAP_HOST_MAP).status,
        GNTST_GENERAL_ERROR,
        "an invalid entry"
    );
    Ok(())
}
fn map_needs_a_flag() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    same!(map_at(MAP_VA, 8, 0).status, GNTST_BAD_GNTREF);
    Ok(())
}
fn map_at_a_bad_address() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    for va in [0x7000_0000_0000, memory::M2P] {
        let status = map_at(va, 8, GNTMAP_HOST_MAP).status;
        same!(status, GNTST_GENERAL_ERROR, "at {va:#x}");
    }
    same!(flags_of(8), GTF_PERMIT_ACCESS, "nothing is held");
    Ok(())
}
fn unmap_needs_its_handle() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    let wrong = [unmap_at(MAP_VA, 1_000_000), unmap_at(MAP2_VA, map.handle)];
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    same!(wrong[0], GNTST_BAD_HANDLE);
    same!(wrong[1], GNTST_GENERAL_ERROR, "another address");
    Ok(())
}
fn unmap_twice() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    same!(unmap_at(MAP_VA, map.handle), GNTST_BAD_HANDLE);
    Ok(())
}
fn map_by_entry() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let entry = ground.l1.maddr(1);
    let map = map_at(entry, 8, GNTMAP_HOST_MAP | GNTMAP_CONTAINS_PTE);
    same!(map.status, GNTST_OKAY);
    same!(ground.l1.read(1) & FRAME_MASK, ground.page.mfn() << 12);
    same!(unmap_at(entry, map.handle), GNTST_OKAY);
    same!(ground.l1.read(1), 0);
    Ok(())
}
fn mapping_is_protected() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    // Clearing the entry by hand: the handle still has to be given back.
    answers!(memory::set_entry(ground.l1, 1, 0), 0);
    let status = unmap_at(MAP_VA, map.handle);
    let flags = flags_of(8);
    if status != GNTST_OKAY {
        same!(flags & GTF_READING, GTF_READING, "still held");
        answers!(memory::set_entry(ground.l1, 1, ground.page.entry(0x67)), 0);
        same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    }
    Ok(())
}
fn grant_page_of_a_table() -> Outcome {
    let ground = ground()?;
    grant(8, ground.l1, GTF_PERMIT_ACCESS)?;
    same!(
        map_at(MAP_VA, 8, GNTMAP_HOST_MAP).status,
        GNTST_GENERAL_ERROR,
        "writable"
    );
    Ok(())
}
fn granted_page_in_use() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    // Mapped writable by a grant: it cannot become a table.
    answers!(ground.page.protect(RO), 0);
    let pin = hypercall::mmuext_op(MMUEXT_PIN_L1_TABLE, ground.page.mfn(), 0);
    answers!(ground.page.protect(RW), 0);
    same!(unmap_at(MAP_VA, map.handle), GNTST_OKAY);
    answers!(pin, EINVAL);
    Ok(())
}
fn map_twice_counts() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let (first, second) = (
        map_at(MAP_VA, 8, GNTMAP_HOST_MAP),
        map_at(MAP2_VA, 8, GNTMAP_HOST_MAP),
    );
    same!([first.status, second.status], [GNTST_OKAY; 2]);
    holds!(first.handle != second.handle);
    same!(unmap_at(MAP_VA, first.handle), GNTST_OKAY);
    same!(
        flags_of(8) & GTF_WRITING,
        GTF_WRITING,
        "one mapping is left"
    );
    same!(unmap_at(MAP2_VA, second.handle), GNTST_OKAY);
    same!(flags_of(8), GTF_PERMIT_ACCESS);
    Ok(())
}
/// A table in two slots shows a mapping at two addresses; an unmap names one and ends both.
fn unmap_ends_what_aliases_show() -> Outcome {
    const SLOT: u64 = 5;
    const ALIAS: u64 = MAP_VA + SLOT * 512 * memory::PAGE;
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    ground.page.write(3, 0x77);
    answers!(memory::set_entry(ground.l2, SLOT, ground.l1.entry(RW)), 0);
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    let shown = [MAP_VA, ALIAS].map(|va| memory::peek(va + 24));
    let unmapped = unmap_at(MAP_VA, map.handle);
    let still = memory::peek(ALIAS + 24);
    answers!(memory::set_entry(ground.l2, SLOT, 0), 0);
    same!(shown, [Ok(0x77); 2]);
    same!(unmapped, GNTST_OKAY);
    holds!(still.is_err(), "it can be read where the unmap did not say");
    Ok(())
}
/// Who may only read cannot be left with what another could write.
fn unmap_takes_its_own_kind() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let (writes, reads) = (
        map_at(MAP_VA, 8, GNTMAP_HOST_MAP),
        map_at(MAP2_VA, 8, GNTMAP_HOST_MAP | GNTMAP_READONLY),
    );
    same!([writes.status, reads.status], [GNTST_OKAY; 2]);
    let crossed = [
        unmap_at(MAP2_VA, writes.handle),
        unmap_at(MAP_VA, reads.handle),
    ];
    let straight = [
        unmap_at(MAP_VA, writes.handle),
        unmap_at(MAP2_VA, reads.handle),
    ];
    same!(crossed, [GNTST_GENERAL_ERROR; 2]);
    same!(straight, [GNTST_OKAY; 2]);
    same!(flags_of(8), GTF_PERMIT_ACCESS);
    Ok(())
}
fn copy(source: GnttabCopyPtr, dest: GnttabCopyPtr, len: u16, flags: u16) -> i16 {
    let mut arg = GnttabCopy {
        source,
        dest,
        len,
        flags,
        ..Default::default()
    };
    let answer = grant_table_op(GNTTABOP_COPY, &mut arg);
    if answer != 0 {
        answer as i16
    } else {
        arg.status
    }
}
fn by_ref(gref: u32, offset: u16) -> GnttabCopyPtr {
    GnttabCopyPtr {
        u: gref.into(),
        domid: own_domain(),
        offset,
        _pad: 0,
    }
}
fn by_frame(page: Page, offset: u16) -> GnttabCopyPtr {
    GnttabCopyPtr {
        u: page.mfn(),
        domid: SELF,
        offset,
        _pad: 0,
    }
}
fn copy_from_a_grant() -> Outcome {
    let (ground, to) = (ground()?, Page::take());
    grant(8, ground.page, GTF_PERMIT_ACCESS | GTF_READONLY)?;
    ground.page.write(1, 0x1122);
    same!(
        copy(by_ref(8, 8), by_frame(to, 16), 8, GNTCOPY_SOURCE_GREF),
        GNTST_OKAY
    );
    same!([to.read(1), to.read(2), to.read(3)], [0, 0x1122, 0]);
    same!(
        flags_of(8),
        GTF_PERMIT_ACCESS | GTF_READONLY,
        "nothing is held"
    );
    Ok(())
}
fn copy_to_a_grant() -> Outcome {
    let (ground, from) = (ground()?, Page::take());
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    from.write(0, 0x3344);
    same!(
        copy(by_frame(from, 0), by_ref(8, 40), 8, GNTCOPY_DEST_GREF),
        GNTST_OKAY
    );
    same!(ground.page.read(5), 0x3344);
    grant(8, ground.page, GTF_PERMIT_ACCESS | GTF_READONLY)?;
    same!(
        copy(by_frame(from, 0), by_ref(8, 40), 8, GNTCOPY_DEST_GREF),
        GNTST_GENERAL_ERROR
    );
    Ok(())
}
fn copy_between_own_pages() -> Outcome {
    let [from, to] = Page::take_many();
    from.write(511, 9);
    same!(
        copy(by_frame(from, 0), by_frame(to, 0), 4096, 0),
        GNTST_OKAY
    );
    same!(to.read(511), 9);
    Ok(())
}
fn copy_refuses() -> Outcome {
    let (ground, page) = (ground()?, Page::take());
    let nowhere = GnttabCopyPtr {
        u: 0xff_ffff_ffff,
        domid: SELF,
        ..Default::default()
    };
    same!(
        copy(nowhere, by_frame(page, 0), 8, 0),
        GNTST_BAD_PAGE,
        "no such frame"
    );
    let stranger = GnttabCopyPtr {
        u: page.mfn(),
        domid: 77,
        ..Default::default()
    };
    same!(
        copy(stranger, by_frame(page, 0), 8, 0),
        GNTST_PERMISSION_DENIED,
        "another's frame"
    );
    same!(
        copy(by_frame(page, 0), by_frame(ground.l1, 0), 8, 0),
        GNTST_GENERAL_ERROR,
        "over a table"
    );
    grant(9, page, GTF_INVALID)?;
    same!(
        copy(by_ref(9, 0), by_frame(page, 0), 8, GNTCOPY_SOURCE_GREF),
        GNTST_GENERAL_ERROR
    );
    Ok(())
}
fn copy_is_bounded() -> Outcome {
    let [from, to] = Page::take_many();
    same!(
        copy(by_frame(from, 4000), by_frame(to, 0), 200, 0),
        GNTST_BAD_COPY_ARG
    );
    same!(
        copy(by_frame(from, 0), by_frame(to, 4095), 2, 0),
        GNTST_BAD_COPY_ARG
    );
    same!(
        copy(by_frame(from, 4088), by_frame(to, 0), 8, 0),
        GNTST_OKAY
    );
    Ok(())
}
fn unmap_and_replace() -> Outcome {
    let ground = ground()?;
    let other = Page::take();
    other.write(0, 0x99);
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    answers!(
        hypercall::update_va_mapping(MAP2_VA, other.entry(RW), UVMF_INVLPG),
        0
    );
    let map = map_at(MAP_VA, 8, GNTMAP_HOST_MAP);
    // host_addr, new_addr, handle, status
    let mut arg = [MAP_VA, MAP2_VA, u64::from(map.handle)];
    answers!(grant_table_op(GNTTABOP_UNMAP_AND_REPLACE, &mut arg), 0);
    same!((arg[2] >> 32) as i16, GNTST_OKAY);
    same!(
        memory::peek(MAP_VA),
        Ok(0x99),
        "what was behind the new address"
    );
    holds!(memory::peek(MAP2_VA).is_err(), "the new address is empty");
    same!(flags_of(8), GTF_PERMIT_ACCESS);
    answers!(hypercall::update_va_mapping(MAP_VA, 0, UVMF_INVLPG), 0);
    Ok(())
}
fn batches_answer_each() -> Outcome {
    let ground = ground()?;
    grant(8, ground.page, GTF_PERMIT_ACCESS)?;
    let me = own_domain();
    let one = |host_addr, gref| GnttabMapGrantRef {
        host_addr,
        flags: GNTMAP_HOST_MAP,
        gref,
        dom: me,
        ..Default::default()
    };
    let mut list = [one(MAP_VA, 8), one(MAP2_VA, 100_000_000), one(MAP2_VA, 8)];
    answers!(
        call!(GRANT_TABLE_OP, GNTTABOP_MAP_GRANT_REF, ptr(&mut list), 3),
        0
    );
    same!(
        list.map(|map| map.status),
        [GNTST_OKAY, GNTST_BAD_GNTREF, GNTST_OKAY]
    );
    same!(unmap_at(MAP_VA, list[0].handle), GNTST_OKAY);
    same!(unmap_at(MAP2_VA, list[2].handle), GNTST_OKAY);
    Ok(())
}
fn swap_refs() -> Outcome {
    let ground = ground()?;
    let other = Page::take();
    grant(10, ground.page, GTF_PERMIT_ACCESS)?;
    grant(11, other, GTF_PERMIT_ACCESS | GTF_READONLY)?;
    let mut arg = [10u32, 11, 0]; // ref a, ref b, status
    answers!(grant_table_op(GNTTABOP_SWAP_GRANT_REF, &mut arg), 0);
    same!(arg[2] as i16, GNTST_OKAY);
    same!(
        [flags_of(10), flags_of(11)],
        [GTF_PERMIT_ACCESS | GTF_READONLY, GTF_PERMIT_ACCESS]
    );
    same!(
        memory::peek(TABLE_VA + 80).map(|entry| entry >> 32),
        Ok(other.mfn())
    );
    grant(10, ground.page, GTF_INVALID)?;
    grant(11, ground.page, GTF_INVALID)?;
    Ok(())
}
fn transfer_is_refused() -> Outcome {
    // mfn, domid, ref, status: to a reference that does not accept one.
    let page = Page::take();
    let mut arg = [page.mfn(), 77 | 8 << 32, 0];
    answers!(grant_table_op(GNTTABOP_TRANSFER, &mut arg), 0);
    holds!((arg[2] as i16) < 0, "status {}", arg[2] as i16);
    Ok(())
}
fn set_version_while_idle() -> Outcome {
    let _ = ground()?;
    let mut version = 1u32;
    answers!(grant_table_op(GNTTABOP_SET_VERSION, &mut version), 0);
    same!(version, 1);
    version = 9;
    answers!(grant_table_op(GNTTABOP_SET_VERSION, &mut version), EINVAL);
    same!(version, 1, "the version in use is told");
    Ok(())
}
