//! Between a guest's kernel and its user mode, and between vCPUs: roots, segments, FPU, descriptor tables.

use metal::cpu;
use metal::{fpu, msr};

use super::{PvState, bounce};
use crate::hypercall::{Call, Why};
use crate::memory::frames::{self, WITH_GUEST};

const TSC_AUX: u32 = 0xc000_0103;

/// From user mode to the guest's kernel: its root, and its GS base.
#[inline]
pub fn enter_kernel(call: &mut Call) -> Result<(), Why> {
    let root = call.state.pv.kernel_root.frame().ok_or(Why::NoPageTable)?;
    call.state.pv.in_kernel = true;
    cpu::load_root(root);
    swap_gs(&mut call.state.pv);
    Ok(())
}

/// From the guest's kernel to its user mode.
#[inline]
pub fn enter_user(call: &mut Call) -> Result<(), Why> {
    let root = call.state.pv.user_root.frame().ok_or(Why::NoUserTable)?;
    call.state.pv.in_kernel = false;
    cpu::load_root(root);
    swap_gs(&mut call.state.pv);
    Ok(())
}

/// Exchanges the GS base in use with the other mode's.
#[inline(always)]
fn swap_gs(pv: &mut PvState) {
    let active = cpu::gs_base();
    cpu::set_gs_base(pv.segments.gs_base_other);
    pv.segments.gs_base_other = active;
}

/// Puts a vCPU's part of the CPU's state into the CPU.
pub fn load(call: &mut Call) {
    let cpu_id = cpu::this();
    call.domain.dirty_cpus.insert(cpu_id);
    WITH_GUEST.insert(cpu_id);
    let pv = &mut call.state.pv;
    pv.info = call.vcpu.info.words();
    match pv.root_frame() {
        Some(root) => frames::load_root(root),
        None => cpu::load_idle_root(),
    }
    cpu::map_gdt(&pv.gdt.frames);
    pv.ldt.load();
    let stale_selector = cpu::load_segments(&pv.segments).is_err();
    pv.debug.load();
    let _exists_everywhere_or_nowhere = msr::write(TSC_AUX, pv.tsc_aux);
    let xcr0 = if pv.xcr0 == 0 {
        fpu::supported_xcr0()
    } else {
        pv.xcr0
    };
    if xcr0 != fpu::xcr0() {
        let _checked_when_set = fpu::set_xcr0(xcr0);
    }
    fpu::restore(&pv.fpu);
    fpu::set_task_switched(pv.task_switched);
    if stale_selector && pv.failsafe_callback.address != 0 {
        // A selector that its table no longer backs was loaded as 0; the guest is told.
        let failsafe = pv.failsafe_callback;
        bounce::deliver_failsafe(call, failsafe);
    }
}

/// Takes a vCPU's part of the CPU's state out of the CPU.
pub fn save(call: &mut Call) {
    let pv = &mut call.state.pv;
    cpu::save_segments(&mut pv.segments);
    fpu::set_task_switched(false);
    fpu::save(&mut pv.fpu);
    pv.debug.unload();
    cpu::load_idle_root();
    let here = cpu::this();
    WITH_GUEST.remove(here);
    call.domain.dirty_cpus.remove(here);
}
