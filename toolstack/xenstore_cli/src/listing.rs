//! `xenstore-ls`: a tree, one line a node.

use rustix::termios::{isatty, tcgetwinsize};

use crate::client::{Client, Failure};
use crate::commands::Fail;
use crate::escape::escape;

/// The width of a line where there is no terminal.
const WIDTH: usize = 80;
/// The column where permissions stand, if the line is as wide.
const PERMISSIONS: usize = 60;
/// What a shortened value needs besides itself: ` = "` before and `\..."` behind.
const AROUND: usize = 8;

/// How to list.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whole paths instead of indented names.
    whole: bool,
    /// With permissions.
    permissions: bool,
    /// Columns that a line may take.
    width: usize,
    /// Whether values are cut to fit.
    cuts: bool,
}

impl Look {
    /// As asked, and as wide as the terminal. Whole paths for a program to read are not cut.
    pub fn new(whole: bool, permissions: bool) -> Self {
        let terminal = std::io::stdout();
        let size = if isatty(&terminal) {
            tcgetwinsize(&terminal).ok()
        } else {
            None
        };
        let columns = size
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 2);
        let width = columns.map_or(WIDTH, |columns| columns - 2);
        Self {
            whole,
            permissions,
            width,
            cuts: columns.is_some() || !whole,
        }
    }

    /// Lists all below a node.
    pub fn list(&self, client: &mut Client, path: &str, out: &mut Vec<u8>) -> Result<(), Fail> {
        let names = client
            .children(path)
            .map_err(|failure| Fail::Said(format!("xs_directory ({path}): {failure}")))?;
        self.children(client, path, names, 0, out)
    }

    fn children(
        &self,
        client: &mut Client,
        path: &str,
        names: Vec<String>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fail> {
        for name in names {
            let child = join(path, &name);
            // A node that vanished since it was named is none to list.
            let Some(value) = there(client.read(&child))? else {
                continue;
            };
            let shown = if self.whole { &child } else { &name };
            let (mut text, cut) = self.line(shown, if self.whole { 0 } else { depth }, &value);
            if self.permissions {
                let Some(list) = there(client.permissions(&child))? else {
                    continue;
                };
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                if !cut {
                    self.dots(&mut text);
                }
                text.push_str(&format!("  ({})", list.join(",")));
            }
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
            if let Some(names) = there(client.children(&child))? {
                self.children(client, &child, names, depth + 1, out)?;
            }
        }
        Ok(())
    }

    /// A node's line without its permissions, and whether its value was cut.
    fn line(&self, name: &str, depth: usize, value: &[u8]) -> (String, bool) {
        let taken = if self.whole { 0 } else { depth + name.len() };
        let room = self.width.saturating_sub(AROUND).saturating_sub(taken);
        let shown = escape(value);
        let indent = " ".repeat(depth);
        if self.cuts && value.len() > room {
            let shown = shown.get(..room).unwrap_or(&shown);
            (format!("{indent}{name} = \"{shown}\\...\""), true)
        } else {
            (format!("{indent}{name} = \"{shown}\""), false)
        }
    }

    /// Leads the eye to the permissions, with dots that stand below one another.
    fn dots(&self, text: &mut String) {
        text.push(' ');
        let end = PERMISSIONS.min(self.width);
        while !self.whole && text.len() < end {
            text.push(if text.len() % 2 == 1 { '.' } else { ' ' });
        }
    }
}

/// A path and a name below it.
pub fn join(path: &str, name: &str) -> String {
    if path == "/" {
        format!("/{name}")
    } else {
        format!("{path}/{name}")
    }
}

/// The answer, unless the node is gone.
fn there<T>(answer: Result<T, Failure>) -> Result<Option<T>, Fail> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Refused(xs_wire::ErrorName::ENOENT)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
