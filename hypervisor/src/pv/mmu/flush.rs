//! Flushes that a guest asks for, on the CPUs that run its vCPUs.

use abi::{Errno, GuestPtr};
use metal::cpu::{self, CpuSet, Flush};

use crate::hypercall::Call;

/// Vcpus in a word of a mask.
const WORD: usize = 64;

/// The CPUs on which translations of the caller's domain can be.
pub fn everywhere(call: &Call) -> CpuSet {
    call.domain.dirty_cpus.load()
}

/// The CPUs of the vCPUs in a bitmap of the caller's. A vCPU that no CPU runs has no translations.
pub fn of_mask(call: &Call, mask: GuestPtr<u64>) -> Result<CpuSet, Errno> {
    let mut cpus = CpuSet::EMPTY;
    for (index, vcpus) in (0u64..).zip(call.domain.vcpus().chunks(WORD)) {
        let bits: u64 = call.read(mask.offset(index))?;
        for (number, vcpu) in vcpus.iter().enumerate() {
            if bits >> number & 1 == 1 {
                cpus.insert(vcpu.cpu());
            }
        }
    }
    Ok(cpus.intersection(&everywhere(call)))
}

/// Flushes on this CPU.
#[inline]
pub fn here(what: Flush) {
    match what {
        // Guests' mappings are not global, so that a load of the root takes them all out.
        Flush::All => cpu::reload_root(),
        Flush::Page(address) => cpu::invlpg(address),
    }
}

/// Flushes on some CPUs.
pub fn on(cpus: &CpuSet, what: Flush) {
    if !cpus.is_empty() {
        cpu::flush(cpus, what);
    }
}
