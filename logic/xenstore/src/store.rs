//! Connections, domains, and the meaning of each request.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::Cell;

use smol_str::SmolStr;
use xs_wire::{
    Access, ErrorName, Header, Kind, Message, PAYLOAD_MAX, Permission, Request, WatchSpec,
    check_path, is_special,
};

use crate::blame::{Credit, History};
use crate::outbox::Overflow;
use crate::transaction::{Aspect, Change, Effect, Transaction, apply};
use crate::watch::{Watch, Watches};
use crate::{DomId, Identity, Limits, Node, Outbox, Tree};

/// A connection, until it is disconnected; then another may get the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub usize);

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A program of dom0, over the socket.
    Client,
    /// The kernel of a domain, over its ring.
    Ring(DomId),
}

/// What the store asks of the world.
pub trait Host {
    /// A clock that never goes back.
    fn now_ns(&self) -> u64;
    /// Maps a domain's ring and binds its port; both belong to `connection` from now on.
    fn attach(
        &mut self,
        connection: ConnId,
        domain: DomId,
        gfn: u64,
        port: u32,
    ) -> Result<(), ErrorName>;
    /// Binds another port to a ring that is mapped.
    fn rebind(&mut self, connection: ConnId, domain: DomId, port: u32) -> Result<(), ErrorName>;
    /// Gives ring and port back.
    fn detach(&mut self, connection: ConnId, domain: DomId);
    /// Writes a line where the administrator finds it.
    fn print(&mut self, text: &str);
    /// Turns the log of requests on or off.
    fn log_requests(&mut self, on: bool);
    /// Chooses the file of that log.
    fn log_file(&mut self, path: &str) -> Result<(), ErrorName>;
}

/// A connection whose requests must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Until it reads what waits for it.
    Unread,
    /// Until this time: its writes made too many transactions fail.
    Until(u64),
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    pub(crate) identity: Identity,
    pub(crate) watches: BTreeMap<(SmolStr, Box<[u8]>), Rc<Watch>>,
    pub(crate) transactions: BTreeMap<u32, Transaction>,
    last_transaction: u32,
    outbox: Outbox,
    credit: Credit,
    touched: bool,
}

#[derive(Debug)]
struct Domain {
    connection: ConnId,
    gfn: u64,
    port: u32,
    shut_down: bool,
}

/// The whole store.
#[derive(Debug)]
pub struct Store {
    pub(crate) tree: Tree,
    pub(crate) limits: Limits,
    pub(crate) watches: Watches,
    pub(crate) connections: Connections,
    domains: BTreeMap<DomId, Domain>,
    privileged: BTreeSet<DomId>,
    introduce: Rc<[Permission]>,
    release: Rc<[Permission]>,
    history: History,
    /// Counts writes, to know which came after a transaction began.
    stamp: u64,
    open_transactions: usize,
}

/// The special event of a new domain.
const INTRODUCE: &str = "@introduceDomain";
/// The special event of a domain that stopped or went.
const RELEASE: &str = "@releaseDomain";
/// The longest token: with the longest path it still fits a message.
const TOKEN_MAX: usize = 1000;
/// Past this many events a client of the socket is given up, and dom0's kernel told to look itself.
const PRIVILEGED_EVENTS: usize = 65_536;

const OK: &[&[u8]] = &[b"OK\0"];

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        let nobody: Rc<[Permission]> = Rc::from([Permission {
            domain: 0,
            access: Access::None,
        }]);
        Self {
            tree: Tree::default(),
            limits,
            watches: Watches::default(),
            connections: Connections::default(),
            domains: BTreeMap::new(),
            privileged: BTreeSet::from([0]),
            introduce: Rc::clone(&nobody),
            release: nobody,
            history: History::default(),
            stamp: 0,
            open_transactions: 0,
        }
    }

    /// Lets a domain do what dom0 may.
    pub fn privilege(&mut self, domain: DomId) {
        self.privileged.insert(domain);
    }

    /// The present tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Stores a value on the store's own behalf.
    pub fn seed(&mut self, path: &str, value: &str) {
        let value = Rc::from(value.as_bytes());
        let written = self.tree.write(&Identity::DOM0, &self.limits, path, &value);
        debug_assert!(written.is_ok(), "seeding {path}: {written:?}");
    }

    /// A new connection over the socket.
    pub fn connect(&mut self) -> ConnId {
        self.connections.add(Peer::Client, Identity::DOM0)
    }

    /// The kernel of a domain that the daemon itself found, which is dom0's.
    pub fn adopt(&mut self, domain: DomId, gfn: u64, port: u32) -> ConnId {
        let privileged = self.privileged.contains(&domain);
        let identity = Identity {
            domain,
            privileged,
            target: None,
        };
        let connection = self.connections.add(Peer::Ring(domain), identity);
        self.domains.insert(
            domain,
            Domain {
                connection,
                gfn,
                port,
                shut_down: false,
            },
        );
        connection
    }

    /// The connection is gone, with its watches and transactions.
    pub fn disconnect(&mut self, id: ConnId) {
        self.reset(id);
        self.connections.remove(id);
    }

    /// The connection starts anew, as after a reconnect of its ring.
    pub fn reset(&mut self, id: ConnId) {
        self.forget_watches(id);
        if let Some(connection) = self.connections.get_mut(id) {
            connection.outbox.clear();
        }
    }

    /// What waits for a connection.
    pub fn outbox(&mut self, id: ConnId) -> Option<&mut Outbox> {
        self.connections
            .get_mut(id)
            .map(|connection| &mut connection.outbox)
    }

    /// Who is at the other end of a connection.
    pub fn peer(&self, id: ConnId) -> Option<Peer> {
        self.connections.get(id).map(|connection| connection.peer)
    }

    /// A connection that has something new to read; each is named once until it gets more.
    pub fn touched(&mut self) -> Option<ConnId> {
        self.connections.next_touched()
    }

    /// Why requests of a connection must not be taken now.
    pub fn paused(&mut self, id: ConnId, now_ns: u64) -> Option<Pause> {
        let connection = self.connections.get_mut(id)?;
        if !connection.outbox.has_room() {
            return Some(Pause::Unread);
        }
        if connection.identity.privileged {
            return None;
        }
        connection.credit.blocked_until(now_ns).map(Pause::Until)
    }

    /// The domains that are served, dom0 among them.
    pub fn domains(&self) -> impl Iterator<Item = DomId> {
        self.domains.keys().copied()
    }

    /// A domain stopped, but exists: told once until [`Request::Resume`].
    pub fn domain_shut_down(&mut self, domain: DomId) {
        if let Some(known) = self
            .domains
            .get_mut(&domain)
            .filter(|known| !known.shut_down)
        {
            known.shut_down = true;
            self.special(RELEASE, domain);
        }
    }

    /// A domain is no more: its connection ends, its nodes vanish.
    pub fn domain_gone(&mut self, domain: DomId, host: &mut impl Host) {
        let Some(known) = self.domains.remove(&domain) else {
            return;
        };
        host.detach(known.connection, domain);
        self.disconnect(known.connection);
        for connection in self.connections.all_mut() {
            if connection.identity.target == Some(domain) {
                connection.identity.target = None;
            }
        }
        self.stamp = self.stamp.wrapping_add(1);
        self.tree.forget_domain(domain);
        for list in [&mut self.introduce, &mut self.release] {
            if list.iter().skip(1).any(|entry| entry.domain == domain) {
                *list = list
                    .iter()
                    .filter(|entry| entry.domain != domain)
                    .copied()
                    .collect();
            }
        }
        self.special(RELEASE, domain);
    }

    /// Does what a message asks; the answer is in the connection's outbox afterwards.
    pub fn handle(&mut self, id: ConnId, message: &Message<'_>, host: &mut impl Host) {
        let Some(who) = self
            .connections
            .get(id)
            .map(|connection| connection.identity)
        else {
            return;
        };
        let mut call = Call {
            store: self,
            id,
            who,
            header: message.header,
        };
        let answered = match Request::parse(message) {
            Ok(request) => call.perform(request, host),
            Err(error) => Err(error),
        };
        if let Err(error) = answered {
            self.refuse(id, message.header, error);
        }
    }

    /// Answers a request with an error.
    pub fn refuse(&mut self, id: ConnId, asked: Header, error: ErrorName) {
        let header = Header {
            kind: Kind::ERROR,
            ..asked
        };
        self.connections
            .answer(id, header, &[error.as_str().as_bytes(), b"\0"]);
    }

    fn forget_watches(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        let watches = core::mem::take(&mut connection.watches);
        let open = core::mem::take(&mut connection.transactions).len();
        for watch in watches.values() {
            self.watches.remove(watch);
        }
        self.closed(open);
    }

    fn closed(&mut self, transactions: usize) {
        self.open_transactions = self.open_transactions.saturating_sub(transactions);
        if self.open_transactions == 0 {
            self.history.clear();
        }
    }

    fn special(&mut self, event: &str, domain: DomId) {
        let list = if event == INTRODUCE {
            &self.introduce
        } else {
            &self.release
        };
        let (connections, limits) = (&mut self.connections, &self.limits);
        self.watches.special(event, domain, |watch, path| {
            connections.tell(watch, path, limits, &[list]);
        });
    }

    /// Tells of one change that was made outside a transaction.
    fn told(&mut self, path: &str, effect: &Effect) {
        let (connections, limits) = (&mut self.connections, &self.limits);
        let now = self.tree.node(path).map(|node| node.permissions());
        match effect {
            Effect::None => {}
            Effect::Written => self.watches.covering(path, |watch| {
                connections.tell(watch, path, limits, now.as_slice());
            }),
            Effect::Permissions(old) => self.watches.covering(path, |watch| {
                connections.tell(watch, path, limits, &[now.unwrap_or_default(), old]);
            }),
            Effect::Removed(node) => {
                self.watches.covering(path, |watch| {
                    connections.tell(watch, path, limits, &[node.permissions()]);
                });
                self.watches.inside(path, node, |watch, child| {
                    connections.tell(watch, &watch.path, limits, &[child.permissions()]);
                });
            }
        }
    }

    /// Tells of the changes of a transaction, by comparing the trees before and after.
    fn told_all(&mut self, before: &Tree, paths: &[SmolStr]) {
        let (connections, limits) = (&mut self.connections, &self.limits);
        for path in paths {
            let (old, new) = (before.node(path), self.tree.node(path));
            let lists: Vec<&[Permission]> = old
                .iter()
                .chain(&new)
                .map(|node| node.permissions())
                .collect();
            if lists.is_empty() {
                continue; // made and removed within the transaction: it never was
            }
            self.watches
                .covering(path, |watch| connections.tell(watch, path, limits, &lists));
            if let Some(old) = old {
                let tree = &self.tree;
                self.watches.inside(path, old, |watch, child| {
                    if tree.node(&watch.path).is_none() {
                        connections.tell(watch, &watch.path, limits, &[child.permissions()]);
                    }
                });
            }
        }
    }
}

/// One request under way.
struct Call<'s> {
    store: &'s mut Store,
    id: ConnId,
    who: Identity,
    header: Header,
}

impl Call<'_> {
    fn perform(&mut self, request: Request<'_>, host: &mut impl Host) -> Result<(), ErrorName> {
        match request {
            Request::Read { path } => self.read(path),
            Request::Directory { path } => self.directory(path),
            Request::DirectoryPart { path, offset } => self.directory_part(path, offset),
            Request::GetPermissions { path } => self.get_permissions(path),
            Request::Write { path, value } => self.change(path, &Change::Write(value.into())),
            Request::MakeDirectory { path } => self.change(path, &Change::Make),
            Request::Remove { path } => self.change(path, &Change::Remove),
            Request::SetPermissions { path, permissions } => {
                self.set_permissions(path, permissions.into())
            }
            Request::Watch(spec) => self.watch(&spec),
            Request::Unwatch { path, token } => self.unwatch(path, token),
            Request::ResetWatches => {
                self.store.forget_watches(self.id);
                self.reply(OK)
            }
            Request::TransactionStart => self.begin(),
            Request::TransactionEnd { commit } => self.end(commit, host),
            Request::Introduce { domain, gfn, port } => self.introduce(domain, gfn, port, host),
            Request::Release { domain } => self.release(domain, host),
            Request::GetDomainPath { domain } => self.reply(&[home(domain).as_bytes(), b"\0"]),
            Request::IsIntroduced { domain } => {
                self.privileged()?;
                let known = self.store.domains.contains_key(&domain);
                self.reply(if known { &[b"T\0"] } else { &[b"F\0"] })
            }
            Request::Resume { domain } => self.resume(domain),
            Request::SetTarget { domain, target } => self.set_target(domain, target),
            Request::Control {
                command,
                parameters,
            } => {
                self.privileged()?;
                let text = self.store.control(command, parameters, host)?;
                self.reply(&[text.as_bytes(), b"\0"])
            }
        }
    }

    fn reply(&mut self, parts: &[&[u8]]) -> Result<(), ErrorName> {
        let fits = self.store.connections.answer(self.id, self.header, parts);
        fits.then_some(()).ok_or(ErrorName::E2BIG)
    }

    fn privileged(&self) -> Result<(), ErrorName> {
        self.who.privileged.then_some(()).ok_or(ErrorName::EACCES)
    }

    /// A path as the tree knows it; relative ones lie in the asking domain's home.
    fn resolve<'p>(&self, path: &'p [u8]) -> Result<Cow<'p, str>, ErrorName> {
        let path = check_path(path).map_err(|_| ErrorName::EINVAL)?;
        if path.len() > self.store.limits.path {
            return Err(ErrorName::EINVAL);
        }
        Ok(if path.starts_with('/') || is_special(path) {
            Cow::Borrowed(path)
        } else {
            Cow::Owned(format!("{}/{path}", home(self.who.domain)))
        })
    }

    fn transaction(&mut self) -> Result<Option<&mut Transaction>, ErrorName> {
        if self.header.transaction == 0 {
            return Ok(None);
        }
        let limit = self.store.limits.requests;
        let connection = self
            .store
            .connections
            .get_mut(self.id)
            .ok_or(ErrorName::EIO)?;
        let open = connection.transactions.get_mut(&self.header.transaction);
        let open = open.ok_or(ErrorName::EIO)?;
        if !self.who.privileged && open.requests() >= limit {
            return Err(ErrorName::ENOSPC);
        }
        Ok(Some(open))
    }

    fn look(&mut self, path: &[u8], aspect: Aspect) -> Result<Rc<Node>, ErrorName> {
        let path = self.resolve(path)?;
        let who = self.who;
        match self.transaction()? {
            Some(transaction) => transaction.look(&who, &path, aspect),
            None => self.store.tree.readable(&who, &path).cloned(),
        }
    }

    fn read(&mut self, path: &[u8]) -> Result<(), ErrorName> {
        let node = self.look(path, Aspect::Value)?;
        self.reply(&[node.value()])
    }

    fn directory(&mut self, path: &[u8]) -> Result<(), ErrorName> {
        let node = self.look(path, Aspect::Names)?;
        let names = names(&node);
        self.reply(&[&names])
    }

    fn directory_part(&mut self, path: &[u8], offset: usize) -> Result<(), ErrorName> {
        let node = self.look(path, Aspect::Names)?;
        let names = names(&node);
        let rest = names.get(offset..).ok_or(ErrorName::EINVAL)?;
        let generation = format!("{}\0", node.generation());
        // One byte stays free for the NUL that says: this was the last part.
        let room = PAYLOAD_MAX
            .saturating_sub(generation.len())
            .saturating_sub(1);
        let part = match rest.get(..room) {
            None => rest,
            Some(fits) => {
                let end = fits.iter().rposition(|byte| *byte == 0).unwrap_or(0);
                fits.get(..=end).unwrap_or_default()
            }
        };
        let last: &[u8] = if part.len() == rest.len() { b"\0" } else { b"" };
        self.reply(&[generation.as_bytes(), part, last])
    }

    fn get_permissions(&mut self, path: &[u8]) -> Result<(), ErrorName> {
        let list = match self.special_list(path) {
            Some(list) => {
                let list = Rc::clone(list);
                self.who
                    .reads(&list)
                    .then_some(list)
                    .ok_or(ErrorName::EACCES)?
            }
            None => self.look(path, Aspect::Permissions)?.permissions().into(),
        };
        let mut text = String::new();
        for entry in list.iter() {
            text.push_str(&entry.to_string());
            text.push('\0');
        }
        self.reply(&[text.as_bytes()])
    }

    fn set_permissions(&mut self, path: &[u8], list: Rc<[Permission]>) -> Result<(), ErrorName> {
        let who = self.who;
        let Some(slot) = self.special_list(path) else {
            return self.change(path, &Change::SetPermissions(list));
        };
        who.privileged.then_some(()).ok_or(ErrorName::EACCES)?;
        *slot = list;
        self.reply(OK)
    }

    /// The permissions of a special watch.
    fn special_list(&mut self, path: &[u8]) -> Option<&mut Rc<[Permission]>> {
        match path {
            b"@introduceDomain" => Some(&mut self.store.introduce),
            b"@releaseDomain" => Some(&mut self.store.release),
            _ => None,
        }
    }

    fn change(&mut self, path: &[u8], change: &Change) -> Result<(), ErrorName> {
        let path = self.resolve(path)?;
        if is_special(&path) {
            return Err(ErrorName::EINVAL);
        }
        let (who, limits) = (self.who, self.store.limits);
        if let Some(transaction) = self.transaction()? {
            transaction.change(&who, &limits, &path, change)?;
            return self.reply(OK);
        }
        let effect = apply(&mut self.store.tree, &who, &limits, &path, change)?;
        self.remember(&path);
        self.reply(OK)?;
        self.store.told(&path, &effect);
        Ok(())
    }

    /// Notes who wrote what, as long as a transaction may fail for it.
    fn remember(&mut self, path: &str) {
        self.store.stamp = self.store.stamp.wrapping_add(1);
        if self.store.open_transactions > 0 && !self.who.privileged {
            self.store
                .history
                .wrote(self.store.stamp, self.who.domain, path);
        }
    }

    fn watch(&mut self, spec: &WatchSpec<'_>) -> Result<(), ErrorName> {
        let path = self.resolve(spec.path)?;
        if is_special(&path) && spec.depth.is_some_and(|depth| depth != 1) {
            return Err(ErrorName::EINVAL);
        }
        if spec.token.len() > TOKEN_MAX {
            return Err(ErrorName::E2BIG);
        }
        let limit = self.store.limits.watches;
        let connection = self
            .store
            .connections
            .get_mut(self.id)
            .ok_or(ErrorName::EIO)?;
        let key = (SmolStr::new(&path), Box::from(spec.token));
        if connection.watches.contains_key(&key) {
            return Err(ErrorName::EEXIST);
        }
        if !self.who.privileged && connection.watches.len() >= limit {
            return Err(ErrorName::ENOSPC);
        }
        let watch = Rc::new(Watch {
            connection: self.id,
            path: key.0.clone(),
            hidden: path.len().saturating_sub(spec.path.len()),
            token: key.1.clone(),
            depth: spec.depth,
            live: Cell::new(true),
        });
        connection.watches.insert(key, Rc::clone(&watch));
        self.store.watches.add(&watch);
        self.reply(OK)?;
        // A new watch fires at once, whoever may read the node.
        let limits = self.store.limits;
        self.store.connections.push(&watch, &watch.path, &limits);
        Ok(())
    }

    fn unwatch(&mut self, path: &[u8], token: &[u8]) -> Result<(), ErrorName> {
        let path = self.resolve(path)?;
        let connection = self
            .store
            .connections
            .get_mut(self.id)
            .ok_or(ErrorName::EIO)?;
        let watch = connection
            .watches
            .remove(&(SmolStr::new(&path), Box::from(token)));
        self.store.watches.remove(&watch.ok_or(ErrorName::ENOENT)?);
        self.reply(OK)
    }

    fn begin(&mut self) -> Result<(), ErrorName> {
        if self.transaction()?.is_some() {
            return Err(ErrorName::EBUSY);
        }
        let limit = self.store.limits.transactions;
        let begun = Transaction::begin(&self.store.tree, self.store.stamp);
        let connection = self
            .store
            .connections
            .get_mut(self.id)
            .ok_or(ErrorName::EIO)?;
        if !self.who.privileged && connection.transactions.len() >= limit {
            return Err(ErrorName::ENOSPC);
        }
        // Fewer are open than there are numbers, so one is free.
        let id = loop {
            connection.last_transaction = connection.last_transaction.wrapping_add(1).max(1);
            if !connection
                .transactions
                .contains_key(&connection.last_transaction)
            {
                break connection.last_transaction;
            }
        };
        connection.transactions.insert(id, begun);
        self.store.open_transactions = self.store.open_transactions.saturating_add(1);
        self.reply(&[format!("{id}\0").as_bytes()])
    }

    fn end(&mut self, commit: bool, host: &impl Host) -> Result<(), ErrorName> {
        let id = self.header.transaction;
        if id == 0 {
            return Err(ErrorName::ENOENT);
        }
        let (who, limits) = (self.who, self.store.limits);
        let connection = self
            .store
            .connections
            .get_mut(self.id)
            .ok_or(ErrorName::EIO)?;
        let transaction = connection.transactions.remove(&id).ok_or(ErrorName::EIO)?;
        let began = transaction.began;
        let before = self.store.tree.clone();
        let outcome = if commit {
            transaction.commit(&mut self.store.tree, &who, &limits)
        } else {
            Ok(Vec::new())
        };
        match &outcome {
            Ok(paths) => paths.iter().for_each(|path| self.remember(path)),
            Err(conflict) => {
                let (connections, now) = (&mut self.store.connections, host.now_ns());
                let domains = &self.store.domains;
                self.store
                    .history
                    .blame(who.domain, &conflict.0, began, |guilty| {
                        let known = domains.get(&guilty).map(|known| known.connection);
                        if let Some(guilty) = known.and_then(|id| connections.get_mut(id)) {
                            guilty.credit.charge(now);
                        }
                    });
            }
        }
        self.store.closed(1);
        let paths = outcome.map_err(|_| ErrorName::EAGAIN)?;
        self.reply(OK)?;
        self.store.told_all(&before, &paths);
        Ok(())
    }

    fn introduce(
        &mut self,
        domain: DomId,
        gfn: u64,
        port: u32,
        host: &mut impl Host,
    ) -> Result<(), ErrorName> {
        self.privileged()?;
        if domain == 0 {
            return Err(ErrorName::EINVAL);
        }
        if let Some(known) = self.store.domains.get_mut(&domain) {
            // Once more for the same ring: its port was made anew, as after a failed suspend.
            if known.gfn != gfn {
                return Err(ErrorName::EINVAL);
            }
            host.rebind(known.connection, domain, port)?;
            known.port = port;
            return self.reply(OK);
        }
        let connection = self.store.adopt(domain, gfn, port);
        if let Err(error) = host.attach(connection, domain, gfn, port) {
            self.store.domains.remove(&domain);
            self.store.disconnect(connection);
            return Err(error);
        }
        self.reply(OK)?;
        self.store.special(INTRODUCE, domain);
        Ok(())
    }

    fn release(&mut self, domain: DomId, host: &mut impl Host) -> Result<(), ErrorName> {
        self.privileged()?;
        if domain == 0 || !self.store.domains.contains_key(&domain) {
            return Err(ErrorName::EINVAL);
        }
        self.reply(OK)?;
        self.store.domain_gone(domain, host);
        Ok(())
    }

    fn resume(&mut self, domain: DomId) -> Result<(), ErrorName> {
        self.privileged()?;
        let known = self
            .store
            .domains
            .get_mut(&domain)
            .ok_or(ErrorName::EINVAL)?;
        known.shut_down = false;
        self.reply(OK)
    }

    fn set_target(&mut self, domain: DomId, target: DomId) -> Result<(), ErrorName> {
        self.privileged()?;
        if !self.store.domains.contains_key(&target) {
            return Err(ErrorName::ENOENT);
        }
        let known = self.store.domains.get(&domain).ok_or(ErrorName::ENOENT)?;
        let connection = self.store.connections.get_mut(known.connection);
        connection.ok_or(ErrorName::ENOENT)?.identity.target = Some(target);
        self.reply(OK)
    }
}

/// Where a domain's own nodes live.
fn home(domain: DomId) -> String {
    format!("/local/domain/{domain}")
}

/// The names of the children, each closed by NUL.
fn names(node: &Node) -> Vec<u8> {
    let mut names = Vec::new();
    for (name, _) in node.children() {
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    names
}

/// Every connection, and which of them have something new to read.
#[derive(Default, Debug)]
pub(crate) struct Connections {
    slots: Vec<Option<Connection>>,
    touched: Vec<ConnId>,
}

impl Connections {
    fn add(&mut self, peer: Peer, identity: Identity) -> ConnId {
        let connection = Connection {
            peer,
            identity,
            watches: BTreeMap::new(),
            transactions: BTreeMap::new(),
            last_transaction: 0,
            outbox: Outbox::default(),
            credit: Credit::new(),
            touched: false,
        };
        if let Some(at) = self.slots.iter().position(Option::is_none)
            && let Some(slot) = self.slots.get_mut(at)
        {
            *slot = Some(connection);
            return ConnId(at);
        }
        self.slots.push(Some(connection));
        ConnId(self.slots.len().saturating_sub(1))
    }

    fn remove(&mut self, id: ConnId) {
        if let Some(slot) = self.slots.get_mut(id.0) {
            *slot = None;
        }
        self.touched.retain(|touched| *touched != id);
    }

    pub(crate) fn get(&self, id: ConnId) -> Option<&Connection> {
        self.slots.get(id.0)?.as_ref()
    }

    fn get_mut(&mut self, id: ConnId) -> Option<&mut Connection> {
        self.slots.get_mut(id.0)?.as_mut()
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.slots.iter_mut().flatten()
    }

    /// Every connection with its number.
    pub(crate) fn all(&self) -> impl Iterator<Item = (ConnId, &Connection)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(at, slot)| Some((ConnId(at), slot.as_ref()?)))
    }

    fn next_touched(&mut self) -> Option<ConnId> {
        let id = self.touched.pop()?;
        if let Some(connection) = self.get_mut(id) {
            connection.touched = false;
        }
        Some(id)
    }

    fn answer(&mut self, id: ConnId, header: Header, parts: &[&[u8]]) -> bool {
        let Some(connection) = self.get_mut(id) else {
            return true;
        };
        let fits = connection.outbox.answer(header, parts);
        self.touch(id);
        fits
    }

    /// Sends an event if the watcher may read the node, as it was or as it is.
    fn tell(&mut self, watch: &Rc<Watch>, path: &str, limits: &Limits, lists: &[&[Permission]]) {
        let may = self.get(watch.connection).is_some_and(|connection| {
            let who = &connection.identity;
            who.privileged || lists.iter().any(|list| who.reads(list))
        });
        if may {
            self.push(watch, path, limits);
        }
    }

    fn push(&mut self, watch: &Rc<Watch>, path: &str, limits: &Limits) {
        let id = watch.connection;
        let Some(connection) = self.get_mut(id) else {
            return;
        };
        // dom0's kernel looks at the paths of its events, so they shrink only in great need.
        let limit = if connection.identity.privileged {
            PRIVILEGED_EVENTS
        } else {
            limits.events
        };
        let overflow = match connection.peer {
            Peer::Client => Overflow::GiveUp,
            Peer::Ring(_) => Overflow::Shrink,
        };
        connection.outbox.event(watch, path, limit, overflow);
        self.touch(id);
    }

    fn touch(&mut self, id: ConnId) {
        if let Some(connection) = self.get_mut(id).filter(|connection| !connection.touched) {
            connection.touched = true;
            self.touched.push(id);
        }
    }
}
