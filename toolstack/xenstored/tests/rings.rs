//! The daemon's loop with kernels on rings and programs on the socket, good and bad ones.

mod stage;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use ring::{SharedMemory, XENSTORE, store};
use stage::Stage;
use xenstored::platform::Life;
use xs_wire::Kind;

#[test]
fn kernels_and_programs_see_one_store() {
    let stage = Stage::new();
    let mut program = stage.client();
    let mut dom0 = stage.kernel(0, 0);
    assert_eq!(program.ask(Kind::WRITE, "/a\0from a program"), "OK");
    assert_eq!(dom0.ask(Kind::READ, "/a\0"), "from a program");
    let mut guest = stage.guest(1);
    assert_eq!(program.ask(Kind::WRITE, "/local/domain/1/name\0one"), "OK");
    assert_eq!(
        program.ask(Kind::SET_PERMS, "/local/domain/1/name\0n1\0"),
        "OK"
    );
    assert_eq!(guest.ask(Kind::READ, "name\0"), "one");
    assert_eq!(guest.ask(Kind::WATCH, "name\0t\0"), "OK");
    assert_eq!(guest.event(), "name t");
    assert_eq!(program.ask(Kind::WRITE, "/local/domain/1/name\0two"), "OK");
    assert_eq!(guest.event(), "name t");
    assert_eq!(guest.ask(Kind::READ, "name\0"), "two");
    assert_eq!(program.ask(Kind::IS_DOMAIN_INTRODUCED, "1\0"), "T");
    assert_eq!(program.ask(Kind::IS_DOMAIN_INTRODUCED, "0\0"), "T");
}

#[test]
fn a_ring_announces_what_the_server_can() {
    let stage = Stage::new();
    let guest = stage.guest(1);
    assert_eq!(guest.way.page.load(store::SERVER_FEATURES), 7);
    assert_eq!(guest.way.page.load(store::ERROR), store::ERROR_NONE);
}

#[test]
fn deaths_are_told_and_give_everything_back() {
    let stage = Stage::new();
    let mut program = stage.client();
    program.ask(Kind::WATCH, "@releaseDomain\0r\0");
    assert_eq!(program.event(), "@releaseDomain r");
    let _one = stage.guest(1);
    let _two = stage.guest(2);
    assert_eq!(stage.bound(), 3);
    stage.fate(1, Some(Life::ShutDown));
    assert_eq!(program.event(), "@releaseDomain r");
    assert_eq!(program.ask(Kind::IS_DOMAIN_INTRODUCED, "1\0"), "T");
    stage.fate(1, None);
    assert_eq!(program.event(), "@releaseDomain r");
    assert_eq!(program.ask(Kind::IS_DOMAIN_INTRODUCED, "1\0"), "F");
    assert_eq!(program.ask(Kind::IS_DOMAIN_INTRODUCED, "2\0"), "T");
    assert_eq!(stage.bound(), 2);
}

#[test]
fn contradicting_indices_break_one_ring_until_it_reconnects() {
    let stage = Stage::new();
    let mut program = stage.client();
    let (mut bad, mut good) = (stage.guest(1), stage.guest(2));
    assert_eq!(bad.ask(Kind::WATCH, "x\0t\0"), "OK");
    bad.way
        .page
        .store(XENSTORE.to_backend.producer, 0x8000_0000);
    bad.way.kick();
    bad.way.wait_for(store::ERROR, store::ERROR_RING_INDEX);
    assert_eq!(good.ask(Kind::GET_DOMAIN_PATH, "2\0"), "/local/domain/2");
    assert_eq!(program.ask(Kind::CONTROL, "watches\0"), "");

    bad.way.page.store(store::CONNECTION, store::RECONNECT);
    bad.way.kick();
    bad.way.wait_for(store::CONNECTION, store::CONNECTED);
    assert_eq!(bad.way.page.load(store::ERROR), store::ERROR_NONE);
    bad.restart();
    assert_eq!(bad.ask(Kind::GET_DOMAIN_PATH, "1\0"), "/local/domain/1");
}

#[test]
fn too_long_a_message_breaks_the_ring_and_closes_the_socket() {
    let stage = Stage::new();
    let words = [Kind::READ.0, 1, 0, 4097];
    let header: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut guest = stage.guest(1);
    guest.way.write_all(&header).expect("room in the ring");
    guest.way.wait_for(store::ERROR, store::ERROR_PROTOCOL);
    let mut program = stage.client();
    program.way.write_all(&header).expect("room in the socket");
    assert_eq!(program.answer(), "EINVAL");
    assert_eq!(program.way.read(&mut [0; 16]).expect("the end"), 0);
    assert_eq!(
        stage.client().ask(Kind::GET_DOMAIN_PATH, "1\0"),
        "/local/domain/1"
    );
}

#[test]
fn half_a_message_is_waited_for_and_never_for_others() {
    let stage = Stage::new();
    let mut slow = stage.client();
    slow.way.write_all(&[2, 0, 0, 0, 1, 0, 0]).expect("room");
    drop(stage.client());
    let mut quick = stage.client();
    assert_eq!(quick.ask(Kind::WRITE, "/x\0v"), "OK");
    slow.way
        .write_all(&[0, 0, 0, 0, 0, 3, 0, 0, 0, b'/', b'x'])
        .expect("room");
    assert_eq!(quick.ask(Kind::READ, "/x\0"), "v");
    slow.way.write_all(&[0]).expect("room");
    assert_eq!(slow.answer(), "v");
}

#[test]
fn a_reconnect_forgets_half_a_message_and_all_watches() {
    let stage = Stage::new();
    let mut program = stage.client();
    let mut guest = stage.guest(1);
    assert_eq!(guest.ask(Kind::WATCH, "x\0t\0"), "OK");
    guest.way.write_all(&[2, 0, 0, 0, 1]).expect("room");
    guest.way.page.store(store::CONNECTION, store::RECONNECT);
    guest.way.kick();
    guest.way.wait_for(store::CONNECTION, store::CONNECTED);
    guest.restart();
    assert_eq!(guest.ask(Kind::GET_DOMAIN_PATH, "1\0"), "/local/domain/1");
    assert_eq!(program.ask(Kind::CONTROL, "watches\0"), "");
}

#[test]
fn who_never_reads_stops_only_himself() {
    let stage = Stage::new();
    let mut program = stage.client();
    program.ask(Kind::WRITE, "/big\0");
    let value = format!("/big\0{}", "x".repeat(4000));
    assert_eq!(program.ask(Kind::WRITE, &value), "OK");

    // 2000 answers of 4 KiB fill every buffer; the daemon stops taking this client's requests.
    let mut deaf = stage.client();
    deaf.way.set_nonblocking(true).expect("a socket");
    let mut request = Vec::new();
    let header = xs_wire::Header {
        kind: Kind::READ,
        request: 1,
        transaction: 0,
    };
    assert!(header.encode(&[b"/big\0"], &mut request));
    let all = request.repeat(2000);
    let mut sent = 0;
    let start = Instant::now();
    while sent < all.len() && start.elapsed() < Duration::from_millis(500) {
        match deaf.way.write(&all[sent..]) {
            Ok(len) => sent += len,
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    for _ in 0..200 {
        assert_eq!(program.ask(Kind::READ, "/big\0").len(), 4000);
    }
    // It reads at last, and finds every answer to every whole request.
    deaf.way.set_nonblocking(false).expect("a socket");
    for _ in 0..sent / request.len() {
        assert_eq!(deaf.answer().len(), 4000);
    }
}

#[test]
fn a_flooding_guest_leaves_turns_to_others() {
    let stage = Stage::new();
    let mut program = stage.client();
    program.ask(Kind::WRITE, "/local/domain/1/data\0");
    program.ask(Kind::SET_PERMS, "/local/domain/1/data\0n1\0");
    let mut guest = stage.guest(1);
    let flood = std::thread::spawn(move || {
        let start = Instant::now();
        let mut asked = 0;
        while start.elapsed() < Duration::from_millis(700) {
            for n in 0..20 {
                guest.send(Kind::WRITE, &format!("data/n{n}\0v"));
            }
            for _ in 0..20 {
                assert_eq!(guest.answer(), "OK");
            }
            asked += 20;
        }
        asked
    });
    let mut answered = 0;
    while !flood.is_finished() {
        assert_eq!(program.ask(Kind::READ, "/local/domain/1/data\0"), "");
        answered += 1;
    }
    let asked = flood.join().expect("the flood");
    assert!(
        answered > 50 && asked > 50,
        "{answered} answers beside {asked}"
    );
}

#[test]
fn a_guest_that_ignores_its_events_does_not_stop_dom0() {
    let stage = Stage::new();
    let mut program = stage.client();
    program.ask(Kind::WRITE, "/t\0");
    program.ask(Kind::SET_PERMS, "/t\0n0\0r1\0");
    let mut guest = stage.guest(1);
    assert_eq!(guest.ask(Kind::WATCH, "/t\0w\0"), "OK");
    for n in 0..3000 {
        assert_eq!(program.ask(Kind::WRITE, &format!("/t/n{n}\0v")), "OK");
    }
    // It wakes up and is told to look; afterwards it is served as ever.
    assert!(guest.event().starts_with("/t"));
    assert_eq!(guest.ask(Kind::GET_DOMAIN_PATH, "1\0"), "/local/domain/1");
}
