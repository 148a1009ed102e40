//! What a benchmark says of its samples: the median, the least, the most.

/// A summary of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The middle sample (the upper one of two).
    pub median: i64,
    /// The smallest sample.
    pub min: i64,
    /// The largest sample.
    pub max: i64,
}

/// Sorts the samples and sums them up; `None` without samples.
pub fn summarize(samples: &mut [i64]) -> Option<Summary> {
    samples.sort_unstable();
    Some(Summary {
        median: *samples.get(samples.len() / 2)?,
        min: *samples.first()?,
        max: *samples.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_follow_an_outlier() {
        let mut samples = [7, 900_000, 5, 6, 7];
        assert_eq!(
            summarize(&mut samples),
            Some(Summary {
                median: 7,
                min: 5,
                max: 900_000
            })
        );
        assert_eq!(summarize(&mut []), None);
    }
}
