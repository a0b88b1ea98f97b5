//! Whether a text names somebody: their name stands in it as a word of its own.

/// Whether one of `names` stands in `text` with nothing before and behind it that could be part of a name; case does not
/// count. Names of one character never count: they would be found everywhere.
pub(super) fn names_one_of(text: &str, names: &[&str]) -> bool {
    let text = text.to_lowercase();
    names.iter().any(|name| {
        let name = name.trim().to_lowercase();
        name.chars().count() > 1 && stands_in(&text, &name)
    })
}

fn stands_in(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(begin, found)| {
        let before = text[..begin].chars().next_back();
        let behind = text[begin + found.len()..].chars().next();
        !before.is_some_and(is_of_name) && !behind.is_some_and(is_of_name)
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_as_a_word_of_its_own() {
        let me = ["lior", "Lior Ben-Ami"];
        for text in ["lior: hi", "hi LIOR!", "@lior, look", "(lior)", "ask Lior ben-ami.", "lior", "ünd lior?"] {
            assert!(names_one_of(text, &me), "{text}");
        }
        for text in ["liora: hi", "melior", "lior_2 is here", "lior-x", "", "li or", "lior2"] {
            assert!(!names_one_of(text, &me), "{text}");
        }
        assert!(!names_one_of("i saw a cat", &["i", ""]));
    }
}
