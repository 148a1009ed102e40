//! The tree itself: nodes that snapshots share and writers copy.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;

use smol_str::SmolStr;
use xs_wire::{Access, ErrorName, Permission};

use crate::{DomId, Identity, Limits};

/// One node. Shared between snapshots, so never changed where another might see it.
#[derive(Clone, Debug)]
pub struct Node {
    value: Rc<[u8]>,
    permissions: Rc<[Permission]>,
    /// Sorted by name, which is the order that clients see.
    children: Vec<(SmolStr, Rc<Node>)>,
    /// Grows whenever value, permissions or the list of children change.
    generation: u64,
}

impl Node {
    /// What is stored here.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The owner first, then the exceptions.
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// The nodes below, by name.
    pub fn children(&self) -> impl ExactSizeIterator<Item = (&str, &Rc<Node>)> {
        self.children
            .iter()
            .map(|(name, child)| (name.as_str(), child))
    }

    /// Tells two readings of a list of children apart.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether both have children of the same names.
    pub fn same_names(&self, other: &Self) -> bool {
        let names = |node: &Self| node.children.len();
        names(self) == names(other)
            && self
                .children
                .iter()
                .zip(&other.children)
                .all(|(a, b)| a.0 == b.0)
    }

    /// The child of that name.
    pub fn child(&self, name: &str) -> Option<&Rc<Node>> {
        let at = self.find(name).ok()?;
        self.children.get(at).map(|(_, child)| child)
    }

    fn child_mut(&mut self, name: &str) -> Option<&mut Node> {
        let at = self.find(name).ok()?;
        self.children
            .get_mut(at)
            .map(|(_, child)| Rc::make_mut(child))
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.children
            .binary_search_by(|(have, _)| have.as_str().cmp(name))
    }

    fn owner(&self) -> DomId {
        self.permissions.first().map_or(0, |entry| entry.domain)
    }

    fn mentions(&self, domain: DomId) -> bool {
        self.permissions.iter().any(|entry| entry.domain == domain)
    }
}

/// All nodes, or a snapshot of them. Cloning costs three reference counts.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Rc<Node>,
    /// How many nodes each domain owns; domains that own none are absent.
    owned: Rc<BTreeMap<DomId, u32>>,
    /// The last generation given out, by this tree or any of its snapshots.
    clock: Rc<Cell<u64>>,
}

impl Default for Tree {
    fn default() -> Self {
        let root = Node {
            value: Rc::from([]),
            permissions: Rc::from([Permission {
                domain: 0,
                access: Access::None,
            }]),
            children: Vec::new(),
            generation: 0,
        };
        Self {
            root: Rc::new(root),
            owned: Rc::new(BTreeMap::from([(0, 1)])),
            clock: Rc::default(),
        }
    }
}

/// The components of an absolute path; none for the root.
pub(crate) fn components(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|name| !name.is_empty())
}

impl Tree {
    /// Whether nothing was written since the one was cloned from the other.
    pub fn same_as(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.root, &other.root)
    }

    /// The node at an absolute path.
    pub fn node(&self, path: &str) -> Option<&Rc<Node>> {
        components(path).try_fold(&self.root, |node, name| node.child(name))
    }

    /// How many nodes a domain owns.
    pub fn owned_by(&self, domain: DomId) -> u32 {
        self.owned.get(&domain).copied().unwrap_or(0)
    }

    /// Every owner and the number of its nodes.
    pub fn owners(&self) -> impl Iterator<Item = (DomId, u32)> {
        self.owned.iter().map(|(domain, count)| (*domain, *count))
    }

    /// The node, if `who` may read it.
    pub fn readable(&self, who: &Identity, path: &str) -> Result<&Rc<Node>, ErrorName> {
        let node = self.node(path).ok_or(ErrorName::ENOENT)?;
        who.reads(&node.permissions)
            .then_some(node)
            .ok_or(ErrorName::EACCES)
    }

    /// Stores a value, making the node and its parents if needed.
    pub fn write(
        &mut self,
        who: &Identity,
        limits: &Limits,
        path: &str,
        value: &Rc<[u8]>,
    ) -> Result<(), ErrorName> {
        if !who.privileged && value.len() > limits.node_size {
            return Err(ErrorName::E2BIG);
        }
        if let Some(node) = self.node(path) {
            who.writes(&node.permissions)
                .then_some(())
                .ok_or(ErrorName::EACCES)?;
        } else {
            self.create(who, limits, path)?;
        }
        let generation = self.tick();
        if let Some(node) = self.node_mut(path) {
            node.value = Rc::clone(value);
            node.generation = generation;
        }
        Ok(())
    }

    /// Makes the node and its parents; says whether it was missing.
    pub fn make(&mut self, who: &Identity, limits: &Limits, path: &str) -> Result<bool, ErrorName> {
        if let Some(node) = self.node(path) {
            return who
                .writes(&node.permissions)
                .then_some(false)
                .ok_or(ErrorName::EACCES);
        }
        self.create(who, limits, path).map(|()| true)
    }

    /// Removes the node with all below; answers what was there.
    pub fn remove(&mut self, who: &Identity, path: &str) -> Result<Option<Rc<Node>>, ErrorName> {
        let (parent, name) = split(path).ok_or(ErrorName::EINVAL)?;
        let node = match self.node(path) {
            Some(node) => node,
            // Only a missing parent is worth an error.
            None => return self.node(parent).map(|_| None).ok_or(ErrorName::ENOENT),
        };
        who.writes(&node.permissions)
            .then_some(())
            .ok_or(ErrorName::EACCES)?;
        let generation = self.tick();
        let removed = self.node_mut(parent).and_then(|parent| {
            let at = parent.find(name).ok()?;
            parent.generation = generation;
            Some(parent.children.remove(at).1)
        });
        if let Some(removed) = &removed {
            self.discount(removed);
        }
        Ok(removed)
    }

    /// Replaces a node's permissions; answers the old ones.
    pub fn set_permissions(
        &mut self,
        who: &Identity,
        limits: &Limits,
        path: &str,
        list: &Rc<[Permission]>,
    ) -> Result<Rc<[Permission]>, ErrorName> {
        let node = self.node(path).ok_or(ErrorName::ENOENT)?;
        who.owns(&node.permissions)
            .then_some(())
            .ok_or(ErrorName::EACCES)?;
        let old = Rc::clone(&node.permissions);
        let (from, to) = (node.owner(), list.first().map_or(0, |entry| entry.domain));
        if !who.privileged {
            // The owner may say who else, but not give the node away.
            (from == to).then_some(()).ok_or(ErrorName::EACCES)?;
            (list.len() <= limits.permissions)
                .then_some(())
                .ok_or(ErrorName::ENOSPC)?;
        }
        let generation = self.tick();
        if let Some(node) = self.node_mut(path) {
            node.permissions = Rc::clone(list);
            node.generation = generation;
        }
        if from != to {
            self.count(from, |count| count.saturating_sub(1));
            self.count(to, |count| count.saturating_add(1));
        }
        Ok(old)
    }

    /// A domain is gone: so are its nodes with all below, and every permission that names it.
    ///
    /// A later domain of the same number must not inherit what was meant for this one.
    pub fn forget_domain(&mut self, domain: DomId) {
        let generation = self.tick();
        if let Some(root) = forget(&self.root, domain, generation) {
            self.root = root;
            self.recount();
        }
    }

    /// Whether the counts are right; only a bug makes them wrong.
    pub fn check(&self) -> bool {
        let mut fresh = self.clone();
        fresh.recount();
        fresh.owned == self.owned
    }

    fn create(&mut self, who: &Identity, limits: &Limits, path: &str) -> Result<(), ErrorName> {
        let mut names = components(path);
        let mut parent = &self.root;
        // What is left of the path after the deepest node that exists.
        let missing = loop {
            let rest = names.clone();
            match names.next().and_then(|name| parent.child(name)) {
                Some(child) => parent = child,
                None => break rest.clone().count(),
            }
        };
        who.writes(&parent.permissions)
            .then_some(())
            .ok_or(ErrorName::EACCES)?;
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let owner = who.owner_below(&parent.permissions);
        let count = self.owned_by(owner).saturating_add(missing);
        if !who.privileged && count > limits.nodes {
            return Err(ErrorName::ENOSPC);
        }
        let permissions = inherit(&parent.permissions, owner);
        let generation = self.tick();
        let mut node = Rc::make_mut(&mut self.root);
        for name in components(path) {
            let at = match node.find(name) {
                Ok(at) => at,
                Err(at) => {
                    node.generation = generation;
                    let child = Node {
                        value: Rc::from([]),
                        permissions: Rc::clone(&permissions),
                        children: Vec::new(),
                        generation,
                    };
                    node.children
                        .insert(at, (SmolStr::new(name), Rc::new(child)));
                    at
                }
            };
            let Some((_, child)) = node.children.get_mut(at) else {
                break;
            };
            node = Rc::make_mut(child);
        }
        self.count(owner, |_| count);
        Ok(())
    }

    fn node_mut(&mut self, path: &str) -> Option<&mut Node> {
        components(path).try_fold(Rc::make_mut(&mut self.root), Node::child_mut)
    }

    fn tick(&self) -> u64 {
        let next = self.clock.get().wrapping_add(1);
        self.clock.set(next);
        next
    }

    fn count(&mut self, domain: DomId, change: impl FnOnce(u32) -> u32) {
        let owned = Rc::make_mut(&mut self.owned);
        match change(owned.get(&domain).copied().unwrap_or(0)) {
            0 => owned.remove(&domain),
            count => owned.insert(domain, count),
        };
    }

    fn discount(&mut self, node: &Node) {
        self.count(node.owner(), |count| count.saturating_sub(1));
        for (_, child) in &node.children {
            self.discount(child);
        }
    }

    fn recount(&mut self) {
        fn add(node: &Node, owned: &mut BTreeMap<DomId, u32>) {
            let count = owned.entry(node.owner()).or_default();
            *count = count.saturating_add(1);
            for (_, child) in &node.children {
                add(child, owned);
            }
        }
        let mut owned = BTreeMap::new();
        add(&self.root, &mut owned);
        self.owned = Rc::new(owned);
    }
}

/// An absolute path as its parent and its last name; the root has none.
fn split(path: &str) -> Option<(&str, &str)> {
    let (parent, name) = path.rsplit_once('/')?;
    (!name.is_empty()).then_some((if parent.is_empty() { "/" } else { parent }, name))
}

/// A parent's permissions for its new child, under another owner if need be.
fn inherit(parent: &Rc<[Permission]>, owner: DomId) -> Rc<[Permission]> {
    if parent.first().is_some_and(|entry| entry.domain == owner) {
        return Rc::clone(parent);
    }
    let mut list: Vec<Permission> = parent.to_vec();
    if let Some(first) = list.first_mut() {
        first.domain = owner;
    }
    list.into()
}

/// The node without traces of the domain, or `None` if it had none.
fn forget(node: &Rc<Node>, domain: DomId, generation: u64) -> Option<Rc<Node>> {
    let mut changed: Option<Node> = None;
    for (name, child) in &node.children {
        if child.owner() == domain && domain != 0 {
            let copy = changed.get_or_insert_with(|| Node::clone(node));
            copy.children.retain(|(have, _)| have != name);
            copy.generation = generation;
        } else if let Some(fresh) = forget(child, domain, generation) {
            let copy = changed.get_or_insert_with(|| Node::clone(node));
            if let Some((_, slot)) = copy.children.iter_mut().find(|(have, _)| have == name) {
                *slot = fresh;
            }
        }
    }
    if node.mentions(domain) && node.owner() != domain {
        let copy = changed.get_or_insert_with(|| Node::clone(node));
        copy.permissions = node
            .permissions
            .iter()
            .filter(|entry| entry.domain != domain)
            .copied()
            .collect();
        copy.generation = generation;
    }
    changed.map(Rc::new)
}
