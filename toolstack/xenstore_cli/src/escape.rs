//! Values as text: bytes that do not print become escapes, and escapes become bytes.

/// Writes a value so that it stays on its line.
pub fn escape(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(byte)),
            0..=7 => text.push_str(&format!("\\{byte:03o}")),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

/// Reads it back. `\` before anything else stands for that.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        let Some((&letter, tail)) = rest.split_first() else {
            value.push(0); // a lonely one at the end, as upstream reads it
            break;
        };
        rest = tail;
        match letter {
            b'n' => value.push(b'\n'),
            b'r' => value.push(b'\r'),
            b't' => value.push(b'\t'),
            b'x' => value.push(number(&mut rest, 16, 2)),
            b'0'..=b'7' => {
                rest = text.get(text.len() - rest.len() - 1..).unwrap_or_default();
                value.push(number(&mut rest, 8, 3));
            }
            other => value.push(other),
        }
    }
    value
}

/// At most `digits` digits from the front.
fn number(text: &mut &[u8], radix: u32, digits: usize) -> u8 {
    let mut value = 0_u32;
    for _ in 0..digits {
        let Some((&byte, tail)) = text.split_first() else {
            break;
        };
        let Some(digit) = char::from(byte).to_digit(radix) else {
            break;
        };
        value = value * radix + digit;
        *text = tail;
    }
    // Three octal digits can exceed a byte; the low bits count.
    (value & 0xff) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_upstreams() {
        assert_eq!(
            escape(b"a\0b\x1fc\x7fd\x80e\xfff\x011"),
            "a\\000b\\x1fc\\x7fd\\x80e\\xfff\\0011"
        );
        assert_eq!(escape(b"\t\n\r\\\""), "\\t\\n\\r\\\\\"");
        assert_eq!(
            unescape(b"\\q\\101\\1a\\x4g\\x\\r\\0a\\77z"),
            b"qA\x01a\x04g\0\r\0a?z"
        );
        assert_eq!(unescape(b"x\\"), b"x\0");
    }

    #[test]
    fn what_was_escaped_is_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(escape(&all).as_bytes()), all);
    }
}
