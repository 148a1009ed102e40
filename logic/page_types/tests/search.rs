//! Every sequence of operations on small worlds, breadth first, with everything recounted after every step.
//!
//! States that cannot be told apart are visited once, so that a search that ends has seen all sequences of any
//! length; a search that is cut off has seen all up to the depth that it prints.

mod world;

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use page_types::{Kind, Pte};
use world::{BAD_DESCRIPTOR, NO_LIMIT, Op, World};

struct Search {
    name: &'static str,
    ops: Vec<Op>,
    most_states: usize,
    foreign: bool,
}

/// How it went: states, whether all were seen, depth.
struct Found {
    states: usize,
    complete: bool,
    steps: usize,
}

impl Search {
    fn run<const S: usize, const H: usize>(&self, start: World<S, H>) -> Found {
        let hasher = RandomState::new();
        // 64 bits of each state: with a million states, two that are mistaken for one are a chance in 30 million.
        let mut seen = HashSet::from([hasher.hash_one(start.key())]);
        let mut queue = VecDeque::from([(start, Vec::<Op>::new())]);
        let (mut steps, mut depth, mut complete) = (0usize, 0, true);
        while let Some((state, path)) = queue.pop_front() {
            depth = path.len();
            for &op in &self.ops {
                let mut next = state.copied();
                let result = next.step(op);
                steps += 1;
                if let Err(what) = next.check(self.foreign) {
                    panic!(
                        "{}: after {path:?}, {op:?} => {result:?}: {what}",
                        self.name
                    );
                }
                if seen.len() < self.most_states {
                    if seen.insert(hasher.hash_one(next.key())) {
                        let mut path = path.clone();
                        path.push(op);
                        queue.push_back((next, path));
                    }
                } else {
                    complete = false;
                }
            }
            if !complete {
                break;
            }
        }
        let states = seen.len();
        println!(
            "{}: {states} states, {steps} steps, depth {depth}, {}",
            self.name,
            if complete { "all" } else { "cut off" }
        );
        Found {
            states,
            complete,
            steps,
        }
    }
}

/// An entry as validation leaves it, so that a search does not see each table twice.
fn present(frame: u64) -> u64 {
    frame << 12 | Pte::P | Pte::US | Pte::GUEST_KERNEL
}

fn entries(frames: u64) -> Vec<u64> {
    let mut values = vec![0];
    for frame in 0..frames {
        values.push(present(frame));
        values.push(present(frame) | Pte::RW);
    }
    values
}

/// A search that would take minutes is cut off after so many states; `PAGE_TYPES_STATES` asks for more.
fn most_states() -> usize {
    std::env::var("PAGE_TYPES_STATES")
        .ok()
        .and_then(|most| most.parse().ok())
        .unwrap_or(60_000)
}

const SHORT: [u32; 2] = [1, NO_LIMIT];

/// Updates, stores, pins of these kinds, and giving up, on the first `own` of `frames` frames.
fn operations(own: u64, frames: u64, slots: usize, kinds: &[Kind], budgets: &[u32]) -> Vec<Op> {
    let mut ops = Vec::new();
    for frame in 0..own {
        for slot in 0..slots {
            for value in entries(frames) {
                ops.push(Op::Update {
                    table: frame,
                    slot,
                    value,
                    budget: NO_LIMIT,
                });
                ops.push(Op::Store { frame, slot, value });
            }
        }
        for &budget in budgets {
            ops.extend(kinds.iter().map(|&kind| Op::Pin {
                frame,
                kind,
                budget,
            }));
            ops.push(Op::Unpin { frame, budget });
        }
    }
    ops
}

#[test]
fn two_levels_of_two_entries() {
    let ops = operations(2, 2, 2, &[Kind::L1, Kind::L2], &[1]);
    let found = Search {
        name: "two levels",
        ops,
        most_states: most_states(),
        foreign: false,
    }
    .run(World::<2, 0>::new(2, 0, 0));
    assert!(found.states > 10_000 && found.steps > found.states);
}

#[test]
fn all_levels_of_one_entry() {
    let kinds = [Kind::L1, Kind::L2, Kind::L3, Kind::L4];
    let mut ops = operations(3, 3, 1, &kinds, &SHORT);
    for frame in 0..3 {
        for budget in SHORT {
            ops.push(Op::Root { frame, budget });
            ops.push(Op::Relinquish { frame, budget });
        }
        ops.extend([
            Op::GiveUp { frame },
            Op::Take { frame },
            Op::Steal { frame },
        ]);
    }
    ops.extend(SHORT.map(|budget| Op::NoRoot { budget }));
    let found = Search {
        name: "all levels",
        ops,
        most_states: most_states(),
        foreign: false,
    }
    .run(World::<1, 0>::new(3, 0, 0));
    assert!(found.states > 20_000 && found.steps > found.states);
}

#[test]
fn a_whole_tree_with_slots_of_the_hypervisor() {
    // Five frames make root, L3, L2, L1 and a page; the root's second slot is not the guest's.
    let chain = [(0, 1), (1, 2), (2, 3), (3, 4)];
    let mut ops = Vec::new();
    for (table, target) in chain {
        for value in [0, present(target), present(target) | Pte::RW] {
            ops.push(Op::Store {
                frame: table,
                slot: 0,
                value,
            });
            ops.extend(SHORT.map(|budget| Op::Update {
                table,
                slot: 0,
                value,
                budget,
            }));
        }
    }
    ops.push(Op::Store {
        frame: 0,
        slot: 1,
        value: present(4),
    });
    ops.push(Op::Update {
        table: 0,
        slot: 1,
        value: present(4),
        budget: NO_LIMIT,
    });
    ops.push(Op::Store {
        frame: 3,
        slot: 1,
        value: present(3) | Pte::RW,
    });
    ops.push(Op::Store {
        frame: 3,
        slot: 1,
        value: 0,
    });
    for budget in [1, 2, 3, NO_LIMIT] {
        ops.push(Op::Pin {
            frame: 0,
            kind: Kind::L4,
            budget,
        });
        ops.push(Op::Unpin { frame: 0, budget });
        ops.push(Op::Root { frame: 0, budget });
        ops.push(Op::NoRoot { budget });
        ops.push(Op::Relinquish { frame: 0, budget });
    }
    ops.extend(SHORT.map(|budget| Op::Pin {
        frame: 2,
        kind: Kind::L2,
        budget,
    }));
    ops.extend(SHORT.map(|budget| Op::Unpin { frame: 2, budget }));
    let found = Search {
        name: "a whole tree",
        ops,
        most_states: most_states(),
        foreign: false,
    }
    .run(World::<2, 1>::new(5, 0, 0));
    assert!(found.states > 20_000 && found.steps > found.states);
}

#[test]
fn tables_that_show_one_another() {
    // Linear page tables: three L2 tables that may name each other and themselves.
    let mut ops = Vec::new();
    for table in 0..3 {
        for value in [
            0,
            present(0),
            present(1),
            present(2),
            present(table) | Pte::RW,
        ] {
            ops.push(Op::Store {
                frame: table,
                slot: 0,
                value,
            });
            ops.push(Op::Update {
                table,
                slot: 0,
                value,
                budget: 1,
            });
        }
        ops.push(Op::Pin {
            frame: table,
            kind: Kind::L2,
            budget: 1,
        });
        ops.push(Op::Pin {
            frame: table,
            kind: Kind::L1,
            budget: NO_LIMIT,
        });
        ops.push(Op::Unpin {
            frame: table,
            budget: 1,
        });
    }
    let found = Search {
        name: "linear",
        ops,
        most_states: most_states(),
        foreign: false,
    }
    .run(World::<1, 0>::new(3, 0, 0));
    assert!(found.states > 10_000 && found.steps > found.states);
}

#[test]
fn descriptors_and_strangers() {
    let mut ops = operations(2, 4, 1, &[Kind::L1], &SHORT);
    for frame in 0..2 {
        ops.push(Op::Gdt { frame });
        ops.push(Op::Store {
            frame,
            slot: 0,
            value: BAD_DESCRIPTOR,
        });
        ops.push(Op::Store {
            frame,
            slot: 0,
            value: 0x00cf_9b00_0000_ffff,
        });
        ops.extend(entries(4).iter().map(|&value| Op::UpdateForeign {
            table: frame,
            slot: 0,
            value,
            budget: NO_LIMIT,
        }));
    }
    ops.push(Op::NoGdt);
    let found = Search {
        name: "descriptors",
        ops,
        most_states: most_states(),
        foreign: true,
    }
    .run(World::<1, 0>::new(2, 1, 1));
    assert!(found.states > 500 && found.complete);
}
