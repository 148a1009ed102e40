//! One guest's console ring, and what it printed that nobody has read.
//!
//! Always: nothing is taken from the ring beyond the guest's allowance; after the guest's indices
//! contradicted each other the ring is not touched any more.

use ring::{CONSOLE, Inconsistent, SharedMemory};

use crate::allowance::Allowance;
use crate::backlog::Backlog;
use crate::options::Overflow;

/// What came of looking at the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing was there.
    Quiet,
    /// The guest printed something and wants to know that there is room again.
    Took,
    /// The guest used up its turns: do not listen to it before this time.
    Resting(u64),
    /// Nobody reads, and nothing may be dropped: the guest waits.
    Full,
    /// The guest broke its ring, just now.
    Broke,
    /// The guest broke its ring before.
    Broken,
}

/// A mapped ring.
#[derive(Debug)]
pub struct Console<P> {
    /// None after the guest broke it, or went.
    page: Option<P>,
    /// What waits for the terminal.
    pub backlog: Backlog,
    allowance: Allowance,
    overflow: Overflow,
}

impl<P: SharedMemory> Console<P> {
    /// Takes over a ring.
    pub fn new(page: P, limit: usize, overflow: Overflow) -> Self {
        Self {
            page: Some(page),
            backlog: Backlog::new(limit),
            allowance: Allowance::default(),
            overflow,
        }
    }

    /// Goes on with another ring of the same guest.
    pub fn replace_ring(&mut self, page: P) {
        self.page = Some(page);
    }

    /// Lets the ring go, for the guest is gone; what it printed stays.
    pub fn drop_ring(&mut self) {
        self.page = None;
    }

    /// Takes what the guest printed, once, and shows it to `log` too.
    pub fn take(&mut self, now_ns: u64, log: &mut dyn FnMut(&[u8])) -> Turn {
        if self.page.is_none() {
            return Turn::Broken;
        }
        if self.overflow == Overflow::Keep && self.backlog.is_full() {
            return Turn::Full;
        }
        if let Err(until) = self.allowance.take(now_ns) {
            return Turn::Resting(until);
        }
        self.take_now(log)
    }

    /// The last look at a guest that is gone; no rule holds it back.
    pub fn take_last(&mut self, log: &mut dyn FnMut(&[u8])) {
        self.take_now(log);
    }

    fn take_now(&mut self, log: &mut dyn FnMut(&[u8])) -> Turn {
        let Some(page) = &self.page else {
            return Turn::Broken;
        };
        let mut bytes = [0; CONSOLE.to_backend.size as usize];
        match CONSOLE.to_backend.read(page, &mut bytes) {
            Ok(0) => Turn::Quiet,
            Ok(len) => {
                let printed = bytes.get(..len).unwrap_or_default();
                log(printed);
                self.backlog.push(printed);
                Turn::Took
            }
            Err(Inconsistent) => {
                self.page = None;
                Turn::Broke
            }
        }
    }

    /// How many typed bytes the guest has room for.
    pub fn room(&self) -> usize {
        let free = self.page.as_ref().map(|page| CONSOLE.to_guest.free(page));
        free.and_then(Result::ok).unwrap_or(0) as usize
    }

    /// Hands typed bytes to the guest, as many as it has room for; whether it must be rung.
    pub fn type_in(&mut self, bytes: &[u8]) -> bool {
        let written = self
            .page
            .as_ref()
            .map(|page| CONSOLE.to_guest.write(page, bytes));
        matches!(written, Some(Ok(1..)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowance::{PERIOD_NS, TURNS};
    use std::rc::Rc;
    use sys::mapping::SharedPages;

    #[derive(Clone)]
    struct Page(Rc<SharedPages>);

    impl SharedMemory for Page {
        fn load(&self, offset: usize) -> u32 {
            self.0.load(offset)
        }
        fn store(&self, offset: usize, value: u32) {
            self.0.store(offset, value);
        }
        fn copy_out(&self, offset: usize, into: &mut [u8]) {
            self.0.copy_out(offset, into);
        }
        fn copy_in(&self, offset: usize, from: &[u8]) {
            self.0.copy_in(offset, from);
        }
    }

    /// A guest and its console.
    struct World {
        page: Page,
        console: Console<Page>,
        log: Vec<u8>,
    }

    impl World {
        fn new(limit: usize, overflow: Overflow) -> Self {
            let file =
                rustix::fs::memfd_create("page", rustix::fs::MemfdFlags::CLOEXEC).expect("memfd");
            rustix::fs::ftruncate(&file, 4096).expect("room");
            let page = Page(Rc::new(SharedPages::map(&file, 0, 1).expect("mapping")));
            let console = Console::new(page.clone(), limit, overflow);
            Self {
                page,
                console,
                log: Vec::new(),
            }
        }

        fn print(&self, text: &[u8]) -> usize {
            CONSOLE
                .to_backend
                .write(&self.page, text)
                .expect("sound ring")
        }

        fn take(&mut self, now_ns: u64) -> Turn {
            self.console
                .take(now_ns, &mut |bytes| self.log.extend(bytes))
        }
    }

    #[test]
    fn what_is_printed_is_logged_and_kept() {
        let mut world = World::new(100, Overflow::Discard);
        assert_eq!(world.take(0), Turn::Quiet);
        world.print(b"Linux ");
        world.print(b"version");
        assert_eq!(world.take(0), Turn::Took);
        assert_eq!(world.log, b"Linux version");
        assert_eq!(world.console.backlog.front(), b"Linux version");
        assert_eq!(world.take(0), Turn::Quiet);
    }

    #[test]
    fn what_is_typed_reaches_the_guest_until_its_queue_is_full() {
        let mut world = World::new(100, Overflow::Discard);
        assert_eq!(world.console.room(), 1024);
        assert!(world.console.type_in(&[b'k'; 1020]));
        assert_eq!(world.console.room(), 4);
        let mut read = [0; 2000];
        assert_eq!(CONSOLE.to_guest.read(&world.page, &mut read), Ok(1020));
        assert_eq!(world.console.room(), 1024);
    }

    #[test]
    fn a_flood_is_held_back_and_keeps_its_newest() {
        let mut world = World::new(3000, Overflow::Discard);
        for turn in 0..TURNS {
            assert_eq!(world.print(&[turn as u8; 4000]), 2048);
            assert_eq!(world.take(5), Turn::Took);
        }
        world.print(b"one more");
        assert_eq!(world.take(6), Turn::Resting(5 + PERIOD_NS));
        assert_eq!(world.take(5 + PERIOD_NS), Turn::Took);
        assert_eq!(
            world.log.len(),
            2048 * TURNS as usize + 8,
            "the log has all"
        );
        assert!(world.console.backlog.is_full());
    }

    #[test]
    fn a_guest_waits_where_nothing_may_be_dropped() {
        let mut world = World::new(10, Overflow::Keep);
        world.print(b"0123456789");
        assert_eq!(world.take(0), Turn::Took);
        world.print(b"ab");
        assert_eq!(world.take(0), Turn::Full);
        world.console.backlog.sent(10);
        assert_eq!(world.take(0), Turn::Took);
        assert_eq!(world.log, b"0123456789ab");
    }

    #[test]
    fn a_broken_ring_is_left_alone() {
        let mut world = World::new(100, Overflow::Discard);
        world.page.store(CONSOLE.to_backend.producer, 5000);
        assert_eq!(world.take(0), Turn::Broke);
        assert_eq!(world.take(0), Turn::Broken);
        assert_eq!(
            (world.console.room(), world.console.type_in(b"x")),
            (0, false)
        );
        world.page.store(CONSOLE.to_backend.producer, 0);
        let page = world.page.clone();
        world.console.replace_ring(page);
        world.print(b"again");
        assert_eq!(world.take(0), Turn::Took);
    }

    proptest::proptest! {
        /// Whatever the guest writes where the indices are, nothing but its own bytes suffers.
        #[test]
        fn no_index_does_harm(indices: [u32; 4]) {
            let mut world = World::new(100, Overflow::Discard);
            for (place, index) in [3072, 3076, 3080, 3084].into_iter().zip(indices) {
                world.page.store(place, index);
            }
            world.take(0);
            world.console.type_in(b"x");
            assert!(world.log.len() <= 2048 && world.console.room() <= 1024);
        }
    }
}
