//! Messages of several lines (ircv3.net "multiline") as one text: how their lines stand in it.
//!
//! A text that came in one line holds neither LF nor CR, so these join the lines: LF where a line ends, CR where the next
//! line goes on with it (`draft/multiline-concat`). So a message is kept as one, and everybody gets the lines as they
//! were sent.

/// Between two lines.
const BREAK: char = '\n';
/// Between two parts of a line that was too long for one.
const JOINT: char = '\r';

/// One line of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Whether it goes on with the line before.
    pub(super) concat: bool,
    /// What it says; may be empty.
    pub(super) text: &'a str,
}

/// Whether `text` has more lines than one.
pub(super) fn is_multiline(text: &str) -> bool {
    text.contains([BREAK, JOINT])
}

/// The lines of `text`, in order.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut concat = false;
    text.split_inclusive([BREAK, JOINT]).chain(text.ends_with([BREAK, JOINT]).then_some("")).map(move |line| {
        let piece = Piece { concat, text: line.trim_end_matches([BREAK, JOINT]) };
        concat = line.ends_with(JOINT);
        piece
    })
}

/// Adds a line to `text`, which is not empty or has a first line already.
pub(super) fn append(text: &mut String, piece: Piece<'_>) {
    text.push(if piece.concat { JOINT } else { BREAK });
    text.push_str(piece.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_as_they_went_in() {
        for lines in [&[(false, "a")][..], &[(false, ""), (false, "b "), (true, "c")], &[(false, "a"), (false, "")]] {
            let lines: Vec<Piece<'_>> = lines.iter().map(|(concat, text)| Piece { concat: *concat, text }).collect();
            let mut text = lines[0].text.to_owned();
            lines[1..].iter().for_each(|piece| append(&mut text, *piece));
            assert_eq!(is_multiline(&text), lines.len() > 1);
            assert_eq!(pieces(&text).collect::<Vec<_>>(), lines);
        }
    }
}
