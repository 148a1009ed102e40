//! What is wrong with a text, where, and what to do about it.
//!
//! Always: a span lies inside the text that it was made for, on character boundaries.
//!
//! Not here: the decision whether a warning stops anything (the caller's).

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// Bytes of the source text, from start to end.
pub type Span = Range<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// What is wrong, as one sentence without a full stop.
    pub title: String,
    /// Where; `None` when it is something that is missing.
    pub span: Option<Span>,
    /// The words beside the caret.
    pub label: String,
    /// What to do, if we know.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            span: Some(span),
            label: label.into(),
            help: None,
        }
    }

    pub fn warning(title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(title, span, label)
        }
    }

    /// Something that the file should have said and did not.
    pub fn missing(title: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            span: None,
            label: String::new(),
            help: Some(help.into()),
        }
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding as a person reads it: title, `file:line:column`, the line, carets, help.
    pub fn render(&self, file: &str, source: &str) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(self.title.as_str())
            .elements([] as [Snippet<'_, annotate_snippets::Annotation<'_>>; 0]);
        if let Some(span) = &self.span {
            let span = clamp(span, source);
            group = group.element(
                Snippet::source(source).path(file).annotation(
                    AnnotationKind::Primary
                        .span(span)
                        .label(self.label.as_str()),
                ),
            );
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().render(&[group])
    }
}

/// Keeps a span inside the text: a wrong caret must not become a panic in the middle of an error.
fn clamp(span: &Span, source: &str) -> Span {
    let mut start = span.start.min(source.len());
    while !source.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    let mut end = span.end.clamp(start, source.len());
    while !source.is_char_boundary(end) {
        end = end.saturating_add(1);
    }
    start..end
}

/// How many single-character edits lie between two words, or `None` beyond `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (&cb, &above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal.saturating_add(usize::from(ca != cb));
            let cell = changed.min(above.min(left).saturating_add(1));
            diagonal = above;
            left = cell;
            next.push(cell);
        }
        row = next;
    }
    row.last().copied().filter(|&d| d <= limit)
}

/// The name in `known` that a person most likely meant by `word`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter_map(|name| distance(word, name, limit).map(|d| (d, name)))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_finds_the_name_that_was_meant() {
        let known = ["memory", "maxmem", "vcpus", "kernel"];
        assert_eq!(nearest("memmory", known), Some("memory"));
        assert_eq!(nearest("vcpu", known), Some("vcpus"));
        assert_eq!(nearest("kernle", known), Some("kernel"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        let source = "name = \"a\"\nmemmory = 512\n";
        let text = Diagnostic::warning("unknown key `memmory`", 11..18, "not known")
            .with_help("did you mean `memory`?")
            .render("g.cfg", source);
        assert!(text.contains("g.cfg:2:1"), "{text}");
        assert!(text.contains("^^^^^^^ not known"), "{text}");
        assert!(text.contains("help: did you mean `memory`?"), "{text}");
    }

    #[test]
    fn a_span_beyond_the_text_is_shown_at_its_end() {
        let text = Diagnostic::error("cut short", 100..200, "here").render("g.cfg", "a = é");
        assert!(text.contains("cut short"), "{text}");
    }
}
