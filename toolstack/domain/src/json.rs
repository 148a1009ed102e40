//! JSON as Xen's tools print it: four blanks a level, and an empty map over three lines.
//!
//! Scripts compare this output, so its blanks are part of the interface.

use serde_json::Value;

/// Shows a value as `xl list -l` does.
pub fn beautify(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            block(('[', ']'), items, depth, out);
        }
        Value::Object(map) => {
            let items = map.iter().map(|(key, item)| (Some(key), item));
            block(('{', '}'), items, depth, out);
        }
        other => out.push_str(&other.to_string()),
    }
}

fn block<'a>(
    (open, close): (char, char),
    items: impl Iterator<Item = (Option<&'a String>, &'a Value)>,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    out.push('\n');
    for (index, (key, item)) in items.enumerate() {
        if index > 0 {
            out.push_str(",\n");
        }
        indent(depth + 1, out);
        if let Some(key) = key {
            out.push_str(&Value::from(key.as_str()).to_string());
            out.push_str(": ");
        }
        write(item, depth + 1, out);
    }
    out.push('\n');
    indent(depth, out);
    out.push(close);
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("    ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_map_has_an_empty_line() {
        let value = serde_json::json!({ "a": {}, "b": [1, "x"] });
        let expected =
            "{\n    \"a\": {\n\n    },\n    \"b\": [\n        1,\n        \"x\"\n    ]\n}\n";
        assert_eq!(beautify(&value), expected);
    }
}
