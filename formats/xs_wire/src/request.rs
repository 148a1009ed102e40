//! What a client may ask, with its payload taken apart.

use alloc::vec::Vec;

use crate::{ErrorName, Kind, Message, Permission};

/// A request whose payload has the right form. Paths are bytes: their syntax is [`crate::check_path`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// A command for the daemon itself, and its parameters.
    Control {
        command: &'a [u8],
        parameters: &'a [u8],
    },
    /// The names of a node's children.
    Directory { path: &'a [u8] },
    /// Part of the same, from a byte offset on.
    DirectoryPart { path: &'a [u8], offset: usize },
    /// A node's value.
    Read { path: &'a [u8] },
    /// A node's value, set.
    Write { path: &'a [u8], value: &'a [u8] },
    /// A node, made.
    MakeDirectory { path: &'a [u8] },
    /// A node and all below, removed.
    Remove { path: &'a [u8] },
    /// Who may do what.
    GetPermissions { path: &'a [u8] },
    /// The same, set.
    SetPermissions {
        path: &'a [u8],
        permissions: Vec<Permission>,
    },
    /// Tell me of changes.
    Watch(WatchSpec<'a>),
    /// Tell me no more.
    Unwatch { path: &'a [u8], token: &'a [u8] },
    /// Forget my watches and transactions.
    ResetWatches,
    /// Start a transaction.
    TransactionStart,
    /// End it, for good or not.
    TransactionEnd { commit: bool },
    /// Serve a new domain.
    Introduce { domain: u16, gfn: u64, port: u32 },
    /// Serve it no more.
    Release { domain: u16 },
    /// Where a domain's own nodes live.
    GetDomainPath { domain: u16 },
    /// Whether it is served.
    IsIntroduced { domain: u16 },
    /// Its shutdown is over.
    Resume { domain: u16 },
    /// `domain` may act for `target`.
    SetTarget { domain: u16, target: u16 },
}

/// The payload of a `WATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchSpec<'a> {
    /// What to watch.
    pub path: &'a [u8],
    /// Comes back with each event.
    pub token: &'a [u8],
    /// How many levels below the path still count; all, if absent.
    pub depth: Option<u32>,
}

/// The strings of a payload, each closed by NUL; bytes behind the last NUL are not among them.
pub fn strings(payload: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = payload;
    core::iter::from_fn(move || {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (text, tail) = rest.split_at_checked(end)?;
        rest = tail.get(1..).unwrap_or_default();
        Some(text)
    })
}

impl<'a> Request<'a> {
    /// Takes a message apart. The error is what the client gets to read.
    pub fn parse(message: &Message<'a>) -> Result<Self, ErrorName> {
        let payload = message.payload;
        Ok(match message.header.kind {
            Kind::CONTROL => {
                let (command, parameters) = split(payload).unwrap_or((payload, &[]));
                Self::Control {
                    command,
                    parameters,
                }
            }
            Kind::DIRECTORY => Self::Directory {
                path: only(payload)?,
            },
            Kind::DIRECTORY_PART => {
                let [path, offset] = exactly(payload)?;
                Self::DirectoryPart {
                    path,
                    offset: number(offset)?,
                }
            }
            Kind::READ => Self::Read {
                path: only(payload)?,
            },
            Kind::WRITE => {
                let (path, value) = split(payload).ok_or(ErrorName::EINVAL)?;
                Self::Write { path, value }
            }
            Kind::MKDIR => Self::MakeDirectory {
                path: only(payload)?,
            },
            Kind::RM => Self::Remove {
                path: only(payload)?,
            },
            Kind::GET_PERMS => Self::GetPermissions {
                path: only(payload)?,
            },
            Kind::SET_PERMS => {
                let (path, list) = split(payload).ok_or(ErrorName::EINVAL)?;
                let permissions = Permission::parse_list(list).map_err(|_| ErrorName::EINVAL)?;
                Self::SetPermissions { path, permissions }
            }
            Kind::WATCH => Self::Watch(watch(payload)?),
            Kind::UNWATCH => {
                let mut parts = strings(payload);
                let (Some(path), Some(token)) = (parts.next(), parts.next()) else {
                    return Err(ErrorName::EINVAL);
                };
                Self::Unwatch { path, token }
            }
            Kind::RESET_WATCHES => Self::ResetWatches,
            Kind::TRANSACTION_START => Self::TransactionStart,
            Kind::TRANSACTION_END => match payload.strip_suffix(b"\0").unwrap_or(payload) {
                b"T" => Self::TransactionEnd { commit: true },
                b"F" => Self::TransactionEnd { commit: false },
                _ => return Err(ErrorName::EINVAL),
            },
            Kind::INTRODUCE => {
                let mut parts = strings(payload);
                let (Some(domain), Some(gfn), Some(port)) =
                    (parts.next(), parts.next(), parts.next())
                else {
                    return Err(ErrorName::EINVAL);
                };
                Self::Introduce {
                    domain: number(domain)?,
                    gfn: frame(gfn)?,
                    port: number(port)?,
                }
            }
            Kind::RELEASE => Self::Release {
                domain: number(only(payload)?)?,
            },
            Kind::GET_DOMAIN_PATH => Self::GetDomainPath {
                domain: number(only(payload)?)?,
            },
            Kind::IS_DOMAIN_INTRODUCED => Self::IsIntroduced {
                domain: number(only(payload)?)?,
            },
            Kind::RESUME => Self::Resume {
                domain: number(only(payload)?)?,
            },
            Kind::SET_TARGET => {
                let [domain, target] = exactly(payload)?;
                Self::SetTarget {
                    domain: number(domain)?,
                    target: number(target)?,
                }
            }
            _ => return Err(ErrorName::ENOSYS),
        })
    }
}

fn watch(payload: &[u8]) -> Result<WatchSpec<'_>, ErrorName> {
    let mut parts = strings(payload);
    let (Some(path), Some(token)) = (parts.next(), parts.next()) else {
        return Err(ErrorName::EINVAL);
    };
    let depth = match parts.next() {
        None | Some(b"") => None,
        Some(depth) => Some(number(depth)?),
    };
    Ok(WatchSpec { path, token, depth })
}

/// The first string and everything behind its NUL.
fn split(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = payload.iter().position(|byte| *byte == 0)?;
    Some((payload.get(..end)?, payload.get(end.checked_add(1)?..)?))
}

/// The payload as one string: it must end with the only NUL.
fn only(payload: &[u8]) -> Result<&[u8], ErrorName> {
    let [text] = exactly(payload)?;
    Ok(text)
}

/// The payload as `N` strings and nothing else.
fn exactly<const N: usize>(payload: &[u8]) -> Result<[&[u8]; N], ErrorName> {
    let mut parts = strings(payload);
    let mut found = [&[][..]; N];
    for slot in &mut found {
        *slot = parts.next().ok_or(ErrorName::EINVAL)?;
    }
    let closed = payload.last() == Some(&0);
    (closed && parts.next().is_none())
        .then_some(found)
        .ok_or(ErrorName::EINVAL)
}

fn number<T: core::str::FromStr>(text: &[u8]) -> Result<T, ErrorName> {
    if !text.iter().all(u8::is_ascii_digit) {
        return Err(ErrorName::EINVAL); // `parse` would take a sign
    }
    core::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(ErrorName::EINVAL)
}

/// A frame number, which the protocol writes as a signed decimal.
fn frame(text: &[u8]) -> Result<u64, ErrorName> {
    let text = core::str::from_utf8(text).map_err(|_| ErrorName::EINVAL)?;
    text.parse::<i64>()
        .map(i64::cast_unsigned)
        .or_else(|_| text.parse::<u64>())
        .map_err(|_| ErrorName::EINVAL)
}
