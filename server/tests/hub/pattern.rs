//! Expected lines: `*` stands for any text, `{name}` for a word that is remembered and has to be the same from then on.

use std::collections::HashMap;

/// Whether `line` fits `pattern`; words that were not known before are added to `words`.
pub(crate) fn fits(pattern: &str, line: &str, words: &mut HashMap<String, String>) -> bool {
    let mut found = words.clone();
    let fits = walk(pattern, line, &mut found);
    if fits {
        *words = found;
    }
    fits
}

/// `pattern` with every remembered word in its place.
pub(crate) fn fill(pattern: &str, words: &HashMap<String, String>) -> String {
    words.iter().fold(pattern.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word))
}

fn walk(pattern: &str, line: &str, words: &mut HashMap<String, String>) -> bool {
    let Some(first) = pattern.chars().next() else {
        return line.is_empty();
    };
    if first == '*' {
        let rest = &pattern[1..];
        return line.char_indices().map(|(i, _)| i).chain([line.len()]).any(|i| {
            let mut tried = words.clone();
            let fits = walk(rest, &line[i..], &mut tried);
            if fits {
                *words = tried;
            }
            fits
        });
    }
    if let Some((name, rest)) =
        pattern.strip_prefix('{').and_then(|tail| tail.split_once('}')).filter(|(name, _)| is_name(name))
    {
        if let Some(word) = words.get(name).cloned() {
            return line.strip_prefix(&word).is_some_and(|tail| walk(rest, tail, words));
        }
        let end = line.find([' ', ';', ',']).unwrap_or(line.len());
        if end == 0 {
            return false;
        }
        words.insert(name.to_owned(), line[..end].to_owned());
        return walk(rest, &line[end..], words);
    }
    line.strip_prefix(first).is_some_and(|tail| walk(&pattern[first.len_utf8()..], tail, words))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphanumeric)
}

#[test]
fn patterns() {
    let mut words = HashMap::new();
    assert!(fits("@msgid={id} :amy!*@* X :*", "@msgid=7 :amy!a@h X :hi there", &mut words));
    assert!(fits("y {id}", "y 7", &mut words));
    assert!(!fits("y {id}", "y 8", &mut words));
    assert_eq!(fill("B {id} {no}", &words), "B 7 {no}");
}
