//! The corpus of hostile texts (`../hostile.txt`), read for whoever wants to throw it at something: the sanitiser's own
//! tests, the client on a real terminal, the server's console and log.
#![allow(dead_code, reason = "each test target uses its own part")]

/// One row of the corpus.
pub struct Case {
    /// Where it stands in the file, counted from 1.
    pub row: usize,
    /// What is to be done with it; the head of the file says which kinds there are.
    pub kind: &'static str,
    /// What a stranger sends.
    pub input: String,
    /// What is left of it.
    pub want: String,
}

/// Every row, in order.
pub fn corpus() -> Vec<Case> {
    let rows = include_str!("../hostile.txt").lines().enumerate();
    rows.filter(|(_, row)| !row.is_empty() && !row.starts_with('#'))
        .map(|(number, row)| {
            let mut cells = row.splitn(3, '|').map(str::trim);
            let mut cell = || cells.next().unwrap_or_else(|| panic!("hostile.txt:{}: three cells", number + 1));
            let (kind, input, want) = (cell(), cell(), cell());
            Case { row: number + 1, kind, input: unescape(input), want: unescape(want) }
        })
        .collect()
}

/// Reads the escapes described at the head of the corpus.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next().expect("an escape at the end of a cell") {
            'e' => out.push('\u{1b}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            '0' => out.push('\0'),
            'a' => out.push('\u{7}'),
            's' => out.push(' '),
            'p' => out.push('|'),
            '\\' => out.push('\\'),
            'u' => {
                let (hex, tail) = after[2..].split_once('}').expect("\\u{hex}");
                out.push(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).expect("a character"));
                rest = tail;
                continue;
            }
            other => panic!("unknown escape \\{other}"),
        }
        rest = chars.as_str();
    }
    out + rest
}

/// What may never be shown, whatever a stranger wrote: control characters, what turns the direction of what stands beside
/// it, and what separates lines or hides between letters.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{feff}')
}
