//! What domains do, and what comes of it.

use std::sync::atomic::Ordering;

use abi::{DomId, Errno, Mfn};
use hypervisor::console;
use hypervisor::domain::table;
use hypervisor::memory::frames::Machine;
use hypervisor::memory::{self, Wanted, allocator};
use hypervisor::options::Options;
use metal::cpu::{self, CpuId};
use metal::frame::Frame;
use page_types::PageRef;

use super::world::{BASE, FREE_SLOTS, L1, World};

fn two_guests() -> World {
    let mut world = World::new();
    world.create("a", 1);
    world.create("b", 1);
    world
}

#[test]
fn a_domain_comes_and_goes_without_a_trace() {
    let mut world = World::new();
    world.create("a", 2);
    world.play(
        "a: pages => 68
         dom0: destroy a => ok",
    );
    world.end();
}

#[test]
fn a_domain_that_finds_too_little_memory_takes_none() {
    let mut world = World::new();
    let mut taken = Vec::new();
    let all_but = |left: u64, taken: &mut Vec<Mfn>| {
        while allocator::free_pages() > left {
            taken.push(allocator::alloc(Wanted::default()).expect("free memory"));
        }
    };
    // It needs a frame of grant entries and the shared info.
    for left in [1, 0] {
        all_but(left, &mut taken);
        let answer = world.createdomain(1, 0);
        assert_eq!(answer, Errno::ENOMEM.to_register(), "with {left} pages");
        assert_eq!(allocator::free_pages(), left, "pages were kept");
    }
    for page in taken {
        allocator::free(page, 0);
    }
    world.end();
}

#[test]
fn an_event_reaches_the_other_end() {
    let mut world = two_guests();
    world.play(
        "a: alloc_unbound b        => port 1
         a: status 1               => unbound b
         a: status 2               => closed
         b: bind_interdomain a 1   => port 1
         b: status 1               => interdomain a 1
         a: pending 1              => no
         b: pending 1              => yes
         a: send 1                 => ok
         b: close 1                => ok
         a: status 1               => unbound b
         a: send 2                 => EINVAL
         a: bind_ipi 0             => port 2
         a: send 2                 => ok
         a: pending 2              => yes
         a: bind_ipi 1             => ENOENT",
    );
    world.end();
}

#[test]
fn memory_is_taken_and_given_within_the_limit() {
    let mut world = two_guests();
    world.play(
        "a: increase 10            => 10
         a: pages                  => 78
         a: populate 100           => 54
         a: pages                  => 132
         a: decrease page 60       => 1
         a: pages                  => 131
         a: decrease page 60       => 0
         a: decrease of b page 60  => 0
         b: pages                  => 68
         a: exchange page 61       => ok
         a: pages                  => 131
         a: exchange page 62 told at slot 110 => EFAULT
         a: pages                  => 131
         a: exchange page 62       => ok",
    );
    world.end();
}

#[test]
fn a_granted_page_is_mapped_copied_and_given_back() {
    let mut world = two_guests();
    world.play(
        "a: write page 20 4711              => ok
         a: grant 8 to b page 20            => ok
         b: map of a 8 slot 100             => handle 0
         b: copy of a 8 to page 30          => ok
         b: read page 30                    => 4711
         b: map of a 9 slot 101             => status -1
         b: unmap 0 slot 100                => ok
         b: unmap 0 slot 100                => status -4",
    );
    world.end();
}

#[test]
fn a_domain_that_ends_gives_up_what_it_maps_of_others() {
    let mut world = two_guests();
    world.play(
        "a: grant 8 to b page 20            => ok
         b: map of a 8 slot 100             => handle 0
         b: map of a 8 slot 101 ro          => handle 1
         dom0: destroy a                    => ok
         dom0: destroy b                    => ok",
    );
    world.end();
}

#[test]
fn a_domain_whose_shared_page_is_mapped_stays_until_it_is_let_go() {
    let mut world = two_guests();
    let id = DomId(world.domain("a").id);
    let body = world.body("a").expect("it lives");
    world.play(
        "a: grant 8 to b shared info        => ok
         b: map of a 8 slot 100             => handle 0
         dom0: destroy a                    => ok",
    );
    assert!(table::get(id).is_some(), "b still maps a page of a");
    let frames = [0, 1].map(|index| body.grants.shared_frame(index));
    assert_eq!(frames, [None; 2], "nobody would take them back");
    world.play("dom0: destroy b                 => ok");
    assert!(table::get(id).is_none(), "nothing holds a page of a");
    world.end();
}

#[test]
fn what_a_dead_domain_waited_for_does_not_befall_the_next_of_its_id() {
    const WATCHDOG: u64 = 6;
    const SECONDS: u64 = 3;
    let mut world = two_guests();
    let id = world.domain("a").id;
    let mut watchdog = [0u8; 8];
    watchdog[4] = SECONDS as u8;
    world.put("a", 0, &watchdog);
    let set = world.call("a", 0, 29, [WATCHDOG, BASE, 0, 0]);
    assert_eq!(set, Some(1), "a watchdog");
    world.play("dom0: destroy a => ok");
    world.create_as("heir", 1, id);
    let heir = world.body("heir").expect("it lives");
    assert_eq!(heir.id, DomId(id));
    metal::time::advance((SECONDS + 1) * 1_000_000_000);
    for on in (0..cpu::count()).map(CpuId) {
        let before = cpu::become_cpu(on);
        hypervisor::time::expire();
        cpu::become_cpu(before);
    }
    assert_eq!(heir.lifecycle.shutdown_reason(), None);
    world.end();
}

#[test]
fn a_guest_is_heard_on_the_console_only_if_that_was_asked_for() {
    const TEXT: &[u8] = b"anybody there?\n";
    let mut world = two_guests();
    let line = format!("(d{}) anybody there?\n", world.domain("a").id);
    let mut hears = |who: &str, options: &str, line: &str| {
        console::configure(&Options::parse(options));
        world.put(who, 0, TEXT);
        let written = world.call(who, 0, 18, [0, TEXT.len() as u64, BASE, 0]);
        assert_eq!(written, Some(0), "console_io");
        let (ring, _) = console::read_ring(None, usize::MAX, true);
        String::from_utf8_lossy(&ring).contains(line)
    };
    assert!(!hears("a", "", &line), "as it is without options");
    assert!(!hears("a", "guest_loglvl=warning", &line));
    assert!(!hears("a", "console_to_ring", &line), "that is domain 0's");
    assert!(hears("a", "guest_loglvl=all", &line));
    let last_counts = "guest_loglvl=none/warning guest_loglvl=debug/all";
    assert!(hears("a", last_counts, &line));
    assert!(!hears("dom0", "guest_loglvl=all", "anybody"));
    assert!(hears("dom0", "console_to_ring", "anybody there?\n"));
    console::configure(&Options::default());
    world.end();
}

#[test]
fn page_tables_are_pinned_only_if_they_are_harmless() {
    let mut world = two_guests();
    world.play(
        "a: pin l1 page 60          => ok
         a: put page 60 slot 110    => EBUSY
         a: unpin page 60           => ok
         a: put page 60 slot 110    => ok
         a: pin l1 page 60          => EINVAL
         a: put nothing slot 110    => ok
         a: put of b page 20 slot 110 => EBUSY
         a: pin l4 page 60          => ok
         a: unpin page 60           => ok
         a: unpin page 60           => EINVAL",
    );
    world.end();
}

#[test]
fn a_lost_page_and_a_strangers_page_are_noticed() {
    let world = two_guests();
    let fails =
        || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check())).is_err();
    let lost = allocator::alloc(Wanted::default()).expect("memory");
    memory::page(lost).expect("in the table").assign(DomId(999));
    assert!(fails(), "a frame of nobody's");
    memory::page(lost)
        .expect("in the table")
        .assign(DomId(world.domain("b").id));
    let back = PageRef::get(Machine, lost, DomId(world.domain("b").id)).expect("its own");
    world
        .body("b")
        .expect("it exists")
        .pages
        .total
        .fetch_add(1, Ordering::Relaxed);
    assert!(back.disown());

    let table = Frame::new(Mfn(world.domain("a").mfns[L1 as usize])).expect("in the pool");
    let entry = &table.words()[FREE_SLOTS as usize];
    drop(back);
    assert!(!fails(), "all is well again");
    entry.store(world.domain("b").mfns[20] << 12 | 7, Ordering::Relaxed);
    assert!(fails(), "a's table maps b's page");
    entry.store(0, Ordering::Relaxed);
    world.end();
}
