//! `xl info`.

use std::process::ExitCode;

use abi::sysctl::{
    Physinfo, XEN_SYSCTL_PHYSCAP_DIRECTIO, XEN_SYSCTL_PHYSCAP_GNTTAB_V1,
    XEN_SYSCTL_PHYSCAP_GNTTAB_V2, XEN_SYSCTL_PHYSCAP_HAP, XEN_SYSCTL_PHYSCAP_HVM,
    XEN_SYSCTL_PHYSCAP_IOMMU_HAP_PT_SHARE, XEN_SYSCTL_PHYSCAP_PV, XEN_SYSCTL_PHYSCAP_SHADOW,
    XEN_SYSCTL_PHYSCAP_VMTRACE, XEN_SYSCTL_PHYSCAP_VPMU,
};
use clap::Args as Arguments;
use domain::error::{Context, hypercall};
use domain::{Result, query};
use sys::privcmd::{Strings, Xen};

use crate::show;

#[derive(Arguments)]
pub struct Args {
    /// Also the topology of CPUs, devices and memory.
    #[arg(short, long)]
    numa: bool,
    /// Only the value of this line.
    name: Option<String>,
}

/// The lines so far; with a name asked for, only that one is shown.
struct Lines<'a> {
    only: Option<&'a str>,
}

impl Lines<'_> {
    fn say(&self, name: &str, value: impl std::fmt::Display) {
        match self.only {
            None => println!("{name:<23}: {value}"),
            Some(only) if only == name => println!("{value}"),
            Some(_) => {}
        }
    }

    fn whole(&self, line: &str) {
        if self.only.is_none() {
            println!("{line}");
        }
    }
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let xen = query::open_xen()?;
    let lines = Lines {
        only: args.name.as_deref(),
    };
    let info = ask(xen.physinfo())?;
    kernel(&lines);
    machine(&lines, &xen, &info)?;
    if args.numa {
        topology(&lines, &xen, &info)?;
    }
    hypervisor(&lines, &xen)?;
    lines.say("xend_config_format", 4);
    Ok(ExitCode::SUCCESS)
}

fn ask<T>(answer: std::result::Result<T, impl Into<std::io::Error>>) -> Result<T> {
    let answer = answer.map_err(Into::into);
    answer
        .map_err(|error| match error.raw_os_error() {
            Some(code) => hypercall(query::errno(code)),
            None => error.to_string(),
        })
        .or_fail(|| "cannot ask the hypervisor".into())
}

fn kernel(lines: &Lines<'_>) {
    let uname = query::uname();
    lines.say("host", uname.host);
    lines.say("release", uname.release);
    lines.say("version", uname.version);
    lines.say("machine", uname.machine);
}

fn machine(lines: &Lines<'_>, xen: &Xen, info: &Physinfo) -> Result<()> {
    lines.say("nr_cpus", info.nr_cpus);
    lines.say("max_cpu_id", info.max_cpu_id);
    lines.say("nr_nodes", info.nr_nodes);
    lines.say("cores_per_socket", info.cores_per_socket);
    lines.say("threads_per_core", info.threads_per_core);
    lines.say(
        "cpu_mhz",
        format!("{}.{:03}", info.cpu_khz / 1000, info.cpu_khz % 1000),
    );
    lines.say(
        "hw_caps",
        info.hw_cap.map(|word| format!("{word:08x}")).join(":"),
    );
    lines.say("virt_caps", capabilities(info.capabilities).join(" "));
    let mib = |pages: u64| pages / 256;
    lines.say("total_memory", mib(info.total_pages));
    lines.say(
        "free_memory",
        mib(info.free_pages.saturating_sub(info.outstanding_pages)),
    );
    let (freed, used) = xen.sharing_pages();
    lines.say("sharing_freed_memory", freed / 256);
    lines.say("sharing_used_memory", used / 256);
    lines.say("outstanding_claims", mib(info.outstanding_pages));
    let cpus = info.max_cpu_id as usize + 1;
    lines.say("free_cpus", xen.free_cpus(cpus).unwrap_or(0));
    Ok(())
}

fn capabilities(bits: u32) -> Vec<&'static str> {
    let has = |bit: u32| bits & bit != 0;
    let directio = has(XEN_SYSCTL_PHYSCAP_DIRECTIO);
    let (pv, hvm) = (has(XEN_SYSCTL_PHYSCAP_PV), has(XEN_SYSCTL_PHYSCAP_HVM));
    let all = [
        ("pv", pv),
        ("hvm", hvm),
        ("hvm_directio", hvm && directio),
        ("pv_directio", pv && directio),
        ("hap", has(XEN_SYSCTL_PHYSCAP_HAP)),
        ("shadow", has(XEN_SYSCTL_PHYSCAP_SHADOW)),
        (
            "iommu_hap_pt_share",
            has(XEN_SYSCTL_PHYSCAP_IOMMU_HAP_PT_SHARE),
        ),
        ("vmtrace", has(XEN_SYSCTL_PHYSCAP_VMTRACE)),
        ("vpmu", has(XEN_SYSCTL_PHYSCAP_VPMU)),
        ("gnttab-v1", has(XEN_SYSCTL_PHYSCAP_GNTTAB_V1)),
        ("gnttab-v2", has(XEN_SYSCTL_PHYSCAP_GNTTAB_V2)),
    ];
    all.into_iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| name)
        .collect()
}

fn topology(lines: &Lines<'_>, xen: &Xen, _info: &Physinfo) -> Result<()> {
    lines.whole("cpu_topology           :");
    lines.whole("cpu:    core    socket     node");
    for (cpu, place) in ask(xen.cpu_topology())?.iter().enumerate() {
        // A CPU that is not there has no core.
        if place.core != u32::MAX {
            lines.whole(&format!(
                "{cpu:3}:    {:4}     {:4}     {:4}",
                place.core, place.socket, place.node
            ));
        }
    }
    lines.whole("device topology        :");
    lines.whole("device           node");
    let devices = query::pci_nodes(xen);
    for (device, node) in &devices {
        lines.whole(&format!("{device}      {node}"));
    }
    if devices.is_empty() {
        lines.whole("No device topology data available");
    }
    lines.whole("numa_info              :");
    lines.whole("node:    memsize    memfree    distances");
    let (nodes, distances) = ask(xen.numa_info())?;
    for (node, memory) in nodes.iter().enumerate() {
        let row: Vec<String> = distances
            .iter()
            .skip(node * nodes.len())
            .take(nodes.len())
            .map(u32::to_string)
            .collect();
        lines.whole(&format!(
            "{node:4}:    {:6}     {:6}      {}",
            memory.memsize >> 20,
            memory.memfree >> 20,
            row.join(",")
        ));
    }
    Ok(())
}

fn hypervisor(lines: &Lines<'_>, xen: &Xen) -> Result<()> {
    let (major, minor) = ask(xen.version())?;
    let string = |which| ask(xen.version_string(which)).map(|bytes| show::text(&bytes));
    let extra = string(Strings::ExtraVersion)?;
    lines.say("xen_major", major);
    lines.say("xen_minor", minor);
    lines.say("xen_extra", &extra);
    lines.say("xen_version", format!("{major}.{minor}{extra}"));
    lines.say("xen_caps", string(Strings::Capabilities)?);
    lines.say(
        "xen_scheduler",
        query::scheduler_name(ask(xen.scheduler())?),
    );
    lines.say("xen_pagesize", ask(xen.page_size())?);
    lines.say(
        "platform_params",
        format!("virt_start={:#x}", ask(xen.virt_start())?),
    );
    lines.say("xen_changeset", string(Strings::Changeset)?);
    lines.say("xen_commandline", string(Strings::CommandLine)?);
    let compiled = ask(xen.compile_info())?;
    lines.say("cc_compiler", show::text(&compiled.compiler));
    lines.say("cc_compile_by", show::text(&compiled.compile_by));
    lines.say("cc_compile_domain", show::text(&compiled.compile_domain));
    lines.say("cc_compile_date", show::text(&compiled.compile_date));
    let build_id = xen.build_id().unwrap_or_default();
    let build_id: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    lines.say("build_id", build_id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_stand_in_upstreams_order() {
        let bits = XEN_SYSCTL_PHYSCAP_PV
            | XEN_SYSCTL_PHYSCAP_HVM
            | XEN_SYSCTL_PHYSCAP_HAP
            | XEN_SYSCTL_PHYSCAP_GNTTAB_V1
            | XEN_SYSCTL_PHYSCAP_GNTTAB_V2;
        assert_eq!(
            capabilities(bits).join(" "),
            "pv hvm hap gnttab-v1 gnttab-v2"
        );
        let all = capabilities(u32::MAX);
        assert_eq!(all.len(), 11);
    }
}
