//! Domains that ask for too much, never read, or disturb others: each harms only itself.

mod world;
use world::World;
use xenstore::{Limits, Pause, Store};
use xs_wire::{Kind, PAYLOAD_MAX};

/// A small world in which `dom1` has a home of its own.
fn small() -> World {
    let limits = Limits {
        nodes: 4,
        node_size: 8,
        watches: 2,
        transactions: 2,
        requests: 3,
        permissions: 2,
        events: 10,
        ..Limits::default()
    };
    World::with(limits).check(
        "
        dom0: mkdir /local/domain/1     => ok
        dom0: chmod /local/domain/1 n1  => ok
        dom0: introduce 1               => ok
    ",
    )
}

#[test]
fn quotas_bind_guests_alone() {
    small().check(
        "
        dom1: write a v            => ok
        dom1: write b/c v          => ok
        dom1: write d v            => ENOSPC
        dom1: write e/f/g v        => ENOSPC
        dom1: ls /local/domain/1   => a b
        dom1: rm b                 => ok
        dom1: write d v            => ok
        dom1: write a 12345678     => ok
        dom1: write a 123456789    => E2BIG
        dom1: chmod a n1 r2        => ok
        dom1: chmod a n1 r2 r3     => ENOSPC
        dom1: watch x 1            => ok
        dom1: watch y 1            => ok
        dom1: watch z 1            => ENOSPC
        dom1: unwatch y 1          => ok
        dom1: watch z 1            => ok
        dom0: write /local/domain/1/more/and/more 0123456789 => ok
        dom0: watch /1 w           => ok
        dom0: watch /2 w           => ok
        dom0: watch /3 w           => ok
    ",
    );
}

#[test]
fn transactions_are_few_and_short() {
    small().check(
        "
        dom1: begin              => 1
        dom1: begin              => 2
        dom1: begin              => ENOSPC
        dom1: write a v in 1     => ok
        dom1: read a in 1        => v
        dom1: read a in 1        => v
        dom1: read a in 1        => ENOSPC
        dom1: commit 1           => ok
        dom1: abort 2            => ok
        dom1: begin              => 3
        dom1: reset              => ok
        dom1: commit 3           => EIO
    ",
    );
}

#[test]
fn a_quota_cannot_be_dodged_through_transactions() {
    small().check(
        "
        dom1: begin              => 1
        dom1: begin              => 2
        dom1: write a/b v in 1   => ok
        dom1: write c/d v in 2   => ok
        dom1: commit 1           => ok
        dom1: commit 2           => EAGAIN
        dom1: ls /local/domain/1 => a
    ",
    );
}

#[test]
fn a_guest_that_reads_no_events_gets_one_per_watch() {
    let mut world = small();
    world.play("dom1: watch /local/domain/1 w => ok\n dom1: write other v => ok");
    let guest = world.connection("dom1");
    let tool = world.connection("dom0");
    world.collect(guest);
    world.play("dom1: events => /local/domain/1:w /local/domain/1/other:w");
    // dom1 stops reading while dom0 writes to ever new nodes that it may read.
    for n in 0..5000 {
        let payload = format!("/local/domain/1/n{n}\0v");
        world.send(tool, Kind::WRITE, payload.as_bytes(), 0);
        world.collect(tool);
    }
    let waiting = world
        .store
        .outbox(guest)
        .map(|outbox| (outbox.waiting(), outbox.bytes().len()));
    let (events, bytes) = waiting.expect("dom1");
    assert!(events <= 10, "{events} events wait");
    assert!(bytes <= 2 * (16 * 1024), "{bytes} bytes wait");
    assert_eq!(world.store.paused(guest, 0), Some(Pause::Unread));
    // Once it reads again, it is told to look at what it watches.
    world.collect(guest);
    assert_eq!(world.store.paused(guest, 0), None);
}

#[test]
fn dom0s_kernel_misses_no_path_however_slow_it_is() {
    let mut world = World::default();
    let kernel = world.store.adopt(0, 0, 1);
    world.send(kernel, Kind::WATCH, b"/backend\0b\0", 0);
    world.collect(kernel);
    let writer = world.connection("dom0");
    for n in 0..5000 {
        world.send(
            writer,
            Kind::WRITE,
            format!("/backend/{}/n{n}\0v", n / 500).as_bytes(),
            0,
        );
        world.collect(writer);
    }
    let told = world.events_of(kernel);
    let missing = (0..5000).find(|n| !told.contains(&format!("/backend/{}/n{n}:b", n / 500)));
    assert_eq!(missing, None);
}

#[test]
fn events_that_wait_are_merged_not_lost() {
    let mut world = World::default();
    world.play("tool1: watch /t w => ok");
    let (reader, writer) = (world.connection("tool1"), world.connection("dom0"));
    for n in 0..20_000 {
        world.send(
            writer,
            Kind::WRITE,
            format!("/t/n{}\0v", n % 700).as_bytes(),
            0,
        );
        world.collect(writer);
    }
    let waiting = world.store.outbox(reader).expect("tool1").waiting();
    assert!(waiting <= 2048, "{waiting} events wait for 700 nodes");
    let told = world.events_of(reader);
    let missing = (0..700).find(|n| !told.contains(&format!("/t/n{n}:w")));
    assert_eq!(missing, None, "a node whose change was not told");
    assert!(!world.store.outbox(reader).expect("tool1").is_overrun());
}

#[test]
fn a_client_that_never_reads_is_given_up() {
    let mut world = World::default();
    world.play("tool1: watch /t w => ok");
    let (reader, writer) = (world.connection("tool1"), world.connection("dom0"));
    for n in 0..140_000 {
        world.send(
            writer,
            Kind::WRITE,
            format!("/t/{}/n{n}\0v", n / 500).as_bytes(),
            0,
        );
        world.collect(writer);
    }
    assert!(world.store.outbox(reader).expect("tool1").is_overrun());
}

#[test]
fn a_guest_that_breaks_transactions_must_wait() {
    let mut world = small();
    for n in 1..=5 {
        world.play(&format!(
            "
            dom0: begin                          => {n}
            dom0: ls /local/domain/1 in {n}      => {}
            dom0: write /t v in {n}              => ok
            dom1: paused                         => no
            dom1: {}
            dom0: commit {n}                     => EAGAIN
        ",
            if n % 2 == 1 { "empty" } else { "x" },
            if n % 2 == 1 {
                "write x v => ok"
            } else {
                "rm x => ok"
            },
        ));
    }
    world.play("dom1: paused => blamed\n dom0: paused => no");
    world.stage.now_ns += 1_000_000_000;
    world.play("dom1: paused => no");
}

#[test]
fn a_guest_is_not_blamed_for_writing_elsewhere() {
    let mut world = small();
    for n in 1..=20 {
        world.play(&format!(
            "
            dom0: write /t v{n}        => ok
            dom0: begin                => {n}
            dom0: read /t in {n}       => v{n}
            dom0: write /u v in {n}    => ok
            dom1: write x v            => ok
            tool1: write /t other      => ok
            dom0: commit {n}           => EAGAIN
            dom1: paused               => no
        "
        ));
    }
}

#[test]
fn long_lists_of_children_come_in_parts() {
    let mut world = World::default();
    let dom0 = world.connection("dom0");
    let names: Vec<String> = (0..1500).map(|n| format!("child-{n:05}")).collect();
    for name in &names {
        world.send(dom0, Kind::WRITE, format!("/t/{name}\0").as_bytes(), 0);
        world.collect(dom0);
    }
    world.play("dom0: ls /t => E2BIG\n dom0: part /t 999999 => EINVAL");
    let (mut list, mut offset) = (Vec::new(), 0);
    loop {
        world.send(
            dom0,
            Kind::DIRECTORY_PART,
            format!("/t\0{offset}\0").as_bytes(),
            0,
        );
        let bytes = world.store.outbox(dom0).expect("dom0").bytes()[16..].to_vec();
        world.collect(dom0);
        assert!(bytes.len() <= PAYLOAD_MAX);
        let start = bytes
            .iter()
            .position(|byte| *byte == 0)
            .expect("a generation")
            + 1;
        let (part, last) = match bytes[start..].strip_suffix(b"\0\0") {
            Some(part) => ([part, b"\0"].concat(), true),
            None => (bytes[start..].to_vec(), false),
        };
        offset += part.len();
        list.extend(xs_wire::strings(&part).map(|name| String::from_utf8_lossy(name).into_owned()));
        if last {
            break;
        }
    }
    assert_eq!(list, names);
}

#[test]
fn the_deepest_path_there_can_be_is_made_and_removed() {
    let limits = Limits {
        path: 3072,
        ..Limits::default()
    };
    let deep = "/a".repeat(1500);
    World::with(limits).check(&format!(
        "
        dom0: write {deep} v  => ok
        dom0: read {deep}     => v
        dom0: watch {deep} w  => ok
        dom0: rm /a           => ok
        dom0: read {deep}     => ENOENT
    "
    ));
}

#[test]
fn a_store_without_connections_still_answers_nobody() {
    let mut store = Store::new(Limits::default());
    assert_eq!(store.touched(), None);
    assert_eq!(store.paused(xenstore::ConnId(5), 0), None);
}
