//! What each command does.

use std::io::{self, Write};

use xs_wire::Permission;

use crate::client::{Client, Failure};
use crate::escape::{escape, unescape};
use crate::listing;

/// Which of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
    List,
    Ls,
    Remove,
    Exists,
    Watch,
    Chmod,
    Control,
}

/// Every command: its name, its options, the rest of its usage line.
const MODES: [(Mode, &str, &str, &str); 9] = [
    (Mode::Read, "read", "psR", "[-h] [-p] [-R] key [...]"),
    (Mode::Write, "write", "sR", "[-h] [-R] key value [...]"),
    (Mode::List, "list", "ps", "[-h] [-p] key [...]"),
    (Mode::Ls, "ls", "fps", "[-h] [-f] [-p] [path]"),
    (Mode::Remove, "rm", "st", "[-h] [-t] key [...]"),
    (Mode::Exists, "exists", "ps", "[-h] [-p] key [...]"),
    (Mode::Watch, "watch", "ns", "[-h] [-n NR] key"),
    (
        Mode::Chmod,
        "chmod",
        "rsu",
        "[-h] [-u] [-r] key <mode [modes...]>",
    ),
    (Mode::Control, "control", "", "<command> [<arg>...]"),
];

impl Mode {
    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        MODES
            .iter()
            .find(|(_, have, ..)| *have == name)
            .map(|(mode, ..)| *mode)
    }

    /// What follows its name.
    pub fn usage(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        MODES
            .iter()
            .find(|(mode, ..)| *mode == self)
            .expect("every mode has its row")
    }

    /// Whether so many words are enough.
    fn takes(self, words: usize) -> bool {
        match self {
            Self::Ls => true,
            Self::Write => words > 0 && words.is_multiple_of(2),
            _ => words > 0,
        }
    }
}

/// A command as it was given.
#[derive(Debug)]
pub struct Invocation {
    mode: Mode,
    /// Letters of the options given.
    options: String,
    /// After how many events a watch ends.
    count: Option<u64>,
    words: Vec<String>,
}

impl Invocation {
    /// Takes options and words apart; a letter in the error is an option that nobody has.
    pub fn parse(mode: Mode, given: Vec<String>) -> Result<Self, Option<char>> {
        let (mut options, mut count, mut words) = (String::new(), None, Vec::new());
        let mut given = given.into_iter();
        while let Some(word) = given.next() {
            if mode == Mode::Control {
                words.push(word);
                continue;
            }
            let letters = match word.strip_prefix('-') {
                Some("-") => {
                    words.extend(given);
                    break;
                }
                Some(letters) if !letters.is_empty() => letters,
                _ => {
                    words.push(word);
                    continue;
                }
            };
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                match letter {
                    'n' if mode == Mode::Watch => {
                        // The number stands right behind the letter, or is the next word.
                        let here = Some(rest.as_str().to_string()).filter(|text| !text.is_empty());
                        let text = here.or_else(|| given.next()).ok_or(None)?;
                        count = Some(text.parse().map_err(|_| None)?);
                        break;
                    }
                    _ if mode.row().2.contains(letter) => options.push(letter),
                    // An option of another command is a mistake without a name.
                    'f' | 'h' | 'n' | 'p' | 'r' | 's' | 't' | 'u' | 'R' => return Err(None),
                    _ => return Err(Some(letter)),
                }
            }
        }
        if !mode.takes(words.len()) {
            return Err(None);
        }
        Ok(Self {
            mode,
            options,
            count,
            words,
        })
    }

    fn has(&self, letter: char) -> bool {
        self.options.contains(letter)
    }
}

/// How a command fails.
#[derive(Debug)]
pub enum Fail {
    /// The exit code says it all.
    Silent,
    /// With this for people.
    Said(String),
}

impl From<Failure> for Fail {
    fn from(failure: Failure) -> Self {
        Self::Said(failure.to_string())
    }
}

impl From<io::Error> for Fail {
    fn from(error: io::Error) -> Self {
        // A reader that has seen enough is no error worth a word.
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Silent
        } else {
            Self::Said(plain(&error))
        }
    }
}

/// An error of the system in C's words, without Rust's number behind.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_string()
}

fn said(text: impl Into<String>) -> Fail {
    Fail::Said(text.into())
}

/// Does it.
pub fn run(client: &mut Client, call: &Invocation) -> Result<(), Fail> {
    // Gathered, and written also when the command fails in the middle.
    let mut out = Vec::new();
    let outcome = perform(client, call, &mut out);
    io::stdout().write_all(&out)?;
    outcome
}

fn perform(client: &mut Client, call: &Invocation, out: &mut Vec<u8>) -> Result<(), Fail> {
    match call.mode {
        Mode::Read => read(client, call, out),
        Mode::Write => client.transaction(|client| write(client, call)),
        Mode::List => list(client, call, out),
        Mode::Ls => {
            let look = listing::Look::new(call.has('f'), call.has('p'));
            let root = ["/".to_string()];
            let paths: &[String] = if call.words.is_empty() {
                &root
            } else {
                &call.words
            };
            paths
                .iter()
                .try_for_each(|path| look.list(client, path, out))
        }
        Mode::Remove => client.transaction(|client| remove(client, call)),
        Mode::Exists => {
            let found = |path: &String| client.read(path).map(drop).map_err(|_| Fail::Silent);
            call.words.iter().try_for_each(found)
        }
        Mode::Watch => watch(client, call),
        Mode::Chmod => client.transaction(|client| chmod(client, call)),
        Mode::Control => {
            let answer = client.control(&call.words)?;
            out.extend_from_slice(answer.strip_suffix(b"\0").unwrap_or(&answer));
            if !out.ends_with(b"\n") {
                out.push(b'\n');
            }
            Ok(())
        }
    }
}

fn read(client: &mut Client, call: &Invocation, out: &mut Vec<u8>) -> Result<(), Fail> {
    for path in &call.words {
        let value = client
            .read(path)
            .map_err(|_| said(format!("couldn't read path {path}")))?;
        if call.has('p') {
            out.extend_from_slice(format!("{path}: ").as_bytes());
        }
        if call.has('R') {
            out.extend_from_slice(&value);
        } else {
            out.extend_from_slice(escape(&value).as_bytes());
            out.push(b'\n');
        }
    }
    Ok(())
}

fn write(client: &mut Client, call: &Invocation) -> Result<(), Fail> {
    for pair in call.words.chunks_exact(2) {
        let [path, value] = pair else { continue };
        let value = if call.has('R') {
            value.clone().into()
        } else {
            unescape(value.as_bytes())
        };
        client
            .write(path, &value)
            .map_err(|_| said(format!("could not write path {path}")))?;
    }
    Ok(())
}

fn list(client: &mut Client, call: &Invocation, out: &mut Vec<u8>) -> Result<(), Fail> {
    for path in &call.words {
        let names = client.children(path);
        for name in names.map_err(|_| said(format!("could not list path {path}")))? {
            let shown = if call.has('p') {
                format!("{path}/{name}\n")
            } else {
                format!("{name}\n")
            };
            out.extend_from_slice(shown.as_bytes());
        }
    }
    Ok(())
}

fn remove(client: &mut Client, call: &Invocation) -> Result<(), Fail> {
    for path in &call.words {
        client
            .remove(path)
            .map_err(|_| said(format!("could not remove path {path}")))?;
        if call.has('t') {
            tidy(client, path)?;
        }
    }
    Ok(())
}

/// Removes the parents that nothing is in any more.
fn tidy(client: &mut Client, path: &str) -> Result<(), Fail> {
    let mut path = path;
    while let Some((parent, _)) = path
        .rsplit_once('/')
        .filter(|(parent, _)| !parent.is_empty())
    {
        if !client.children(parent)?.is_empty() || !client.read(parent)?.is_empty() {
            break;
        }
        client.remove(parent)?;
        path = parent;
    }
    Ok(())
}

fn watch(client: &mut Client, call: &Invocation) -> Result<(), Fail> {
    for path in &call.words {
        client
            .watch(path, path)
            .map_err(|_| said(format!("Unable to add watch on {path}")))?;
    }
    let mut left = call.count;
    let mut output = io::stdout();
    while left != Some(0) {
        let path = client.event()?;
        output.write_all(&path)?;
        output.write_all(b"\n")?;
        // Whoever reads waits for each line.
        output.flush()?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

fn chmod(client: &mut Client, call: &Invocation) -> Result<(), Fail> {
    let (path, modes) = call.words.split_first().ok_or_else(|| said("no key"))?;
    let mut list = Vec::new();
    for mode in modes {
        let wrong = || {
            let letter: String = mode.chars().take(1).collect();
            said(format!("Invalid permission specification: '{letter}'"))
        };
        list.push(mode.parse::<Permission>().map_err(|_| wrong())?);
    }
    set(client, path, &list)?;
    if call.has('r') {
        below(client, path, &list)?;
    }
    if call.has('u') {
        let mut path = path.as_str();
        while let Some((parent, _)) = path.rsplit_once('/').filter(|(up, _)| !up.is_empty()) {
            set(client, parent, &list)?;
            path = parent;
        }
    }
    Ok(())
}

fn below(client: &mut Client, path: &str, list: &[Permission]) -> Result<(), Fail> {
    for name in client.children(path)? {
        let child = listing::join(path, &name);
        set(client, &child, list)?;
        below(client, &child, list)?;
    }
    Ok(())
}

fn set(client: &mut Client, path: &str, list: &[Permission]) -> Result<(), Fail> {
    client.set_permissions(path, list).map_err(|failure| {
        said(format!(
            "Error occurred setting permissions on '{path}': {failure}"
        ))
    })
}
