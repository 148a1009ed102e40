//! `platform_op`: the machine, for domain 0's kernel.

use abi::platform::*;
use abi::{Errno, GuestPtr};
use metal::cpu::{self, CpuId};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::Call;
use crate::{console, time};

/// Where the union begins.
const UNION: u64 = 8;

/// Answers one operation.
pub fn platform_op(call: &mut Call, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    call.require_privilege()?;
    let head: [u32; 2] = call.read(arg.cast())?;
    let [cmd, version] = head;
    if version != XENPF_INTERFACE_VERSION {
        return Err(Errno::EACCES);
    }
    let body = GuestPtr::<u8>::from_addr(arg.addr().wrapping_add(UNION));
    match cmd {
        XENPF_SETTIME32 => {
            let request: Settime32 = call.read(body.cast())?;
            set_time(u64::from(request.secs), request.nsecs, request.system_time)?;
        }
        XENPF_SETTIME64 => {
            let request: Settime64 = call.read(body.cast())?;
            if request.mbz != 0 {
                return Err(Errno::EINVAL);
            }
            set_time(request.secs, request.nsecs, request.system_time)?;
        }
        // Memory types are set by page tables alone.
        XENPF_READ_MEMTYPE | XENPF_ADD_MEMTYPE | XENPF_DEL_MEMTYPE => return Err(Errno::EINVAL),
        XENPF_FIRMWARE_INFO => return firmware_info(call, body.cast()),
        XENPF_ENTER_ACPI_SLEEP => enter_sleep(call, body.cast())?,
        XENPF_GETIDLETIME => return Err(Errno::ENOSYS),
        XENPF_SET_PROCESSOR_PMINFO => processor_power(call, body.cast())?,
        XENPF_GET_CPUINFO => cpu_info(call, body.cast())?,
        XENPF_GET_CPU_VERSION => cpu_version(call, body.cast())?,
        XENPF_GET_UCODE_REVISION => ucode_revision(call, body.cast())?,
        _ => return Err(Errno::ENOSYS),
    }
    Ok(0)
}

/// A call's part of the union, read, changed and written back.
fn update<T: FromBytes + IntoBytes + Immutable>(
    call: &Call,
    at: GuestPtr<T>,
    change: impl FnOnce(&mut T) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut value = call.read(at)?;
    change(&mut value)?;
    call.write(at, &value)
}

fn set_time(seconds: u64, nanoseconds: u32, system_time: u64) -> Result<(), Errno> {
    if nanoseconds >= 1_000_000_000 {
        return Err(Errno::EINVAL);
    }
    let now = seconds
        .checked_mul(1_000_000_000)
        .ok_or(Errno::EINVAL)?
        .wrapping_add(u64::from(nanoseconds));
    time::set_wall_clock(now.wrapping_sub(system_time));
    Ok(())
}

/// Nothing was asked of the firmware before the start: no disks, no EDID, no keyboard state.
fn firmware_info(call: &Call, at: GuestPtr<FirmwareInfo>) -> Result<u64, Errno> {
    let request = call.read(at)?;
    match request.type_ {
        XEN_FW_DISK_INFO | XEN_FW_DISK_MBR_SIGNATURE | XEN_FW_VBEDDC_INFO | XEN_FW_EFI_INFO => {
            Err(Errno::ESRCH)
        }
        XEN_FW_KBD_SHIFT_FLAGS => Err(Errno::ESRCH),
        _ => Err(Errno::EINVAL),
    }
}

/// Writes the values that domain 0 found in the firmware's tables to the power-management registers.
fn enter_sleep(call: &Call, at: GuestPtr<EnterAcpiSleep>) -> Result<(), Errno> {
    const S5: u32 = 5;
    let request = call.read(at)?;
    if request.sleep_state != S5 {
        return Err(Errno::EOPNOTSUPP);
    }
    console::always(format_args!("Domain 0 enters ACPI sleep state S5"));
    metal::power::off()
}

/// Frequencies and idle states are not managed, so what the firmware told of them is refused; but the kernel may ask
/// what of `_PDC` it should claim to the firmware: halting in C1, and nothing else.
fn processor_power(call: &Call, at: GuestPtr<SetProcessorPminfo>) -> Result<(), Errno> {
    const REVISION: u32 = 1;
    const MANAGED_BY_OTHERS: u32 = 0xbfd;
    let request = call.read(at)?;
    if request.type_ != XEN_PM_PDC {
        return Err(Errno::ENOSYS);
    }
    let [list, ..] = request.u;
    let list = GuestPtr::<[u32; 3]>::from_addr(list);
    let [revision, count, claims] = call.read(list)?;
    if revision != REVISION || count == 0 {
        return Err(Errno::EINVAL);
    }
    call.write(list, &[revision, count, claims & !MANAGED_BY_OTHERS])
}

fn cpu_info(call: &Call, at: GuestPtr<Pcpuinfo>) -> Result<(), Errno> {
    update(call, at, |info| {
        let last = cpu::count().saturating_sub(1);
        info.max_present = last;
        if info.xen_cpuid > last {
            info.flags = XEN_PCPU_FLAGS_INVALID;
            return Ok(());
        }
        let id = CpuId(info.xen_cpuid);
        info.apic_id = metal::irq::apic_id(id);
        info.acpi_id = metal::irq::acpi_id(id);
        info.flags = XEN_PCPU_FLAGS_ONLINE;
        Ok(())
    })
}

fn cpu_version(call: &Call, at: GuestPtr<PcpuVersion>) -> Result<(), Errno> {
    update(call, at, |info| {
        let last = cpu::count().saturating_sub(1);
        info.max_present = last;
        if info.xen_cpuid > last {
            return Err(Errno::EINVAL);
        }
        let [_, ebx, ecx, edx] = metal::cpuid::query(0, 0);
        let words = [ebx, edx, ecx];
        for (to, from) in info.vendor_id.chunks_mut(4).zip(words) {
            to.copy_from_slice(&from.to_le_bytes());
        }
        let [eax, ..] = metal::cpuid::query(1, 0);
        info.family = super::mca::family(eax);
        info.model = eax >> 4 & 0xf | (eax >> 16 & 0xf) << 4;
        info.stepping = eax & 0xf;
        Ok(())
    })
}

fn ucode_revision(call: &Call, at: GuestPtr<UcodeRevision>) -> Result<(), Errno> {
    update(call, at, |info| {
        if info.cpu >= cpu::count() {
            return Err(Errno::ENOENT);
        }
        let [signature, ..] = metal::cpuid::query(1, 0);
        *info = UcodeRevision {
            cpu: info.cpu,
            signature,
            pf: 0,
            revision: 0,
        };
        Ok(())
    })
}
