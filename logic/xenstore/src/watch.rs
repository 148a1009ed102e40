//! Who wants to know about which paths.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;

use smol_str::SmolStr;

use crate::tree::components;
use crate::{ConnId, DomId, Node};

/// One watch of one connection.
#[derive(Debug)]
pub struct Watch {
    /// Whose it is.
    pub connection: ConnId,
    /// What is watched: an absolute path, or a special one.
    pub path: SmolStr,
    /// How many bytes of an event's path the client does not see, because it asked by relative path.
    pub hidden: usize,
    /// Comes back with each event.
    pub token: Box<[u8]>,
    /// Levels below the path that still count.
    pub depth: Option<u32>,
    /// Cleared when the watch is removed, so that events still queued for it vanish.
    pub live: Cell<bool>,
}

impl Watch {
    /// A path as the client wrote its own.
    pub fn shown<'p>(&self, path: &'p str) -> &'p str {
        path.get(self.hidden..).unwrap_or(path)
    }

    fn reaches(&self, levels: u32) -> bool {
        self.depth.is_none_or(|depth| levels <= depth)
    }
}

/// All watches, by the components of their paths.
#[derive(Default, Debug)]
pub struct Watches {
    root: Level,
    special: Vec<Rc<Watch>>,
}

#[derive(Default, Debug)]
struct Level {
    here: Vec<Rc<Watch>>,
    below: BTreeMap<SmolStr, Level>,
}

impl Watches {
    /// Adds a watch.
    pub fn add(&mut self, watch: &Rc<Watch>) {
        if xs_wire::is_special(&watch.path) {
            self.special.push(Rc::clone(watch));
            return;
        }
        let mut level = &mut self.root;
        for name in components(&watch.path) {
            if !level.below.contains_key(name) {
                level.below.insert(SmolStr::new(name), Level::default());
            }
            let Some(next) = level.below.get_mut(name) else {
                return;
            };
            level = next;
        }
        level.here.push(Rc::clone(watch));
    }

    /// Removes it; events on their way to it are dropped.
    pub fn remove(&mut self, watch: &Rc<Watch>) {
        watch.live.set(false);
        if xs_wire::is_special(&watch.path) {
            self.special.retain(|have| !Rc::ptr_eq(have, watch));
        } else {
            self.root.remove(&mut components(&watch.path), watch);
        }
    }

    /// Calls for every watch that covers a change at `path` itself.
    pub fn covering(&self, path: &str, mut tell: impl FnMut(&Rc<Watch>)) {
        let mut levels = u32::try_from(components(path).count()).unwrap_or(u32::MAX);
        let mut names = components(path);
        let mut level = &self.root;
        loop {
            level
                .here
                .iter()
                .filter(|watch| watch.reaches(levels))
                .for_each(&mut tell);
            let Some(next) = names.next().and_then(|name| level.below.get(name)) else {
                return;
            };
            level = next;
            levels = levels.saturating_sub(1);
        }
    }

    /// Calls for every watch strictly below `path` whose node is in the removed subtree.
    pub fn inside(&self, path: &str, removed: &Node, mut tell: impl FnMut(&Rc<Watch>, &Node)) {
        let level = components(path).try_fold(&self.root, |level, name| level.below.get(name));
        if let Some(level) = level {
            level.descend(removed, &mut tell);
        }
    }

    /// Calls for every watch of a special event about a domain, with the path to report.
    pub fn special(&self, event: &str, domain: DomId, mut tell: impl FnMut(&Rc<Watch>, &str)) {
        let named = format!("{event}/{domain}");
        for watch in &self.special {
            if watch.path == named {
                tell(watch, &named);
            } else if watch.path == event {
                tell(
                    watch,
                    if watch.depth == Some(1) {
                        &named
                    } else {
                        event
                    },
                );
            }
        }
    }

    /// Every watch, in no order that matters.
    pub fn all(&self) -> Vec<Rc<Watch>> {
        let mut all = self.special.clone();
        self.root.collect(&mut all);
        all
    }
}

impl Level {
    fn remove(&mut self, names: &mut dyn Iterator<Item = &str>, watch: &Rc<Watch>) {
        let Some(name) = names.next() else {
            self.here.retain(|have| !Rc::ptr_eq(have, watch));
            return;
        };
        if let Some(next) = self.below.get_mut(name) {
            next.remove(names, watch);
            if next.here.is_empty() && next.below.is_empty() {
                self.below.remove(name);
            }
        }
    }

    fn descend(&self, node: &Node, tell: &mut impl FnMut(&Rc<Watch>, &Node)) {
        for (name, level) in &self.below {
            if let Some(child) = node.child(name) {
                level.here.iter().for_each(|watch| tell(watch, child));
                level.descend(child, tell);
            }
        }
    }

    fn collect(&self, all: &mut Vec<Rc<Watch>>) {
        all.extend(self.here.iter().cloned());
        self.below.values().for_each(|level| level.collect(all));
    }
}
