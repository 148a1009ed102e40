//! `xl list`.

use std::process::ExitCode;

use abi::RawDomId;
use abi::domctl::Getdomaininfo;
use clap::Args as Arguments;
use domain::store::Store;
use domain::userdata::uuid_text;
use domain::{Result, json, query};
use sys::privcmd::Xen;

#[derive(Arguments)]
pub struct Args {
    /// Names or numbers; all domains if none is given.
    domains: Vec<String>,
    /// As JSON, with each domain's configuration.
    #[arg(short, long)]
    long: bool,
    /// Also UUIDs, shutdown reasons and security labels.
    #[arg(short, long)]
    verbose: bool,
    /// Also security labels.
    #[arg(short = 'Z', long)]
    context: bool,
    /// Also CPU pools.
    #[arg(short, long)]
    cpupool: bool,
    /// Also NUMA node affinity.
    #[arg(short, long)]
    numa: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (xen, mut store) = super::open()?;
    let mut infos = Vec::new();
    for who in &args.domains {
        let domid = super::find(&xen, &mut store, who)?;
        infos.extend(xen.domain_info(RawDomId(domid)).ok());
    }
    if args.domains.is_empty() {
        infos = query::domains(&xen)?;
    }
    if args.long {
        return long(&xen, &mut store, &infos, args.domains.len() == 1);
    }
    let domids: Vec<u16> = infos.iter().map(|info| info.domain.0).collect();
    let names = query::names(&mut store, &domids)?;
    print!("{}", header(args));
    for (info, name) in infos.iter().zip(names) {
        let pool = match args.cpupool {
            true => query::pool_name(&mut store, info.cpupool)?,
            false => String::new(),
        };
        print!(
            "{}",
            row(args, info, name.as_deref().unwrap_or("(null)"), &pool)
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn header(args: &Args) -> String {
    let mut line = format!(
        "{:<40} {:>5} {:>5} {:>5}\t{}\t{}",
        "Name", "ID", "Mem", "VCPUs", "State", "Time(s)"
    );
    if args.verbose {
        line.push_str("   UUID                            Reason-Code\tSecurity Label");
    }
    if args.context && !args.verbose {
        line.push_str("   Security Label");
    }
    if args.cpupool {
        line.push_str("         Cpupool");
    }
    if args.numa {
        line.push_str(" NODE Affinity");
    }
    line.push('\n');
    line
}

fn row(args: &Args, info: &Getdomaininfo, name: &str, pool: &str) -> String {
    let memory_mib = (info.tot_pages + info.outstanding_pages) * 4 / 1024;
    let seconds = info.cpu_time as f64 / 1e9;
    let mut line = format!(
        "{name:<40} {:>5} {memory_mib:>5} {:>5}     {}  {seconds:8.1}",
        info.domain.0,
        info.nr_online_vcpus,
        query::state_letters(info),
    );
    if args.verbose {
        let reason = domain::control::reason(info);
        let reason = reason.map_or("-".to_owned(), |reason| format!("{:x}", reason.0));
        line.push_str(&format!(" {} {reason:>8}", uuid_text(info.handle)));
    }
    if args.verbose || args.context {
        line.push_str(&format!(" {:>16}", "-"));
    }
    if args.cpupool {
        line.push_str(&format!(" {pool:>16}"));
    }
    if args.numa {
        line.push_str(" all");
    }
    line.push('\n');
    line
}

/// The configurations as JSON; of a single domain that was asked for, without the list around it.
fn long(xen: &Xen, store: &mut Store, infos: &[Getdomaininfo], single: bool) -> Result<ExitCode> {
    let mut all = Vec::new();
    for info in infos {
        all.push(query::long_description(xen, store, info)?);
    }
    let value = match all.as_slice() {
        [only] if single => only.clone(),
        _ => serde_json::Value::Array(all),
    };
    println!("{}", json::beautify(&value));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Args {
        Args {
            domains: vec![],
            long: false,
            verbose: false,
            context: false,
            cpupool: false,
            numa: false,
        }
    }

    fn guest() -> Getdomaininfo {
        use abi::domctl::XEN_DOMINF_RUNNING;
        // SAFETY-free way to an all-zero structure: it is plain numbers.
        let mut info = Getdomaininfo {
            domain: RawDomId(1),
            pad1: 0,
            flags: XEN_DOMINF_RUNNING,
            tot_pages: 128 * 256,
            max_pages: 0,
            outstanding_pages: 0,
            shr_pages: 0,
            paged_pages: 0,
            shared_info_frame: 0,
            cpu_time: 5_130_000_000,
            nr_online_vcpus: 1,
            max_vcpu_id: 1,
            ssidref: 0,
            handle: [0; 16],
            cpupool: 0,
            gpaddr_bits: 0,
            pad2: [0; 7],
            arch_config: abi::arch_x86_xen::ArchDomainconfig {
                emulation_flags: 0,
                misc_flags: 0,
            },
        };
        info.handle = [
            0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55,
            0x55, 0x55,
        ];
        info
    }

    /// Lines of Xen 4.20's own xl, byte for byte.
    #[test]
    fn every_blank_is_where_upstream_has_it() {
        let plain = args();
        assert_eq!(
            header(&plain),
            "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
        );
        assert_eq!(
            row(&plain, &guest(), "g1", ""),
            "g1                                           1   128     1     r-----       5.1\n"
        );
        let verbose = Args {
            verbose: true,
            ..args()
        };
        assert_eq!(
            header(&verbose),
            "Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label\n"
        );
        assert_eq!(
            row(&verbose, &guest(), "g1", ""),
            "g1                                           1   128     1     r-----       5.1 11111111-2222-3333-4444-555555555555        -                -\n"
        );
        let pools = Args {
            cpupool: true,
            ..args()
        };
        assert_eq!(
            row(&pools, &guest(), "g1", "Pool-0"),
            "g1                                           1   128     1     r-----       5.1           Pool-0\n"
        );
    }
}
