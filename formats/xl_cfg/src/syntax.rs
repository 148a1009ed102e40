//! From text to settings: `KEY = VALUE` pairs, separated by newlines or semicolons.
//!
//! ```text
//! file    = { [ setting ] ( newline | ";" ) }
//! setting = key ( "=" | "+=" ) value
//! value   = string | number | "[" [ value { "," value } [ "," ] ] "]"
//! ```
//! A `#` begins a comment; inside brackets a newline is only space.
//!
//! Always: a mistake costs one diagnostic and the rest of its line; what follows is still read.
//! A key given twice has its last value, as the command line's overrides need.
//!
//! Not here: which keys exist and what they mean ([`crate::guest`]).

use crate::diagnostic::{Diagnostic, Span};

/// How deep lists may nest; deeper is a mistake, and would be a way to exhaust our stack.
const MAX_DEPTH: usize = 16;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in quotes.
    Text(String),
    /// A number as written and its value. xl has always taken a number where text is wanted.
    Number(String, i64),
    List(Vec<Value>),
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub key_span: Span,
    pub value: Value,
}

/// A file, read: each key once, in the order in which the keys first stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub settings: Vec<Setting>,
}

impl Document {
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|s| s.key == key)
    }

    fn set(&mut self, setting: Setting) {
        match self.settings.iter_mut().find(|s| s.key == setting.key) {
            Some(slot) => *slot = setting,
            None => self.settings.push(setting),
        }
    }

    /// `+=`: lists grow by the new elements, text by the new text.
    fn append(&mut self, setting: Setting) -> Result<(), Diagnostic> {
        let Some(old) = self.settings.iter_mut().find(|s| s.key == setting.key) else {
            self.settings.push(setting);
            return Ok(());
        };
        match (&mut old.value.kind, setting.value.kind) {
            (Kind::List(list), Kind::List(more)) => list.extend(more),
            (Kind::Text(text), Kind::Text(more)) => text.push_str(&more),
            _ => {
                return Err(Diagnostic::error(
                    format!("`{}` cannot be added to", setting.key),
                    setting.value.span,
                    "`+=` joins a list to a list, or a string to a string",
                ));
            }
        }
        old.value.span = setting.value.span;
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number(String, i64),
    Equals,
    PlusEquals,
    Open,
    Close,
    Comma,
    /// A newline or a semicolon.
    End,
}

/// Reads `source`; the diagnostics are the mistakes, in order.
pub fn parse(source: &str) -> (Document, Vec<Diagnostic>) {
    let mut parser = Parser {
        lexer: Lexer { source, at: 0 },
        ahead: None,
        findings: Vec::new(),
    };
    let mut document = Document::default();
    while parser.peek_or_report().is_some() {
        if let Err(finding) = parser.setting(&mut document) {
            parser.findings.push(finding);
            parser.recover();
        }
    }
    (document, parser.findings)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Option<(Token, Span)>,
    findings: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Option<(Token, Span)>, Diagnostic> {
        match self.ahead.take() {
            Some(token) => Ok(Some(token)),
            None => self.lexer.next(),
        }
    }

    fn peek(&mut self) -> Result<Option<&Token>, Diagnostic> {
        if self.ahead.is_none() {
            self.ahead = self.lexer.next()?;
        }
        Ok(self.ahead.as_ref().map(|(token, _)| token))
    }

    /// Like `peek`, at the start of a setting: a bad character is reported and skipped here.
    fn peek_or_report(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                Ok(token) => return token.map(|_| ()),
                Err(finding) => {
                    self.findings.push(finding);
                    self.recover();
                }
            }
        }
    }

    /// Goes to the end of the line after a mistake.
    fn recover(&mut self) {
        if !matches!(self.ahead.take(), Some((Token::End, _))) {
            self.lexer.skip_line();
        }
    }

    fn setting(&mut self, document: &mut Document) -> Result<(), Diagnostic> {
        let Some((token, key_span)) = self.next()? else {
            return Ok(());
        };
        let key = match token {
            Token::End => return Ok(()),
            Token::Word(word) => word,
            other => {
                return Err(Diagnostic::error(
                    format!("a setting cannot begin with {}", other.name()),
                    key_span,
                    "expected a key, as in `memory = 512`",
                ));
            }
        };
        let append = match self.next()? {
            Some((Token::Equals, _)) => false,
            Some((Token::PlusEquals, _)) => true,
            other => {
                // What is missing at a line's end is best shown at the key.
                self.put_back_end(other);
                return Err(Diagnostic::error(
                    format!("`{key}` has no value"),
                    key_span.clone(),
                    "expected `=` and a value after this key",
                ));
            }
        };
        let value = self.value(&key, &key_span, 0)?;
        match self.next()? {
            None | Some((Token::End, _)) => {}
            Some((token, span)) => {
                return Err(Diagnostic::error(
                    format!("{} after the value of `{key}`", token.name()),
                    span,
                    "expected the end of the line, or `;`",
                ));
            }
        }
        let setting = Setting {
            key,
            key_span,
            value,
        };
        if append {
            document.append(setting)
        } else {
            document.set(setting);
            Ok(())
        }
    }

    /// A line that ended too early must not take the next one with it when we recover.
    fn put_back_end(&mut self, token: Option<(Token, Span)>) {
        if matches!(token, Some((Token::End, _))) {
            self.ahead = token;
        }
    }

    fn value(&mut self, key: &str, key_span: &Span, depth: usize) -> Result<Value, Diagnostic> {
        match self.next()? {
            Some((Token::Text(text), span)) => Ok(Value {
                kind: Kind::Text(text),
                span,
            }),
            Some((Token::Number(text, n), span)) => Ok(Value {
                kind: Kind::Number(text, n),
                span,
            }),
            Some((Token::Open, span)) if depth < MAX_DEPTH => self.list(key, span, depth),
            Some((Token::Open, span)) => Err(Diagnostic::error(
                format!("the lists in `{key}` are nested too deeply"),
                span,
                format!("more than {MAX_DEPTH} levels"),
            )),
            Some((Token::Word(word), span)) => {
                let error = Diagnostic::error(
                    format!("the value of `{key}` is a bare word"),
                    span,
                    "text needs quotes",
                );
                Err(match word.as_str() {
                    "True" | "true" | "yes" | "on" => error.with_help(format!("write `{key} = 1`")),
                    "False" | "false" | "no" | "off" | "None" => {
                        error.with_help(format!("write `{key} = 0`"))
                    }
                    _ => error.with_help(format!("write `{key} = \"{word}\"`")),
                })
            }
            Some((Token::End, span)) => {
                self.ahead = Some((Token::End, span));
                Err(Diagnostic::error(
                    format!("`{key}` has no value"),
                    key_span.clone(),
                    "expected a value after `=`",
                ))
            }
            Some((token, span)) => Err(Diagnostic::error(
                format!("{} where the value of `{key}` should be", token.name()),
                span,
                "expected a string in quotes, a number or a list in brackets",
            )),
            None => Err(Diagnostic::error(
                format!("`{key}` has no value"),
                key_span.clone(),
                "the file ends here",
            )),
        }
    }

    fn list(&mut self, key: &str, open: Span, depth: usize) -> Result<Value, Diagnostic> {
        let unclosed = |open: &Span| {
            Diagnostic::error(
                format!("the list of `{key}` is not closed"),
                open.clone(),
                "this `[` has no `]`",
            )
        };
        let mut items = Vec::new();
        loop {
            self.skip_ends()?;
            match self.peek()? {
                None => return Err(unclosed(&open)),
                Some(Token::Close) => break,
                Some(_) => items.push(self.value(key, &open, depth.saturating_add(1))?),
            }
            self.skip_ends()?;
            match self.next()? {
                Some((Token::Comma, _)) => {}
                Some((Token::Close, span)) => {
                    self.ahead = Some((Token::Close, span));
                    break;
                }
                None => return Err(unclosed(&open)),
                // Almost always a forgotten bracket: the next line is another setting.
                Some((Token::Word(_), span)) => {
                    self.lexer.at = span.start;
                    self.ahead = Some((Token::End, span.start..span.start));
                    return Err(unclosed(&open));
                }
                Some((token, span)) => {
                    return Err(Diagnostic::error(
                        format!("{} inside the list of `{key}`", token.name()),
                        span,
                        "expected `,` or `]`",
                    ));
                }
            }
        }
        let end = match self.next()? {
            Some((Token::Close, span)) => span.end,
            _ => open.end,
        };
        Ok(Value {
            kind: Kind::List(items),
            span: open.start..end,
        })
    }

    fn skip_ends(&mut self) -> Result<(), Diagnostic> {
        while matches!(self.peek()?, Some(Token::End)) {
            self.ahead = None;
        }
        Ok(())
    }
}

impl Token {
    fn name(&self) -> String {
        match self {
            Token::Word(word) => format!("`{word}`"),
            Token::Text(_) => "a string".into(),
            Token::Number(text, _) => format!("the number {text}"),
            Token::Equals => "`=`".into(),
            Token::PlusEquals => "`+=`".into(),
            Token::Open => "`[`".into(),
            Token::Close => "`]`".into(),
            Token::Comma => "`,`".into(),
            Token::End => "the end of the line".into(),
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.source.len());
    }

    fn skip_line(&mut self) {
        let line = self.rest().split_inclusive('\n').next().unwrap_or("");
        self.advance(line.len());
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let behind = rest.trim_start_matches([' ', '\t', '\r', '\u{feff}']);
            let space = rest.len().saturating_sub(behind.len());
            if space > 0 {
                self.advance(space);
            } else if rest.starts_with('#') {
                self.advance(rest.find('\n').unwrap_or(rest.len()));
            } else {
                return;
            }
        }
    }

    fn next(&mut self) -> Result<Option<(Token, Span)>, Diagnostic> {
        self.skip_space();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '\n' | ';' => self.one(Token::End),
            '=' => self.one(Token::Equals),
            '[' => self.one(Token::Open),
            ']' => self.one(Token::Close),
            ',' => self.one(Token::Comma),
            '+' if self.rest().starts_with("+=") => {
                self.advance(2);
                Token::PlusEquals
            }
            '"' | '\'' => self.text(first)?,
            '-' | '0'..='9' => self.number()?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let len = self
                    .rest()
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
                    .unwrap_or(self.rest().len());
                let word = self.rest().get(..len).unwrap_or("").to_owned();
                self.advance(len);
                Token::Word(word)
            }
            other => {
                self.advance(other.len_utf8());
                return Err(Diagnostic::error(
                    format!("the character `{other}` has no meaning here"),
                    start..self.at,
                    "text needs quotes",
                ));
            }
        };
        Ok(Some((token, start..self.at)))
    }

    fn one(&mut self, token: Token) -> Token {
        self.advance(1);
        token
    }

    fn number(&mut self) -> Result<Token, Diagnostic> {
        let start = self.at;
        let rest = self.rest();
        let len = rest
            .char_indices()
            .find(|&(i, c)| !(c.is_ascii_alphanumeric() || c == '_' || (i == 0 && c == '-')))
            .map_or(rest.len(), |(i, _)| i);
        let text = rest.get(..len).unwrap_or("").to_owned();
        self.advance(len);
        match integer(&text) {
            Some(n) => Ok(Token::Number(text, n)),
            None => Err(Diagnostic::error(
                format!("`{text}` is not a number"),
                start..self.at,
                "decimal, octal with 0 in front, or hexadecimal with 0x",
            )
            .with_help("if it is text, put it in quotes")),
        }
    }

    fn text(&mut self, quote: char) -> Result<Token, Diagnostic> {
        let start = self.at;
        self.advance(1);
        let mut text = String::new();
        while let Some(c) = self.rest().chars().next() {
            if c == '\n' {
                break;
            }
            self.advance(c.len_utf8());
            match c {
                c if c == quote => return Ok(Token::Text(text)),
                '\\' => self.escape(&mut text)?,
                c => text.push(c),
            }
        }
        // The line's end belongs to whoever recovers.
        let end = self.at;
        self.at = start;
        Err(Diagnostic::error(
            "a string is not closed",
            start..end,
            format!("no closing {quote} on this line"),
        ))
    }

    /// What follows a backslash, with C's names.
    fn escape(&mut self, text: &mut String) -> Result<(), Diagnostic> {
        let start = self.at.saturating_sub(1);
        let Some(c) = self.rest().chars().next().filter(|&c| c != '\n') else {
            return Ok(());
        };
        let digits = self.at;
        self.advance(c.len_utf8());
        match c {
            'a' => text.push('\x07'),
            'b' => text.push('\x08'),
            'f' => text.push('\x0c'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'v' => text.push('\x0b'),
            'x' => text.push(self.code(start, 2, 16)?),
            '0'..='7' => {
                self.at = digits;
                let code = self.code(start, 3, 8)?;
                text.push(code);
            }
            c if c.is_ascii_alphanumeric() => {
                return Err(Diagnostic::error(
                    format!("`\\{c}` has no meaning in a string"),
                    start..self.at,
                    "a backslash itself is written `\\\\`",
                ));
            }
            c => text.push(c),
        }
        Ok(())
    }

    /// A character by its number, in up to `digits` digits.
    fn code(&mut self, start: usize, digits: usize, radix: u32) -> Result<char, Diagnostic> {
        let len = self
            .rest()
            .chars()
            .take(digits)
            .take_while(|c| c.is_digit(radix))
            .count();
        let number = u32::from_str_radix(self.rest().get(..len).unwrap_or(""), radix);
        self.advance(len);
        number
            .ok()
            .filter(|&n| n < 256)
            .and_then(char::from_u32)
            .ok_or_else(|| {
                Diagnostic::error(
                    "no such character",
                    start..self.at,
                    "needs a number up to 255",
                )
            })
    }
}

/// C's notation for integers: decimal, `0x` hexadecimal, `0` octal, all with an optional minus.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let hexadecimal = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(hexadecimal), _) => (hexadecimal, 16),
        (None, Some(octal)) if !octal.is_empty() => (octal, 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative {
        magnitude.saturating_neg()
    } else {
        magnitude
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn good(source: &str) -> Document {
        let (document, findings) = parse(source);
        assert_eq!(findings, [], "{source}");
        document
    }

    fn bad(source: &str) -> Vec<String> {
        parse(source).1.into_iter().map(|f| f.title).collect()
    }

    fn text(document: &Document, key: &str) -> String {
        match &document.get(key).expect(key).value.kind {
            Kind::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pairs_stand_on_lines_or_between_semicolons() {
        let a = good("name=\"h0\"\ntype=\"hvm\"\n");
        let b = good("name=\"h0\"; type=\"hvm\"");
        assert_eq!(text(&a, "name"), text(&b, "name"));
        assert_eq!(text(&a, "type"), "hvm");
        assert_eq!(text(&b, "type"), "hvm");
    }

    #[test]
    fn numbers_are_decimal_octal_or_hexadecimal() {
        let d = good("a = 10\nb = 010\nc = 0x10\nd = -1\ne = 0\n");
        let n = |key: &str| match d.get(key).unwrap().value.kind {
            Kind::Number(_, n) => n,
            _ => panic!(),
        };
        assert_eq!([n("a"), n("b"), n("c"), n("d"), n("e")], [10, 8, 16, -1, 0]);
    }

    #[test]
    fn a_list_may_span_lines_and_end_with_a_comma() {
        let d = good("disk = [ 'a,raw,xvda,w', # the root\n  \"b\",\n\n  ['x', 3],\n]\nvcpus = 2");
        let Kind::List(items) = &d.get("disk").unwrap().value.kind else {
            panic!()
        };
        assert_eq!(items.len(), 3);
        assert!(matches!(&items[2].kind, Kind::List(inner) if inner.len() == 2));
        assert!(d.get("vcpus").is_some());
    }

    #[test]
    fn a_comment_ends_with_its_line_but_not_in_a_string() {
        let d = good("# first\nextra = \"a # b\" # c\n");
        assert_eq!(text(&d, "extra"), "a # b");
    }

    #[test]
    fn a_later_value_wins_and_plus_equals_adds() {
        let d =
            good("memory = 1\nmemory = 2\nvif = ['a']\nvif += ['b']\nextra = 'x'\nextra += 'y'");
        assert!(matches!(
            d.get("memory").unwrap().value.kind,
            Kind::Number(_, 2)
        ));
        assert!(matches!(&d.get("vif").unwrap().value.kind, Kind::List(l) if l.len() == 2));
        assert_eq!(text(&d, "extra"), "xy");
        assert_eq!(bad("a = 1\na += ['x']"), ["`a` cannot be added to"]);
    }

    #[test]
    fn escapes_follow_c() {
        assert_eq!(
            text(&good(r#"a = "q\"\\\n\t\x41\101'""#), "a"),
            "q\"\\\n\tAA'"
        );
        assert_eq!(bad(r#"a = "\q""#), ["`\\q` has no meaning in a string"]);
    }

    #[test]
    fn every_mistake_is_named_and_the_rest_is_read() {
        let source = "name = g1\nmemory 512\nvcpus = \nkernel = \"/boot\n= 3\n\
                      root = \"a\" \"b\"\nmaxmem = 12x\n@\nok = 1\ndisk = [ 'a'\nvif = []\n";
        let (document, findings) = parse(source);
        let titles: Vec<_> = findings.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "the value of `name` is a bare word",
                "`memory` has no value",
                "`vcpus` has no value",
                "a string is not closed",
                "a setting cannot begin with `=`",
                "a string after the value of `root`",
                "`12x` is not a number",
                "the character `@` has no meaning here",
                "the list of `disk` is not closed",
            ]
        );
        assert!(document.get("ok").is_some(), "what is right is still read");
        assert!(
            document.get("vif").is_some(),
            "also after a list that was never closed"
        );
    }

    #[test]
    fn python_booleans_get_advice() {
        let (_, findings) = parse("localtime = True");
        assert_eq!(findings[0].help.as_deref(), Some("write `localtime = 1`"));
    }

    #[test]
    fn endless_nesting_is_refused() {
        let source = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(
            bad(&source).first().map(String::as_str),
            Some("the lists in `a` are nested too deeply")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_spans_inside_it(source in "\\PC{0,200}") {
            let (document, findings) = parse(&source);
            for finding in findings {
                finding.render("any.cfg", &source);
                let span = finding.span.unwrap();
                prop_assert!(source.get(span).is_some());
            }
            for setting in document.settings {
                prop_assert!(source.get(setting.value.span).is_some());
            }
        }

        #[test]
        fn what_looks_like_a_config_never_hangs(source in "[a-z=+\\[\\]'\",;#\\\\\n 0-9x-]{0,120}") {
            parse(&source);
        }

        #[test]
        fn text_survives_being_quoted(text in "[^\\\\\"\n]{0,40}") {
            let (document, findings) = parse(&format!("a = \"{text}\""));
            prop_assert!(findings.is_empty());
            prop_assert_eq!(&document.settings[0].value.kind, &Kind::Text(text));
        }
    }
}
