//! The error that each wrong call gets: unknown numbers, bad pointers, wrong versions.

use crate::ask::Outcome;
use kit::hypercall::{self, control_op, ptr};
use kit::memory::Page;
use kit::xen::*;
use kit::{call, start};

family!("errno":
    unknown_hypercalls, unknown_sub_operations, bad_pointers, non_canonical_pointers,
    version_strings_need_room, interface_versions, unknown_control_operations, unknown_domains,
    vcpu_numbers, vm_assist, segment_bases, debug_registers, callbacks, grant_batch_limits,
    counts_of_nothing, not_for_pv, optional_calls,
);

/// Inside the hypervisor's part of the address space.
const HYPERVISOR: u64 = 0xffff_8300_0000_0000;
/// Nothing is mapped there.
const NOWHERE: u64 = 0x7f_ffff_0000;

fn unknown_hypercalls() -> Outcome {
    // Not 49: there Xen keeps the continuation of an operation of its own.
    for number in [
        11u64,
        38,
        43,
        44,
        45,
        46,
        47,
        50,
        55,
        56,
        63,
        64,
        255,
        4096,
        1 << 31,
    ] {
        answers!(call!(number, 1, 2, 3), ENOSYS, "hypercall {number}");
    }
    // All of rax counts.
    answers!(call!(1 << 32 | XEN_VERSION, XENVER_VERSION), ENOSYS);
    Ok(())
}
fn unknown_sub_operations() -> Outcome {
    let page = Page::take().va();
    let cases: [(&str, i64, i64); 13] = [
        ("xen_version 99", call!(XEN_VERSION, 99, page), ENOSYS),
        ("sched_op 99", call!(SCHED_OP, 99, page), ENOSYS),
        (
            "event_channel_op 99",
            call!(EVENT_CHANNEL_OP, 99, page),
            ENOSYS,
        ),
        ("memory_op 63", call!(MEMORY_OP, 63, page), ENOSYS),
        ("vcpu_op 99", call!(VCPU_OP, 99, 0, page), ENOSYS),
        ("physdev_op 99", call!(PHYSDEV_OP, 99, page), ENOSYS),
        ("callback_op 99", call!(CALLBACK_OP, 99, page), ENOSYS),
        ("console_io 99", call!(CONSOLE_IO, 99, 1, page), ENOSYS),
        ("nmi_op 99", call!(NMI_OP, 99, page), ENOSYS),
        (
            "grant_table_op 99",
            call!(GRANT_TABLE_OP, 99, page, 1),
            ENOSYS,
        ),
        ("hvm_op 99", call!(HVM_OP, 99, page), ENOSYS),
        ("vm_assist 99", call!(VM_ASSIST, 99, 2), ENOSYS),
        ("mmuext_op 99", hypercall::mmuext_op(99, 0, 0), ENOSYS),
    ];
    for (name, got, want) in cases {
        answers!(got, want, "{name}");
    }
    Ok(())
}
fn bad_pointers() -> Outcome {
    for bad in [HYPERVISOR, NOWHERE] {
        let cases = [
            (
                "get_features",
                call!(XEN_VERSION, XENVER_GET_FEATURES, bad),
                EFAULT,
            ),
            (
                "extraversion",
                call!(XEN_VERSION, XENVER_EXTRAVERSION, bad),
                EFAULT,
            ),
            (
                "evtchn alloc_unbound",
                call!(EVENT_CHANNEL_OP, EVTCHNOP_ALLOC_UNBOUND, bad),
                EFAULT,
            ),
            (
                "evtchn send",
                call!(EVENT_CHANNEL_OP, EVTCHNOP_SEND, bad),
                EFAULT,
            ),
            (
                "sched shutdown",
                call!(SCHED_OP, SCHEDOP_SHUTDOWN, bad),
                EFAULT,
            ),
            ("sched poll", call!(SCHED_OP, SCHEDOP_POLL, bad), EFAULT),
            // Reservations answer how many extents were done: none.
            (
                "memory populate",
                call!(MEMORY_OP, XENMEM_POPULATE_PHYSMAP, bad),
                0,
            ),
            (
                "memory decrease",
                call!(MEMORY_OP, XENMEM_DECREASE_RESERVATION, bad),
                0,
            ),
            (
                "memory exchange",
                call!(MEMORY_OP, XENMEM_EXCHANGE, bad),
                EFAULT,
            ),
            (
                "machphys_mapping",
                call!(MEMORY_OP, XENMEM_MACHPHYS_MAPPING, bad),
                EFAULT,
            ),
            (
                "runstate",
                call!(VCPU_OP, VCPUOP_GET_RUNSTATE_INFO, 0, bad),
                EFAULT,
            ),
            (
                "set_singleshot",
                call!(VCPU_OP, VCPUOP_SET_SINGLESHOT_TIMER, 0, bad),
                EFAULT,
            ),
            ("multicall", call!(MULTICALL, bad, 1), EFAULT),
            (
                "mmu_update",
                call!(MMU_UPDATE, bad, 1, 0, DOMID_SELF),
                EFAULT,
            ),
            ("mmuext_op", call!(MMUEXT_OP, bad, 1, 0, DOMID_SELF), EFAULT),
            ("set_trap_table", call!(SET_TRAP_TABLE, bad), EFAULT),
            (
                "callback register",
                call!(CALLBACK_OP, CALLBACKOP_REGISTER, bad),
                EFAULT,
            ),
            (
                "grant setup_table",
                call!(GRANT_TABLE_OP, GNTTABOP_SETUP_TABLE, bad, 1),
                EFAULT,
            ),
            (
                "grant map",
                call!(GRANT_TABLE_OP, GNTTABOP_MAP_GRANT_REF, bad, 1),
                EFAULT,
            ),
            (
                "set_iopl",
                call!(PHYSDEV_OP, PHYSDEVOP_SET_IOPL, bad),
                EFAULT,
            ),
            ("domctl", call!(DOMCTL, bad), EFAULT),
            ("sysctl", call!(SYSCTL, bad), EFAULT),
            ("platform_op", call!(PLATFORM_OP, bad), EFAULT),
            ("set_gdt", call!(SET_GDT, bad, 512), EFAULT),
        ];
        for (name, got, want) in cases {
            if !start::is_dom0() && matches!(name, "domctl" | "sysctl" | "platform_op") {
                continue;
            }
            answers!(got, want, "{name} at {bad:#x}");
        }
    }
    Ok(())
}
fn non_canonical_pointers() -> Outcome {
    for bad in [
        0x8000_0000_0000u64,
        0xffff_7fff_ffff_fff0,
        0x8000_0000_0000_0000,
    ] {
        answers!(
            call!(XEN_VERSION, XENVER_GET_FEATURES, bad),
            EFAULT,
            "get_features at {bad:#x}"
        );
        answers!(
            call!(EVENT_CHANNEL_OP, EVTCHNOP_SEND, bad),
            EFAULT,
            "send at {bad:#x}"
        );
    }
    Ok(())
}
fn version_strings_need_room() -> Outcome {
    // The strings of 4.20 with a length: none given answers the length.
    let length = call!(XEN_VERSION, XENVER_CAPABILITIES2, 0);
    holds!(length > 0, "no length: {length}");
    let mut none = [0u32; 1];
    answers!(
        call!(XEN_VERSION, XENVER_CAPABILITIES2, ptr(&mut none)),
        ENOBUFS
    );
    Ok(())
}
fn interface_versions() -> Outcome {
    if !start::is_dom0() {
        return Ok(());
    }
    for version in [0x16u64, 0x18, 0] {
        answers!(
            control_op(DOMCTL, 5, version, &[]),
            EACCES,
            "domctl version {version:#x}"
        );
    }
    for version in [0x14u64, 0x16, 0] {
        answers!(
            control_op(SYSCTL, 3, version, &[]),
            EACCES,
            "sysctl version {version:#x}"
        );
    }
    answers!(
        control_op(PLATFORM_OP, 55, PLATFORM_OP_VERSION + 1, &[]),
        EACCES,
        "platform_op"
    );
    Ok(())
}
fn unknown_control_operations() -> Outcome {
    if !start::is_dom0() {
        return Ok(());
    }
    for (name, number, version) in [
        ("domctl", DOMCTL, DOMCTL_VERSION),
        ("sysctl", SYSCTL, SYSCTL_VERSION),
        ("platform_op", PLATFORM_OP, PLATFORM_OP_VERSION),
    ] {
        answers!(control_op(number, 999, version, &[]), ENOSYS, "{name} 999");
    }
    Ok(())
}
fn unknown_domains() -> Outcome {
    let mut alloc = EvtchnAllocUnbound {
        dom: 77,
        remote_dom: 0,
        port: 0,
    };
    answers!(
        hypercall::event_channel_op(EVTCHNOP_ALLOC_UNBOUND, &mut alloc),
        ESRCH
    );
    let mut bind = EvtchnBindInterdomain {
        remote_dom: 77,
        remote_port: 1,
        ..Default::default()
    };
    answers!(
        hypercall::event_channel_op(EVTCHNOP_BIND_INTERDOMAIN, &mut bind),
        ESRCH
    );
    let mut reservation = MemoryReservation {
        domid: 77,
        ..Default::default()
    };
    answers!(
        hypercall::memory_op(XENMEM_CURRENT_RESERVATION, &mut reservation.domid),
        ESRCH
    );
    let mut update = MmuUpdate::default();
    answers!(call!(MMU_UPDATE, ptr(&mut update), 1, 0, 77), ESRCH);
    if start::is_dom0() {
        answers!(
            control_op(DOMCTL, 5, DOMCTL_VERSION, &[77]),
            ESRCH,
            "getdomaininfo"
        );
    }
    Ok(())
}
fn vcpu_numbers() -> Outcome {
    let page = Page::take().va();
    answers!(call!(VCPU_OP, VCPUOP_IS_UP, 0, 0), 1);
    for vcpu in [4095u64, 8192, 0xffff_ffff] {
        answers!(
            call!(VCPU_OP, VCPUOP_IS_UP, vcpu, 0),
            ENOENT,
            "is_up of {vcpu}"
        );
        answers!(call!(VCPU_OP, VCPUOP_UP, vcpu, 0), ENOENT, "up of {vcpu}");
        answers!(
            call!(VCPU_OP, VCPUOP_GET_RUNSTATE_INFO, vcpu, page),
            ENOENT,
            "runstate of {vcpu}"
        );
    }
    Ok(())
}
fn vm_assist() -> Outcome {
    answers!(call!(VM_ASSIST, VMASST_ENABLE, 40), EINVAL);
    answers!(call!(VM_ASSIST, VMASST_ENABLE, 64), EINVAL);
    answers!(
        call!(VM_ASSIST, VMASST_ENABLE, VMASST_WRITABLE_PAGETABLES),
        0
    );
    answers!(
        call!(VM_ASSIST, VMASST_ENABLE, VMASST_RUNSTATE_UPDATE_FLAG),
        0
    );
    answers!(
        call!(VM_ASSIST, VMASST_DISABLE, VMASST_RUNSTATE_UPDATE_FLAG),
        0
    );
    answers!(call!(VM_ASSIST, VMASST_ENABLE, 0), 0, "4gb_segments");
    answers!(call!(VM_ASSIST, VMASST_DISABLE, 0), 0, "4gb_segments");
    Ok(())
}
fn segment_bases() -> Outcome {
    answers!(call!(SET_SEGMENT_BASE, 9, 0), EINVAL);
    answers!(
        call!(SET_SEGMENT_BASE, SEGBASE_FS, 0x8000_0000_0000u64),
        EINVAL
    );
    answers!(
        call!(SET_SEGMENT_BASE, SEGBASE_GS_KERNEL, 0x8000_0000_0000u64),
        EINVAL
    );
    answers!(call!(SET_SEGMENT_BASE, SEGBASE_FS, 0x1000), 0);
    answers!(call!(SET_SEGMENT_BASE, SEGBASE_FS, 0), 0);
    Ok(())
}
fn debug_registers() -> Outcome {
    answers!(call!(GET_DEBUGREG, 8), ENODEV);
    answers!(call!(SET_DEBUGREG, 8, 0), ENODEV);
    // Without CR4.DE, 4 and 5 are other names for 6 and 7.
    answers!(call!(SET_DEBUGREG, 4, 0), 0);
    Ok(())
}
fn callbacks() -> Outcome {
    let register = |kind, address| hypercall::register_callback(kind, 0, address);
    answers!(register(3, 0), ENOSYS, "sysenter_deprecated");
    answers!(register(6, 0), ENOSYS, "type 6");
    answers!(register(99, 0), ENOSYS, "type 99");
    answers!(
        register(CALLBACK_NMI, 0x8000_0000_0000),
        EINVAL,
        "non-canonical"
    );
    Ok(())
}
fn grant_batch_limits() -> Outcome {
    let page = Page::take().va();
    answers!(call!(GRANT_TABLE_OP, GNTTABOP_MAP_GRANT_REF, page, 0), 0);
    answers!(call!(GRANT_TABLE_OP, GNTTABOP_SETUP_TABLE, page, 2), EINVAL);
    answers!(call!(GRANT_TABLE_OP, GNTTABOP_QUERY_SIZE, page, 2), EINVAL);
    answers!(
        call!(GRANT_TABLE_OP, GNTTABOP_MAP_GRANT_REF, page, u32::MAX),
        EINVAL
    );
    Ok(())
}
fn counts_of_nothing() -> Outcome {
    answers!(call!(MULTICALL, 0, 0), 0);
    answers!(call!(MMU_UPDATE, 0, 0, 0, DOMID_SELF), 0);
    answers!(call!(MMUEXT_OP, 0, 0, 0, DOMID_SELF), 0);
    answers!(call!(SET_GDT, 0, 0), 0);
    answers!(call!(SET_GDT, 0, 9999), EINVAL);
    Ok(())
}
fn not_for_pv() -> Outcome {
    let mut param = [0u64; 2];
    param[0] = DOMID_SELF;
    answers!(call!(HVM_OP, 1, ptr(&mut param)), EINVAL, "hvm get_param");
    let mut add = [0u64; 3];
    add[0] = DOMID_SELF;
    answers!(
        call!(MEMORY_OP, XENMEM_ADD_TO_PHYSMAP, ptr(&mut add)),
        EACCES,
        "add_to_physmap"
    );
    Ok(())
}
fn optional_calls() -> Outcome {
    let page = Page::take().va();
    answers!(call!(XSM_OP, page), ENOSYS, "xsm_op");
    answers!(call!(ARGO_OP, 0, 0, 0, 0, 0), ENOSYS, "argo_op");
    answers!(call!(XENOPROF_OP, 0, 0), ENOSYS, "xenoprof_op");
    answers!(
        call!(SET_CALLBACKS, 0, 0, 0) != 1 << 40,
        true as i64,
        "set_callbacks answers"
    );
    answers!(
        hypercall::register_callback(CALLBACK_EVENT, 0, kit::trap::Entry::Event.address()),
        0
    );
    answers!(
        hypercall::register_callback(CALLBACK_FAILSAFE, 1, kit::trap::Entry::Failsafe.address()),
        0
    );
    answers!(
        hypercall::register_callback(CALLBACK_SYSCALL, 1, kit::trap::Entry::Syscall.address()),
        0
    );
    Ok(())
}
