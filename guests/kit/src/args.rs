//! The command line of a guest: words apart by blanks, some of them `key=value`.
//!
//! Not here: quoting. A test needs none.

/// The value of the last `key=value` word; the last, so that a caller can override by appending.
pub fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_ascii_whitespace()
        .filter_map(|word| word.strip_prefix(key)?.strip_prefix('='))
        .next_back()
}

/// A number given as `key=value`, decimal or with `0x`.
pub fn number(line: &str, key: &str) -> Option<u64> {
    let text = value(line, key)?;
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Whether the comma-separated list given as `key=a,b,c` holds `name`.
pub fn lists(line: &str, key: &str, name: &str) -> bool {
    value(line, key).is_some_and(|list| list.split(',').any(|item| item == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_key_counts_and_prefixes_do_not() {
        let line = "pvbench iters=5 skip=a,b iters=0x10 skipped=c";
        assert_eq!(number(line, "iters"), Some(16));
        assert_eq!(value(line, "skip"), Some("a,b"));
        assert_eq!(value(line, "ski"), None);
        assert!(lists(line, "skip", "b"));
        assert!(!lists(line, "skip", "c"));
        assert_eq!(number("iters=ten", "iters"), None);
    }
}
