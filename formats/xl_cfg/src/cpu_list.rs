//! `cpus = "0-3,^2,node:1"`: a set of processors, described by what joins it and what leaves it.
//!
//! Always: terms apply from left to right; `^` takes away whatever stands before it.
//!
//! Not here: which processors a machine has ([`CpuList::resolve`] is told).

use crate::disk::SpecError;

/// One step: a range of processors or of NUMA nodes, to add or (`^`) to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    add: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    All,
    Cpus(u32, u32),
    Nodes(u32, u32),
}

/// A parsed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuList {
    terms: Vec<Term>,
}

impl CpuList {
    /// Reads a list such as `all,^node:1` or `nodes:0-3,5`.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let mut terms = Vec::new();
        let mut at = 0_usize;
        for item in text.split(',') {
            let span = at..at.saturating_add(item.len());
            at = span.end.saturating_add(1);
            let term = Term::parse(item.trim()).ok_or_else(|| {
                SpecError::new(format!("`{}` is no list of CPUs", item.trim()), span)
                    .with_help("for example \"all\", \"0-3,^2\" or \"node:1\"")
            })?;
            terms.push(term);
        }
        Ok(Self { terms })
    }

    /// One processor alone, as a number in the file means.
    pub fn single(cpu: u32) -> Self {
        Self {
            terms: vec![Term {
                add: true,
                what: What::Cpus(cpu, cpu),
            }],
        }
    }

    /// The set, as one flag per processor; `node_of` gives each processor's node.
    pub fn resolve(&self, node_of: &[u32]) -> Vec<bool> {
        let mut set = vec![false; node_of.len()];
        for term in &self.terms {
            for ((cpu, &node), slot) in (0u32..).zip(node_of).zip(set.iter_mut()) {
                let matches = match term.what {
                    What::All => true,
                    What::Cpus(low, high) => (low..=high).contains(&cpu),
                    What::Nodes(low, high) => (low..=high).contains(&node),
                };
                if matches {
                    *slot = term.add;
                }
            }
        }
        set
    }
}

impl Term {
    fn parse(item: &str) -> Option<Self> {
        let (add, item) = match item.strip_prefix('^') {
            Some(rest) => (false, rest),
            None => (true, item),
        };
        let nodes = item
            .strip_prefix("nodes:")
            .or_else(|| item.strip_prefix("node:"));
        let what = match (nodes, item) {
            (_, "all") if add => What::All,
            (Some("all"), _) => What::All,
            (Some(nodes), _) => {
                let (low, high) = range(nodes)?;
                What::Nodes(low, high)
            }
            (None, cpus) => {
                let (low, high) = range(cpus)?;
                What::Cpus(low, high)
            }
        };
        Some(Self { add, what })
    }
}

/// `3` or `0-3`; a range that runs backwards is a mistake.
fn range(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    // In "nodes:0-3,^node:2" both ends are plain; "^nodes:1-^2" is not a thing.
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, node_of: &[u32]) -> Vec<usize> {
        let set = CpuList::parse(text).unwrap().resolve(node_of);
        set.iter()
            .enumerate()
            .filter(|(_, on)| **on)
            .map(|(cpu, _)| cpu)
            .collect()
    }

    /// The examples of xl.cfg(5): four CPUs to a node.
    #[test]
    fn the_manuals_examples() {
        let nodes: Vec<u32> = (0..16).map(|cpu| cpu / 4).collect();
        assert_eq!(set("0-3,5,^1", &nodes), [0, 2, 3, 5]);
        assert_eq!(set("all,^7", &nodes).len(), 15);
        assert_eq!(
            set("nodes:0-3,^node:2", &nodes),
            [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15]
        );
        assert_eq!(set("1,node:1,^6", &nodes), [1, 4, 5, 7]);
        assert_eq!(set("all,^node:1", &nodes).len(), 12);
        assert_eq!(set("all", &nodes).len(), 16);
    }

    #[test]
    fn nonsense_is_pointed_at() {
        assert_eq!(CpuList::parse("0-3,x").unwrap_err().at, 4..5);
        for bad in ["", "3-1", "^", "node:", "1-", "^all"] {
            assert!(CpuList::parse(bad).is_err(), "{bad}");
        }
    }
}
