//! Virtual interrupts: which belong to a virtual CPU and which to the domain.

use abi::xen;

/// How many there are (`NR_VIRQS`).
pub const VIRQS: usize = 24;

/// Whether it belongs to the domain rather than to one virtual CPU (marked `G.` in `xen.h`).
pub const fn is_global(virq: u32) -> bool {
    !matches!(
        virq,
        xen::VIRQ_TIMER | xen::VIRQ_DEBUG | xen::VIRQ_XENOPROF | xen::VIRQ_XENPMU
    )
}
