//! The sizes and offsets that an unmodified Linux and the tools were seen to rely on, spelt out by hand.
//!
//! `layout.rs` checks every field against the compiler; this checks that nobody bends both at once.

use std::mem::{offset_of, size_of};

use abi::arch_x86_xen::{ArchSharedInfo, TrapInfo, VcpuGuestContext};
use abi::{
    domctl, event_channel, grant_table, hvm, io, memory, physdev, platform, sched, sysctl, vcpu,
    xen,
};

#[test]
fn pages_shared_with_a_guest() {
    assert_eq!(size_of::<xen::SharedInfo>(), 3136);
    assert_eq!(xen::SHARED_INFO_EVTCHN_PENDING, 2048);
    assert_eq!(xen::SHARED_INFO_EVTCHN_MASK, 2560);
    assert_eq!(xen::SHARED_INFO_WC_VERSION, 3072);
    assert_eq!(xen::SHARED_INFO_WC_SEC_HI, 3084);
    assert_eq!(xen::SHARED_INFO_ARCH, 3088);
    assert_eq!(offset_of!(ArchSharedInfo, p2m_generation), 40);
    assert_eq!(size_of::<xen::VcpuInfo>(), 64);
    assert_eq!(xen::VCPU_INFO_EVTCHN_PENDING_SEL, 8);
    assert_eq!(xen::VCPU_INFO_ARCH_CR2, 16);
    assert_eq!(xen::VCPU_INFO_TIME, 32);
    assert_eq!(size_of::<xen::VcpuTimeInfo>(), 32);
    assert_eq!(offset_of!(xen::VcpuTimeInfo, flags), 29);
    assert_eq!(size_of::<vcpu::RunstateInfo>(), 48);
}

#[test]
fn what_a_pv_kernel_finds_at_its_start() {
    assert_eq!(size_of::<xen::StartInfo>(), 1168);
    let offsets = [
        offset_of!(xen::StartInfo, nr_pages),
        offset_of!(xen::StartInfo, shared_info),
        offset_of!(xen::StartInfo, flags),
        offset_of!(xen::StartInfo, store_mfn),
        offset_of!(xen::StartInfo, store_evtchn),
        offset_of!(xen::StartInfo, console),
        offset_of!(xen::StartInfo, pt_base),
        offset_of!(xen::StartInfo, nr_pt_frames),
        offset_of!(xen::StartInfo, mfn_list),
        offset_of!(xen::StartInfo, mod_start),
        offset_of!(xen::StartInfo, mod_len),
        offset_of!(xen::StartInfo, cmd_line),
        offset_of!(xen::StartInfo, first_p2m_pfn),
        offset_of!(xen::StartInfo, nr_p2m_frames),
    ];
    assert_eq!(
        offsets,
        [
            32, 40, 48, 56, 64, 72, 88, 96, 104, 112, 120, 128, 1152, 1160
        ]
    );
}

#[test]
fn the_console_of_the_start_of_day_is_one_thing_for_dom0_and_another_for_the_rest() {
    let mut start: xen::StartInfo = zerocopy::FromZeros::new_zeroed();
    start.set_console(0x12_3456_789a, 7);
    assert_eq!(start.console(), (0x12_3456_789a, 7));
    start.set_dom0_console(1168, 40);
    assert_eq!(start.dom0_console(), (1168, 40));
    assert_eq!(size_of::<xen::Dom0VgaConsoleInfo>(), 40);
}

#[test]
fn the_state_of_a_vcpu() {
    assert_eq!(size_of::<VcpuGuestContext>(), 5168);
    let offsets = [
        offset_of!(VcpuGuestContext, flags),
        offset_of!(VcpuGuestContext, user_regs),
        offset_of!(VcpuGuestContext, trap_ctxt),
        offset_of!(VcpuGuestContext, ldt_base),
        offset_of!(VcpuGuestContext, gdt_frames),
        offset_of!(VcpuGuestContext, gdt_ents),
        offset_of!(VcpuGuestContext, kernel_ss),
        offset_of!(VcpuGuestContext, kernel_sp),
        offset_of!(VcpuGuestContext, ctrlreg),
        offset_of!(VcpuGuestContext, debugreg),
        offset_of!(VcpuGuestContext, event_callback_eip),
        offset_of!(VcpuGuestContext, syscall_callback_eip),
        offset_of!(VcpuGuestContext, vm_assist),
        offset_of!(VcpuGuestContext, fs_base),
        offset_of!(VcpuGuestContext, gs_base_user),
    ];
    assert_eq!(
        offsets,
        [
            512, 520, 720, 4816, 4832, 4960, 4968, 4976, 4984, 5048, 5112, 5128, 5136, 5144, 5160
        ]
    );
    assert_eq!(size_of::<TrapInfo>(), 16);
}

#[test]
fn what_the_tools_send() {
    assert_eq!(size_of::<domctl::Domctl>(), 144);
    assert_eq!(offset_of!(domctl::Domctl, u), 16);
    assert_eq!(size_of::<domctl::Createdomain>(), 68);
    assert_eq!(offset_of!(domctl::Createdomain, arch), 60);
    assert_eq!(size_of::<domctl::Getdomaininfo>(), 112);
    assert_eq!(offset_of!(domctl::Getdomaininfo, arch_config), 104);
    assert_eq!(size_of::<sysctl::Sysctl>(), 136);
    assert_eq!(size_of::<sysctl::Physinfo>(), 112);
    assert_eq!(offset_of!(sysctl::Physinfo, hw_cap), 80);
    assert_eq!(size_of::<platform::PlatformOp>(), 136);
    assert_eq!(
        [
            domctl::XEN_DOMCTL_INTERFACE_VERSION,
            sysctl::XEN_SYSCTL_INTERFACE_VERSION,
            platform::XENPF_INTERFACE_VERSION
        ],
        [0x17, 0x15, 0x0300_0001]
    );
}

#[test]
fn arguments_of_hypercalls() {
    let sizes = [
        (size_of::<memory::MemoryReservation>(), 32),
        (size_of::<memory::AddToPhysmap>(), 24),
        (size_of::<memory::AddToPhysmapBatch>(), 32),
        (size_of::<memory::MemAcquireResource>(), 32),
        (size_of::<memory::MemoryMap>(), 16),
        (size_of::<memory::MachphysMapping>(), 24),
        (size_of::<memory::MachphysMfnList>(), 24),
        (size_of::<xen::MmuUpdate>(), 16),
        (size_of::<xen::MmuextOp>(), 24),
        (size_of::<xen::MulticallEntry>(), 64),
        (size_of::<physdev::MapPirq>(), 40),
        (size_of::<physdev::PciDeviceAdd>(), 12),
        (size_of::<grant_table::EntryV1>(), 8),
        (size_of::<grant_table::EntryV2FullPage>(), 16),
        (size_of::<grant_table::MapGrantRef>(), 32),
        (size_of::<grant_table::UnmapGrantRef>(), 24),
        (size_of::<grant_table::Copy>(), 40),
        (size_of::<grant_table::SetupTable>(), 24),
        (size_of::<grant_table::QuerySize>(), 16),
        (size_of::<event_channel::AllocUnbound>(), 8),
        (size_of::<event_channel::BindInterdomain>(), 12),
        (size_of::<event_channel::InitControl>(), 24),
        (size_of::<event_channel::Status>(), 24),
        (size_of::<sched::Poll>(), 24),
        (size_of::<hvm::hvm_op::Param>(), 16),
        (size_of::<hvm::dm_op::DmOp>(), 32),
    ];
    for (number, (ours, needed)) in sizes.iter().enumerate() {
        assert_eq!(ours, needed, "row {number}");
    }
}

#[test]
fn rings_and_saved_states() {
    assert_eq!(size_of::<hvm::ioreq::Ioreq>(), 32);
    assert_eq!(size_of::<hvm::ioreq::BufIoreq>(), 8);
    assert_eq!(size_of::<hvm::ioreq::BufferedIopage>(), 4096);
    assert_eq!(size_of::<hvm::start_info::StartInfo>(), 56);
    assert_eq!(size_of::<hvm::start_info::ModlistEntry>(), 32);
    assert_eq!(size_of::<hvm::start_info::MemmapTableEntry>(), 24);
    assert_eq!(size_of::<hvm::save::Descriptor>(), 8);
    assert_eq!(size_of::<hvm::save::HwCpu>(), 1032);
    assert_eq!(hvm::params::HVM_NR_PARAMS, 39);
    assert_eq!(size_of::<io::xs_wire::Sockmsg>(), 16);
    assert_eq!(offset_of!(io::xs_wire::DomainInterface, req_cons), 2048);
    assert_eq!(
        offset_of!(io::xs_wire::DomainInterface, server_features),
        2064
    );
    assert_eq!(offset_of!(io::xs_wire::DomainInterface, connection), 2068);
    assert_eq!(offset_of!(io::xs_wire::DomainInterface, error), 2072);
    assert_eq!(offset_of!(io::console::Interface, out), 1024);
    assert_eq!(offset_of!(io::console::Interface, in_cons), 3072);
    assert_eq!(size_of::<io::blkif::Request>(), 112);
    assert_eq!(size_of::<io::blkif::Response>(), 16);
    assert_eq!(size_of::<io::netif::TxRequest>(), 12);
    assert_eq!(size_of::<io::netif::RxResponse>(), 8);
    assert_eq!(io::ring::RING_HEADER_SIZE, 64);
}
