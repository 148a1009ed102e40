//! Hostile domains: random hypercalls, plausible and not, from a domain that may do nothing to others.
//!
//! What must hold, whatever it tries: the body does not panic, [`World::check`], a bystander's memory stays as it was,
//! and when the domain ends every page is back. `XENOLITH_FUZZ_SEEDS` says how many seeds are tried (200), and
//! `XENOLITH_FUZZ_FIRST` with which to begin, to play one again.

use std::sync::atomic::Ordering;

use super::world::{BASE, FREE_SLOTS, L1, PAGES, UNMAPPED, World};

/// Hypercalls that one seed makes.
const CALLS: u32 = 60;
/// Pages of the attacker's that hold its arguments.
const ARGUMENTS: u64 = 4;
/// Filled into the bystander's pages.
const PATTERN: u64 = 0x5eed_0fba_5eba_1100;
/// The bystander's pages that nobody may touch.
const UNTOUCHED: std::ops::Range<usize> = 20..50;

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// A seed's attack.
struct Attack<'a> {
    world: &'a mut World,
    dice: Dice,
    ids: Vec<u64>,
}

impl Attack<'_> {
    /// A machine frame: mostly its own, sometimes somebody's, sometimes nobody's.
    fn mfn(&mut self) -> u64 {
        let whose = match self.dice.below(10) {
            0 => {
                return self.dice.pick(&[
                    0,
                    0xff,
                    0xf_ec00,
                    0xf_ee00,
                    u64::MAX,
                    1 << 40,
                    metal::memory::max_mfn(),
                ]);
            }
            1 => return 0x100 + self.dice.below(metal::memory::max_mfn() - 0x100),
            2 => "b",
            3 => "dom0",
            _ => "a",
        };
        let domain = self.world.domain(whose);
        let last = domain.mfns.len() as u64;
        let index = match self.dice.below(3) {
            0 => self.dice.below(last),
            1 => UNMAPPED + self.dice.below(PAGES - UNMAPPED),
            _ => PAGES + self.dice.below(4),
        };
        self.world.domain(whose).mfns[index as usize]
    }

    fn entry(&mut self) -> u64 {
        if self.dice.one_in(8) {
            return self.dice.next();
        }
        let rights = self
            .dice
            .pick(&[0, 1, 3, 5, 7, 7, 7, 0x67, 0x87, 0x107, 1 << 63 | 7]);
        self.mfn() << 12 | rights
    }

    /// An address: of its pages, of free places, of nowhere.
    fn address(&mut self) -> u64 {
        match self.dice.below(8) {
            0 => self.dice.pick(&[
                0,
                0xfff,
                0xffff_8000_0000_0000,
                0xffff_8300_0000_0000,
                1 << 47,
                u64::MAX - 7,
                0xffff_8800_0000_0000,
            ]),
            1 => BASE + (FREE_SLOTS << 12) + self.dice.below(64 << 12),
            2 => BASE + (PAGES << 12) + self.dice.below(4 << 12),
            _ => BASE + (self.dice.below(ARGUMENTS << 9) << 3),
        }
    }

    fn small(&mut self) -> u64 {
        match self.dice.below(6) {
            0 => self.dice.pick(&[
                u64::MAX,
                1 << 31,
                1 << 32,
                u64::from(u32::MAX),
                4096,
                1 << 63,
            ]),
            1 => self.dice.next(),
            _ => self.dice.below(12),
        }
    }

    fn domain_id(&mut self) -> u64 {
        let index = self.dice.below(self.ids.len() as u64) as usize;
        self.ids[index]
    }

    /// A word such as stands in an argument.
    fn word(&mut self) -> u64 {
        match self.dice.below(8) {
            0 => self.domain_id(),
            1 => self.mfn(),
            2 => self.entry(),
            3 | 4 => self.address(),
            5 => self.domain_id() | self.small() << 32,
            _ => self.small(),
        }
    }

    /// Fills the pages of arguments.
    fn fill_arguments(&mut self) {
        for page in 0..ARGUMENTS as usize {
            let words: Vec<u8> = (0..32).flat_map(|_| self.word().to_le_bytes()).collect();
            self.world.put("a", page, &words);
        }
    }

    /// The place of a free slot.
    fn slot(&mut self) -> u64 {
        BASE + ((FREE_SLOTS + self.dice.below(4)) << 12)
    }

    /// A page-table frame of its own.
    fn table(&mut self) -> u64 {
        let page = self.dice.pick(&[L1, L1, L1 - 1, L1 - 2, PAGES, 60]);
        self.world.domain("a").mfns[page as usize]
    }

    fn put_words(&mut self, page: usize, words: &[u64]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.world.put("a", page, &bytes);
    }

    /// A call that looks right, of those that change most.
    fn plausible_call(&mut self) -> (u64, [u64; 4]) {
        const SELF: u64 = 0x7ff0;
        match self.dice.below(8) {
            0 => {
                let count = 1 + self.dice.below(3);
                let mut words = Vec::new();
                for _ in 0..count {
                    words.push(self.table());
                    words.push(0);
                }
                for pair in words.chunks_mut(2) {
                    let command = self.dice.pick(&[0, 0, 0, 1, 2, 3]);
                    let slot = self
                        .dice
                        .pick(&[0, 1, 60, 100, 101, 102, 103, 256, 271, 511]);
                    pair[0] = pair[0] << 12 | slot << 3 | command;
                    pair[1] = self.entry();
                }
                self.put_words(0, &words);
                (1, [BASE, count, 0, SELF])
            }
            1 => {
                let count = 1 + self.dice.below(3);
                let words: Vec<u64> = (0..count)
                    .flat_map(|_| [self.mmuext_command(), self.mfn(), self.mfn()])
                    .collect();
                self.put_words(0, &words);
                (26, [BASE, count, 0, SELF])
            }
            2 => {
                let operation = self.dice.pick(&[0, 1, 1, 6]);
                let order = self.dice.pick(&[0, 0, 0, 1, 2, 9]);
                let count = self.dice.below(20);
                self.put_words(0, &[BASE + 0x1000, count, order, SELF]);
                self.put_mfns(1);
                (12, [operation, BASE, 0, 0])
            }
            3 => {
                let (slot, reference, owner) = (self.slot(), self.dice.below(12), self.domain_id());
                let flags = self.dice.pick(&[2, 2, 6, 3, 0x12, 0xa]);
                self.put_words(0, &[slot, flags | reference << 32, owner, 0, 0]);
                (20, [0, BASE, 1, 0])
            }
            4 => {
                let (slot, handle) = (self.slot(), self.dice.below(4));
                let replaced = if self.dice.one_in(2) { 0 } else { self.slot() };
                self.put_words(0, &[slot, replaced, handle]);
                (20, [self.dice.pick(&[1, 1, 1, 7]), BASE, 1, 0])
            }
            5 => {
                let (source, target) = (self.mfn(), self.mfn());
                let (reference, owner, me) = (self.dice.below(12), self.domain_id(), SELF);
                let flags = self.dice.below(4);
                let pick = |is_reference: bool, mfn: u64| {
                    if is_reference {
                        (reference, owner)
                    } else {
                        (mfn, me)
                    }
                };
                let (from, from_domain) = pick(flags & 1 != 0, source);
                let (to, to_domain) = pick(flags & 2 != 0, target);
                let offset = self.dice.pick(&[0, 0, 1, 4095, 4096]);
                let len = self.dice.pick(&[1, 8, 4096, 4095, 65535]);
                self.put_words(
                    0,
                    &[
                        from,
                        from_domain | offset << 16,
                        to,
                        to_domain,
                        len | flags << 16,
                    ],
                );
                (20, [5, BASE, 1, 0])
            }
            6 => {
                self.put_mfns(1);
                self.put_words(2, &[60, 61]);
                let (count, order) = (1 + self.dice.below(2), self.dice.pick(&[0, 0, 1]));
                self.put_words(
                    0,
                    &[
                        BASE + 0x1000,
                        count,
                        order,
                        SELF,
                        BASE + 0x2000,
                        count,
                        0,
                        SELF,
                        0,
                    ],
                );
                (12, [11, BASE, 0, 0])
            }
            _ => {
                let (port, other) = (self.dice.below(6), self.domain_id());
                let words = match self.dice.below(3) {
                    0 => [SELF | other << 16, port],
                    1 => [other | port << 32, port],
                    _ => [port, self.dice.below(3)],
                };
                self.put_words(0, &words);
                (32, [self.dice.below(14), BASE, 0, 0])
            }
        }
    }

    /// Writes an entry of its grant table, good or bad, as it could in a page of its own.
    fn grant_something(&mut self) {
        let Some(table) = self
            .world
            .body("a")
            .and_then(|domain| domain.grants.shared_frame(0))
        else {
            return;
        };
        let frame = metal::frame::Frame::new(table).expect("in the pool");
        let flags = self.dice.pick(&[1, 1, 1, 5, 0, 2, 3, 0x101, 0x19, 0xffff]);
        let peer = self.world.domain("b").id;
        let entry = flags | u64::from(peer) << 16 | self.mfn() << 32;
        let reference = self.dice.below(4) as usize;
        frame.words()[8 + reference].store(entry, std::sync::atomic::Ordering::Relaxed);
    }

    /// The bystander trusts the attacker as far as a driver does: maps, copies from and gives back what it grants.
    fn bystander_acts(&mut self) {
        let reference = 8 + self.dice.below(4);
        let slot = FREE_SLOTS + self.dice.below(6);
        let line = match self.dice.below(4) {
            0 | 1 => format!("map of a {reference} slot {slot}"),
            2 => format!("copy of a {reference} to page 12"),
            _ => format!("unmap {} slot {slot}", self.dice.below(4)),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = self.world.act("b", &words);
        if tracing() {
            eprintln!("b: {line} => {answer}");
        }
    }

    /// Pins more often than anything else.
    fn mmuext_command(&mut self) -> u64 {
        if self.dice.one_in(2) {
            self.dice.below(6)
        } else {
            self.dice.below(21)
        }
    }

    fn put_mfns(&mut self, page: usize) {
        let list: Vec<u64> = (0..20).map(|_| self.mfn()).collect();
        self.put_words(page, &list);
    }

    /// A call with its arguments.
    fn call(&mut self) -> (u64, [u64; 4]) {
        let (number, mut arguments) = if self.dice.one_in(2) {
            self.plausible_call()
        } else {
            self.wild_call()
        };
        if self.dice.one_in(16) {
            arguments[self.dice.below(4) as usize] = self.word();
        }
        (number, arguments)
    }

    /// Any call with anything.
    fn wild_call(&mut self) -> (u64, [u64; 4]) {
        const USED: [u64; 31] = [
            0, 1, 2, 3, 4, 5, 8, 9, 10, 12, 13, 14, 14, 15, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29,
            30, 32, 33, 35, 36, 14, 20,
        ];
        let number = if self.dice.one_in(40) {
            self.dice.below(70)
        } else {
            self.dice.pick(&USED)
        };
        let target = if self.dice.one_in(4) {
            self.domain_id()
        } else {
            0x7ff0
        };
        let arguments = match number {
            1 | 26 => [
                BASE,
                self.dice.below(4),
                if self.dice.one_in(2) {
                    0
                } else {
                    self.address()
                },
                target,
            ],
            2 => [self.address(), self.dice.below(600), 0, 0],
            13 => [BASE, self.dice.below(5), 0, 0],
            14 | 22 => {
                let slot = self
                    .dice
                    .pick(&[FREE_SLOTS, FREE_SLOTS + 1, 60, 64, 67, 30]);
                [
                    BASE + (slot << 12),
                    self.entry(),
                    self.dice.below(12),
                    target,
                ]
            }
            20 => [self.dice.below(14), BASE, self.dice.below(3), 0],
            21 => [self.dice.below(2), self.dice.below(8), 0, 0],
            24 => [self.dice.below(16), self.dice.below(3), BASE, 0],
            12 | 17 | 28 | 29 | 30 | 32 | 33 => [self.dice.below(30), BASE, self.small(), 0],
            _ => [self.word(), self.word(), self.word(), self.word()],
        };
        (number, arguments)
    }
}

/// Plays one seed.
fn attack(seed: u64) {
    let mut world = World::new();
    let mut dice = Dice::new(seed);
    let vcpus = 1 + dice.below(2) as u32;
    world.create("a", vcpus);
    world.create("b", 1);
    for page in UNTOUCHED {
        world.put("b", page, &PATTERN.to_le_bytes());
    }
    // Two pages of the bystander are the attacker's to map.
    world.play("b: grant 8 to a page 10 => ok\nb: grant 9 to a page 11 ro => ok");
    let (attacker, bystander) = (world.domain("a").id, world.domain("b").id);
    world.allowed.insert((bystander, attacker));
    let ids = vec![
        0x7ff0,
        0x7ff0,
        world.domain("b").id.into(),
        0,
        0x7ff1,
        0x7ff2,
        0x7fff,
    ];
    let pages_of_b = pages_of_bystander(&world);
    let mut attack = Attack {
        world: &mut world,
        dice,
        ids,
    };
    for _ in 0..CALLS {
        attack.fill_arguments();
        if attack.dice.one_in(4) {
            attack.grant_something();
        }
        if attack.dice.one_in(6) {
            attack.bystander_acts();
        }
        let (number, arguments) = attack.call();
        let vcpu = attack.dice.below(vcpus.into()) as u32;
        let answer = attack.world.call("a", vcpu, number, arguments);
        if tracing() {
            let mut left = [0; 40];
            attack.world.get("a", 0, &mut left);
            eprintln!("a{vcpu}: {number} {arguments:x?} => {answer:x?}, argument {left:02x?}");
        }
        attack.world.check();
        let is_down = attack
            .world
            .body("a")
            .is_none_or(|domain| domain.lifecycle.shutdown_reason().is_some());
        if is_down {
            break;
        }
    }
    for page in UNTOUCHED {
        let mut bytes = [0; 8];
        world.get("b", page, &mut bytes);
        assert_eq!(
            u64::from_le_bytes(bytes),
            PATTERN,
            "page {page} of the bystander was changed"
        );
    }
    assert_eq!(
        pages_of_bystander(&world),
        pages_of_b,
        "the bystander's memory grew or shrank"
    );
    world.end();
}

fn pages_of_bystander(world: &World) -> u64 {
    let bystander = world.body("b").expect("it exists");
    bystander.pages.total.load(Ordering::Relaxed)
}

fn tracing() -> bool {
    std::env::var_os("XENOLITH_FUZZ_TRACE").is_some()
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn fuzz_from_an_unprivileged_domain() {
    let first = from_environment("XENOLITH_FUZZ_FIRST", 0);
    let seeds = from_environment("XENOLITH_FUZZ_SEEDS", 200);
    for seed in first..first + seeds {
        let result = std::panic::catch_unwind(|| attack(seed));
        if let Err(panic) = result {
            eprintln!(
                "seed {seed} failed: XENOLITH_FUZZ_FIRST={seed} XENOLITH_FUZZ_SEEDS=1 plays it again"
            );
            eprintln!("{}", metal::console::take_output());
            std::panic::resume_unwind(panic);
        }
    }
}
