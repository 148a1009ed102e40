//! Random operations by three domains at once, granters that lie included. After each of them the world counts its
//! invariants anew: pins are mappings, use flags are pins, every frame is kept as often as somebody uses it.

mod world;

use proptest::prelude::*;
use world::{DOMAINS, World};

/// An operation with small numbers, so that they meet often, and a few wild ones.
fn operation() -> impl Strategy<Value = String> {
    let gref = prop_oneof![9 => 6u32..10, 1 => 250u32..258, 1 => 512u32..u32::MAX];
    let address = prop_oneof![9 => 100u64..104, 1 => Just(0), 1 => Just(1000)];
    let frame = prop_oneof![9 => 0u64..4, 1 => any::<u64>()];
    let shape = (0u32..24, 0..DOMAINS, 0..DOMAINS, 0u32..5, any::<bool>());
    (
        shape,
        gref,
        address,
        frame,
        prop_oneof![3 => 0u16..64, 1 => any::<u16>()],
    )
        .prop_map(
            |((kind, me, peer, handle, flag), gref, address, frame, offset)| {
                let mine = frame.wrapping_add(u64::from(me) * 16);
                let how = if flag { "readonly" } else { "" };
                // What the guest itself writes stays inside its table.
                let own = gref % 250;
                let op = match kind {
                    0..=4 => format!("grants {own} dom{peer} frame {mine} {how}"),
                    5 => format!("ends {own}"),
                    6..=9 => format!("map dom{peer} {gref} {address} {how}"),
                    10 => format!("map dom{peer} {gref} {address} host device {how}"),
                    11 => format!("map dom{peer} {gref} {address} device {how}"),
                    12..=15 => format!("unmap {handle} {address}"),
                    16 => format!("unmap_device {handle} {frame}"),
                    17 => format!(
                        "unmap_and_replace {handle} {address} {}",
                        100 + u32::from(flag)
                    ),
                    18 | 19 => {
                        let len = offset / 2;
                        format!(
                            "copy dom{peer} {gref} {offset} to self frame {mine} {offset} len {len}"
                        )
                    }
                    20 => format!(
                        "copy self frame {mine} 0 to dom{peer} {gref} {offset} len {offset}"
                    ),
                    21 => format!("swap {own} {gref}"),
                    22 if flag => format!("set_version {}", 1 + handle % 3),
                    23 if handle == 0 => "dies".to_string(),
                    _ => format!("transfer {mine} dom{peer} {gref}"),
                };
                format!("dom{me}: {op}")
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn invariants_hold_after_every_operation(story in prop::collection::vec(operation(), 1..50)) {
        let mut world = World::default();
        for line in story {
            world.run(&line);
            world.check_invariants();
        }
    }
}
