//! What an administrator sets for all domains: `/etc/xen/xl.conf`.
//!
//! Always: a file that is not there says nothing, and is no mistake; a setting that we do not know
//! is left to the tools that do.

use std::path::Path;

use xl_cfg::syntax::{Document, Kind, parse};

use crate::error::{Error, Result};

/// The file that everybody has.
pub const PATH: &str = "/etc/xen/xl.conf";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub max_grant_frames: u32,
    pub max_maptrack_frames: u32,
    /// `None` takes the newest that the hypervisor has.
    pub max_grant_version: Option<u32>,
    /// Set memory aside before it is taken.
    pub claim: bool,
    pub vif_script: String,
    /// `None` leaves the choice to whoever has a default of its own.
    pub vif_bridge: Option<String>,
    pub vif_gatewaydev: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_grant_frames: 64,
            max_maptrack_frames: 1024,
            max_grant_version: None,
            claim: true,
            vif_script: "vif-bridge".to_owned(),
            vif_bridge: None,
            vif_gatewaydev: None,
        }
    }
}

impl Settings {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::new(format!("cannot read {}", path.display()), error)),
        };
        let (document, findings) = parse(&text);
        match findings.first() {
            None => Ok(Self::from_document(&document)),
            Some(finding) => {
                let shown = finding.render(&path.display().to_string(), &text);
                Err(Error::new(
                    format!("cannot use {}", path.display()),
                    format!("\n{shown}"),
                ))
            }
        }
    }

    fn from_document(document: &Document) -> Self {
        let text = |key: &str| match &document.get(key)?.value.kind {
            Kind::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let number = |key: &str| match &document.get(key)?.value.kind {
            Kind::Number(_, n) => u32::try_from(*n).ok(),
            _ => None,
        };
        let normal = Self::default();
        Self {
            max_grant_frames: number("max_grant_frames").unwrap_or(normal.max_grant_frames),
            max_maptrack_frames: number("max_maptrack_frames")
                .unwrap_or(normal.max_maptrack_frames),
            max_grant_version: number("max_grant_version"),
            claim: number("claim_mode").is_none_or(|mode| mode != 0),
            vif_script: text("vif.default.script").unwrap_or(normal.vif_script),
            vif_bridge: text("vif.default.bridge"),
            vif_gatewaydev: text("vif.default.gatewaydev"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Settings {
        let (document, findings) = parse(text);
        assert_eq!(findings, []);
        Settings::from_document(&document)
    }

    #[test]
    fn what_is_not_said_keeps_its_default() {
        assert_eq!(read(""), Settings::default());
        assert_eq!(
            read("#vif.default.bridge=\"xenbr0\"\n"),
            Settings::default()
        );
    }

    #[test]
    fn names_may_have_dots() {
        let settings = read("vif.default.bridge=\"lan\"\nclaim_mode=0\nmax_grant_frames=32\n");
        assert_eq!(settings.vif_bridge.as_deref(), Some("lan"));
        assert!(!settings.claim);
        assert_eq!(settings.max_grant_frames, 32);
    }
}
