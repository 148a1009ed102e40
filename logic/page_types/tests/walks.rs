//! Long random walks in a larger world, and the same walk with every request interrupted wherever it can be.

mod world;

use page_types::{Kind, Pte};
use proptest::prelude::*;
use world::{BAD_DESCRIPTOR, NO_LIMIT, Op, World};

/// Ten frames of the guest, two of a stranger, one of I/O memory; four entries in a table.
type Large = World<4, 1>;

const OWN: u64 = 10;
const ALL: u64 = 13;

fn entry() -> impl Strategy<Value = u64> {
    let target = prop_oneof![8 => 0..OWN, 1 => OWN..ALL, 1 => Just(99)];
    let flags = prop_oneof![8 => Just(0), 8 => Just(Pte::RW), 1 => Just(Pte::PCD), 2 => Just(Pte::US | Pte::RW)];
    prop_oneof![
        1 => Just(0),
        1 => Just(BAD_DESCRIPTOR),
        6 => (target, flags).prop_map(|(target, flags)| target << 12 | Pte::P | flags),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => Just(Kind::L1), 2 => Just(Kind::L2), 2 => Just(Kind::L3), 2 => Just(Kind::L4)]
}

fn op(budgets: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = Op> {
    let budget = prop_oneof![budgets, Just(NO_LIMIT)];
    let slot = 0..4usize;
    prop_oneof![
        12 => (0..OWN, slot.clone(), entry()).prop_map(|(frame, slot, value)| Op::Store { frame, slot, value }),
        10 => (0..OWN, slot.clone(), entry(), budget.clone())
            .prop_map(|(table, slot, value, budget)| Op::Update { table, slot, value, budget }),
        1 => (0..OWN, slot, entry(), budget.clone())
            .prop_map(|(table, slot, value, budget)| Op::UpdateForeign { table, slot, value, budget }),
        6 => (0..OWN, kind(), budget.clone()).prop_map(|(frame, kind, budget)| Op::Pin { frame, kind, budget }),
        4 => (0..OWN, budget.clone()).prop_map(|(frame, budget)| Op::Unpin { frame, budget }),
        2 => (0..OWN, budget.clone()).prop_map(|(frame, budget)| Op::Root { frame, budget }),
        1 => budget.clone().prop_map(|budget| Op::NoRoot { budget }),
        1 => (0..OWN).prop_map(|frame| Op::Gdt { frame }),
        1 => Just(Op::NoGdt),
        1 => (0..OWN).prop_map(|frame| Op::GiveUp { frame }),
        2 => (0..OWN).prop_map(|frame| Op::Take { frame }),
        1 => (0..OWN).prop_map(|frame| Op::Steal { frame }),
        1 => (0..OWN, budget.clone()).prop_map(|(frame, budget)| Op::Relinquish { frame, budget }),
        1 => budget.prop_map(|budget| Op::Finish { budget }),
    ]
}

fn with_budget(op: Op, budget: u32) -> Op {
    match op {
        Op::Update {
            table, slot, value, ..
        } => Op::Update {
            table,
            slot,
            value,
            budget,
        },
        Op::UpdateForeign {
            table, slot, value, ..
        } => Op::UpdateForeign {
            table,
            slot,
            value,
            budget,
        },
        Op::Pin { frame, kind, .. } => Op::Pin {
            frame,
            kind,
            budget,
        },
        Op::Unpin { frame, .. } => Op::Unpin { frame, budget },
        Op::Root { frame, .. } => Op::Root { frame, budget },
        Op::NoRoot { .. } => Op::NoRoot { budget },
        Op::Relinquish { frame, .. } => Op::Relinquish { frame, budget },
        Op::Finish { .. } => Op::Finish { budget },
        other => other,
    }
}

/// A world with a tree of tables in it, as walks from nothing seldom build one.
fn planted() -> Large {
    let mut world = World::new(OWN as usize, 2, 1);
    let tree = [
        (0, 0, 1),
        (0, 1, 2),
        (1, 0, 3),
        (1, 1, 4),
        (2, 0, 3),
        (3, 0, 5),
        (3, 1, 6),
        (4, 2, 6),
    ];
    for (table, slot, target) in tree {
        let value = target << 12 | Pte::P;
        world
            .step(Op::Store {
                frame: table,
                slot,
                value,
            })
            .unwrap();
    }
    for (table, slot, target) in [(5, 0, 7), (5, 1, 8), (6, 0, 9), (6, 3, 7)] {
        let value = target << 12 | Pte::P | Pte::RW;
        world
            .step(Op::Store {
                frame: table,
                slot,
                value,
            })
            .unwrap();
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_right_after_every_step(
        ops in prop::collection::vec(op(1..=6), 1..120),
        tree: bool,
    ) {
        let mut world = if tree { planted() } else { World::new(OWN as usize, 2, 1) };
        for (number, op) in ops.iter().enumerate() {
            let result = world.step(*op);
            if let Err(what) = world.check(true) {
                panic!("step {number}, {op:?} => {result:?}: {what}");
            }
        }
        // In the end everything can be taken back, and nothing is left.
        world.step_to_the_end(Op::NoRoot { budget: 3 }).unwrap();
        world.step_to_the_end(Op::NoGdt).unwrap();
        world.step_to_the_end(Op::Finish { budget: 3 }).unwrap();
        for frame in 0..OWN {
            let _ = world.step_to_the_end(Op::Relinquish { frame, budget: 3 });
            world.check(true).unwrap();
        }
        for frame in 0..OWN {
            prop_assert_eq!(world.snapshot(frame).refs, 0, "frame {}", frame);
        }
    }

    #[test]
    fn an_interrupted_request_ends_as_one_that_is_not(
        ops in prop::collection::vec(op(1..=6), 1..60),
        budget in 1u32..8,
    ) {
        let (mut whole, mut parts) = (planted(), planted());
        for op in ops {
            let expected = whole.step(with_budget(op, NO_LIMIT));
            let result = parts.step_to_the_end(with_budget(op, budget));
            prop_assert_eq!(result, expected, "{:?}", op);
            parts.step_to_the_end(Op::Finish { budget }).unwrap();
            parts.check(true).unwrap();
            for frame in 0..ALL {
                let (a, b) = (whole.snapshot(frame), parts.snapshot(frame));
                prop_assert_eq!((a.refs, a.kind, a.type_count, a.valid), (b.refs, b.kind, b.type_count, b.valid), "{:?}", op);
                for slot in 0..4 {
                    prop_assert_eq!(whole.word(frame, slot), parts.word(frame, slot), "{:?}", op);
                }
            }
        }
    }
}
