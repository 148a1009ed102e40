//! A machine under QEMU: what it consists of, and how it is started.
//!
//! Always: QEMU emulates (no KVM), its guest's disks are thrown away at the end, and a reset or
//! power-off ends the process.

use crate::console::Console;
use crate::layout;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The CPU to develop on. TCG refuses MWAIT hints, so MONITOR is hidden.
pub const CPU: &str = "EPYC,-monitor";

/// How a disk is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    Virtio,
    Ahci,
    Nvme,
}

#[derive(Clone, Debug)]
pub struct Machine {
    /// Names the log.
    pub name: String,
    pub boot: Boot,
    pub memory_mib: u32,
    pub cpus: u32,
    pub cpu: String,
    /// File, bus and serial number.
    pub disks: Vec<(PathBuf, Bus, String)>,
    /// A network card behind QEMU's own small network.
    pub network: bool,
    /// Count instructions instead of time; one CPU only.
    pub icount: bool,
    pub extra: Vec<String>,
}

/// What the machine starts.
#[derive(Clone, Debug)]
pub enum Boot {
    /// A multiboot 1 image and its modules, each with its arguments.
    Multiboot {
        kernel: PathBuf,
        options: String,
        modules: Vec<(PathBuf, String)>,
    },
    /// Whatever the firmware finds on a CD.
    Cd(PathBuf),
    /// Linux on the bare machine, and its ramdisk.
    Linux {
        kernel: PathBuf,
        options: String,
        ramdisk: PathBuf,
    },
}

impl Machine {
    pub fn new(name: &str, boot: Boot) -> Self {
        Self {
            name: name.to_owned(),
            boot,
            memory_mib: 2048,
            cpus: 2,
            cpu: CPU.to_owned(),
            disks: Vec::new(),
            network: false,
            icount: false,
            extra: Vec::new(),
        }
    }

    /// Where the serial console's log goes.
    pub fn log(&self) -> PathBuf {
        layout::logs().join(format!("{}.log", self.name))
    }

    /// Starts it.
    pub fn start(&self) -> Result<Console> {
        Console::start(&mut self.command(), &self.log())
    }

    fn command(&self) -> Command {
        // The machine ends with us even if we are killed.
        let mut qemu = Command::new("setpriv");
        qemu.args(["--pdeathsig", "TERM", "qemu-system-x86_64"]);
        qemu.args([
            "-display",
            "none",
            "-nodefaults",
            "-no-reboot",
            "-no-user-config",
        ]);
        if self.icount {
            qemu.args([
                "-accel",
                "tcg",
                "-icount",
                "shift=0,sleep=off",
                "-seed",
                "1",
            ]);
            qemu.args(["-rtc", "base=2020-01-01T00:00:00,clock=vm"]);
        } else {
            qemu.args(["-accel", "tcg,thread=multi"]);
        }
        qemu.args([
            "-cpu",
            &self.cpu,
            "-smp",
            &self.cpus.to_string(),
            "-m",
            &self.memory_mib.to_string(),
        ]);
        qemu.args([
            "-chardev",
            "stdio,id=serial,signal=off",
            "-serial",
            "chardev:serial",
        ]);
        match &self.boot {
            Boot::Multiboot {
                kernel,
                options,
                modules,
            } => {
                let modules: Vec<String> = modules
                    .iter()
                    .map(|(path, arguments)| module(path, arguments))
                    .collect();
                qemu.arg("-kernel").arg(kernel).args(["-append", options]);
                if !modules.is_empty() {
                    qemu.args(["-initrd", &modules.join(",")]);
                }
            }
            Boot::Cd(image) => {
                qemu.args(["-boot", "d", "-cdrom"]).arg(image);
            }
            Boot::Linux {
                kernel,
                options,
                ramdisk,
            } => {
                qemu.arg("-kernel").arg(kernel).args(["-append", options]);
                qemu.arg("-initrd").arg(ramdisk);
            }
        }
        self.add_disks(&mut qemu);
        if self.network {
            qemu.args([
                "-netdev",
                "user,id=net0",
                "-device",
                "virtio-net-pci,netdev=net0,romfile=",
            ]);
        }
        qemu.args(&self.extra);
        qemu
    }

    fn add_disks(&self, qemu: &mut Command) {
        if self.disks.iter().any(|(_, bus, _)| *bus == Bus::Ahci) {
            qemu.args(["-device", "ahci,id=ahci"]);
        }
        for (number, (path, bus, serial)) in self.disks.iter().enumerate() {
            let file = double_commas(&path.display().to_string());
            qemu.arg("-drive").arg(format!(
                "file={file},format=raw,if=none,id=disk{number},snapshot=on,cache=unsafe"
            ));
            qemu.arg("-device").arg(match bus {
                Bus::Virtio => format!("virtio-blk-pci,drive=disk{number},serial={serial}"),
                Bus::Ahci => format!("ide-hd,drive=disk{number},bus=ahci.{number},serial={serial}"),
                Bus::Nvme => format!("nvme,drive=disk{number},serial={serial}"),
            });
        }
    }
}

/// A multiboot module as QEMU wants it: a comma in it is doubled.
fn module(path: &Path, arguments: &str) -> String {
    double_commas(format!("{} {arguments}", path.display()).trim_end())
}

fn double_commas(text: &str) -> String {
    text.replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_module_arguments_do_not_separate_modules() {
        let boot = Boot::Multiboot {
            kernel: "hv".into(),
            options: "com1=115200,8n1".into(),
            modules: vec![
                ("vmlinuz".into(), "a=1,2".into()),
                ("initrd".into(), String::new()),
            ],
        };
        let command = Machine::new("test", boot).command();
        let arguments: Vec<_> = command
            .get_args()
            .map(|argument| argument.to_string_lossy())
            .collect();
        assert!(arguments.contains(&"vmlinuz a=1,,2,initrd".into()));
        assert!(arguments.contains(&"com1=115200,8n1".into()));
    }
}
