//! Parts of a message that stand out: links, and our own name.

use std::ops::Range;

use crate::ui::theme::Role;

/// The parts of `text` that stand out, in order and without overlap. `own` is our nick where the message names us.
pub(super) fn marks(text: &str, own: Option<&str>) -> Vec<(Range<usize>, Role)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let range = at..at + word.trim_end().len();
        at += word.len();
        let word = &text[range.clone()];
        if let Some(from) = link(word) {
            found.push((range.start + from..range.start + word.trim_end_matches(TRAILING).len(), Role::Link));
        } else if let Some(own) = own {
            found
                .extend(names(word, own).map(|name| (range.start + name.start..range.start + name.end, Role::Mention)));
        }
    }
    found
}

/// Punctuation that ends a sentence rather than a link.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\''];

/// Where a link begins in `word`.
fn link(word: &str) -> Option<usize> {
    let start = ["https://", "http://"].into_iter().filter_map(|scheme| word.find(scheme)).min()?;
    (word.trim_end_matches(TRAILING).len() > start + "https://".len()).then_some(start)
}

/// Where `own` stands in `word` as a name and not as a part of another one.
fn names<'a>(word: &'a str, own: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let folded = word.to_ascii_lowercase();
    let own = own.to_ascii_lowercase();
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut from = 0;
    std::iter::from_fn(move || {
        while !own.is_empty() {
            let start = from + folded.get(from..)?.find(&own)?;
            let end = start + own.len();
            from = end;
            let alone = !folded[..start].ends_with(inside) && !folded[end..].starts_with(inside);
            if alone {
                return Some(start..end);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'a>(text: &'a str, own: &str) -> Vec<(&'a str, Role)> {
        marks(text, Some(own)).into_iter().map(|(range, role)| (&text[range], role)).collect()
    }

    #[test]
    fn links_and_our_name_stand_out() {
        assert_eq!(
            marked("Ann: see (https://ci.lan/77), ann. annette ann_ @ann", "ann"),
            [("Ann", Role::Mention), ("https://ci.lan/77", Role::Link), ("ann", Role::Mention), ("ann", Role::Mention)]
        );
        assert_eq!(marked("http:// éann", "ann"), []);
        assert_eq!(marked("", ""), []);
    }
}
