//! Which hypervisor, dom0 and tools: the choices that a user has, and the machine that each makes.

use crate::commands::build;
use crate::console::Console;
use crate::images::root::{self, Base, GUESTS, PATIENCE};
use crate::images::small::SmallDom0;
use crate::images::{DOM0_HOST, PASSWORD};
use crate::machine::{Boot, Bus, Machine};
use crate::{apt, layout, sh, stamp};
use anyhow::Result;
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hypervisor {
    /// Ours
    Xenolith,
    /// Debian's Xen 4.20
    Xen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tools {
    Ours,
    /// Debian's xl, oxenstored and xenconsoled 4.20
    Debian,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dom0 {
    /// A stock kernel with a ramdisk of busybox and the tools
    Small,
    /// A real Debian 13
    Debian,
}

/// What to boot.
#[derive(Clone, Debug)]
pub struct Setting {
    pub hypervisor: Hypervisor,
    pub dom0: Dom0,
    pub tools: Tools,
    /// How dom0's own disk is attached.
    pub bus: Bus,
    /// How many guest disks there are.
    pub guests: usize,
    /// Xen as Debian installs it, though guests crash on it here (see `eager_fpu`): for comparisons.
    pub as_installed: bool,
    /// Added to the hypervisor's command line.
    pub options: String,
    /// Added to dom0's command line.
    pub dom0_options: String,
}

impl Setting {
    pub fn new(hypervisor: Hypervisor, dom0: Dom0, tools: Tools) -> Self {
        Self {
            hypervisor,
            dom0,
            tools,
            bus: Bus::Virtio,
            guests: 1,
            as_installed: false,
            options: String::new(),
            dom0_options: String::new(),
        }
    }

    /// A name for logs, as `xen-small-ours`.
    pub fn name(&self) -> String {
        let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        format!(
            "{}-{}-{}",
            word(&self.hypervisor),
            word(&self.dom0),
            word(&self.tools)
        )
    }

    /// Builds and makes everything that the machine needs.
    pub fn machine(&self) -> Result<Machine> {
        self.machine_on(None)
    }

    /// The same with a Debian dom0 that is not the usual one.
    pub fn machine_with(&self, base: &Base) -> Result<Machine> {
        self.machine_on(Some(base))
    }

    fn machine_on(&self, base: Option<&Base>) -> Result<Machine> {
        let kernel = self.hypervisor.image()?;
        if self.tools == Tools::Ours {
            build::tools()?;
        }
        let (modules, mut disks) = match self.dom0 {
            Dom0::Small => self.small()?,
            Dom0::Debian => match base {
                Some(base) => self.debian(base)?,
                None => self.debian(&Base::installed(self.tools)?)?,
            },
        };
        let options = [
            &self.hypervisor.options(self.dom0),
            self.eager_fpu(),
            &self.options,
        ]
        .join(" ");
        let mut machine = Machine::new(
            &self.name(),
            Boot::Multiboot {
                kernel,
                options,
                modules,
            },
        );
        machine.memory_mib = 3072;
        machine.network = true;
        if self.guests > 0 {
            let guest = root::guest_disk(&Base::installed(Tools::Ours)?)?;
            disks.extend(
                (1..=self.guests.min(GUESTS))
                    .map(|number| (guest.clone(), Bus::Virtio, format!("guest{number}"))),
            );
        }
        machine.disks = disks;
        Ok(machine)
    }

    /// Where Xen switches between guests, it loads a guest's FPU and vector registers when they are first used, unless
    /// told otherwise; on QEMU's emulated CPU that loses some now and then, and programs of guests crash.
    fn eager_fpu(&self) -> &'static str {
        if self.hypervisor == Hypervisor::Xen && !self.as_installed {
            "spec-ctrl=eager-fpu"
        } else {
            ""
        }
    }

    fn small(&self) -> Result<(Modules, Disks)> {
        let dom0 = if self.guests > 0 {
            SmallDom0::made_for_debian_guests(self.tools)?
        } else {
            SmallDom0::made(self.tools)?
        };
        let arguments = format!("console=hvc0 quiet {}", self.dom0_options);
        Ok((
            vec![(dom0.kernel, arguments), (dom0.ramdisk, String::new())],
            Vec::new(),
        ))
    }

    fn debian(&self, base: &Base) -> Result<(Modules, Disks)> {
        let disk = root::dom0_disk(base, self.tools)?;
        let arguments = format!(
            "console=hvc0 root=LABEL=xn-dom0 ro quiet {PATIENCE} {}",
            self.dom0_options
        );
        let modules = vec![
            (base.kernel.clone(), arguments),
            (base.ramdisk.clone(), String::new()),
        ];
        Ok((modules, vec![(disk, self.bus, "dom0".into())]))
    }

    /// Boots and waits for dom0's shell.
    pub fn boot_to_shell(&self) -> Result<Console> {
        self.shell_of(self.machine()?.start()?)
    }

    /// Waits for dom0's shell on a console and makes it one without prompt and echo.
    pub fn shell_of(&self, mut console: Console) -> Result<Console> {
        match self.dom0 {
            Dom0::Small => {
                console.expect("XN-DOM0-READY", DOM0_LIMIT)?;
                console.bare_shell(Duration::from_secs(60))?;
            }
            Dom0::Debian => {
                console.log_in(DOM0_HOST, PASSWORD, DOM0_LIMIT)?;
                // A login comes before the last service does.
                console.sh_code(ALL_STARTED, DOM0_LIMIT)?;
            }
        }
        Ok(console)
    }
}

/// Waits until systemd has nothing left to start.
pub const ALL_STARTED: &str = "systemctl is-system-running --wait";

type Modules = Vec<(PathBuf, String)>;
type Disks = Vec<(PathBuf, Bus, String)>;

/// dom0 is up after 40 s on an idle machine; a busy one gets its time.
pub const DOM0_LIMIT: Duration = Duration::from_secs(600);

impl Hypervisor {
    /// The multiboot image, built or fetched.
    pub fn image(self) -> Result<PathBuf> {
        match self {
            Self::Xenolith => {
                build::hypervisor()?;
                Ok(build::image())
            }
            Self::Xen => reference(),
        }
    }

    fn options(self, dom0: Dom0) -> String {
        let memory = match dom0 {
            Dom0::Small => "640M",
            Dom0::Debian => "1024M",
        };
        format!(
            "console=com1 com1=115200,8n1 loglvl=info noreboot dom0_mem={memory},max:{memory} dom0_max_vcpus=2"
        )
    }
}

/// Debian's Xen 4.20, unpacked: QEMU takes no compressed multiboot image.
fn reference() -> Result<PathBuf> {
    let package = apt::unpacked("xen-hypervisor", &["xen-hypervisor-4.20-amd64"])?;
    let packed = package.join("boot/xen-4.20-amd64.gz");
    let out = layout::in_out("xen-4.20");
    stamp::made(
        &out,
        &stamp::of_file(&packed)?,
        "unpacking Debian's Xen",
        |part| {
            let output = Command::new("gzip").arg("-dc").arg(&packed).output()?;
            anyhow::ensure!(
                output.status.success(),
                "gzip cannot unpack {}",
                packed.display()
            );
            sh::write(part, output.stdout)
        },
    )?;
    Ok(out)
}
