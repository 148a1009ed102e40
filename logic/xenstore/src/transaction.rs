//! A transaction: a snapshot, what was done to it, and what was seen in it.

use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::vec::Vec;

use smol_str::SmolStr;
use xs_wire::{ErrorName, Permission};

use crate::{Identity, Limits, Node, Tree};

/// An open transaction.
#[derive(Debug)]
pub struct Transaction {
    /// The tree when it began.
    base: Tree,
    /// The tree as the transaction sees it.
    work: Tree,
    log: Vec<Step>,
    writes: bool,
    /// When it began, in the store's count of writes.
    pub began: u64,
}

/// Something that was asked, with the answer.
#[derive(Clone, Debug)]
struct Step {
    path: SmolStr,
    deed: Deed,
}

#[derive(Clone, Debug)]
enum Deed {
    Read(Seen),
    Directory(Seen),
    Permissions(Seen),
    Write(Rc<[u8]>, Result<(), ErrorName>),
    Make(Result<bool, ErrorName>),
    Remove(Result<bool, ErrorName>),
    SetPermissions(Rc<[Permission]>, Result<(), ErrorName>),
}

type Seen = Result<Rc<Node>, ErrorName>;

/// Which part of a node a request looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Its value.
    Value,
    /// The names of its children.
    Names,
    /// Its permissions.
    Permissions,
}

/// A change, to the present tree or within a transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// Store a value.
    Write(Rc<[u8]>),
    /// Make a node.
    Make,
    /// Remove it with all below.
    Remove,
    /// Replace its permissions.
    SetPermissions(Rc<[Permission]>),
}

/// What a change did.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Nothing: it was so already.
    None,
    /// The node has another value, or is new.
    Written,
    /// The node had these permissions.
    Permissions(Rc<[Permission]>),
    /// This was removed.
    Removed(Rc<Node>),
}

/// Why a commit fails: this path would have answered differently.
#[derive(Debug)]
pub struct Conflict(pub SmolStr);

/// Applies a change to a tree.
pub fn apply(
    tree: &mut Tree,
    who: &Identity,
    limits: &Limits,
    path: &str,
    change: &Change,
) -> Result<Effect, ErrorName> {
    Ok(match change {
        Change::Write(value) => {
            tree.write(who, limits, path, value)?;
            Effect::Written
        }
        Change::Make => {
            if tree.make(who, limits, path)? {
                Effect::Written
            } else {
                Effect::None
            }
        }
        Change::Remove => tree
            .remove(who, path)?
            .map_or(Effect::None, Effect::Removed),
        Change::SetPermissions(list) => {
            Effect::Permissions(tree.set_permissions(who, limits, path, list)?)
        }
    })
}

impl Transaction {
    /// Begins on a snapshot of the tree.
    pub fn begin(tree: &Tree, began: u64) -> Self {
        let (base, work) = (tree.clone(), tree.clone());
        Self {
            base,
            work,
            log: Vec::new(),
            writes: false,
            began,
        }
    }

    /// How many requests were made in it.
    pub fn requests(&self) -> usize {
        self.log.len()
    }

    /// Looks at a node.
    pub fn look(&mut self, who: &Identity, path: &str, aspect: Aspect) -> Seen {
        let seen = self.work.readable(who, path).cloned();
        let deed = match aspect {
            Aspect::Value => Deed::Read(seen.clone()),
            Aspect::Names => Deed::Directory(seen.clone()),
            Aspect::Permissions => Deed::Permissions(seen.clone()),
        };
        self.log.push(Step {
            path: SmolStr::new(path),
            deed,
        });
        seen
    }

    /// Changes a node.
    pub fn change(
        &mut self,
        who: &Identity,
        limits: &Limits,
        path: &str,
        change: &Change,
    ) -> Result<(), ErrorName> {
        let effect = apply(&mut self.work, who, limits, path, change);
        self.writes |= effect.is_ok();
        let answer = effect.as_ref().map(|_| ()).map_err(|error| *error);
        let some = effect.map(|effect| !matches!(effect, Effect::None));
        let deed = match change {
            Change::Write(value) => Deed::Write(Rc::clone(value), answer),
            Change::Make => Deed::Make(some),
            Change::Remove => Deed::Remove(some),
            Change::SetPermissions(list) => Deed::SetPermissions(Rc::clone(list), answer),
        };
        self.log.push(Step {
            path: SmolStr::new(path),
            deed,
        });
        answer
    }

    /// Puts the changes into the present tree; answers the paths to tell of, in order.
    pub fn commit(
        self,
        tree: &mut Tree,
        who: &Identity,
        limits: &Limits,
    ) -> Result<Vec<SmolStr>, Conflict> {
        if !self.writes {
            return Ok(Vec::new());
        }
        if tree.same_as(&self.base) {
            *tree = self.work;
        } else {
            // All on a copy: a conflict at the last step leaves no trace of the first.
            let mut attempt = tree.clone();
            for step in &self.log {
                if !step.again(&mut attempt, who, limits) {
                    return Err(Conflict(step.path.clone()));
                }
            }
            *tree = attempt;
        }
        let mut told = BTreeSet::new();
        let changed = self.log.into_iter().filter(|step| step.deed.changed());
        Ok(changed
            .map(|step| step.path)
            .filter(|path| told.insert(path.clone()))
            .collect())
    }
}

impl Step {
    /// Does it again on another tree; whether the answer is the same.
    fn again(&self, tree: &mut Tree, who: &Identity, limits: &Limits) -> bool {
        let path = &self.path;
        match &self.deed {
            Deed::Read(seen) => same(tree.readable(who, path), seen, |a, b| {
                a.value() == b.value()
            }),
            Deed::Directory(seen) => same(tree.readable(who, path), seen, Node::same_names),
            Deed::Permissions(seen) => same(tree.readable(who, path), seen, |a, b| {
                a.permissions() == b.permissions()
            }),
            Deed::Write(value, answer) => tree.write(who, limits, path, value) == *answer,
            Deed::Make(answer) => tree.make(who, limits, path).map(drop) == answer.map(drop),
            Deed::Remove(answer) => tree.remove(who, path).map(drop) == answer.map(drop),
            Deed::SetPermissions(list, answer) => {
                tree.set_permissions(who, limits, path, list).map(drop) == *answer
            }
        }
    }
}

impl Deed {
    fn changed(&self) -> bool {
        match self {
            Self::Read(_) | Self::Directory(_) | Self::Permissions(_) => false,
            Self::Write(_, answer) | Self::SetPermissions(_, answer) => answer.is_ok(),
            Self::Make(answer) | Self::Remove(answer) => *answer == Ok(true),
        }
    }
}

/// Whether a node answers as the one seen before, by the aspect that was looked at.
fn same(
    now: Result<&Rc<Node>, ErrorName>,
    seen: &Seen,
    equal: impl Fn(&Node, &Node) -> bool,
) -> bool {
    match (now, seen) {
        (Ok(now), Ok(seen)) => Rc::ptr_eq(now, seen) || equal(now, seen),
        (Err(now), Err(seen)) => now == *seen,
        _ => false,
    }
}
