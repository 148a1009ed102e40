//! Random requests against a plain model: a map from path to value, and transactions that are
//! right if and only if they could have run alone at the moment of their commit.

mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use world::World;
use xs_wire::Kind;

#[derive(Clone, Debug)]
enum Act {
    Write(usize, u8, bool),
    Remove(usize, bool),
    Make(usize, bool),
    Read(usize, bool),
    List(usize, bool),
    Begin,
    End(bool),
}

const PATHS: [&str; 7] = ["/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f", "/g/h/i"];

fn act() -> impl Strategy<Value = Act> {
    let path = 0..PATHS.len();
    prop_oneof![
        (path.clone(), any::<u8>(), any::<bool>()).prop_map(|(p, v, t)| Act::Write(p, v % 4, t)),
        (path.clone(), any::<bool>()).prop_map(|(p, t)| Act::Remove(p, t)),
        (path.clone(), any::<bool>()).prop_map(|(p, t)| Act::Make(p, t)),
        (path.clone(), any::<bool>()).prop_map(|(p, t)| Act::Read(p, t)),
        (path, any::<bool>()).prop_map(|(p, t)| Act::List(p, t)),
        Just(Act::Begin),
        any::<bool>().prop_map(Act::End),
    ]
}

/// The store as a map; the root is there by nature.
#[derive(Clone, Default, Debug, PartialEq)]
struct Model(BTreeMap<String, String>);

impl Model {
    fn make_parents(&mut self, path: &str) {
        for (at, _) in path.match_indices('/').skip(1) {
            self.0.entry(path[..at].into()).or_default();
        }
    }

    fn apply(&mut self, act: &Act) -> String {
        let below = |path: &str, parent: &str| path.starts_with(&format!("{parent}/"));
        match act {
            Act::Write(path, value, _) => {
                self.make_parents(PATHS[*path]);
                self.0.insert(PATHS[*path].into(), format!("v{value}"));
                "ok".into()
            }
            Act::Make(path, _) => {
                self.make_parents(PATHS[*path]);
                self.0.entry(PATHS[*path].into()).or_default();
                "ok".into()
            }
            Act::Remove(path, _) => {
                let path = PATHS[*path];
                let parent = &path[..path.rfind('/').expect("a slash")];
                if !parent.is_empty() && !self.0.contains_key(parent) {
                    return "ENOENT".into();
                }
                self.0.retain(|have, _| have != path && !below(have, path));
                "ok".into()
            }
            Act::Read(path, _) => match self.0.get(PATHS[*path]).map(String::as_str) {
                None => "ENOENT".into(),
                Some("") => "empty".into(),
                Some(value) => value.into(),
            },
            Act::List(path, _) => {
                let path = PATHS[*path];
                if !self.0.contains_key(path) {
                    return "ENOENT".into();
                }
                let names = self.0.keys().filter(|have| below(have, path));
                let names = names.map(|have| &have[path.len() + 1..]);
                let names: Vec<&str> = names.filter(|name| !name.contains('/')).collect();
                if names.is_empty() {
                    "empty".into()
                } else {
                    names.join(" ")
                }
            }
            Act::Begin | Act::End(_) => unreachable!("not for the model"),
        }
    }
}

/// The open transaction: its number, its own view, and what was asked and answered.
type Open = (u32, Model, Vec<(Act, String)>);

fn ask(world: &mut World, act: &Act, transaction: u32) -> String {
    let id = world.connection("dom0");
    let (kind, payload) = match act {
        Act::Write(path, value, _) => (Kind::WRITE, format!("{}\0v{value}", PATHS[*path])),
        Act::Make(path, _) => (Kind::MKDIR, format!("{}\0", PATHS[*path])),
        Act::Remove(path, _) => (Kind::RM, format!("{}\0", PATHS[*path])),
        Act::Read(path, _) => (Kind::READ, format!("{}\0", PATHS[*path])),
        Act::List(path, _) => (Kind::DIRECTORY, format!("{}\0", PATHS[*path])),
        Act::Begin => (Kind::TRANSACTION_START, "\0".into()),
        Act::End(commit) => (
            Kind::TRANSACTION_END,
            if *commit { "T\0" } else { "F\0" }.into(),
        ),
    };
    world.send(id, kind, payload.as_bytes(), transaction);
    world.collect(id).pop().expect("an answer")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_store_is_a_map_and_its_transactions_are_serial(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = World::default();
        let mut model = Model::default();
        let mut open: Option<Open> = None;
        for act in acts {
            match &act {
                Act::Begin => {
                    if open.is_none() {
                        let number = ask(&mut world, &act, 0).parse().expect("a number");
                        open = Some((number, model.clone(), Vec::new()));
                    }
                }
                Act::End(commit) => {
                    let Some((number, _, log)) = open.take() else { continue };
                    let answer = ask(&mut world, &act, number);
                    let mut again = model.clone();
                    let same = log.iter().all(|(act, was)| again.apply(act) == *was);
                    let reads_only = log.iter().all(|(act, was)| {
                        matches!(act, Act::Read(..) | Act::List(..)) || was != "ok"
                    });
                    if !commit || reads_only {
                        prop_assert_eq!(answer, "ok");
                    } else if same {
                        prop_assert_eq!(answer, "ok");
                        model = again;
                    } else {
                        prop_assert_eq!(answer, "EAGAIN");
                    }
                }
                Act::Write(.., inside) | Act::Remove(.., inside) | Act::Make(.., inside)
                | Act::Read(.., inside) | Act::List(.., inside) => match &mut open {
                    Some((number, view, log)) if *inside => {
                        let expected = view.apply(&act);
                        prop_assert_eq!(&ask(&mut world, &act, *number), &expected);
                        log.push((act, expected));
                    }
                    _ => {
                        let expected = model.apply(&act);
                        prop_assert_eq!(ask(&mut world, &act, 0), expected);
                    }
                },
            }
            prop_assert!(world.store.tree().check());
        }
    }

    #[test]
    fn any_request_of_any_guest_is_answered(
        requests in prop::collection::vec((0..24u32, "[a-c/@0-9TFnr\0]{0,24}", 0..4u32, 0..3usize), 0..60),
    ) {
        let mut world = World::default();
        world.play("dom0: introduce 1 => ok\n dom0: introduce 2 => ok\n dom0: mkdir /a => ok\n dom0: chmod /a b1 => ok");
        let ids = ["dom0", "dom1", "dom2"].map(|who| world.connection(who));
        for (kind, payload, transaction, who) in requests {
            // Leave the two guests alive: dom0's requests to remove them are not sent.
            if ids[who] == ids[0] && kind == Kind::RELEASE.0 {
                continue;
            }
            world.send(ids[who], Kind(kind), payload.as_bytes(), transaction);
            prop_assert_eq!(world.collect(ids[who]).len(), 1);
            prop_assert!(world.store.tree().check());
        }
    }
}
