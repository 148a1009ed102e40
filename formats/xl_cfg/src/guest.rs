//! Settings given their meaning: the description of one PV guest.
//!
//! Always: a [`Guest`] is returned only when no error was found; every error is found in one go.
//!
//! Not here: whether files, bridges, memory and pools exist (`domain`).

use crate::cpu_list::CpuList;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::disk::{self, Disk, SpecError};
use crate::keys::{self, Fate};
use crate::syntax::{Document, Kind, Value, integer, parse};
use crate::vif::{self, Vif};

/// What becomes of a domain that has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Destroy,
    Restart,
    RenameRestart,
    Preserve,
    CoredumpDestroy,
    CoredumpRestart,
    SoftReset,
}

impl Action {
    const NAMES: &[(&str, Action)] = &[
        ("destroy", Action::Destroy),
        ("restart", Action::Restart),
        ("rename-restart", Action::RenameRestart),
        ("preserve", Action::Preserve),
        ("coredump-destroy", Action::CoredumpDestroy),
        ("coredump-restart", Action::CoredumpRestart),
        ("soft-reset", Action::SoftReset),
    ];

    /// The word that stands for it in a file.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, a)| *a == self)
            .map_or("destroy", |(name, _)| name)
    }
}

/// How the guest's `rdtsc` is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TscMode {
    #[default]
    Default,
    AlwaysEmulate,
    Native,
}

impl TscMode {
    const NAMES: &[(&str, TscMode)] = &[
        ("default", TscMode::Default),
        ("always_emulate", TscMode::AlwaysEmulate),
        ("native", TscMode::Native),
    ];

    /// As `XEN_DOMCTL_settscinfo` numbers it.
    pub fn number(self) -> u32 {
        match self {
            TscMode::Default => 0,
            TscMode::AlwaysEmulate => 1,
            TscMode::Native => 2,
        }
    }

    /// The word that stands for it in a file.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, m)| *m == self)
            .map_or("default", |(name, _)| name)
    }
}

/// A PV guest as described by its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    pub name: String,
    pub uuid: Option<[u8; 16]>,
    pub vcpus: u32,
    pub max_vcpus: u32,
    /// One list for all vCPUs, or one for each from vCPU 0 up.
    pub cpus: Vec<CpuList>,
    pub cpus_soft: Vec<CpuList>,
    /// `cpus` (or `cpus_soft`) was a list of lists, not one text.
    pub cpus_per_vcpu: bool,
    pub weight: Option<u32>,
    pub cap: Option<u32>,
    pub memory_mib: u64,
    pub max_memory_mib: u64,
    pub kernel: String,
    pub ramdisk: Option<String>,
    pub command_line: Option<String>,
    pub on_poweroff: Action,
    pub on_reboot: Action,
    pub on_watchdog: Action,
    pub on_crash: Action,
    pub on_soft_reset: Action,
    pub max_grant_frames: Option<u32>,
    pub max_maptrack_frames: Option<u32>,
    pub max_grant_version: Option<u32>,
    pub max_event_channels: Option<u32>,
    pub tsc_mode: TscMode,
    pub nomigrate: bool,
    pub driver_domain: bool,
    pub pool: Option<String>,
    pub rtc_timeoffset: i64,
    pub localtime: bool,
    pub disks: Vec<Disk>,
    pub vifs: Vec<Vif>,
}

/// Reads a file (or a file with the command line's settings behind it).
pub fn read(source: &str) -> (Option<Guest>, Vec<Diagnostic>) {
    let (document, findings) = parse(source);
    let mut reader = Reader {
        source,
        document: &document,
        findings,
    };
    reader.check_keys();
    let guest = reader.guest();
    let mut findings = reader.findings;
    findings.sort_by_key(|f| f.span.as_ref().map_or(usize::MAX, |span| span.start));
    let sound = !findings.iter().any(Diagnostic::is_error);
    (guest.filter(|_| sound), findings)
}

/// The directory where xl looks for `pvgrub32.bin` and `pvgrub64.bin`.
const FIRMWARE_DIR: &str = "/usr/lib/xen-4.20/boot";

struct Reader<'a> {
    source: &'a str,
    document: &'a Document,
    findings: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn check_keys(&mut self) {
        for setting in &self.document.settings {
            let key = setting.key.as_str();
            let span = setting.key_span.clone();
            match keys::fate(key) {
                Some(Fate::Used | Fate::NotForPv) => {}
                Some(Fate::Unsupported) if asks_for_nothing(&setting.value) => {}
                Some(Fate::Unsupported) => self.findings.push(
                    Diagnostic::error(
                        format!("`{key}` is not supported by this xl"),
                        span,
                        "the guest would run without it",
                    )
                    .with_help(match key {
                        "bootloader" => "name the guest's kernel with `kernel` and `ramdisk`",
                        _ => "take this line out",
                    }),
                ),
                None => {
                    let warning =
                        Diagnostic::warning(format!("unknown key `{key}`"), span, "ignored");
                    self.findings.push(match nearest(key, keys::all()) {
                        Some(near) => warning.with_help(format!("did you mean `{near}`?")),
                        None => warning,
                    });
                }
            }
        }
    }

    fn guest(&mut self) -> Option<Guest> {
        self.check_type();
        let name = self.name();
        let kernel = self.kernel();
        let (vcpus, max_vcpus) = self.vcpus();
        let (memory_mib, max_memory_mib) = self.memory();
        let (cpus, per_vcpu) = self.cpu_lists("cpus");
        let (cpus_soft, soft_per_vcpu) = self.cpu_lists("cpus_soft");
        Some(Guest {
            uuid: self.uuid(),
            vcpus,
            max_vcpus,
            cpus,
            cpus_soft,
            cpus_per_vcpu: per_vcpu || soft_per_vcpu,
            weight: self.number("cpu_weight", 1, 65535),
            cap: self.number("cap", 0, 1_000_000),
            memory_mib,
            max_memory_mib,
            ramdisk: self.text("ramdisk").filter(|path| !path.is_empty()),
            command_line: self.command_line(),
            on_poweroff: self.action("on_poweroff", Action::Destroy),
            on_reboot: self.action("on_reboot", Action::Restart),
            on_watchdog: self.action("on_watchdog", Action::Destroy),
            on_crash: self.action("on_crash", Action::Destroy),
            on_soft_reset: self.action("on_soft_reset", Action::SoftReset),
            max_grant_frames: self.number("max_grant_frames", 1, i32::MAX as u32),
            max_maptrack_frames: self.number("max_maptrack_frames", 0, i32::MAX as u32),
            max_grant_version: self.number("max_grant_version", 1, 2),
            max_event_channels: self.number("max_event_channels", 0, i32::MAX as u32),
            tsc_mode: self.tsc_mode(),
            nomigrate: self.flag("nomigrate"),
            driver_domain: self.flag("driver_domain"),
            pool: self.text("pool").filter(|pool| !pool.is_empty()),
            rtc_timeoffset: self.integer("rtc_timeoffset").map_or(0, |(n, _)| n),
            localtime: self.flag("localtime"),
            disks: self.disks(),
            vifs: self
                .specs("vif", vif::parse)
                .into_iter()
                .map(|(vif, _)| vif)
                .collect(),
            name: name?,
            kernel: kernel?,
        })
    }

    fn check_type(&mut self) {
        let kinds = [("type", "pv"), ("builder", "generic")];
        for (key, ours) in kinds {
            let Some(setting) = self.document.get(key) else {
                continue;
            };
            let span = setting.value.span.clone();
            let Some(text) = self.text(key) else { continue };
            // "linux" is xend's word for "generic".
            if text == ours || (key == "builder" && text == "linux") {
                continue;
            }
            self.findings
                .push(if matches!(text.as_str(), "hvm" | "pvh") {
                    Diagnostic::error(
                        format!(
                            "{} guests are not supported by this xl",
                            text.to_uppercase()
                        ),
                        span,
                        "only PV guests can be built",
                    )
                    .with_help(format!("write `{key} = \"{ours}\"`"))
                } else {
                    Diagnostic::error(format!("`{text}` is no type of guest"), span, "unknown")
                        .with_help(format!("write `{key} = \"{ours}\"`"))
                });
        }
    }

    fn name(&mut self) -> Option<String> {
        if self.document.get("name").is_none() {
            self.findings.push(Diagnostic::missing(
                "the guest has no name",
                "add a line such as `name = \"guest1\"`",
            ));
            return None;
        }
        let name = self.text("name")?;
        let problem = if name.is_empty() {
            "a name cannot be empty"
        } else if name.bytes().all(|c| c.is_ascii_digit()) {
            "a name of digits alone would be taken for a domain's number"
        } else if name.contains('/') || name.contains(char::is_control) {
            "a name cannot contain `/` or control characters"
        } else {
            return Some(name);
        };
        self.complain("name", problem, None);
        None
    }

    fn uuid(&mut self) -> Option<[u8; 16]> {
        let text = self.text("uuid").filter(|text| !text.is_empty())?;
        let uuid = parse_uuid(&text);
        if uuid.is_none() {
            let example = "32 hexadecimal digits, as in 6f1d3c1e-6d0d-4c8b-9a59-6a1a0c4f2a10";
            self.complain("uuid", "this is no UUID", Some(example));
        }
        uuid
    }

    fn kernel(&mut self) -> Option<String> {
        if let Some(firmware) = self.text("firmware") {
            if matches!(firmware.as_str(), "pvgrub32" | "pvgrub64") {
                return Some(format!("{FIRMWARE_DIR}/{firmware}.bin"));
            }
            self.complain(
                "firmware",
                "a PV guest has no such firmware",
                Some("use `kernel`, or `firmware = \"pvgrub64\"`"),
            );
            return None;
        }
        if self.document.get("kernel").is_none() && self.document.get("bootloader").is_none() {
            self.findings.push(Diagnostic::missing(
                "the guest has no kernel",
                "add a line such as `kernel = \"/boot/vmlinuz\"`",
            ));
        }
        let kernel = self.text("kernel")?;
        if kernel.is_empty() {
            self.complain("kernel", "a path cannot be empty", None);
        }
        Some(kernel)
    }

    /// `cmdline` alone, or `root` and `extra` together.
    fn command_line(&mut self) -> Option<String> {
        let line = self.text("cmdline");
        let root = self.text("root");
        let extra = self.text("extra");
        if line.is_some() {
            for key in ["root", "extra"] {
                if let Some(setting) = self.document.get(key) {
                    self.findings.push(Diagnostic::warning(
                        format!("`{key}` is ignored"),
                        setting.key_span.clone(),
                        "`cmdline` takes its place",
                    ));
                }
            }
            return line;
        }
        match (root, extra) {
            (Some(root), Some(extra)) => Some(format!("root={root} {extra}")),
            (Some(root), None) => Some(format!("root={root}")),
            (None, extra) => extra,
        }
    }

    fn vcpus(&mut self) -> (u32, u32) {
        // 8192 is the most that Xen's interface can carry for one domain.
        let vcpus = self.number("vcpus", 1, 8192);
        let max = self.number("maxvcpus", 1, 8192);
        if let (Some(vcpus), Some(max)) = (vcpus, max)
            && vcpus > max
        {
            self.complain(
                "vcpus",
                &format!("more than maxvcpus, which is {max}"),
                None,
            );
        }
        let max = max.or(vcpus).unwrap_or(1);
        (vcpus.unwrap_or(max), max)
    }

    fn memory(&mut self) -> (u64, u64) {
        const LIMIT: u32 = 1 << 24; // 16 TiB
        let memory = self.number("memory", 1, LIMIT).map(u64::from);
        let max = self.number("maxmem", 1, LIMIT).map(u64::from);
        if let (Some(memory), Some(max)) = (memory, max)
            && max < memory
        {
            self.complain(
                "maxmem",
                &format!("less than memory, which is {memory}"),
                None,
            );
        }
        let max = max.or(memory).unwrap_or(32);
        (memory.unwrap_or(max), max)
    }

    fn cpu_lists(&mut self, key: &str) -> (Vec<CpuList>, bool) {
        let Some(setting) = self.document.get(key) else {
            return (Vec::new(), false);
        };
        let (values, per_vcpu) = match &setting.value.kind {
            Kind::List(items) => (items.as_slice(), true),
            _ => (std::slice::from_ref(&setting.value), false),
        };
        let mut lists = Vec::new();
        for value in values {
            let Some(text) = self.text_of(key, value) else {
                continue;
            };
            match CpuList::parse(&text) {
                Ok(list) => lists.push(list),
                Err(error) => self.spec_error(key, value, error),
            }
        }
        (lists, per_vcpu)
    }

    fn action(&mut self, key: &str, default: Action) -> Action {
        self.word(key, Action::NAMES).unwrap_or(default)
    }

    fn tsc_mode(&mut self) -> TscMode {
        if let Some(setting) = self.document.get("tsc_mode")
            && let Kind::Number(_, n @ 0..=2) = setting.value.kind
        {
            let modes = [TscMode::Default, TscMode::AlwaysEmulate, TscMode::Native];
            return modes
                .into_iter()
                .find(|m| i64::from(m.number()) == n)
                .unwrap_or_default();
        }
        self.word("tsc_mode", TscMode::NAMES).unwrap_or_default()
    }

    /// A value that is one of some words.
    fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
            let help = match nearest(&text, names.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("one of {}", names.join(", ")),
            };
            self.complain(
                key,
                &format!("`{text}` is not one of its values"),
                Some(&help),
            );
        }
        found
    }

    fn disks(&mut self) -> Vec<Disk> {
        let mut disks: Vec<Disk> = Vec::new();
        for (disk, span) in self.specs("disk", disk::parse) {
            if let Some(other) = disks.iter().find(|d| d.vdev.number == disk.vdev.number) {
                self.findings.push(Diagnostic::error(
                    format!("two disks are {}", disk.vdev.name),
                    span,
                    format!("{} has it already", other.target),
                ));
            }
            disks.push(disk);
        }
        disks
    }

    /// A list of texts in a language of their own.
    fn specs<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, SpecError>,
    ) -> Vec<(T, Span)> {
        let Some(setting) = self.document.get(key) else {
            return Vec::new();
        };
        let Kind::List(items) = &setting.value.kind else {
            let example = format!("write `{key} = [ \"...\" ]`");
            self.complain(key, "this must be a list", Some(&example));
            return Vec::new();
        };
        let mut specs = Vec::new();
        for item in items {
            let Some(text) = self.text_of(key, item) else {
                continue;
            };
            match parse(&text) {
                Ok(spec) => specs.push((spec, item.span.clone())),
                Err(error) => self.spec_error(key, item, error),
            }
        }
        specs
    }

    /// Shows an error in a text inside quotes at its place in the file.
    fn spec_error(&mut self, key: &str, value: &Value, error: SpecError) {
        let inside = value.span.start.saturating_add(1)..value.span.end.saturating_sub(1);
        let plain = self.source.get(inside.clone()).zip(match &value.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        });
        // With escapes in the text, its positions are not the file's: show it whole.
        let span = match plain {
            Some((written, meant)) if written == meant && !error.at.is_empty() => {
                let in_file = |at: usize| inside.start.saturating_add(at);
                in_file(error.at.start)..in_file(error.at.end)
            }
            _ => value.span.clone(),
        };
        let mut finding = Diagnostic::error(error.title, span, format!("in `{key}`"));
        finding.help = error.help;
        self.findings.push(finding);
    }

    fn complain(&mut self, key: &str, problem: &str, help: Option<&str>) {
        let Some(setting) = self.document.get(key) else {
            return;
        };
        let title = format!("the value of `{key}` does not fit");
        let mut finding = Diagnostic::error(title, setting.value.span.clone(), problem);
        finding.help = help.map(str::to_owned);
        self.findings.push(finding);
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let value = &self.document.get(key)?.value;
        self.text_of(key, value)
    }

    fn text_of(&mut self, key: &str, value: &Value) -> Option<String> {
        match &value.kind {
            Kind::Text(text) | Kind::Number(text, _) => Some(text.clone()),
            Kind::List(_) => {
                self.findings.push(Diagnostic::error(
                    format!("the value of `{key}` does not fit"),
                    value.span.clone(),
                    "a list where a string is needed",
                ));
                None
            }
        }
    }

    fn integer(&mut self, key: &str) -> Option<(i64, Span)> {
        let value = &self.document.get(key)?.value;
        let number = match &value.kind {
            Kind::Number(_, n) => Some(*n),
            Kind::Text(text) => integer(text),
            Kind::List(_) => None,
        };
        if number.is_none() {
            self.complain(key, "a number is needed", None);
        }
        number.map(|n| (n, value.span.clone()))
    }

    fn number(&mut self, key: &str, low: u32, high: u32) -> Option<u32> {
        let (n, _) = self.integer(key)?;
        let fits = u32::try_from(n).ok().filter(|n| (low..=high).contains(n));
        if fits.is_none() {
            self.complain(key, &format!("must be from {low} to {high}"), None);
        }
        fits
    }

    fn flag(&mut self, key: &str) -> bool {
        self.integer(key).is_some_and(|(n, _)| n != 0)
    }
}

/// An empty list, an empty text or 0 asks for nothing.
fn asks_for_nothing(value: &Value) -> bool {
    match &value.kind {
        Kind::Text(text) => text.is_empty(),
        Kind::Number(_, n) => *n == 0,
        Kind::List(items) => items.is_empty(),
    }
}

/// 32 hexadecimal digits, with dashes between pairs wherever someone likes them.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    Some(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"
name = "web"
memory = 512
vcpus = 2
kernel = "/boot/vmlinuz"
ramdisk = "/boot/initrd.img"
root = "/dev/xvda1"
extra = "ro quiet"
disk = [ "file:/srv/web.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
on_crash = "preserve"
"#;

    fn titles(source: &str) -> Vec<String> {
        read(source).1.into_iter().map(|f| f.title).collect()
    }

    #[test]
    fn a_plain_file_is_understood() {
        let (guest, findings) = read(GOOD);
        assert_eq!(findings, []);
        let guest = guest.unwrap();
        assert_eq!(guest.name, "web");
        assert_eq!((guest.memory_mib, guest.max_memory_mib), (512, 512));
        assert_eq!((guest.vcpus, guest.max_vcpus), (2, 2));
        assert_eq!(
            guest.command_line.as_deref(),
            Some("root=/dev/xvda1 ro quiet")
        );
        assert_eq!(guest.on_crash, Action::Preserve);
        assert_eq!(guest.on_reboot, Action::Restart);
        assert_eq!(guest.disks.len(), 1);
        assert_eq!(guest.vifs.len(), 1);
    }

    #[test]
    fn the_command_line_overrides_the_file() {
        let (guest, findings) = read(&format!("{GOOD}\nmemory=64; name='other'"));
        assert_eq!(findings, []);
        let guest = guest.unwrap();
        assert_eq!((guest.memory_mib, guest.name.as_str()), (64, "other"));
    }

    #[test]
    fn an_unknown_key_is_a_warning_with_its_neighbour() {
        let (guest, findings) = read(&format!("{GOOD}memmory = 3\n"));
        assert!(guest.is_some(), "a warning stops nothing");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].help.as_deref(), Some("did you mean `memory`?"));
        let shown = findings[0].render("web.cfg", &format!("{GOOD}memmory = 3\n"));
        assert!(shown.contains("web.cfg:12:1"), "{shown}");
    }

    #[test]
    fn ten_mistakes_are_ten_findings() {
        let source = r#"
name = "42"
memory = 0
vcpus = "two"
maxvcpus = [ 1 ]
uuid = "123"
on_reboot = "restrat"
disk = [ "/a.img,xvda,w", "/b.img,,xvdb,q" ]
vif = "bridge=xenbr0"
cpus = "3-1"
colour = "red"
pci = [ "01:00.0" ]
"#;
        let (guest, findings) = read(source);
        assert!(guest.is_none());
        assert_eq!(findings.len(), 13, "{findings:#?}");
        let lines: Vec<usize> = findings
            .iter()
            .filter_map(|f| Some(source[..f.span.as_ref()?.start].matches('\n').count() + 1))
            .collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12]);
        assert_eq!(findings.last().unwrap().title, "the guest has no kernel");
    }

    #[test]
    fn a_mistake_in_a_disk_is_shown_at_its_place() {
        let source = "disk = [ \"/b.img,,xvdb,q\" ]\n";
        let finding = read(source).1.into_iter().next().unwrap();
        assert_eq!(&source[finding.span.unwrap()], "q");
    }

    #[test]
    fn other_kinds_of_guest_are_refused_not_misread() {
        assert_eq!(
            titles(&format!("{GOOD}type='hvm'")),
            ["HVM guests are not supported by this xl"]
        );
        assert_eq!(
            titles(&format!("{GOOD}builder='generic'; type='pv'")),
            [] as [&str; 0]
        );
        assert_eq!(
            titles(&format!("{GOOD}vfb=[]; pci=[]")),
            [] as [&str; 0],
            "asks for nothing"
        );
    }

    #[test]
    fn a_uuid_may_have_dashes_or_not() {
        let with = parse_uuid("6f1d3c1e-6d0d-4c8b-9a59-6a1a0c4f2a10").unwrap();
        assert_eq!(parse_uuid("6f1d3c1e6d0d4c8b9a596a1a0c4f2a10"), Some(with));
        assert_eq!(with[0], 0x6f);
        assert_eq!(parse_uuid("6f1d3c1e-6d0d"), None);
    }

    #[test]
    fn two_disks_cannot_be_one_device() {
        let source = format!("{GOOD}disk = ['/a,,xvda', '/b,,d0']");
        assert_eq!(titles(&source), ["two disks are d0"]);
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(source in "([a-z_]{1,12} = ([0-9]{1,20}|\"[ -~]{0,30}\"|\\[\"[ -!#-~]{0,20}\"\\])\n){0,6}") {
            let (guest, findings) = read(&source);
            prop_assert_eq!(guest.is_none(), findings.iter().any(Diagnostic::is_error));
            for finding in findings {
                finding.render("any.cfg", &source);
            }
        }
    }
}
