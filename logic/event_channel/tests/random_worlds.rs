//! Random operations by three domains at once. After each of them the world counts its invariants anew: two bound
//! ends name each other, the ledger and the channels agree, nothing that is pending is out of sight.

mod world;

use proptest::prelude::*;
use world::{DOMAINS, World};

/// An operation with small numbers, so that they meet often, and a few wild ones.
fn operation() -> impl Strategy<Value = String> {
    let dom = 0..DOMAINS;
    let port = prop_oneof![9 => 0u32..9, 1 => 60u32..68, 1 => any::<u32>()];
    let vcpu = prop_oneof![9 => 0u32..2, 1 => any::<u32>()];
    let real_vcpu = 0u32..2;
    let virq = prop_oneof![9 => 0u32..4, 1 => 0u32..30];
    let kind = 0u32..26;
    (
        dom,
        kind,
        0u32..u32::from(DOMAINS),
        port,
        vcpu,
        virq,
        real_vcpu,
    )
        .prop_map(|(dom, kind, peer, port, vcpu, virq, real)| {
            let op = match kind {
                0 | 1 => format!("alloc_unbound {peer}"),
                2..=5 => format!("bind_interdomain {peer} {port}"),
                6 => format!("bind_virq {virq} {vcpu}"),
                7 => format!("bind_pirq {port}"),
                8 => format!("bind_ipi {vcpu}"),
                9 | 10 => format!("close {port}"),
                11..=13 => format!("send {port}"),
                14 => format!("bind_vcpu {port} {vcpu}"),
                15 => format!("unmask {port}"),
                16 => format!("mask {}", port % 128),
                17 | 18 => format!("takes {real}"),
                19 => format!("virq {virq} {real}"),
                20 => format!("pirq {port}"),
                21 => format!("init_control {vcpu} 0"),
                22 => "expand_array".to_string(),
                23 => format!("set_priority {port} {virq}"),
                24 => format!("poll {real} {port}"),
                _ if virq == 0 => "reset".to_string(),
                _ if virq == 29 => "die".to_string(),
                _ => format!("status {port}"),
            };
            format!("dom{dom}: {op}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_every_operation(story in prop::collection::vec(operation(), 1..60)) {
        let mut world = World::with_max_port(70);
        for line in story {
            world.run(&line);
            world.check_invariants();
        }
    }
}
