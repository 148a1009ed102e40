//! The syntax of paths, and nothing of what lies at them.

use crate::{ABS_PATH_MAX, REL_PATH_MAX};

/// Empty, too long, a doubled or trailing slash, or a character outside `[A-Za-z0-9-/_@]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedPath;

/// Whether `path` names a special watch (`@introduceDomain`) instead of a node.
pub fn is_special(path: &str) -> bool {
    path.starts_with('@')
}

/// Takes the bytes of a path, absolute or relative, if a node or a special watch may be called so.
pub fn check_path(bytes: &[u8]) -> Result<&str, MalformedPath> {
    let absolute = bytes.first() == Some(&b'/');
    let longest = if absolute { ABS_PATH_MAX } else { REL_PATH_MAX };
    let mut last = 0;
    for &byte in bytes {
        if !allowed(byte) || (byte == b'/' && last == b'/') {
            return Err(MalformedPath);
        }
        last = byte;
    }
    let trailing = last == b'/' && bytes.len() > 1;
    if bytes.is_empty() || bytes.len() > longest || trailing {
        return Err(MalformedPath);
    }
    // Only ASCII passed the check above.
    core::str::from_utf8(bytes).map_err(|_| MalformedPath)
}

/// Takes one component of a path.
pub fn check_name(name: &str) -> Result<&str, MalformedPath> {
    let good = !name.is_empty() && name.bytes().all(|byte| allowed(byte) && byte != b'/');
    good.then_some(name).ok_or(MalformedPath)
}

fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_' | b'@')
}
