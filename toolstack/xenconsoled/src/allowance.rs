//! How often a guest is served: a number of turns per period.

/// Turns in one period. A turn moves at most a full ring of 2 KiB, so this is 320 KiB per second.
pub const TURNS: u32 = 32;
/// The period.
pub const PERIOD_NS: u64 = 200_000_000;

/// What is left of the current period.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowance {
    started_ns: u64,
    used: u32,
}

impl Allowance {
    /// Takes a turn, or says when the next one may be taken.
    pub fn take(&mut self, now_ns: u64) -> Result<(), u64> {
        if self.used == 0 || now_ns >= self.started_ns.saturating_add(PERIOD_NS) {
            self.started_ns = now_ns;
            self.used = 0;
        }
        if self.used < TURNS {
            self.used += 1;
            Ok(())
        } else {
            Err(self.started_ns.saturating_add(PERIOD_NS))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_waits_for_the_next_period() {
        let mut allowance = Allowance::default();
        for turn in 0..u64::from(TURNS) {
            assert_eq!(allowance.take(1000 + turn), Ok(()));
        }
        assert_eq!(allowance.take(2000), Err(1000 + PERIOD_NS));
        assert_eq!(allowance.take(1000 + PERIOD_NS), Ok(()));
    }

    #[test]
    fn who_is_slow_never_waits() {
        let mut allowance = Allowance::default();
        for turn in 0..10_000 {
            assert_eq!(allowance.take(turn * PERIOD_NS / u64::from(TURNS)), Ok(()));
        }
    }
}
