//! What a guest does with its page tables, in small stories.
//!
//! Frames are named by letters, `a` is frame 0; the last two are a stranger's and I/O memory. An entry is a letter for
//! a read-only mapping, a letter and `!` for a writable one, `-` for none.

mod world;

use abi::Mfn;
use page_types::{
    Error, Kind, L1Entry, Leftovers, PageRef, Pte, TypeRef, Unlimited, Work, Writable, install,
    walk,
};
use world::{GUEST, NO_LIMIT, Op, STRANGER, World};

/// Tables of four entries, the last one of a root not the guest's; frames a to f, g a stranger's, h I/O memory.
type Small = World<4, 1>;

fn small() -> Small {
    World::new(6, 1, 1)
}

fn frame(word: &str) -> u64 {
    u64::from(word.as_bytes()[0] - b'a')
}

fn value(word: &str) -> u64 {
    match word {
        "-" => 0,
        word => {
            let writable = if word.ends_with('!') { Pte::RW } else { 0 };
            let special = if word.ends_with('*') { Pte::PCD } else { 0 };
            frame(word) << 12 | Pte::P | writable | special
        }
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "L1" => Kind::L1,
        "L2" => Kind::L2,
        "L3" => Kind::L3,
        _ => Kind::L4,
    }
}

fn run(world: &mut Small, words: &[&str]) -> String {
    let budget = NO_LIMIT;
    let op = match *words {
        ["fill", table, slot, entry] => Op::Store {
            frame: frame(table),
            slot: slot.parse().unwrap(),
            value: value(entry),
        },
        ["update", table, slot, entry] => Op::Update {
            table: frame(table),
            slot: slot.parse().unwrap(),
            value: value(entry),
            budget,
        },
        ["update_foreign", table, slot, entry] => Op::UpdateForeign {
            table: frame(table),
            slot: slot.parse().unwrap(),
            value: value(entry),
            budget,
        },
        ["pin", level, table] => Op::Pin {
            frame: frame(table),
            kind: kind(level),
            budget,
        },
        ["unpin", table] => Op::Unpin {
            frame: frame(table),
            budget,
        },
        ["root", table] => Op::Root {
            frame: frame(table),
            budget,
        },
        ["no_root"] => Op::NoRoot { budget },
        ["gdt", page] => Op::Gdt { frame: frame(page) },
        ["no_gdt"] => Op::NoGdt,
        ["give_up", page] => Op::GiveUp { frame: frame(page) },
        ["steal", page] => Op::Steal { frame: frame(page) },
        ["relinquish", page] => Op::Relinquish {
            frame: frame(page),
            budget,
        },
        ["show", page] => {
            let s = world.snapshot(frame(page));
            return format!("{:?} {}/{}", s.kind, s.type_count, s.refs);
        }
        ["is_free", page] => return world.freed.borrow().contains(&Mfn(frame(page))).to_string(),
        ref other => panic!("what is {other:?}?"),
    };
    match world.step(op) {
        Ok(()) => "ok".into(),
        Err(error) => format!("{error:?}"),
    }
}

/// Each line is a step, `=>`, and what comes of it; everything is recounted in between.
fn check(story: &str) {
    let mut world = small();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (step, expected) = line.split_once("=>").unwrap();
        let words: Vec<_> = step.split_whitespace().collect();
        let result = run(&mut world, &words);
        assert_eq!(result, expected.trim(), "{line}");
        if let Err(what) = world.check(true) {
            panic!("{line}: {what}");
        }
    }
}

#[test]
fn a_writable_page_cannot_become_a_table_and_a_table_cannot_be_mapped_writable() {
    check(
        "
        fill a 0 b!      => ok
        pin L1 a         => ok
        show b           => Writable 1/2
        pin L1 b         => WrongType
        update a 1 a!    => BadTarget
        update a 1 a     => ok
        update a 0 b     => ok
        pin L1 b         => ok
        update a 0 b!    => BadTarget
        unpin b          => ok
        update a 0 b!    => ok
    ",
    );
}

#[test]
fn a_tree_stands_and_falls_with_its_root() {
    check(
        "
        fill a 0 b       => ok
        fill b 1 c       => ok
        fill c 2 d       => ok
        fill d 3 e!      => ok
        root a           => ok
        show b           => L3 1/2
        show d           => L1 1/2
        show e           => Writable 1/2
        update a 0 -     => ok
        show d           => L1 0/1
        show e           => Writable 0/1
        no_root          => ok
        show a           => L4 0/1
    ",
    );
}

#[test]
fn a_pin_holds_a_table_once() {
    check(
        "
        pin L1 a         => ok
        pin L1 a         => PinState
        pin L2 a         => WrongType
        show a           => L1 1/2
        unpin a          => ok
        unpin a          => PinState
        unpin g          => NotYours
    ",
    );
}

#[test]
fn the_hypervisors_slots_are_not_the_guests() {
    check(
        "
        fill a 3 b       => ok
        pin L4 a         => ok
        update a 3 b     => HypervisorSlot
        update a 3 -     => HypervisorSlot
        show b           => None 0/1
    ",
    );
}

#[test]
fn what_is_not_yours_you_may_not_name() {
    check(
        "
        pin L1 a            => ok
        update a 0 g        => BadTarget
        update_foreign a 0 g => ok
        update_foreign a 1 g! => ok
        show g              => Writable 1/3
        update_foreign a 0 b => BadTarget
        pin L1 g            => NotYours
        update a 2 h        => ok
        update a 2 h!       => NotPermitted
        update g 0 -        => NotATable
        fill g 0 -          => NotYours
        update a 2 b*       => BadFlags
        unpin a             => ok
        show g              => Writable 0/1
    ",
    );
}

#[test]
fn a_table_may_show_itself_and_others_but_only_to_read() {
    check(
        "
        fill a 0 a       => ok
        pin L2 a         => ok
        show a           => L2 1/2
        update a 1 a!    => WrongType
        pin L2 b         => ok
        update b 0 a     => ok
        show a           => L2 2/3
        update b 1 a!    => WrongType
        pin L2 c         => ok
        update c 0 b     => WrongType
        unpin a          => ok
        show a           => L2 1/2
        unpin b          => ok
        show a           => L2 0/1
    ",
    );
}

#[test]
fn a_page_that_is_mapped_outlives_its_owners_giving_it_up() {
    check(
        "
        fill a 0 b!      => ok
        pin L1 a         => ok
        give_up b        => ok
        is_free b        => false
        steal b          => WrongType
        update a 0 -     => ok
        is_free b        => true
        update a 0 b     => BadTarget
    ",
    );
}

#[test]
fn a_descriptor_page_is_written_by_nobody() {
    check(
        "
        fill b 0 a!      => ok
        pin L1 b         => ok
        gdt a            => WrongType
        update b 0 a     => ok
        gdt a            => ok
        update b 0 a!    => BadTarget
        fill a 0 b       => WrongType
        no_gdt           => ok
        update b 0 a!    => ok
    ",
    );
}

#[test]
fn a_dying_domain_gives_up_what_it_pinned() {
    check(
        "
        fill a 0 b       => ok
        pin L2 a         => ok
        pin L1 b         => ok
        relinquish b     => ok
        show b           => L1 1/1
        relinquish a     => ok
        is_free a        => true
        is_free b        => true
    ",
    );
}

#[test]
fn a_change_of_type_flushes_what_a_cpu_may_remember_and_only_then() {
    let mut world = small();
    let story = [
        ("fill a 0 b!", 0),
        ("pin L1 a", 1), // a was written to by its filling
        ("update a 0 b", 1),
        ("pin L1 b", 2), // b was mapped writable
        ("unpin b", 2),
        ("pin L1 b", 2), // the same type again
        ("unpin b", 2),
        ("update a 0 b!", 3), // out of a table, into writable memory
        ("update a 0 -", 3),
        ("update a 0 b!", 3),
    ];
    for (step, flushes) in story {
        let words: Vec<_> = step.split_whitespace().collect();
        assert_eq!(run(&mut world, &words), "ok", "{step}");
        assert_eq!(world.flushes.get(), flushes, "{step}");
        world.check(false).unwrap();
    }
}

#[test]
fn an_interrupted_pin_goes_on_where_it_stopped() {
    let mut world = small();
    for (slot, target) in [(0, "b"), (1, "b"), (2, "b")] {
        world
            .step(Op::Store {
                frame: 0,
                slot,
                value: value(target),
            })
            .unwrap();
    }
    for slot in 0..4 {
        world
            .step(Op::Store {
                frame: 1,
                slot,
                value: value("c!"),
            })
            .unwrap();
    }
    let pin = Op::Pin {
        frame: 0,
        kind: Kind::L2,
        budget: 1,
    };
    let mut tries = 0;
    while world.step(pin) == Err(Error::Interrupted) {
        tries += 1;
        world.check(false).unwrap();
        let s = world.snapshot(0);
        assert!(!s.valid && s.kept && s.type_count == 1, "{s:?}");
        // Nobody can use it as something else meanwhile, or change it.
        assert_eq!(
            world.step(Op::Store {
                frame: 0,
                slot: 3,
                value: 0
            }),
            Err(Error::WrongType)
        );
        assert_eq!(
            world.step(Op::Update {
                table: 0,
                slot: 3,
                value: 0,
                budget: NO_LIMIT
            }),
            Err(Error::NotATable)
        );
    }
    assert!(tries >= 4, "{tries}");
    assert!(world.snapshot(0).pinned);
    assert_eq!(world.snapshot(1).type_count, 3);
    assert_eq!(world.snapshot(2).type_count, 4);
}

#[test]
fn an_interrupted_unpin_is_finished_before_the_next_request() {
    let mut world = small();
    world
        .step(Op::Store {
            frame: 0,
            slot: 0,
            value: value("b"),
        })
        .unwrap();
    for slot in 0..4 {
        world
            .step(Op::Store {
                frame: 1,
                slot,
                value: value("c!"),
            })
            .unwrap();
    }
    world
        .step(Op::Pin {
            frame: 0,
            kind: Kind::L2,
            budget: NO_LIMIT,
        })
        .unwrap();
    assert_eq!(
        world.step(Op::Unpin {
            frame: 0,
            budget: 1
        }),
        Ok(())
    );
    assert_eq!(world.left, [Some(Mfn(0)), None]);
    world.check(false).unwrap();
    assert_eq!(
        world.step(Op::Unpin {
            frame: 0,
            budget: 1
        }),
        Err(Error::Interrupted)
    );
    world.check(false).unwrap();
    assert_eq!(world.step(Op::Finish { budget: NO_LIMIT }), Ok(()));
    assert_eq!(world.left, [None, None]);
    assert_eq!(world.snapshot(2).refs, 1);
    world.check(false).unwrap();
}

#[test]
fn accessed_and_dirty_bits_survive_an_update_that_keeps_them() {
    let mut world = small();
    world
        .step(Op::Store {
            frame: 0,
            slot: 0,
            value: value("b!") | Pte::A | Pte::D,
        })
        .unwrap();
    world
        .step(Op::Pin {
            frame: 0,
            kind: Kind::L1,
            budget: NO_LIMIT,
        })
        .unwrap();
    world
        .step(Op::Update {
            table: 0,
            slot: 0,
            value: value("b"),
            budget: NO_LIMIT,
        })
        .unwrap();
    assert_eq!(
        world.word(0, 0),
        value("b") | Pte::A | Pte::D | Pte::US | Pte::GUEST_KERNEL
    );
    world
        .step(Op::UpdateForeign {
            table: 0,
            slot: 0,
            value: value("g"),
            budget: NO_LIMIT,
        })
        .unwrap();
    assert_eq!(world.word(0, 0) & (Pte::A | Pte::D), 0);
}

#[test]
fn a_walk_finds_the_entry_of_an_address() {
    let mut world = small();
    for (table, slot, target) in [(0, 1, "b"), (1, 2, "c"), (2, 3, "d"), (3, 0, "e!")] {
        world
            .step(Op::Store {
                frame: table,
                slot,
                value: value(target),
            })
            .unwrap();
    }
    world
        .step(Op::Root {
            frame: 0,
            budget: NO_LIMIT,
        })
        .unwrap();
    let address = 1 << 18 | 2 << 16 | 3 << 14 | 0x123;
    let found = walk(&world, Mfn(0), address).unwrap();
    assert_eq!(
        (found.table, found.slot, found.entry.mfn()),
        (Mfn(3), 0, Mfn(4))
    );
    assert_eq!(walk(&world, Mfn(0), 0), None);
    assert_eq!(
        walk(&world, Mfn(0), 3 << 18),
        None,
        "a slot of the hypervisor"
    );
}

#[test]
fn a_granted_page_is_mapped_with_references_that_are_handed_over() {
    let mut world = small();
    world
        .step(Op::Pin {
            frame: 0,
            kind: Kind::L1,
            budget: NO_LIMIT,
        })
        .unwrap();
    {
        let w = &world;
        let mut leftovers = Leftovers::new();
        let mut work = Work {
            budget: &mut Unlimited,
            leftovers: &mut leftovers,
        };
        let page = TypeRef::<_, Writable>::writable(w, Mfn(6), STRANGER).unwrap();
        let old = install(w, Mfn(0), 1, page.into_entry(Pte::US), GUEST, &mut work).unwrap();
        assert_eq!(old.pte(), Pte(0));
        let refused = PageRef::get(w, Mfn(6), STRANGER)
            .unwrap()
            .into_entry(Pte::US);
        let (error, back) = install(w, Mfn(1), 1, refused, GUEST, &mut work).unwrap_err();
        assert_eq!(error, Error::NotATable);
        drop(back);
    }
    assert_eq!(
        (world.snapshot(6).refs, world.snapshot(6).type_count),
        (2, 1)
    );
    world.check(true).unwrap();
    {
        let w = &world;
        let mut leftovers = Leftovers::new();
        let mut work = Work {
            budget: &mut Unlimited,
            leftovers: &mut leftovers,
        };
        drop(install(w, Mfn(0), 1, L1Entry::absent(w, 0), GUEST, &mut work).unwrap());
    }
    assert_eq!(world.snapshot(6).refs, 1);
    world.check(true).unwrap();
}
