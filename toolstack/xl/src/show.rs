//! How values are laid out for a person. Scripts cut these lines by column, so blanks count.

/// A set of processors as xl shows it: `all`, `none`, or ranges.
pub fn cpu_set(set: &[bool]) -> String {
    if set.iter().all(|on| *on) {
        return "all".to_owned();
    }
    let mut ranges: Vec<String> = Vec::new();
    let mut cpu = 0;
    while cpu < set.len() {
        let run = set.iter().skip(cpu).take_while(|on| **on).count();
        match run {
            0 => {}
            1 => ranges.push(cpu.to_string()),
            n => ranges.push(format!("{cpu}-{}", cpu + n - 1)),
        }
        cpu += run.max(1);
    }
    if ranges.is_empty() {
        "none".to_owned()
    } else {
        ranges.join(",")
    }
}

/// A length of time, long (`1 day,  2:03:04`) or short (without seconds).
pub fn duration(seconds: u64, short: bool) -> String {
    let (days, hours) = (seconds / 86400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let prefix = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        n => format!("{n} days, "),
    };
    if short {
        format!("{prefix}{hours:2}:{minutes:02}")
    } else {
        format!("{prefix}{hours:2}:{minutes:02}:{rest:02}")
    }
}

/// A word as tabs and blanks of a table need it: bytes that are no text are shown as text.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_shown_as_ranges() {
        assert_eq!(cpu_set(&[true, true]), "all");
        assert_eq!(cpu_set(&[false, false]), "none");
        assert_eq!(cpu_set(&[true, false, true, true, true, false]), "0,2-4");
    }

    #[test]
    fn times_are_shown_as_uptime_shows_them() {
        assert_eq!(duration(47, false), " 0:00:47");
        assert_eq!(duration(86400 + 3661, false), "1 day,  1:01:01");
        assert_eq!(duration(3 * 86400 + 36000, true), "3 days, 10:00");
    }
}
