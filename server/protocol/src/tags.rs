//! Message tags, as in ircv3.net "Message Tags": `key=value` pairs joined by `;`, values escaped.

use std::borrow::Cow;

/// The most bytes the tags of a client may take, without the `@` and the space (Message Tags, "Size limit").
pub const MAX_CLIENT_TAGS: usize = 4094;
/// The most bytes all tags of a line may take, with the `@` and the space (Message Tags, "Size limit").
pub const MAX_TAGS: usize = 8191;

/// The tags of one message, still in their escaped form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags<'a> {
    raw: &'a str,
}

impl<'a> Tags<'a> {
    /// Tags from their wire form, without the leading `@` and the space behind.
    #[must_use]
    pub fn from_raw(raw: &'a str) -> Self {
        Tags { raw }
    }

    /// The wire form, without `@`.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Each tag as (key, escaped value), in the order written. A tag without `=` has an empty value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.raw.split(';').filter(|t| !t.is_empty()).map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }

    /// The unescaped value of `key`. The last one counts where a key is repeated.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = self.iter().filter(|(k, _)| *k == key).last()?.1;
        Some(unescape(value))
    }

    /// Whether `key` is there, with a value or without.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.iter().any(|(k, _)| k == key)
    }

    /// The client-only tags (those that begin with `+`) in wire form, ready to be passed on.
    pub fn client_only(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.iter().filter(|(k, _)| k.starts_with('+') && k.len() > 1)
    }
}

/// Undoes the escapes of a tag value (Message Tags, "Escaping values").
#[must_use]
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => out.push(';'),
            Some('s') => out.push(' '),
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            Some(other) => out.push(other),
            None => {}
        }
    }
    Cow::Owned(out)
}

/// Writes `value` with the escapes of a tag value. NUL, which no line may carry, is left out.
pub fn escape_into(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            ';' => out.push_str("\\:"),
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            '\0' => {}
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape("a\\:b\\sc\\\\d\\re\\nf\\x\\"), "a;b c\\d\re\nfx");
        let mut out = String::new();
        escape_into(&mut out, "a;b c\\d\re\nf");
        assert_eq!(out, "a\\:b\\sc\\\\d\\re\\nf");
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        let tags = Tags::from_raw("a=1;b;a=2;=x");
        assert_eq!(tags.get("a").as_deref(), Some("2"));
        assert_eq!(tags.get("b").as_deref(), Some(""));
        assert!(tags.has("b") && !tags.has("c"));
    }
}
