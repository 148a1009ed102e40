//! Permissions as text: a letter and a domain, `r3`.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// What somebody may do with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// `n`
    None,
    /// `r`
    Read,
    /// `w`
    Write,
    /// `b`
    Both,
}

impl Access {
    /// Whether reading is in it.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    /// Whether writing is in it.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }

    /// The letter on the wire.
    pub fn letter(self) -> char {
        match self {
            Self::None => 'n',
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Both => 'b',
        }
    }
}

/// Not a letter of `nrwb` with a domain number behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedPermission;

/// One entry of a node's list. In the first entry the domain is the owner and the access everybody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// Whom it is for.
    pub domain: u16,
    /// What it allows.
    pub access: Access,
}

impl FromStr for Permission {
    type Err = MalformedPermission;

    fn from_str(text: &str) -> Result<Self, MalformedPermission> {
        let mut letters = text.chars();
        let access = match letters.next() {
            Some('n') => Access::None,
            Some('r') => Access::Read,
            Some('w') => Access::Write,
            Some('b') => Access::Both,
            _ => return Err(MalformedPermission),
        };
        let digits = letters.as_str();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MalformedPermission); // `parse` would take a sign
        }
        let domain = digits.parse().map_err(|_| MalformedPermission)?;
        Ok(Self { domain, access })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.access.letter(), self.domain)
    }
}

impl Permission {
    /// Reads a list, each entry closed by NUL.
    pub fn parse_list(bytes: &[u8]) -> Result<Vec<Self>, MalformedPermission> {
        let list: Result<Vec<Self>, _> = crate::strings(bytes)
            .map(|text| {
                core::str::from_utf8(text)
                    .map_err(|_| MalformedPermission)?
                    .parse()
            })
            .collect();
        list.and_then(|list| {
            if list.is_empty() {
                Err(MalformedPermission)
            } else {
                Ok(list)
            }
        })
    }
}
