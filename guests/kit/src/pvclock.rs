//! The arithmetic of Xen's paravirtual clock (`struct vcpu_time_info`).
//!
//! Not here: reading the shared page without tearing (`time`).

/// What the hypervisor says of a vCPU's clock, one consistent copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The TSC when `system_time` was true.
    pub tsc_timestamp: u64,
    /// Nanoseconds since the hypervisor's boot at `tsc_timestamp`.
    pub system_time: u64,
    /// Nanoseconds per (shifted) tick, as a fraction of 2^32.
    pub tsc_to_system_mul: u32,
    /// By how much a TSC difference is shifted left before the multiplication.
    pub tsc_shift: i8,
}

impl Clock {
    /// The system time in nanoseconds when the TSC reads `tsc`.
    #[inline(always)]
    pub fn at(&self, tsc: u64) -> u64 {
        let ticks = tsc.wrapping_sub(self.tsc_timestamp);
        let ticks = if self.tsc_shift < 0 {
            ticks >> self.tsc_shift.unsigned_abs()
        } else {
            ticks << self.tsc_shift
        };
        let scaled = (u128::from(ticks) * u128::from(self.tsc_to_system_mul)) >> 32;
        self.system_time.wrapping_add(scaled as u64)
    }

    /// The TSC's frequency in kHz that the scale stands for.
    pub fn khz(&self) -> u64 {
        let per_tick = u128::from(self.tsc_to_system_mul);
        if per_tick == 0 {
            return 0;
        }
        let khz = (1_000_000u128 << 32) / per_tick;
        let khz = if self.tsc_shift < 0 {
            khz << self.tsc_shift.unsigned_abs()
        } else {
            khz >> self.tsc_shift
        };
        khz as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gigahertz_counts_nanoseconds_whichever_way_it_is_scaled() {
        let half = Clock {
            tsc_timestamp: 1000,
            system_time: 50,
            tsc_to_system_mul: 1 << 31,
            tsc_shift: 1,
        };
        assert_eq!(half.at(1000), 50);
        assert_eq!(half.at(1_001_000), 1_000_050);
        assert_eq!(half.khz(), 1_000_000);
    }

    #[test]
    fn a_negative_shift_divides() {
        let fast = Clock {
            tsc_timestamp: 0,
            system_time: 0,
            tsc_to_system_mul: 1 << 31,
            tsc_shift: -1,
        };
        assert_eq!(fast.at(4000), 1000);
        assert_eq!(fast.khz(), 4_000_000);
    }
}
