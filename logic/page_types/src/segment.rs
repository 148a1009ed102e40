//! Segment descriptors: which ones a PV guest may have in its GDT and LDT.
//!
//! A PV guest's kernel runs in ring 3, so a descriptor for a more privileged ring would only fault: it is raised to
//! ring 3, which is what guests expect that share their tables with the bare machine. What could leave the ring, a gate
//! or a system segment, is refused.

/// Present.
const P: u64 = 1 << 47;
/// Descriptor privilege level.
const DPL: u64 = 3 << 45;
/// Code or data, not a system segment.
const S: u64 = 1 << 44;
/// Type.
const TYPE: u64 = 0xf << 40;

/// The descriptor as it may stand in a table, or `None` if it may not.
#[must_use]
pub const fn checked(descriptor: u64) -> Option<u64> {
    if descriptor & P == 0 {
        // Every use of it faults.
        return Some(descriptor);
    }
    if descriptor & S != 0 {
        return Some(descriptor | DPL);
    }
    // Type 0 is reserved, and faults; it is also how the upper half of a 16-byte descriptor can look.
    if descriptor & TYPE == 0 {
        Some(descriptor | DPL)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_segments_are_raised_to_ring_3() {
        assert_eq!(checked(0x00af_9b00_0000_ffff), Some(0x00af_fb00_0000_ffff));
        assert_eq!(checked(0x00cf_f300_0000_ffff), Some(0x00cf_f300_0000_ffff));
    }

    #[test]
    fn absent_ones_stay_as_they_are() {
        assert_eq!(checked(0), Some(0));
        assert_eq!(checked(0x0000_0c00_dead_beef), Some(0x0000_0c00_dead_beef));
    }

    #[test]
    fn gates_and_system_segments_are_refused() {
        for kind in 1..16u64 {
            assert_eq!(
                checked(0x0000_e000_0008_0000 | kind << 40),
                None,
                "type {kind}"
            );
        }
    }
}
