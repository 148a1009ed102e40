//! A store with its clients, driven by lines of text.
//!
//! `dom1: read name => Debian` sends a request and compares the answer; `dom1: events => /a:tok`
//! compares the watch events that came since, `none` if none. `dom0` is a program on the socket
//! (as are `tool1`, `tool2`), `domN` the kernel of a domain after `dom0: introduce N`.

#![allow(dead_code)] // each test file uses its own part

use std::collections::BTreeMap;

use xenstore::{ConnId, DomId, Host, Limits, Pause, Peer, Store};
use xs_wire::{ErrorName, Header, Inbox, Kind, Message};

/// A world where every domain up to 99 exists, and time stands still unless moved.
#[derive(Default)]
pub struct Stage {
    pub now_ns: u64,
    pub printed: Vec<String>,
    pub attached: Vec<DomId>,
}

impl Host for Stage {
    fn now_ns(&self) -> u64 {
        self.now_ns
    }
    fn attach(&mut self, _: ConnId, domain: DomId, _: u64, _: u32) -> Result<(), ErrorName> {
        if domain > 99 {
            return Err(ErrorName::EINVAL);
        }
        self.attached.push(domain);
        Ok(())
    }
    fn rebind(&mut self, _: ConnId, _: DomId, _: u32) -> Result<(), ErrorName> {
        Ok(())
    }
    fn detach(&mut self, _: ConnId, domain: DomId) {
        self.attached.retain(|have| *have != domain);
    }
    fn print(&mut self, text: &str) {
        self.printed.push(text.into());
    }
    fn log_requests(&mut self, _: bool) {}
    fn log_file(&mut self, _: &str) -> Result<(), ErrorName> {
        Ok(())
    }
}

pub struct World {
    pub store: Store,
    pub stage: Stage,
    tools: BTreeMap<String, ConnId>,
    events: BTreeMap<ConnId, Vec<String>>,
}

impl Default for World {
    fn default() -> Self {
        Self::with(Limits::default())
    }
}

impl World {
    pub fn with(limits: Limits) -> Self {
        let mut store = Store::new(limits);
        let dom0 = store.connect();
        Self {
            store,
            stage: Stage::default(),
            tools: BTreeMap::from([("dom0".into(), dom0)]),
            events: BTreeMap::new(),
        }
    }

    /// Plays a story; the first line that goes otherwise fails the test.
    pub fn check(mut self, story: &str) -> Self {
        self.play(story);
        self
    }

    pub fn play(&mut self, story: &str) {
        for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (asked, expected) = line.split_once("=>").expect("a line has =>");
            let (who, asked) = asked.trim().split_once(": ").expect("a line says who");
            let words: Vec<&str> = asked.split_whitespace().collect();
            let got = self.line(who, &words);
            assert_eq!(got, expected.trim(), "in: {line}");
            assert!(self.store.tree().check(), "wrong counts after: {line}");
        }
    }

    fn line(&mut self, who: &str, words: &[&str]) -> String {
        match words {
            ["events"] => {
                let id = self.connection(who);
                let events = self.events_of(id);
                if events.is_empty() {
                    "none".into()
                } else {
                    events.join(" ")
                }
            }
            ["dies"] => {
                self.store.domain_gone(number(who), &mut self.stage);
                "ok".into()
            }
            ["stops"] => {
                self.store.domain_shut_down(number(who));
                "ok".into()
            }
            ["closes"] => {
                let id = self.tools.remove(who).expect("a tool");
                self.store.disconnect(id);
                "ok".into()
            }
            ["paused"] => {
                let id = self.connection(who);
                match self.store.paused(id, self.stage.now_ns) {
                    None => "no".into(),
                    Some(Pause::Unread) => "unread".into(),
                    Some(Pause::Until(_)) => "blamed".into(),
                }
            }
            _ => self.request(who, words),
        }
    }

    fn request(&mut self, who: &str, words: &[&str]) -> String {
        let (words, transaction) = match words {
            [front @ .., "in", number] => (front, number.parse().expect("a transaction")),
            _ => (words, 0),
        };
        let (kind, payload, transaction) = match words {
            ["read", path] => (Kind::READ, zero(&[path]), transaction),
            ["ls", path] => (Kind::DIRECTORY, zero(&[path]), transaction),
            ["part", path, offset] => (Kind::DIRECTORY_PART, zero(&[path, offset]), transaction),
            ["write", path] => (Kind::WRITE, zero(&[path]), transaction),
            ["write", path, value] => (Kind::WRITE, format!("{path}\0{value}"), transaction),
            ["mkdir", path] => (Kind::MKDIR, zero(&[path]), transaction),
            ["rm", path] => (Kind::RM, zero(&[path]), transaction),
            ["perms", path] => (Kind::GET_PERMS, zero(&[path]), transaction),
            ["chmod", rest @ ..] => (Kind::SET_PERMS, zero(rest), transaction),
            ["watch", rest @ ..] => (Kind::WATCH, zero(rest), transaction),
            ["unwatch", rest @ ..] => (Kind::UNWATCH, zero(rest), transaction),
            ["reset"] => (Kind::RESET_WATCHES, zero(&[""]), transaction),
            ["begin"] => (Kind::TRANSACTION_START, zero(&[""]), transaction),
            ["commit", number] => (
                Kind::TRANSACTION_END,
                zero(&["T"]),
                number.parse().expect("a number"),
            ),
            ["abort", number] => (
                Kind::TRANSACTION_END,
                zero(&["F"]),
                number.parse().expect("a number"),
            ),
            ["introduce", domain] => (Kind::INTRODUCE, zero(&[domain, "100", "1"]), 0),
            ["introduce", rest @ ..] => (Kind::INTRODUCE, zero(rest), 0),
            ["release", domain] => (Kind::RELEASE, zero(&[domain]), 0),
            ["home", domain] => (Kind::GET_DOMAIN_PATH, zero(&[domain]), 0),
            ["introduced", domain] => (Kind::IS_DOMAIN_INTRODUCED, zero(&[domain]), 0),
            ["resume", domain] => (Kind::RESUME, zero(&[domain]), 0),
            ["target", domain, target] => (Kind::SET_TARGET, zero(&[domain, target]), 0),
            ["control", rest @ ..] => (Kind::CONTROL, zero(rest), 0),
            _ => panic!("no such request: {words:?}"),
        };
        let id = self.connection(who);
        self.send(id, kind, payload.as_bytes(), transaction);
        self.collect(id).pop().expect("an answer")
    }

    pub fn send(&mut self, id: ConnId, kind: Kind, payload: &[u8], transaction: u32) {
        let header = Header {
            kind,
            request: 7,
            transaction,
        };
        self.store
            .handle(id, &Message { header, payload }, &mut self.stage);
    }

    /// The events that a connection got since it was last asked.
    pub fn events_of(&mut self, id: ConnId) -> Vec<String> {
        self.collect(id);
        self.events.remove(&id).unwrap_or_default()
    }

    /// Reads all that waits for a connection; answers the answers.
    pub fn collect(&mut self, id: ConnId) -> Vec<String> {
        let mut inbox = Inbox::default();
        let mut answers = Vec::new();
        while let Some(outbox) = self.store.outbox(id).filter(|outbox| !outbox.is_empty()) {
            inbox.push(outbox.bytes());
            let len = outbox.bytes().len();
            outbox.sent(len);
        }
        while let Some(message) = inbox.next().expect("our own messages are short enough") {
            let text = String::from_utf8_lossy(message.payload).into_owned();
            if message.header.kind == Kind::WATCH_EVENT {
                assert_eq!(message.header, Header::WATCH_EVENT);
                let event = text.trim_end_matches('\0').replace('\0', ":");
                self.events.entry(id).or_default().push(event);
            } else {
                assert_eq!(message.header.request, 7, "the answer to another request");
                answers.push(show(&text));
            }
        }
        answers
    }

    pub fn connection(&mut self, who: &str) -> ConnId {
        if who == "dom0" || who.starts_with("tool") {
            let store = &mut self.store;
            return *self
                .tools
                .entry(who.into())
                .or_insert_with(|| store.connect());
        }
        let peer = Peer::Ring(number(who));
        (0..100)
            .map(ConnId)
            .find(|id| self.store.peer(*id) == Some(peer))
            .unwrap_or_else(|| panic!("{who} is not introduced"))
    }
}

fn number(who: &str) -> DomId {
    who.trim_start_matches("dom").parse().expect("domN")
}

fn zero(words: &[&str]) -> String {
    words.iter().flat_map(|word| [word, "\0"]).collect()
}

fn show(text: &str) -> String {
    match text.trim_end_matches('\0').replace('\0', " ").as_str() {
        "OK" => "ok".into(),
        "" => "empty".into(),
        text => text.trim().into(),
    }
}
