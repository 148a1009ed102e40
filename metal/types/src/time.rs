//! From TSC ticks to nanoseconds, by a multiplication, as a guest does it too.

/// `ns = ((ticks << shift) * mul) >> 32`; a negative shift goes right. The pair of `vcpu_time_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TscScale {
    /// Multiplier, a fraction of 2^32; its top bit is set unless it is exact without.
    pub mul: u32,
    /// Shift before the multiplication.
    pub shift: i8,
}

impl TscScale {
    /// The scale for a TSC of `khz`; a frequency of 0 counts as 1.
    #[must_use]
    pub const fn from_khz(khz: u64) -> TscScale {
        // Wanted: 10^6 / khz = mul / 2^32 * 2^shift with mul as large as fits, for precision.
        let khz = if khz == 0 { 1 } else { khz };
        let mut shift: i8 = 0;
        // `numerator / khz` is the multiplier; 10^6 << 32 fits in 52 bits, so there is room on both sides.
        let mut numerator: u128 = 1_000_000u128 << 32;
        while quotient(numerator, khz) > u32::MAX as u128 {
            numerator >>= 1;
            shift = shift.saturating_add(1);
        }
        while quotient(numerator, khz) <= (u32::MAX >> 1) as u128 && shift > -31 {
            numerator <<= 1;
            shift = shift.saturating_sub(1);
        }
        TscScale {
            mul: quotient(numerator, khz) as u32,
            shift,
        }
    }

    /// Nanoseconds in `ticks`.
    #[must_use]
    pub const fn ns(self, ticks: u64) -> u64 {
        let shifted = if self.shift < 0 {
            ticks.wrapping_shr(self.shift.unsigned_abs() as u32)
        } else {
            ticks.wrapping_shl(self.shift as u32)
        };
        // 64 by 32 bits: the product has 96.
        ((shifted as u128).wrapping_mul(self.mul as u128) >> 32) as u64
    }

    /// Ticks in `ns`, rounded down; the inverse of [`TscScale::ns`] within a tick.
    #[must_use]
    pub const fn ticks(self, ns: u64) -> u64 {
        if self.mul == 0 {
            return 0;
        }
        let unshifted = quotient((ns as u128) << 32, self.mul as u64);
        let ticks = if self.shift < 0 {
            unshifted.wrapping_shl(self.shift.unsigned_abs() as u32)
        } else {
            unshifted.wrapping_shr(self.shift as u32)
        };
        if ticks > u64::MAX as u128 {
            u64::MAX
        } else {
            ticks as u64
        }
    }
}

/// A quotient; that by nothing is the largest.
const fn quotient(dividend: u128, divisor: u64) -> u128 {
    match dividend.checked_div(divisor as u128) {
        Some(quotient) => quotient,
        None => u128::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_ticks_is_a_day_within_a_millisecond() {
        for khz in [
            1, 999, 32_768, 999_999, 1_000_000, 1_000_001, 2_899_998, 5_000_000,
        ] {
            let day_ns = 86_400_000_000_000;
            let ns = TscScale::from_khz(khz).ns(khz * 86_400_000);
            assert!(
                day_ns - ns.min(day_ns) < 1_000_000 && ns <= day_ns,
                "{khz} kHz: {ns}"
            );
        }
    }

    #[test]
    fn ticks_undo_nanoseconds() {
        for khz in [500_000, 1_000_000, 2_899_998] {
            let scale = TscScale::from_khz(khz);
            let ticks = scale.ticks(1_000_000_000);
            assert!(ticks.abs_diff(khz * 1000) <= 8, "{khz} kHz: {ticks}");
        }
    }
}
