//! CPU policies: the machine's, what PV guests get, and `get_cpu_policy`, `set_cpu_policy`.

use abi::arch_x86_xen::{CpuidLeaf, MsrEntry};
use abi::domctl::CpuPolicy;
use abi::{Errno, GuestPtr};
use alloc::sync::Arc;
use alloc::vec::Vec;
use cpu_policy::{Leaf, Policy};
use metal::sync::Once;

use crate::domain::Domain;
use crate::hypercall::Call;

/// What CPUID tells one domain.
pub type DomainPolicy = Policy;

static MACHINE: Once<Policy> = Once::new();
static PV: Once<Policy> = Once::new();

/// More leaves than any policy of ours has.
const MAX_LEAVES: u32 = 1024;

/// Reads the machine's policy, once.
pub fn start() {
    let machine = Policy::of_machine(metal::cpuid::query);
    let _first = PV.set(machine.for_pv());
    let _first = MACHINE.set(machine);
}

/// The machine's.
pub fn machine() -> &'static Policy {
    static NONE: Policy = Policy::NONE;
    MACHINE.get().unwrap_or(&NONE)
}

/// The most, and by default the same, that a PV domain sees.
pub fn pv() -> &'static Policy {
    static NONE: Policy = Policy::NONE;
    PV.get().unwrap_or(&NONE)
}

/// A new domain's.
pub fn for_new_domain() -> DomainPolicy {
    pv().clone()
}

/// `XEN_DOMCTL_get_cpu_policy`.
pub fn get(call: &Call, target: &Arc<Domain>, at: GuestPtr<CpuPolicy>) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    let policy = target.policy.lock().clone();
    let (leaves, msrs) = copy_out(
        call,
        &policy,
        (request.leaves, request.nr_leaves),
        (request.msrs, request.nr_msrs),
    )?;
    (request.nr_leaves, request.nr_msrs) = (leaves, msrs);
    call.write(at, &request)
}

/// Copies a policy to the caller; how many leaves and MSRs. Without buffers it only counts.
pub fn copy_out(
    call: &Call,
    policy: &Policy,
    (leaves, room): (GuestPtr<CpuidLeaf>, u32),
    (msrs, _): (GuestPtr<MsrEntry>, u32),
) -> Result<(u32, u32), Errno> {
    let count = policy.leaves().len() as u32;
    if !leaves.is_null() {
        if room < count {
            return Err(Errno::ENOBUFS);
        }
        for (index, leaf) in (0u64..).zip(policy.leaves()) {
            let [a, b, c, d] = leaf.regs;
            call.write(
                leaves.offset(index),
                &CpuidLeaf {
                    leaf: leaf.leaf,
                    subleaf: leaf.subleaf,
                    a,
                    b,
                    c,
                    d,
                },
            )?;
        }
    }
    // No MSR is part of a policy of ours.
    let _ = msrs;
    Ok((count, 0))
}

/// `XEN_DOMCTL_set_cpu_policy`: takes away from what the domain has; before it runs.
pub fn set(call: &Call, target: &Arc<Domain>, at: GuestPtr<CpuPolicy>) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    if target.vcpus().iter().any(|vcpu| vcpu.is_up()) && !target.lifecycle.is_paused_by_controller()
    {
        return Err(Errno::EEXIST);
    }
    if request.nr_leaves > MAX_LEAVES {
        return Err(Errno::E2BIG);
    }
    let wanted = (0..u64::from(request.nr_leaves))
        .map(|index| {
            let leaf = call.read(request.leaves.offset(index))?;
            Ok(Leaf {
                leaf: leaf.leaf,
                subleaf: leaf.subleaf,
                regs: [leaf.a, leaf.b, leaf.c, leaf.d],
            })
        })
        .collect::<Result<Vec<_>, Errno>>()?;
    *target.policy.lock() = pv().restrict(&wanted);
    (request.err_leaf, request.err_subleaf, request.err_msr) = (u32::MAX, u32::MAX, u32::MAX);
    call.write(at, &request)
}
