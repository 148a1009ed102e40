//! One element of `disk = [ ... ]`: which block device a guest sees, and what stands behind it.
//!
//! All spellings of xl-disk-configuration(5): positional, named, and xend's prefixes
//! (`phy:/dev/vg/a,xvda,w`). A virtual device also knows its number in the VBD interface
//! (xen-vbd-interface(7)).
//!
//! Always: a [`Disk`] has a virtual device; a target is an absolute path or empty, unless a
//! script reads it.
//!
//! Not here: whether the target exists, and how it is attached (`domain::device::disk`).

use std::ops::Range;

use crate::syntax::integer;

/// What is wrong with a specification, and which bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    pub title: String,
    pub help: Option<String>,
    pub at: Range<usize>,
}

impl SpecError {
    pub(crate) fn new(title: impl Into<String>, at: Range<usize>) -> Self {
        Self {
            title: title.into(),
            help: None,
            at,
        }
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How the bytes of the target are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Raw,
    Qcow,
    Qcow2,
    Vhd,
    Qed,
    /// A CD drive without a disc.
    Empty,
}

/// Which program serves the disk, when the file insists on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Phy,
    Qdisk,
    Tap,
    Standalone,
}

/// A disk as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Absolute path, or what `script` wants; empty for a CD drive without a disc.
    pub target: String,
    pub format: Format,
    pub vdev: Vdev,
    pub writable: bool,
    pub cdrom: bool,
    /// Name or number of the backend's domain.
    pub backend_domain: Option<String>,
    pub backend: Option<Backend>,
    pub script: Option<String>,
    pub discard: bool,
    pub trusted: bool,
    pub direct_io_safe: bool,
}

/// A device as the guest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vdev {
    /// As written, e.g. `xvda1`.
    pub name: String,
    /// As the VBD interface numbers it, e.g. 51713.
    pub number: u32,
}

impl Vdev {
    /// `xvda`, `sdb3`, `hdc2`, `d1p2`, or a bare number.
    pub fn parse(name: &str) -> Option<Self> {
        let number = if name.starts_with(|c: char| c.is_ascii_digit()) {
            u32::try_from(integer(name)?).ok()?
        } else {
            let (disk, partition, kind) = split_vdev(name)?;
            kind.number(disk, partition)?
        };
        Some(Self {
            name: name.to_owned(),
            number,
        })
    }
}

/// The families of names that the VBD interface tells apart.
#[derive(Clone, Copy)]
enum Family {
    Xen,
    Scsi,
    Ide,
}

impl Family {
    /// xen-vbd-interface(7), "Concrete encoding".
    fn number(self, disk: u32, partition: u32) -> Option<u32> {
        match self {
            Family::Xen if disk < 16 && partition < 16 => {
                Some((202 << 8) | (disk << 4) | partition)
            }
            Family::Xen if disk < (1 << 20) && partition < 256 => {
                Some((1 << 28) | (disk << 8) | partition)
            }
            Family::Scsi if disk < 16 && partition < 16 => Some((8 << 8) | (disk << 4) | partition),
            Family::Ide if disk < 2 && partition < 64 => Some((3 << 8) | (disk << 6) | partition),
            Family::Ide if disk < 4 && partition < 64 => {
                // The second controller: disks 2 and 3.
                Some((22 << 8) | ((disk & 1) << 6) | partition)
            }
            _ => None,
        }
    }
}

fn split_vdev(name: &str) -> Option<(u32, u32, Family)> {
    let families = [
        ("xvd", Family::Xen),
        ("sd", Family::Scsi),
        ("hd", Family::Ide),
    ];
    for (prefix, family) in families {
        if let Some(rest) = name.strip_prefix(prefix) {
            let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
            let partition = rest.strip_prefix(letters)?;
            return Some((letters_to_disk(letters)?, plain_number(partition)?, family));
        }
    }
    let rest = name.strip_prefix('d')?;
    let (disk, partition) = rest.split_once('p').unwrap_or((rest, ""));
    if disk.is_empty() {
        return None;
    }
    Some((plain_number(disk)?, plain_number(partition)?, Family::Xen))
}

/// `a` is 0, `z` 25, `aa` 26: numbers in bijective base 26.
fn letters_to_disk(letters: &str) -> Option<u32> {
    let mut disk: u32 = 0;
    for c in letters.bytes() {
        let letter = c.is_ascii_lowercase().then(|| u32::from(c & 0x1f))?; // `a` is 1
        disk = disk.checked_mul(26)?.checked_add(letter)?;
    }
    disk.checked_sub(1)
}

/// Decimal digits without a leading zero; nothing at all is 0, the whole disk.
fn plain_number(digits: &str) -> Option<u32> {
    match digits {
        "" | "0" => Some(0),
        d if d.starts_with('0') || d.starts_with('+') => None,
        d => d.parse().ok(),
    }
}

/// How many bytes of white space a text begins with.
pub(crate) fn leading_space(text: &str) -> usize {
    text.len().saturating_sub(text.trim_start().len())
}

/// Reads one specification.
pub fn parse(spec: &str) -> Result<Disk, SpecError> {
    let mut draft = Draft::default();
    let mut at = 0_usize;
    while at <= spec.len() {
        let rest = spec.get(at..).unwrap_or("");
        let start = at.saturating_add(leading_space(rest));
        let rest = spec.get(start..).unwrap_or("");
        // `target=` takes the whole rest: the only way to name a path with a comma.
        if let Some(target) = rest.strip_prefix("target=") {
            draft.set_target(target, start..spec.len())?;
            break;
        }
        let end = rest
            .find(',')
            .map_or(spec.len(), |n| start.saturating_add(n));
        let item = spec.get(start..end).unwrap_or("");
        if at < spec.len() {
            draft.item(item, start..end)?;
        }
        at = end.saturating_add(1);
    }
    draft.finish(spec)
}

/// What has been read so far. `None` means "not yet given"; an empty value means its default.
#[derive(Default)]
struct Draft {
    target: Option<String>,
    format: Option<Option<Format>>,
    vdev: Option<Option<Vdev>>,
    writable: Option<Option<bool>>,
    cdrom: bool,
    backend_domain: Option<String>,
    backend: Option<Backend>,
    script: Option<String>,
    discard: Option<bool>,
    trusted: Option<bool>,
    direct_io_safe: bool,
    /// xend's syntax: a prefix such as `phy:` stood before the target, so no format follows it.
    old_syntax: bool,
}

const KEYS: &[&str] = &[
    "target",
    "format",
    "vdev",
    "access",
    "devtype",
    "backend",
    "backendtype",
    "script",
    "specification",
    "grant_usage",
    "cdrom",
    "discard",
    "no-discard",
    "trusted",
    "untrusted",
    "direct-io-safe",
    "colo",
    "colo-host",
    "colo-port",
    "colo-export",
    "active-disk",
    "hidden-disk",
];

impl Draft {
    fn item(&mut self, item: &str, at: Range<usize>) -> Result<(), SpecError> {
        if let Some((key, value)) = item.split_once('=')
            && key
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
        {
            return self.named(key, value, at);
        }
        match item {
            "cdrom" => self.cdrom = true,
            "discard" => self.discard = Some(true),
            "no-discard" => self.discard = Some(false),
            "trusted" => self.trusted = Some(true),
            "untrusted" => self.trusted = Some(false),
            "direct-io-safe" => self.direct_io_safe = true,
            "colo" | "no-colo" => return Err(unsupported("COLO", at)),
            _ => return self.positional(item, at),
        }
        Ok(())
    }

    fn named(&mut self, key: &str, value: &str, at: Range<usize>) -> Result<(), SpecError> {
        match key {
            "target" => self.set_target(value, at),
            "format" => self.set_format(value, at),
            "vdev" => self.set_vdev(value, at),
            "access" => self.set_access(value, at),
            "devtype" => match value {
                "cdrom" => {
                    self.cdrom = true;
                    Ok(())
                }
                "" | "disk" => Ok(()),
                _ => Err(SpecError::new(format!("`{value}` is no device type"), at)
                    .with_help("the only device type is `cdrom`")),
            },
            "backend" => once(&mut self.backend_domain, value.to_owned(), key, at),
            "script" => once(&mut self.script, value.to_owned(), key, at),
            "backendtype" => {
                let backend = match value {
                    "phy" => Backend::Phy,
                    "qdisk" => Backend::Qdisk,
                    "tap" => Backend::Tap,
                    "standalone" => Backend::Standalone,
                    _ => {
                        return Err(SpecError::new(format!("`{value}` is no backend type"), at)
                            .with_help("one of phy, qdisk, tap, standalone"));
                    }
                };
                once(&mut self.backend, backend, key, at)
            }
            "specification" if value == "xen" || value.is_empty() => Ok(()),
            "specification" | "grant_usage" => Err(unsupported("a virtio disk", at)),
            "colo-host" | "colo-port" | "colo-export" | "active-disk" | "hidden-disk" => {
                Err(unsupported("COLO", at))
            }
            _ => {
                let error = SpecError::new(format!("a disk has no parameter `{key}`"), at);
                Err(
                    match crate::diagnostic::nearest(key, KEYS.iter().copied()) {
                        Some(near) => error.with_help(format!("did you mean `{near}`?")),
                        None => error,
                    },
                )
            }
        }
    }

    fn positional(&mut self, item: &str, at: Range<usize>) -> Result<(), SpecError> {
        if self.target.is_none() {
            let target = self.strip_prefixes(item);
            return self.set_target(&target, at);
        }
        // xend's empty drive, `,hdc:cdrom,r`, has its device where a format could stand.
        let looks_old = item
            .split(':')
            .next()
            .is_some_and(|v| Vdev::parse(v).is_some());
        if self.format.is_none() && !self.old_syntax {
            if looks_old && self.target.as_deref() == Some("") && item.contains(':') {
                self.old_syntax = true;
                self.format = Some(None);
            } else {
                return self.set_format(item, at);
            }
        }
        if self.vdev.is_none() {
            return self.set_vdev(item, at);
        }
        if self.writable.is_none() {
            return self.set_access(item, at);
        }
        Err(
            SpecError::new(format!("`{item}` is one parameter too many"), at)
                .with_help("the order is: target, format, vdev, access"),
        )
    }

    /// xend's prefixes: some name a format, some a script, the others nothing any more.
    fn strip_prefixes(&mut self, item: &str) -> String {
        let mut rest = item;
        while let Some((prefix, tail)) = rest.split_once(':') {
            match prefix {
                "raw" => self.format = Some(Some(Format::Raw)),
                "qcow2" => self.format = Some(Some(Format::Qcow2)),
                "qcow" => self.format = Some(Some(Format::Qcow)),
                "vhd" => self.format = Some(Some(Format::Vhd)),
                "iscsi" | "nbd" | "enbd" | "drbd" => self.script = Some(format!("block-{prefix}")),
                "tapdisk" | "tap2" | "tap" | "aio" | "ioemu" | "file" | "phy" => {}
                _ => break,
            }
            self.old_syntax = true;
            rest = tail;
        }
        rest.to_owned()
    }

    fn set_target(&mut self, value: &str, at: Range<usize>) -> Result<(), SpecError> {
        if self.target.as_deref() == Some("") {
            self.target = None;
        }
        once(&mut self.target, value.to_owned(), "target", at)
    }

    fn set_format(&mut self, value: &str, at: Range<usize>) -> Result<(), SpecError> {
        let format = match value {
            "" => None,
            "raw" | "aio" => Some(Format::Raw),
            "qcow" => Some(Format::Qcow),
            "qcow2" => Some(Format::Qcow2),
            "vhd" => Some(Format::Vhd),
            "qed" => Some(Format::Qed),
            "empty" => Some(Format::Empty),
            _ => {
                let error = SpecError::new(format!("`{value}` is no disk format"), at);
                return Err(if Vdev::parse(value).is_some() {
                    error.with_help(format!("leave the format empty: `target,,{value}`"))
                } else {
                    error.with_help("one of raw, qcow, qcow2, vhd, qed; empty means raw")
                });
            }
        };
        once(&mut self.format, format, "format", at)
    }

    fn set_vdev(&mut self, value: &str, at: Range<usize>) -> Result<(), SpecError> {
        let name = match value.split_once(':') {
            Some((name, "cdrom")) => {
                self.cdrom = true;
                name
            }
            Some((name, "disk" | "")) => name,
            _ => value,
        };
        if name.is_empty() {
            return once(&mut self.vdev, None, "vdev", at);
        }
        let Some(vdev) = Vdev::parse(name) else {
            return Err(SpecError::new(format!("`{name}` is no virtual device"), at)
                .with_help("for example xvda, xvdb1, sda or hdc"));
        };
        once(&mut self.vdev, Some(vdev), "vdev", at)
    }

    fn set_access(&mut self, value: &str, at: Range<usize>) -> Result<(), SpecError> {
        let writable = match value {
            "" => None,
            "rw" | "w" => Some(true),
            "ro" | "r" => Some(false),
            _ => {
                return Err(SpecError::new(format!("`{value}` is no access mode"), at)
                    .with_help("rw or w to write, ro or r to only read"));
            }
        };
        once(&mut self.writable, writable, "access", at)
    }

    fn finish(self, spec: &str) -> Result<Disk, SpecError> {
        let whole = 0..spec.len();
        let Some(vdev) = self.vdev.flatten() else {
            return Err(
                SpecError::new("a disk needs a virtual device", whole).with_help(
                    "the order is: target, format, vdev, access; as in `/root/a.img,,xvda`",
                ),
            );
        };
        let mut target = self.target.unwrap_or_default();
        let mut format = self.format.flatten().unwrap_or_default();
        if target.is_empty() {
            if !self.cdrom {
                return Err(SpecError::new("a disk needs a target", whole)
                    .with_help("only a CD drive may be empty; name a file or a block device"));
            }
            format = Format::Empty;
        } else if !target.starts_with('/') && self.script.is_none() {
            target.insert_str(0, "/dev/");
        }
        let wanted = self.writable.flatten();
        if self.cdrom && wanted == Some(true) {
            return Err(SpecError::new("a CD cannot be written", whole)
                .with_help("leave the access empty, or write `r`"));
        }
        Ok(Disk {
            target,
            format,
            vdev,
            writable: wanted.unwrap_or(!self.cdrom),
            cdrom: self.cdrom,
            backend_domain: self.backend_domain,
            backend: self.backend,
            script: self.script,
            discard: self.discard.unwrap_or(true),
            trusted: self.trusted.unwrap_or(true),
            direct_io_safe: self.direct_io_safe,
        })
    }
}

fn once<T>(slot: &mut Option<T>, value: T, name: &str, at: Range<usize>) -> Result<(), SpecError> {
    if slot.is_some() {
        return Err(SpecError::new(format!("`{name}` is given twice"), at));
    }
    *slot = Some(value);
    Ok(())
}

fn unsupported(what: &str, at: Range<usize>) -> SpecError {
    SpecError::new(format!("{what} is not supported"), at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn disk(spec: &str) -> Disk {
        parse(spec).unwrap_or_else(|e| panic!("{spec}: {}", e.title))
    }

    fn number(name: &str) -> Option<u32> {
        Vdev::parse(name).map(|v| v.number)
    }

    /// The equal spellings of xl-disk-configuration(5), with `rw` for xend's `w`.
    #[test]
    fn the_manuals_spellings_mean_the_same() {
        let plain = disk("/dev/vg/guest-volume,raw,hda,rw");
        for spec in [
            "/dev/vg/guest-volume,,hda",
            "format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
            "raw:/dev/vg/guest-volume,hda,w",
            "phy:/dev/vg/guest-volume,hda,w",
            "phy:vg/guest-volume,hda,w",
            "vg/guest-volume,,hda",
            "tap:aio:/dev/vg/guest-volume,hda,w",
            "vdev=hda,/dev/vg/guest-volume",
        ] {
            assert_eq!(disk(spec), plain, "{spec}");
        }
        let cd = disk("/root/image.iso,,hdc,cdrom");
        assert!(cd.cdrom && !cd.writable);
        for spec in [
            "/root/image.iso,,hdc,,cdrom",
            "/root/image.iso,raw,hdc,devtype=cdrom",
            "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso",
            "raw:/root/image.iso,hdc:cdrom,ro",
        ] {
            assert_eq!(disk(spec), cd, "{spec}");
        }
        assert_eq!(disk(",hdc:cdrom,r").format, Format::Empty);
    }

    #[test]
    fn a_named_target_may_hold_commas_and_blanks() {
        let d = disk("vdev=xvda,access=r,target=/srv/a,b =c.img ");
        assert_eq!(d.target, "/srv/a,b =c.img ");
        assert!(!d.writable);
    }

    #[test]
    fn a_scripts_target_is_left_alone() {
        let d = disk("script=block-iscsi,vdev=xvda,target=iqn=x,portal=y");
        assert_eq!(
            (d.target.as_str(), d.script.as_deref()),
            ("iqn=x,portal=y", Some("block-iscsi"))
        );
        assert_eq!(
            disk("iscsi:iqn.x,xvda,w").script.as_deref(),
            Some("block-iscsi")
        );
    }

    /// xen-vbd-interface(7), "Configuration file syntax".
    #[test]
    fn virtual_devices_have_the_interfaces_numbers() {
        assert_eq!(number("xvda"), Some(51712));
        assert_eq!(number("d0"), number("xvda"));
        assert_eq!(number("d0p0"), number("xvda"));
        assert_eq!(number("d1p2"), number("xvdb2"));
        assert_eq!(number("xvdp15"), Some(51712 + 255));
        assert_eq!(number("xvdq"), Some((1 << 28) | (16 << 8)));
        assert_eq!(number("xvdtq37"), Some((1 << 28) | (536 << 8) | 37));
        assert_eq!(number("d536p37"), number("xvdtq37"));
        assert_eq!(number("sdb3"), Some(2048 + 16 + 3));
        assert_eq!(number("hda1"), Some(769));
        assert_eq!(number("hdc2"), Some((22 << 8) | 2));
        assert_eq!(number("0xca00"), Some(51712));
        assert_eq!(number("51712"), Some(51712));
        for bad in [
            "xvd", "hde", "sdq", "sda16", "xvda01", "d", "dp1", "vda", "", "xvdA",
        ] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let title = |spec: &str| parse(spec).unwrap_err().title;
        assert_eq!(title("/a.img"), "a disk needs a virtual device");
        assert_eq!(title(",,xvda"), "a disk needs a target");
        assert_eq!(title("/a,raw,xvdA"), "`xvdA` is no virtual device");
        assert_eq!(title("/a,raw,xvda,x"), "`x` is no access mode");
        assert_eq!(
            title("/a,raw,xvda,w,more"),
            "`more` is one parameter too many"
        );
        assert_eq!(title("/a,raw,xvda,format=raw"), "`format` is given twice");
        assert_eq!(title("/a,,hdc,w,cdrom"), "a CD cannot be written");
        let typo = parse("/a,,xvda,acces=r").unwrap_err();
        assert_eq!(typo.help.as_deref(), Some("did you mean `access`?"));
        assert_eq!(typo.at, 9..16);
        let order = parse("/a.img,xvda,w").unwrap_err();
        assert_eq!(
            order.help.as_deref(),
            Some("leave the format empty: `target,,xvda`")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_disk_or_an_error_inside_it(spec in "\\PC{0,60}") {
            if let Err(error) = parse(&spec) {
                prop_assert!(spec.get(error.at).is_some());
            }
        }

        #[test]
        fn names_that_differ_have_numbers_that_differ(
            a in (0u32..700, 0u32..40), b in (0u32..700, 0u32..40)
        ) {
            let name = |(disk, partition): (u32, u32)| format!("d{disk}p{partition}");
            let same = number(&name(a)) == number(&name(b));
            prop_assert_eq!(same, a == b);
        }
    }
}
