//! Stories about event channels. Those that any hypervisor of this ABI must tell the same way are text, under
//! `tests/scenarios/event_channel`; here are those that look behind the ABI.

mod world;

use std::fs;
use std::path::Path;

use world::World;

#[test]
fn every_scenario_comes_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios/event_channel");
    let mut told = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        World::default().check(&fs::read_to_string(path).unwrap());
        told += 1;
    }
    assert!(told >= 6, "only {told} scenarios found");
}

#[test]
fn a_small_table_fills_up_and_a_closed_port_is_the_next_one_given_out() {
    World::with_max_port(3).check(
        "
        dom1: alloc_unbound dom0       => port 1
        dom1: alloc_unbound dom0       => port 2
        dom1: alloc_unbound dom0       => port 3
        dom1: alloc_unbound dom0       => ENOSPC
        dom1: bind_ipi vcpu0           => ENOSPC
        dom1: close 2                  => ok
        dom1: bind_ipi vcpu1           => port 2
        dom1: status 2                 => ipi vcpu1
        ",
    );
}

#[test]
fn a_refused_binding_takes_no_port() {
    World::default().check(
        "
        dom1: alloc_unbound dom2       => port 1
        dom0: bind_interdomain dom1 1  => EINVAL
        dom0: bind_interdomain dom1 9  => EINVAL
        dom0: bind_interdomain dom1 99 => EINVAL
        dom0: bind_interdomain dom7 1  => ESRCH
        dom0: status 1                 => closed
        dom0: alloc_unbound dom1       => port 1
        ",
    );
}

#[test]
fn the_table_grows_by_64_ports_and_a_port_beyond_is_no_port() {
    let mut world = World::default();
    assert_eq!(world.run("dom1: status 63"), "closed");
    assert_eq!(world.run("dom1: status 64"), "EINVAL");
    for port in 1..64 {
        assert_eq!(
            world.run("dom1: alloc_unbound dom0"),
            format!("port {port}")
        );
    }
    world.check(
        "
        dom1: alloc_unbound dom0       => port 64
        dom1: status 127               => closed
        dom1: status 128               => EINVAL
        ",
    );
}

#[test]
fn a_two_level_table_ends_at_4096_and_fifo_opens_the_rest() {
    let mut world = World::with_max_port(u32::MAX);
    for port in 1..4096 {
        assert_eq!(world.run("dom1: bind_ipi vcpu0"), format!("port {port}"));
    }
    world.check(
        "
        dom1: bind_ipi vcpu0           => ENOSPC
        dom1: init_control vcpu0 0     => ok
        dom1: bind_ipi vcpu0           => port 4096
        ",
    );
}

#[test]
fn the_hypervisors_own_port_is_not_the_guests_to_touch() {
    World::default().check(
        "
        dom1: alloc_internal vcpu1 dom0 => port 1
        dom1: send 1                    => EINVAL
        dom1: close 1                   => EINVAL
        dom1: bind_vcpu 1 vcpu0         => EINVAL
        dom0: bind_interdomain dom1 1   => port 1
        dom0: send 1                    => ok
        dom1: woken                     => hypervisor(vcpu1)
        dom1: takes vcpu1               => nothing
        dom1: reset                     => ok
        dom1: status 1                  => interdomain dom0 1 vcpu1
        dom0: close 1                   => ok
        dom1: status 1                  => unbound dom0 vcpu1
        dom1: die                       => ok
        ",
    );
}

#[test]
fn an_event_wakes_once_until_it_is_taken() {
    World::default().check(
        "
        dom0: bind_ipi vcpu1           => port 1
        dom0: bind_ipi vcpu1           => port 2
        dom0: send 1                   => ok
        dom0: woken                    => vcpu1
        dom0: send 1                   => ok
        dom0: send 2                   => ok
        dom0: woken                    => nobody
        dom0: takes vcpu1              => 1 2
        dom0: send 2                   => ok
        dom0: woken                    => vcpu1
        ",
    );
}

#[test]
fn a_poller_is_woken_by_its_port_even_if_that_is_masked() {
    World::default().check(
        "
        dom0: bind_ipi vcpu0           => port 1
        dom0: bind_ipi vcpu0           => port 2
        dom0: mask 1                   => ok
        dom0: poll vcpu1 1             => waits
        dom0: send 2                   => ok
        dom0: woken                    => vcpu0
        dom0: send 1                   => ok
        dom0: woken                    => poller1
        dom0: poll vcpu1 1             => ready
        dom0: poll vcpu1 1 2           => ready
        ",
    );
}

#[test]
fn a_poller_of_several_ports_is_woken_by_any_and_a_poll_may_end_by_itself() {
    World::default().check(
        "
        dom0: bind_ipi vcpu0           => port 1
        dom0: bind_ipi vcpu0           => port 2
        dom0: poll vcpu1 1 2           => waits
        dom0: send 2                   => ok
        dom0: woken                    => vcpu0 poller1
        dom0: poll vcpu1 1             => waits
        dom0: stop_poll vcpu1          => ok
        dom0: send 1                   => ok
        dom0: woken                    => nobody
        dom0: poll vcpu1 64            => EINVAL
        ",
    );
}

#[test]
fn a_physical_interrupt_has_one_port_and_is_released_with_it() {
    World::default().check(
        "
        dom0: bind_pirq 9              => port 1
        dom0: bind_pirq 9              => EEXIST
        dom0: bind_pirq 32             => EINVAL
        dom0: pirq 9                   => ok
        dom0: takes vcpu0              => 1
        dom0: bind_vcpu 1 vcpu1        => ok, moves pirq 9
        dom0: pirq 9                   => ok
        dom0: takes vcpu1              => 1
        dom0: send 1                   => EINVAL
        dom0: close 1                  => ok, releases pirq 9
        dom0: pirq 9                   => nobody
        dom0: bind_pirq 9              => port 1
        ",
    );
}

#[test]
fn a_closed_port_takes_its_pending_event_with_it() {
    World::default().check(
        "
        dom0: bind_ipi vcpu0           => port 1
        dom0: send 1                   => ok
        dom0: close 1                  => ok
        dom0: bind_ipi vcpu0           => port 1
        dom0: pending 1                => no
        dom0: takes vcpu0              => nothing
        ",
    );
}

#[test]
fn what_was_pending_before_fifo_is_raised_when_its_word_is_there() {
    World::default().check(
        "
        dom0: bind_ipi vcpu0           => port 1
        dom0: bind_ipi vcpu0           => port 2
        dom0: send 1                   => ok
        dom0: init_control vcpu0 0     => ok
        dom0: send 2                   => ok
        dom0: pending 1                => yes
        dom0: pending 2                => yes
        dom0: takes vcpu0              => nothing
        dom0: expand_array             => ok
        dom0: takes vcpu0              => 1 2
        ",
    );
}

#[test]
fn an_event_waits_for_the_control_block_of_its_vcpu() {
    World::default().check(
        "
        dom0: init_control vcpu0 0     => ok
        dom0: expand_array             => ok
        dom0: bind_ipi vcpu1           => port 1
        dom0: send 1                   => ok
        dom0: woken                    => nobody
        dom0: init_control vcpu1 0     => ok
        dom0: woken                    => vcpu1
        dom0: takes vcpu1              => 1
        ",
    );
}

#[test]
fn an_event_that_moves_leaves_its_old_queue_whole() {
    World::default().check(
        "
        dom0: init_control vcpu0 0     => ok
        dom0: init_control vcpu1 0     => ok
        dom0: expand_array             => ok
        dom0: alloc_unbound dom0       => port 1
        dom0: bind_interdomain dom0 1  => port 2
        dom0: bind_ipi vcpu0           => port 3
        dom0: takes vcpu0              => 2
        # Port 2 is the old queue's last when it moves.
        dom0: send 1                   => ok
        dom0: takes vcpu0              => 2
        dom0: bind_vcpu 2 vcpu1        => ok
        dom0: send 1                   => ok
        dom0: send 3                   => ok
        dom0: takes vcpu0              => 3
        dom0: takes vcpu1              => 2
        # Still queued on vcpu1 when it moves back: it is taken where it is, once.
        dom0: send 1                   => ok
        dom0: bind_vcpu 2 vcpu0        => ok
        dom0: send 1                   => ok
        dom0: takes vcpu0              => nothing
        dom0: takes vcpu1              => 2
        dom0: send 1                   => ok
        dom0: takes vcpu0              => 2
        ",
    );
}

#[test]
fn reset_goes_back_to_two_levels() {
    World::default().check(
        "
        dom1: bind_ipi vcpu0           => port 1
        dom1: init_control vcpu0 0     => ok
        dom1: init_control vcpu0 0     => EINVAL
        dom1: expand_array             => ok
        dom1: send 1                   => ok
        dom1: reset                    => ok
        dom1: status 1                 => closed
        dom1: expand_array             => EOPNOTSUPP
        dom1: bind_ipi vcpu0           => port 1
        dom1: send 1                   => ok
        dom1: takes vcpu0              => 1
        dom1: init_control vcpu0 8     => ok
        dom1: expand_array             => ok
        dom1: send 1                   => ok
        dom1: takes vcpu0              => 1
        ",
    );
}
