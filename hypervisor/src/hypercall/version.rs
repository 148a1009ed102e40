//! `xen_version`: who we say we are.
//!
//! The version is Xen's, for Debian's wrappers choose their programs by it; what is ours stands in the extra version
//! and the changeset.

use abi::version::{
    CompileInfo, FeatureInfo, PlatformParameters, Varbuf, XEN_CAPABILITIES_INFO_LEN,
    XEN_CHANGESET_INFO_LEN, XEN_COMMANDLINE_LEN, XEN_EXTRAVERSION_LEN, XENVER_BUILD_ID,
    XENVER_CAPABILITIES, XENVER_CAPABILITIES2, XENVER_CHANGESET, XENVER_CHANGESET2,
    XENVER_COMMANDLINE, XENVER_COMMANDLINE2, XENVER_COMPILE_INFO, XENVER_EXTRAVERSION,
    XENVER_EXTRAVERSION2, XENVER_GET_FEATURES, XENVER_GUEST_HANDLE, XENVER_PAGESIZE,
    XENVER_PLATFORM_PARAMETERS, XENVER_VERSION,
};
use abi::{Errno, GuestPtr};

use super::Call;

/// Xen 4.20, major in the upper half.
const VERSION: u64 = 4 << 16 | 20;
const EXTRA_VERSION: &str = ".2-xenolith";
const CAPABILITIES: &str = "xen-3.0-x86_64 ";
const CHANGESET: &str = concat!("xenolith ", env!("CARGO_PKG_VERSION"));
const COMPILER: &str = "rustc";
const COMPILED_BY: &str = "xenolith";

/// What every PV guest is told, as Xen 4.20 tells it (`XENFEAT_*`): preserve_ad 5, highmem_assist 6,
/// gnttab_map_avail_bits 7, vnode 13 and below it nothing that is HVM's, direct_mapped 17, runstate_phys 18,
/// vcpu_time_phys 19, dm_msix_all_writes 20.
const FEATURES: u32 = 0x001e_20e0;
/// `XENFEAT_dom0`.
const FEATURE_DOM0: u32 = 1 << 11;

/// Answers one question.
#[inline]
pub fn xen_version(call: &mut Call, cmd: u32, arg: GuestPtr<u8>) -> Result<u64, Errno> {
    match cmd {
        XENVER_VERSION => Ok(VERSION),
        XENVER_GET_FEATURES => get_features(call, arg.cast()),
        XENVER_PAGESIZE => Ok(4096),
        XENVER_EXTRAVERSION => fixed(call, arg, EXTRA_VERSION, XEN_EXTRAVERSION_LEN),
        XENVER_CAPABILITIES => fixed(call, arg, CAPABILITIES, XEN_CAPABILITIES_INFO_LEN),
        XENVER_CHANGESET => fixed(call, arg, CHANGESET, XEN_CHANGESET_INFO_LEN),
        XENVER_COMMANDLINE => {
            call.require_privilege()?;
            fixed(
                call,
                arg,
                metal::memory::command_line(),
                XEN_COMMANDLINE_LEN,
            )
        }
        XENVER_COMPILE_INFO => compile_info(call, arg.cast()),
        XENVER_PLATFORM_PARAMETERS => {
            call.write(
                arg.cast(),
                &PlatformParameters {
                    virt_start: metal::m2p::ADDRESS,
                },
            )?;
            Ok(0)
        }
        XENVER_GUEST_HANDLE => {
            let handle = *call.domain.handle.lock();
            call.write_bytes(arg, &handle)?;
            Ok(0)
        }
        XENVER_BUILD_ID => build_id(call, arg),
        XENVER_EXTRAVERSION2 => variable(call, arg, EXTRA_VERSION),
        XENVER_CAPABILITIES2 => variable(call, arg, CAPABILITIES),
        XENVER_CHANGESET2 => variable(call, arg, CHANGESET),
        XENVER_COMMANDLINE2 => {
            call.require_privilege()?;
            variable(call, arg, metal::memory::command_line())
        }
        _ => Err(Errno::ENOSYS),
    }
}

/// The features of a PV domain, as Xen 4.20 tells them.
fn features(privileged: bool) -> u32 {
    if privileged {
        FEATURES | FEATURE_DOM0
    } else {
        FEATURES
    }
}

fn get_features(call: &mut Call, arg: GuestPtr<FeatureInfo>) -> Result<u64, Errno> {
    let mut info = call.read(arg)?;
    if info.submap_idx != 0 {
        return Err(Errno::EINVAL);
    }
    info.submap = features(call.domain.privileged);
    call.write(arg, &info)?;
    Ok(0)
}

/// A string of fixed room, with its terminator; its length is the answer for the extra version only in old ABIs.
fn fixed(call: &mut Call, arg: GuestPtr<u8>, text: &str, room: usize) -> Result<u64, Errno> {
    let text = text.as_bytes();
    let kept = text
        .get(..text.len().min(room.saturating_sub(1)))
        .unwrap_or(text);
    call.write_bytes(arg, kept)?;
    call.write(arg.offset(kept.len() as u64), &0u8)?;
    Ok(0)
}

/// A string of any length: without a buffer its length, else as much as fits.
fn variable(call: &mut Call, arg: GuestPtr<u8>, text: &str) -> Result<u64, Errno> {
    let bytes = text.as_bytes();
    if arg.is_null() {
        return Ok(bytes.len() as u64);
    }
    let header: Varbuf = call.read(arg.cast())?;
    let room = header.len as usize;
    if room < bytes.len() {
        return Err(Errno::ENOBUFS);
    }
    call.write_bytes(arg.offset(size_of::<Varbuf>() as u64), bytes)?;
    Ok(bytes.len() as u64)
}

fn compile_info(call: &mut Call, arg: GuestPtr<CompileInfo>) -> Result<u64, Errno> {
    let mut info = CompileInfo {
        compiler: [0; 64],
        compile_by: [0; 16],
        compile_domain: [0; 32],
        compile_date: [0; 32],
    };
    put(&mut info.compiler, COMPILER);
    put(&mut info.compile_by, COMPILED_BY);
    call.write(arg, &info)?;
    Ok(0)
}

fn put(room: &mut [u8], text: &str) {
    let most = room.len().saturating_sub(1);
    for (to, from) in room.iter_mut().zip(text.bytes().take(most)) {
        *to = from;
    }
}

/// The build id: none is linked in, which is what a Xen built without one says.
fn build_id(_: &mut Call, _: GuestPtr<u8>) -> Result<u64, Errno> {
    Err(Errno::ENODATA)
}
