//! `mca`: the processors and their errors, for domain 0.
//!
//! A machine check ends the machine with a report on the console, so there is never one to fetch.

use abi::mca::{
    Fetch, Head, LogicalCpu, Msr, PhysCpuInfo, XEN_MC_ACK, XEN_MC_FETCH, XEN_MC_NODATA,
    XEN_MC_NONURGENT, XEN_MC_PHYSCPUINFO, XEN_MC_URGENT, XEN_MCA_INTERFACE_VERSION,
};
use abi::{Errno, GuestPtr};
use metal::cpu::{self, CpuId};
use metal::{cpuid, irq, msr};
use zerocopy::FromZeros;

use super::Call;

const MSR_MCG_CAP: u32 = 0x179;

/// Answers one operation.
pub fn mca(call: &mut Call, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    call.require_privilege()?;
    let head: Head = call.read(arg.cast())?;
    if head.interface_version != XEN_MCA_INTERFACE_VERSION {
        return Err(Errno::EACCES);
    }
    let body = GuestPtr::<u8>::from_addr(arg.addr().wrapping_add(size_of::<Head>() as u64));
    match head.cmd {
        XEN_MC_FETCH => fetch(call, body.cast())?,
        XEN_MC_PHYSCPUINFO => describe(call, body.cast())?,
        _ => return Err(Errno::ENOSYS),
    }
    Ok(0)
}

fn fetch(call: &Call, at: GuestPtr<Fetch>) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    match request.flags & !XEN_MC_ACK {
        XEN_MC_URGENT | XEN_MC_NONURGENT => {}
        _ => return Err(Errno::EINVAL),
    }
    if request.flags & XEN_MC_ACK == 0 {
        request.flags = XEN_MC_NODATA;
        request.fetch_id = 0;
        call.write(at, &request)?;
    }
    Ok(())
}

/// Without a list, tells how long it would be; with one, fills what there is room for.
fn describe(call: &Call, at: GuestPtr<PhysCpuInfo>) -> Result<(), Errno> {
    let mut request = call.read(at)?;
    let there = cpu::count();
    if request.info == 0 {
        request.ncpus = there;
        return call.write(at, &request);
    }
    if request.ncpus == 0 {
        return Err(Errno::EINVAL);
    }
    request.ncpus = request.ncpus.min(there);
    for number in 0..request.ncpus {
        let place = u64::from(number).wrapping_mul(size_of::<LogicalCpu>() as u64);
        let entry = GuestPtr::from_addr(request.info.wrapping_add(place));
        call.write(entry, &processor(CpuId(number)))?;
    }
    call.write(at, &request)
}

fn processor(id: CpuId) -> LogicalCpu {
    let [highest, ebx, ecx, edx] = cpuid::query(0, 0);
    let [signature, sizes, std_ecx, std_edx] = cpuid::query(1, 0);
    let [_, _, ext_ecx, ext_edx] = cpuid::query(0x8000_0001, 0);
    let apic = irq::apic_id(id);
    let logical = (sizes >> 16 & 0xff).max(1);
    let mut about = LogicalCpu {
        cpunr: id.0,
        chipid: apic.checked_div(logical).unwrap_or(0),
        coreid: u16::try_from(apic.checked_rem(logical).unwrap_or(0)).unwrap_or(u16::MAX),
        apicid: apic,
        ncores: logical,
        ncores_active: logical,
        nthreads: logical,
        cpuid_level: highest.cast_signed(),
        family: family(signature),
        model: signature >> 4 & 0xf | (signature >> 16 & 0xf) << 4,
        step: signature & 0xf,
        cpu_caps: [std_edx, ext_edx, 0, 0, std_ecx, 0, ext_ecx],
        // In bytes, where CPUID tells it in groups of eight.
        cache_alignment: (sizes >> 8 & 0xff) << 3,
        ..LogicalCpu::new_zeroed()
    };
    fill(&mut about.vendorid, &[ebx, edx, ecx]);
    let brand = |leaf| cpuid::query(leaf, 0);
    let brand = [brand(0x8000_0002), brand(0x8000_0003), brand(0x8000_0004)];
    fill(&mut about.brandid, brand.as_flattened());
    if let (Some(value), Some(first)) = (msr::read(MSR_MCG_CAP), about.msrvalues.first_mut()) {
        let reg = u64::from(MSR_MCG_CAP);
        *first = Msr { reg, value };
        about.nmsrvals = 1;
    }
    about
}

/// The family of CPUID's signature, with its extension.
pub fn family(signature: u32) -> u32 {
    let base = signature >> 8 & 0xf;
    if base == 0xf {
        base.wrapping_add(signature >> 20 & 0xff)
    } else {
        base
    }
}

fn fill(text: &mut [u8], words: &[u32]) {
    for (to, from) in text.chunks_mut(4).zip(words) {
        to.copy_from_slice(&from.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn an_extended_family_counts_on() {
        assert_eq!(family(0x0080_0f12), 0x17);
        assert_eq!(family(0x0005_06e3), 6);
    }
}
