//! Paravirtual vCPUs: kernels that run in ring 3 and know it.
//!
//! The guest's kernel and its user programs both run in ring 3; which of them runs is [`PvState::in_kernel`], switched
//! by traps and `iret`. Each has a page-table root of its own.
//!
//! Always: while a vCPU is loaded on a CPU, the root in use is `kernel_root` or `user_root` after `in_kernel`.
//!
//! Not here: page-table updates' rules (`page_types`), instruction decoding (`emulate`).

pub mod bounce;
pub mod context;
pub mod cpuid;
pub mod debug;
pub mod descriptors;
pub mod exception;
pub mod hypercall_page;
pub mod iret;
pub mod mmu;
pub mod msr;
pub mod ports;
pub mod privileged;
pub mod registers;
pub mod switch;
pub mod walk;

use alloc::boxed::Box;

use metal::cpu::Segments;
use metal::fpu;
use metal::frame::Frame;
use page_types::Leftovers;

use crate::domain::vcpu_info::Words;
use crate::memory::frames::Machine;
use crate::pv::debug::DebugRegisters;
use crate::pv::descriptors::{Gdt, Ldt};
use crate::pv::mmu::Root;

/// `FLAT_KERNEL_CS`: 64-bit code, ring 3.
pub const FLAT_CS64: u64 = 0xe033;
/// `FLAT_KERNEL_SS`: data, ring 3.
pub const FLAT_SS: u64 = 0xe02b;

/// One line of a guest's trap table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Where the handler is; 0 for no handler.
    pub address: u64,
    /// Its code segment.
    pub cs: u16,
    /// Low two bits: who may raise it by INT; bit 2: mask events.
    pub flags: u8,
}

impl Trap {
    /// No handler.
    pub const NONE: Self = Self {
        address: 0,
        cs: 0,
        flags: 0,
    };

    /// Whether entering the handler masks events.
    pub fn masks_events(self) -> bool {
        self.flags & 4 != 0
    }

    /// Whether code of this privilege (3 for user mode, else 1) may raise it by INT.
    pub fn allows(self, privilege: u8) -> bool {
        self.flags & 3 >= privilege
    }
}

/// An entry point of the guest, and whether taking it masks events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Callback {
    /// 0 for none.
    pub address: u64,
    /// `CALLBACKF_mask_events`.
    pub masks_events: bool,
}

/// `PHYSDEVOP_set_iobitmap`: a bitmap in the guest's memory, clear bits for ports that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoBitmap {
    /// Where it is.
    pub address: u64,
    /// How many ports it covers.
    pub ports: u32,
}

/// What a PV vCPU has beside its frame.
pub struct PvState {
    /// Whether the guest's kernel runs (and not a user program).
    pub in_kernel: bool,
    /// The words of its `vcpu_info`.
    pub info: Option<Words>,
    /// Selectors and bases as of the last time it was switched out.
    pub segments: Segments,
    /// The page-table root of the guest's kernel.
    pub kernel_root: Root,
    /// The page-table root of the guest's user mode.
    pub user_root: Root,
    /// Page tables that its last request could not finish giving back.
    pub leftovers: Leftovers<Machine>,
    /// The kernel's stack, for traps out of user mode.
    pub kernel_ss: u64,
    /// The kernel's stack pointer.
    pub kernel_sp: u64,
    /// Events' entry point.
    pub event_callback: Callback,
    /// Where a failed return goes.
    pub failsafe_callback: Callback,
    /// SYSCALL out of 64-bit user mode.
    pub syscall_callback: Callback,
    /// SYSCALL out of 32-bit user mode.
    pub syscall32_callback: Callback,
    /// SYSENTER.
    pub sysenter_callback: Callback,
    /// NMIs' entry point.
    pub nmi_callback: Callback,
    /// The trap table.
    pub traps: Box<[Trap; 256]>,
    /// The GDT's frames.
    pub gdt: Gdt,
    /// The LDT.
    pub ldt: Ldt,
    /// Virtual I/O privilege, 0 to 3.
    pub iopl: u8,
    /// CR0.TS as the guest sees it.
    pub task_switched: bool,
    /// Ports that it may use without the privilege level.
    pub io_bitmap: Option<IoBitmap>,
    /// XCR0; 0 for the machine's default.
    pub xcr0: u64,
    /// What RDTSCP and RDPID give.
    pub tsc_aux: u64,
    /// Debug registers.
    pub debug: DebugRegisters,
    /// FPU, SSE, AVX.
    pub fpu: fpu::Area,
    /// The GS selector of user mode, which `set_segment_base(GS_USER_SEL)` gives.
    pub gs_user_selector: u16,
}

impl PvState {
    /// The state of a vCPU without a context.
    pub fn new() -> Self {
        Self {
            in_kernel: true,
            info: None,
            segments: Segments::default(),
            kernel_root: Root::none(),
            user_root: Root::none(),
            leftovers: Leftovers::new(),
            kernel_ss: FLAT_SS,
            kernel_sp: 0,
            event_callback: Callback::default(),
            failsafe_callback: Callback::default(),
            syscall_callback: Callback::default(),
            syscall32_callback: Callback::default(),
            sysenter_callback: Callback::default(),
            nmi_callback: Callback::default(),
            traps: Box::new([Trap::NONE; 256]),
            gdt: Gdt::default(),
            ldt: Ldt::default(),
            iopl: 0,
            task_switched: false,
            io_bitmap: None,
            xcr0: 0,
            tsc_aux: 0,
            debug: DebugRegisters::default(),
            fpu: fpu::Area::new(),
            gs_user_selector: 0,
        }
    }

    /// The frame of the root that its present mode wants.
    pub fn root_frame(&self) -> Option<Frame> {
        if self.in_kernel {
            self.kernel_root.frame()
        } else {
            self.user_root.frame()
        }
    }
}

impl Default for PvState {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a guest may have an entry point or a base there: canonical, and not in the hypervisor's part.
#[inline(always)]
pub fn is_guest_address(va: u64) -> bool {
    // The lower half, or from the end of slot 271 up.
    !(1 << 47..metal::HYPERVISOR_END).contains(&va)
}
