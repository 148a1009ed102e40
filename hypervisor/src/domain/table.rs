//! The domains that exist, by id.
//!
//! Always: an id is not given out again before all 15-bit ids were used; a domain leaves the table only when nothing
//! holds a page of it any more, so an owner found in a page can be looked up.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{DomId, Errno, RawDomId};
use metal::sync::RwLock;

use crate::domain::Domain;
use crate::rank;

/// The first id that no domain can have (`DOMID_FIRST_RESERVED`).
const FIRST_RESERVED: u16 = 0x7ff0;

struct Table {
    slots: Vec<Option<Arc<Domain>>>,
    /// Where the search for a free id goes on.
    next: u16,
}

static TABLE: RwLock<Table> = RwLock::new(
    rank::DOMAIN_TABLE,
    Table {
        slots: Vec::new(),
        next: 1,
    },
);

/// The domain of this id.
pub fn get(id: DomId) -> Option<Arc<Domain>> {
    TABLE.read().slots.get(usize::from(id.0))?.clone()
}

/// Domain 0.
///
/// `None` only before it is built.
pub fn dom0() -> Option<Arc<Domain>> {
    get(DomId(0))
}

/// The first domain whose id is `from` or higher.
pub fn next_from(from: DomId) -> Option<Arc<Domain>> {
    TABLE
        .read()
        .slots
        .get(usize::from(from.0)..)?
        .iter()
        .flatten()
        .next()
        .cloned()
}

/// Every domain, in the order of the ids.
pub fn all() -> Vec<Arc<Domain>> {
    TABLE.read().slots.iter().flatten().cloned().collect()
}

/// An id for a new domain: the one asked for, or, where `wanted` is none, the next free one.
pub fn free_id(wanted: Option<RawDomId>) -> Result<DomId, Errno> {
    let mut table = TABLE.write();
    let taken = |table: &Table, id: u16| matches!(table.slots.get(usize::from(id)), Some(Some(_)));
    if let Some(RawDomId(id)) = wanted {
        return if id >= FIRST_RESERVED {
            Err(Errno::EINVAL)
        } else if taken(&table, id) {
            Err(Errno::EEXIST)
        } else {
            Ok(DomId(id))
        };
    }
    for _ in 1..FIRST_RESERVED {
        let id = table.next;
        table.next = if id.wrapping_add(1) >= FIRST_RESERVED {
            1
        } else {
            id.wrapping_add(1)
        };
        if !taken(&table, id) {
            return Ok(DomId(id));
        }
    }
    Err(Errno::ENOMEM)
}

/// Enters a domain under its id.
pub fn insert(domain: Arc<Domain>) -> Result<(), Errno> {
    let mut table = TABLE.write();
    let index = usize::from(domain.id.0);
    if table.slots.len() <= index {
        table.slots.resize(index.saturating_add(1), None);
    }
    match table.slots.get_mut(index) {
        Some(slot @ None) => {
            *slot = Some(domain);
            Ok(())
        }
        _ => Err(Errno::EEXIST),
    }
}

/// Takes a domain out, when it is dead and owns nothing; whether it was still in.
pub fn remove(domain: &Arc<Domain>) -> bool {
    let mut table = TABLE.write();
    let slot = table.slots.get_mut(usize::from(domain.id.0));
    // Two CPUs may free its last pages, and its id may already be another's for the second.
    slot.is_some_and(|slot| slot.take_if(|there| Arc::ptr_eq(there, domain)).is_some())
}
