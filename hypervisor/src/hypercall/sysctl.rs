//! `sysctl`: the machine as a whole, for domain 0's tools.
//!
//! Always: a caller of another interface version gets `EACCES` before anything is read, an unknown operation `ENOSYS`.

use abi::sysctl::*;
use abi::{DomId, Errno, GuestPtr, RawDomId};
use metal::cpu::{self, CpuId, CpuSet};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::{Call, domctl};
use crate::domain::lifecycle::Stage;
use crate::domain::table;
use crate::memory::allocator;
use crate::{console, schedule};

/// Where the union begins.
const UNION: u64 = 8;
/// There is one pool, and it has this scheduler.
const POOL: u32 = 0;
const SCHEDULER: u32 = abi::domctl::XEN_SCHEDULER_CREDIT2;
const DEFAULT_RATE_LIMIT_US: u64 = 1000;
/// The longest console text of one call.
const MAX_CONSOLE: u32 = 1 << 20;

/// Answers one operation.
pub fn sysctl(call: &mut Call, op: GuestPtr<u8>) -> Result<u64, Errno> {
    call.require_privilege()?;
    let head: [u32; 2] = call.read(op.cast())?;
    let [cmd, version] = head;
    if version != XEN_SYSCTL_INTERFACE_VERSION {
        return Err(Errno::EACCES);
    }
    let body = GuestPtr::<u8>::from_addr(op.addr().wrapping_add(UNION));
    match cmd {
        XEN_SYSCTL_READCONSOLE => read_console(call, body.cast()),
        XEN_SYSCTL_PHYSINFO => update(call, body.cast(), physinfo),
        XEN_SYSCTL_SCHED_ID => call.write(
            body.cast(),
            &SchedId {
                sched_id: SCHEDULER,
            },
        ),
        XEN_SYSCTL_GETDOMAININFOLIST => domain_list(call, body.cast()),
        XEN_SYSCTL_DEBUG_KEYS => debug_keys(call, body.cast()),
        XEN_SYSCTL_GETCPUINFO => cpu_info(call, body.cast()),
        XEN_SYSCTL_AVAILHEAP => update(call, body.cast(), |heap: &mut Availheap| {
            heap.avail_bytes = allocator::free_pages().wrapping_mul(4096);
            Ok(())
        }),
        XEN_SYSCTL_CPUTOPOINFO => cpu_topology(call, body.cast()),
        XEN_SYSCTL_NUMAINFO => numa(call, body.cast()),
        XEN_SYSCTL_PCITOPOINFO => pci_topology(call, body.cast()),
        XEN_SYSCTL_CPUPOOL_OP => cpupool(call, body.cast()),
        XEN_SYSCTL_SCHEDULER_OP => scheduler_op(call, body.cast()),
        XEN_SYSCTL_PSR_CMT_OP | XEN_SYSCTL_PSR_ALLOC => Err(Errno::ENODEV),
        XEN_SYSCTL_GET_PMSTAT | XEN_SYSCTL_PM_OP => Err(Errno::ENODEV),
        XEN_SYSCTL_GET_CPU_LEVELLING_CAPS => call.write(body.cast(), &CpuLevellingCaps { caps: 0 }),
        XEN_SYSCTL_GET_CPU_FEATURESET => featureset(call, body.cast()),
        XEN_SYSCTL_GET_CPU_POLICY => cpu_policy(call, body.cast()),
        _ => Err(Errno::ENOSYS),
    }?;
    Ok(0)
}

/// The operation's part of the union, read, changed and written back.
fn update<T: FromBytes + IntoBytes + Immutable>(
    call: &Call,
    at: GuestPtr<T>,
    change: impl FnOnce(&mut T) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut value = call.read(at)?;
    change(&mut value)?;
    call.write(at, &value)
}

fn read_console(call: &Call, at: GuestPtr<Readconsole>) -> Result<(), Errno> {
    update(call, at, |request| {
        let from = (request.incremental != 0).then_some(request.index);
        let limit = request.count.min(MAX_CONSOLE) as usize;
        let (text, next) = console::read_ring(from, limit, request.clear != 0);
        call.write_bytes(request.buffer, &text)?;
        request.count = text.len() as u32;
        request.index = next;
        Ok(())
    })
}

fn physinfo(info: &mut Physinfo) -> Result<(), Errno> {
    let cpus = cpu::count();
    *info = Physinfo::new_zeroed();
    info.threads_per_core = 1;
    info.cores_per_socket = 1;
    info.nr_cpus = cpus;
    info.max_cpu_id = cpus.saturating_sub(1);
    info.nr_nodes = 1;
    info.cpu_khz = metal::time::tsc_khz() as u32;
    info.capabilities =
        XEN_SYSCTL_PHYSCAP_PV | XEN_SYSCTL_PHYSCAP_GNTTAB_V1 | XEN_SYSCTL_PHYSCAP_GNTTAB_V2;
    info.total_pages = metal::memory::total_pages();
    info.free_pages = allocator::free_pages();
    info.outstanding_pages = allocator::claimed_pages();
    info.max_mfn = metal::memory::max_mfn().saturating_sub(1);
    let features = domctl::policy::machine().featureset();
    for (to, from) in info.hw_cap.iter_mut().zip(features) {
        *to = from;
    }
    Ok(())
}

/// Domains from an id on, those that are dying included, those that are gone not.
fn domain_list(call: &Call, at: GuestPtr<Getdomaininfolist>) -> Result<(), Errno> {
    update(call, at, |request| {
        let mut count: u32 = 0;
        let mut next = request.first_domain.0;
        while count < request.max_domains {
            let Some(domain) = table::next_from(DomId(next)) else {
                break;
            };
            next = domain.id.0.saturating_add(1);
            call.write(
                request.buffer.offset(u64::from(count)),
                &domctl::info::of(&domain),
            )?;
            count = count.wrapping_add(1);
        }
        request.num_domains = count;
        Ok(())
    })
}

/// What the keys of a serial console do.
fn debug_keys(call: &Call, at: GuestPtr<DebugKeys>) -> Result<(), Errno> {
    let request = call.read(at)?;
    for index in 0..u64::from(request.nr_keys.min(32)) {
        let key: u8 = call.read(request.keys.cast::<u8>().offset(index))?;
        console::debug_key(key);
    }
    Ok(())
}

fn cpu_info(call: &Call, at: GuestPtr<Getcpuinfo>) -> Result<(), Errno> {
    update(call, at, |request| {
        let count = cpu::count().min(request.max_cpus);
        for id in 0..count {
            let idle = Cpuinfo {
                idletime: schedule::idle_ns(CpuId(id)),
            };
            call.write(request.info.offset(u64::from(id)), &idle)?;
        }
        request.nr_cpus = count;
        Ok(())
    })
}

/// Each CPU is a package of its own, as far as we tell.
fn cpu_topology(call: &Call, at: GuestPtr<Cputopoinfo>) -> Result<(), Errno> {
    update(call, at, |request| {
        let count = cpu::count();
        if !request.cputopo.is_null() {
            if request.num_cpus < count {
                return Err(Errno::ENOBUFS);
            }
            for id in 0..count {
                call.write(
                    request.cputopo.offset(u64::from(id)),
                    &Cputopo {
                        core: 0,
                        socket: id,
                        node: 0,
                    },
                )?;
            }
        }
        request.num_cpus = count;
        Ok(())
    })
}

fn numa(call: &Call, at: GuestPtr<Numainfo>) -> Result<(), Errno> {
    const LOCAL_DISTANCE: u32 = 10;
    update(call, at, |request| {
        let all = Meminfo {
            memsize: metal::memory::total_pages().wrapping_mul(4096),
            memfree: allocator::free_pages().wrapping_mul(4096),
        };
        if !request.meminfo.is_null() {
            call.write(request.meminfo, &all)?;
        }
        if !request.distance.is_null() {
            call.write(request.distance, &LOCAL_DISTANCE)?;
        }
        request.num_nodes = 1;
        Ok(())
    })
}

/// Every device is on the one node.
fn pci_topology(call: &Call, at: GuestPtr<Pcitopoinfo>) -> Result<(), Errno> {
    let request = call.read(at)?;
    for index in 0..u64::from(request.num_devs) {
        call.write(request.nodes.offset(index), &0u32)?;
        if call.should_yield() && index > 4096 {
            return Err(Errno::E2BIG);
        }
    }
    Ok(())
}

/// One pool with all CPUs and all domains.
fn cpupool(call: &Call, at: GuestPtr<CpupoolOp>) -> Result<(), Errno> {
    update(call, at, |request| match request.op {
        XEN_SYSCTL_CPUPOOL_OP_INFO => {
            if request.cpupool_id != POOL {
                return Err(Errno::ENOENT);
            }
            request.sched_id = SCHEDULER;
            request.n_dom = table::all()
                .iter()
                .filter(|domain| domain.lifecycle.stage() != Stage::Dead)
                .count() as u32;
            domctl::write_cpus(call, &request.cpumap, &CpuSet::first(cpu::count()))
        }
        XEN_SYSCTL_CPUPOOL_OP_FREEINFO => {
            domctl::write_cpus(call, &request.cpumap, &CpuSet::default())
        }
        XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN if request.cpupool_id == POOL => {
            call.domain_of(RawDomId(request.domid as u16)).map(|_| ())
        }
        _ => Err(Errno::EOPNOTSUPP),
    })
}

fn scheduler_op(call: &Call, at: GuestPtr<SchedulerOp>) -> Result<(), Errno> {
    update(call, at, |request| {
        if request.sched_id != SCHEDULER || request.cpupool_id != POOL {
            return Err(Errno::EINVAL);
        }
        match request.cmd {
            XEN_SYSCTL_SCHEDOP_GETINFO => {
                request.u = [DEFAULT_RATE_LIMIT_US, 0];
                Ok(())
            }
            XEN_SYSCTL_SCHEDOP_PUTINFO => Err(Errno::EOPNOTSUPP),
            _ => Err(Errno::EINVAL),
        }
    })
}

fn featureset(call: &Call, at: GuestPtr<CpuFeatureset>) -> Result<(), Errno> {
    update(call, at, |request| {
        let words = match request.index {
            XEN_SYSCTL_CPU_FEATURESET_RAW | XEN_SYSCTL_CPU_FEATURESET_HOST => {
                domctl::policy::machine().featureset()
            }
            XEN_SYSCTL_CPU_FEATURESET_PV | XEN_SYSCTL_CPU_FEATURESET_PV_MAX => {
                domctl::policy::pv().featureset()
            }
            XEN_SYSCTL_CPU_FEATURESET_HVM | XEN_SYSCTL_CPU_FEATURESET_HVM_MAX => {
                return Err(Errno::EOPNOTSUPP);
            }
            _ => return Err(Errno::EINVAL),
        };
        let count = words.len() as u32;
        if !request.features.is_null() {
            if request.nr_features < count {
                return Err(Errno::ENOBUFS);
            }
            for (index, word) in (0u64..).zip(words) {
                call.write(request.features.offset(index), &word)?;
            }
        }
        request.nr_features = count;
        Ok(())
    })
}

fn cpu_policy(call: &Call, at: GuestPtr<CpuPolicy>) -> Result<(), Errno> {
    update(call, at, |request| {
        let policy = match request.index {
            XEN_SYSCTL_CPU_POLICY_RAW | XEN_SYSCTL_CPU_POLICY_HOST => domctl::policy::machine(),
            XEN_SYSCTL_CPU_POLICY_PV_MAX | XEN_SYSCTL_CPU_POLICY_PV_DEFAULT => domctl::policy::pv(),
            XEN_SYSCTL_CPU_POLICY_HVM_MAX | XEN_SYSCTL_CPU_POLICY_HVM_DEFAULT => {
                return Err(Errno::EOPNOTSUPP);
            }
            _ => return Err(Errno::EINVAL),
        };
        let (leaves, msrs) = domctl::policy::copy_out(
            call,
            policy,
            (request.leaves, request.nr_leaves),
            (request.msrs, request.nr_msrs),
        )?;
        (request.nr_leaves, request.nr_msrs) = (leaves, msrs);
        Ok(())
    })
}
