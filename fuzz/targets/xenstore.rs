//! The store: whatever two guests send, in whatever pieces, every message gets one answer, the
//! counts stay right, and nothing waits without bound.
//!
//! Each step is a byte that says who and how many, then that many bytes of his stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xenstore::{ConnId, DomId, Host, Limits, Pause, Store};
use xs_wire::{ErrorName, Inbox, Kind, Message};

struct Stage(u64);

impl Host for Stage {
    fn now_ns(&self) -> u64 {
        self.0
    }
    fn attach(&mut self, _: ConnId, _: DomId, _: u64, _: u32) -> Result<(), ErrorName> {
        Ok(())
    }
    fn rebind(&mut self, _: ConnId, _: DomId, _: u32) -> Result<(), ErrorName> {
        Ok(())
    }
    fn detach(&mut self, _: ConnId, _: DomId) {}
    fn print(&mut self, _: &str) {}
    fn log_requests(&mut self, _: bool) {}
    fn log_file(&mut self, _: &str) -> Result<(), ErrorName> {
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        nodes: 20,
        watches: 5,
        transactions: 2,
        requests: 20,
        events: 30,
        ..Limits::default()
    };
    let (mut store, mut stage) = (Store::new(limits), Stage(0));
    store.seed("/a/b", "dom0's");
    let guests = [store.adopt(1, 1, 1), store.adopt(2, 1, 1)];
    for domain in [b"1", b"2"] {
        let home = [b"/local/domain/", &domain[..], b"\0n", domain, b"\0"].concat();
        let dom0 = store.connect();
        let header = |kind| xs_wire::Header {
            kind,
            request: 0,
            transaction: 0,
        };
        let make = Message {
            header: header(Kind::MKDIR),
            payload: &home[..home.len() - 3],
        };
        store.handle(dom0, &make, &mut stage);
        let own = Message {
            header: header(Kind::SET_PERMS),
            payload: &home,
        };
        store.handle(dom0, &own, &mut stage);
        store.disconnect(dom0);
    }
    let mut inboxes = [Inbox::default(), Inbox::default()];
    let mut rest = data;
    while let Some((&step, tail)) = rest.split_first() {
        let who = usize::from(step & 1);
        let (bytes, tail) = tail.split_at(tail.len().min(usize::from(step >> 2)));
        rest = tail;
        stage.0 += 1_000_000;
        inboxes[who].push(bytes);
        if step & 2 != 0 {
            // He reads what waits for him.
            while let Some(outbox) = store
                .outbox(guests[who])
                .filter(|outbox| !outbox.is_empty())
            {
                let len = outbox.bytes().len();
                outbox.sent(len);
            }
        }
        while store.paused(guests[who], stage.0) != Some(Pause::Unread) {
            match inboxes[who].next() {
                Ok(Some(message)) => store.handle(guests[who], &message, &mut stage),
                Ok(None) => break,
                Err(_) => {
                    inboxes[who].clear();
                    store.reset(guests[who]);
                    break;
                }
            }
        }
        for guest in guests {
            let outbox = store.outbox(guest).expect("the guest lives");
            assert!(outbox.waiting() <= 256 && outbox.bytes().len() < 64 * 1024);
        }
        while store.touched().is_some() {}
        assert!(store.tree().check());
        assert!(store.tree().owned_by(1) <= 21 && store.tree().owned_by(2) <= 21);
    }
    store.domain_gone(1, &mut stage);
    assert_eq!(store.tree().owned_by(1), 0);
    assert!(store.tree().check());
});
