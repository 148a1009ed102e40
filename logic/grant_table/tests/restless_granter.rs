//! Granters that change an entry in the very moment in which it is used.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use abi::DomId;
use grant_table::{Access, Error, Ref, Shared, Table, Use, Version, Word};

const PERMIT: u64 = 1;
const GREF: Ref = Ref(9);

/// Words of a guest that acts after each of our writes.
#[derive(Default)]
struct Restless {
    words: RefCell<BTreeMap<Word, u64>>,
    /// Takes the grant back when use flags are set.
    revokes: bool,
    /// Writes to the entry whenever we have read it.
    fidgets: bool,
    tries: Cell<u32>,
}

impl Restless {
    fn set(&self, word: Word, value: u64) {
        self.words.borrow_mut().insert(word, value);
    }
}

impl Shared for Restless {
    fn load(&self, word: Word) -> Option<u64> {
        Some(self.words.borrow().get(&word).copied().unwrap_or(0))
    }
    fn store(&self, word: Word, value: u64) {
        self.set(word, value);
    }
    fn fetch_or(&self, word: Word, bits: u64) -> Option<u64> {
        let old = self.load(word)?;
        self.set(word, old | bits);
        if self.revokes {
            self.set(Word::Entry(GREF.0 * 2), 0);
        }
        Some(old)
    }
    fn fetch_and(&self, word: Word, bits: u64) -> Option<u64> {
        let old = self.load(word)?;
        self.set(word, old & bits);
        Some(old)
    }
    fn compare_exchange(&self, word: Word, old: u64, new: u64) -> Result<u64, Option<u64>> {
        self.tries.set(self.tries.get() + 1);
        if self.fidgets {
            let other = old ^ 1 << 63;
            self.set(word, other);
            return Err(Some(other));
        }
        self.set(word, new);
        Ok(old)
    }
}

fn table(version: u32, shared: &Restless) -> Table {
    let mut table = Table::new(1, Version::V2);
    table.reserve(1).unwrap();
    table.grown(1);
    if let Some(version) = table.may_set_version(version).unwrap() {
        table.set_version(version, shared);
    }
    table
}

#[test]
fn a_grant_that_is_revoked_while_it_is_taken_leaves_no_use_behind() {
    let shared = Restless {
        revokes: true,
        ..Restless::default()
    };
    let mut table = table(2, &shared);
    shared.set(Word::Entry(GREF.0 * 2), PERMIT);
    let pinned = table.pin(GREF, DomId(0), Access::Write, Use::Map, &shared);
    assert_eq!(pinned, Err(Error::Unstable(GREF)));
    assert_eq!(table.pins(GREF), (0, 0));
    assert_eq!(shared.load(Word::Status(GREF.0 / 4)), Some(0));
}

#[test]
fn an_entry_that_never_holds_still_is_given_up() {
    let shared = Restless {
        fidgets: true,
        ..Restless::default()
    };
    let mut table = table(1, &shared);
    shared.set(Word::Entry(GREF.0), PERMIT);
    let pinned = table.pin(GREF, DomId(0), Access::Read, Use::Copy, &shared);
    assert_eq!(pinned, Err(Error::Unstable(GREF)));
    assert_eq!(table.pins(GREF), (0, 0));
    assert!(shared.tries.get() <= 16);
}
