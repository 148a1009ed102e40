//! Stories about grants. Those that any hypervisor of this ABI must tell the same way are text, under
//! `tests/scenarios/grant_table`; here are those that look behind the ABI.

mod world;

use std::fs;
use std::path::Path;

use world::World;

#[test]
fn every_scenario_comes_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios/grant_table");
    let mut told = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        World::default().check(&fs::read_to_string(path).unwrap());
        told += 1;
    }
    assert!(told >= 5, "only {told} scenarios found");
}

#[test]
fn a_failed_map_leaves_nothing_behind() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 33        => ok
        dom0: map dom1 8 100                => bad_page
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 1000               => general_error
        dom1: makes_table 17                => ok
        dom0: map dom1 8 100                => general_error
        dom0: map dom1 8 100 readonly       => handle 0 frame 17
        dom1: ends 8                        => in use
        dom0: unmap 0 100                   => ok
        dom1: ends 8                        => ok
        ",
    );
}

#[test]
fn handles_run_out_and_come_back() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 100                => handle 0 frame 17
        dom0: map dom1 8 101                => handle 1 frame 17
        dom0: map dom1 8 102                => handle 2 frame 17
        dom0: map dom1 8 103                => handle 3 frame 17
        dom0: map dom1 8 104                => no_space
        dom0: unmap 2 102                   => ok
        dom0: map dom1 8 105                => handle 2 frame 17
        ",
    );
}

#[test]
fn an_entry_in_use_is_not_for_a_second_domain_whatever_it_says_now() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 100 readonly       => handle 0 frame 17
        dom1: grants 8 dom2 frame 18        => ok
        dom2: map dom1 8 100                => general_error
        dom2: copy dom1 8 0 to self frame 32 0 len 1 => general_error
        # For the first domain it still is what it was.
        dom0: map dom1 8 101 readonly       => handle 1 frame 17
        dom0: unmap 0 100                   => ok
        dom0: unmap 1 101                   => ok
        dom2: map dom1 8 100                => handle 0 frame 18
        ",
    );
}

#[test]
fn host_and_device_parts_are_undone_one_by_one() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 100 host device    => handle 0 frame 17
        dom0: unmap 0 100                   => ok
        dom1: ends 8                        => in use
        dom0: unmap_device 0 18             => general_error
        dom0: unmap_device 0 17             => ok
        dom1: ends 8                        => ok
        dom0: unmap 0 100                   => bad_handle
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 0 device           => handle 0 frame 17
        dom0: unmap 0 100                   => ok
        dom1: ends 8                        => in use
        dom0: unmap_device 0 17             => ok
        ",
    );
}

#[test]
fn a_dead_mapper_uses_nothing_any_more() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 17        => ok
        dom1: grants 9 dom2 frame 18        => ok
        dom0: map dom1 8 100                => handle 0 frame 17
        dom0: map dom1 8 101 device         => handle 1 frame 17
        dom2: map dom1 9 100                => handle 0 frame 18
        dom0: dies                          => ok
        dom1: ends 8                        => ok
        dom1: ends 9                        => in use
        ",
    );
}

#[test]
fn version_2_keeps_use_apart_and_grants_parts() {
    World::default().check(
        "
        dom1: grants 1 dom0 frame 16        => ok
        dom1: grants 8 dom0 frame 17        => ok
        dom0: map dom1 8 100                => handle 0 frame 17
        dom1: set_version 2                 => EBUSY
        dom1: set_version 3                 => EINVAL
        dom0: unmap 0 100                   => ok
        dom0: map dom1 1 101                => handle 0 frame 16
        dom1: set_version 2                 => ok
        # Reserved entries stay, even in use; the others are gone.
        dom0: map dom1 8 100                => general_error
        dom0: map dom1 1 102 readonly       => handle 1 frame 16
        dom1: grants_part 9 dom0 frame 17 100 50 => ok
        dom0: map dom1 9 103                => general_error
        dom0: copy dom1 9 100 to self frame 0 0 len 50 => ok
        dom0: copy dom1 9 99 to self frame 0 0 len 50  => general_error
        dom0: copy dom1 9 101 to self frame 0 0 len 50 => general_error
        dom0: unmap 1 102                   => ok
        dom1: set_version 1                 => ok
        dom1: ends 1                        => in use
        dom0: unmap 0 101                   => ok
        dom1: ends 1                        => ok
        dom1: set_version 1                 => ok
        ",
    );
}

#[test]
fn a_frame_changes_hands() {
    World::default().check(
        "
        dom1: accepts 8 dom0                => ok
        dom0: transfer 99 dom1 8            => bad_page
        dom0: transfer 1 dom1 8             => ok
        dom1: entry 8                       => frame 1 flags 14
        # What was promised once is not promised again; and the frame is gone all the same.
        dom0: transfer 2 dom1 8             => general_error
        dom0: transfer 2 dom1 8             => bad_page
        dom1: grants 9 dom0 frame 1         => ok
        dom0: map dom1 9 100                => handle 0 frame 1
        ",
    );
}

#[test]
fn entries_that_nobody_uses_can_be_swapped() {
    World::default().check(
        "
        dom1: grants 8 dom0 frame 17        => ok
        dom1: grants 9 dom0 frame 18        => ok
        dom1: swap 8 9                      => ok
        dom1: swap 9 9                      => ok
        dom0: map dom1 8 100                => handle 0 frame 18
        dom1: swap 8 9                      => general_error
        dom1: swap 9 512                    => bad_gntref
        ",
    );
}
