//! `vm_assist`: switches for what the hypervisor does on a domain's behalf.

use core::sync::atomic::Ordering;

use abi::Errno;

use super::Call;

const ENABLE: u32 = 0;
const DISABLE: u32 = 1;

/// `VMASST_TYPE_runstate_update_flag`.
pub const RUNSTATE_UPDATE_FLAG: u32 = 5;
/// `VMASST_TYPE_architectural_iopl`: the guest's kernel needs no I/O privilege level above 0.
pub const ARCHITECTURAL_IOPL: u32 = 4;
/// The kinds a 64-bit PV guest may switch: 4gb_segments and its notification, writable_pagetables, pae_extended_cr3,
/// architectural_iopl, runstate_update_flag, m2p_strict.
pub const KNOWN: u64 = 0b1111 | 1 << ARCHITECTURAL_IOPL | 1 << RUNSTATE_UPDATE_FLAG | 1 << 32;

/// Switches one kind on or off for the whole domain.
pub fn vm_assist(call: &mut Call, cmd: u32, kind: u32) -> Result<(), Errno> {
    let bit = 1u64.checked_shl(kind).unwrap_or(0) & KNOWN;
    if bit == 0 {
        return Err(Errno::EINVAL);
    }
    match cmd {
        ENABLE => call.domain.assists.fetch_or(bit, Ordering::Relaxed),
        DISABLE => call.domain.assists.fetch_and(!bit, Ordering::Relaxed),
        _ => return Err(Errno::ENOSYS),
    };
    Ok(())
}
