//! Turns a buffer into an SVG picture of a terminal window: what the README shows is what the program draws.

use std::fmt::Write as _;

use klatch::ui::wrap::cells;
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Position,
    style::{Color, Modifier},
};

/// Pixels of a cell.
const CELL: (f64, f64) = (8.4, 18.0);
const FONT_SIZE: f64 = 14.0;
const PADDING: f64 = 14.0;
const TITLE_BAR: f64 = 34.0;
const BACKGROUND: &str = "#1b1d2b";
const BAR: &str = "#262a3f";
const FOREGROUND: &str = "#d5d9ec";
const FONTS: &str =
    "ui-monospace, 'SF Mono', 'Cascadia Mono', 'JetBrains Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// The picture of `buffer`, the cursor where it is given, `title` in the window's bar.
pub fn svg(buffer: &Buffer, cursor: Option<Position>, title: &str) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2.0 * PADDING, rows * CELL.1 + TITLE_BAR + 2.0 * PADDING);
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="{FONTS}" font-size="{FONT_SIZE}">"#
    );
    window(&mut out, width, height, title);
    let _ = writeln!(out, r#"<g transform="translate({PADDING} {})" fill="{FOREGROUND}">"#, TITLE_BAR + PADDING);
    for y in 0..buffer.area.height {
        row(&mut out, buffer, y);
    }
    if let Some(at) = cursor {
        let (x, y) = (f64::from(at.x) * CELL.0, f64::from(at.y) * CELL.1);
        let _ = writeln!(out, r#"<rect x="{x:.1}" y="{y:.1}" width="2" height="{:.1}" fill="{FOREGROUND}"/>"#, CELL.1);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn window(out: &mut String, width: f64, height: f64, title: &str) {
    let _ = writeln!(out, r#"<rect width="{width:.0}" height="{height:.0}" rx="10" fill="{BACKGROUND}"/>"#);
    let _ = writeln!(
        out,
        r#"<path d="M0 {TITLE_BAR}V10a10 10 0 0 1 10-10H{:.0}a10 10 0 0 1 10 10V{TITLE_BAR}z" fill="{BAR}"/>"#,
        width - 10.0
    );
    for (index, colour) in ["#ff6b6b", "#f4bf4f", "#61c454"].iter().enumerate() {
        let _ = writeln!(out, r#"<circle cx="{}" cy="{}" r="6" fill="{colour}"/>"#, 20 + 20 * index, TITLE_BAR / 2.0);
    }
    let _ = writeln!(
        out,
        r##"<text x="{:.0}" y="{}" text-anchor="middle" fill="#8b90ab" font-size="13">{}</text>"##,
        width / 2.0,
        TITLE_BAR / 2.0 + 4.5,
        escape(title)
    );
}

/// How a cell is painted.
#[derive(Clone, PartialEq)]
struct Paint {
    ink: &'static str,
    paper: Option<&'static str>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Paint {
    fn of(cell: &Cell) -> Paint {
        let has = |modifier| cell.modifier.contains(modifier);
        let (mut ink, mut paper) = (colour(cell.fg), (cell.bg != Color::Reset).then(|| colour(cell.bg)));
        if has(Modifier::REVERSED) {
            (ink, paper) = (paper.unwrap_or(BACKGROUND), Some(ink));
        }
        Paint { ink, paper, bold: has(Modifier::BOLD), dim: has(Modifier::DIM), underlined: has(Modifier::UNDERLINED) }
    }

    fn attributes(&self) -> String {
        let mut text = String::new();
        if self.ink != FOREGROUND {
            let _ = write!(text, r#" fill="{}""#, self.ink);
        }
        if self.bold {
            text.push_str(r#" font-weight="700""#);
        }
        if self.dim {
            text.push_str(r#" opacity=".55""#);
        }
        if self.underlined {
            text.push_str(r#" text-decoration="underline""#);
        }
        text
    }
}

/// A row: papers first, then words, each placed by its own column so that no font can shift them; lines are drawn as lines.
fn row(out: &mut String, buffer: &Buffer, y: u16) {
    let top = f64::from(y) * CELL.1;
    let mut x = 0;
    let mut word: Option<(u16, String, Paint)> = None;
    let mut words = Vec::new();
    let mut papers: Vec<(u16, u16, &str)> = Vec::new();
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let paint = Paint::of(cell);
        let symbol = cell.symbol();
        let size = u16::try_from(cells(symbol)).expect("a cell").max(1);
        if let Some(paper) = paint.paper {
            papers.push((x, size, paper));
        }
        let goes_on =
            word.as_ref().is_some_and(|(_, _, before)| *before == paint) && symbol != " " && symbol.is_ascii();
        if !goes_on {
            words.extend(word.take());
        }
        match (&mut word, symbol) {
            (_, " ") => {}
            (Some((_, text, _)), symbol) => text.push_str(symbol),
            (None, "─" | "│") => words.push((x, symbol.to_owned(), paint)),
            (None, symbol) => word = Some((x, symbol.to_owned(), paint)),
        }
        x += size;
    }
    words.extend(word);
    // Neighbours on the same paper share one sheet, or seams would show between them.
    for sheet in papers.chunk_by(|left, right| left.0 + left.1 == right.0 && left.2 == right.2) {
        let (left, paper) = (f64::from(sheet[0].0) * CELL.0, sheet[0].2);
        let width = sheet.iter().map(|(_, size, _)| f64::from(*size)).sum::<f64>() * CELL.0;
        let _ = writeln!(
            out,
            r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{}" fill="{paper}"/>"#,
            CELL.1
        );
    }
    draw(out, top, &words);
}

fn draw(out: &mut String, top: f64, words: &[(u16, String, Paint)]) {
    let mut index = 0;
    while let Some((x, text, paint)) = words.get(index) {
        let left = f64::from(*x) * CELL.0;
        let attributes = paint.attributes();
        match text.as_str() {
            "─" => {
                let same = |(offset, other): (usize, &(u16, String, Paint))| {
                    other.1 == "─" && other.2 == *paint && usize::from(other.0) == usize::from(*x) + offset
                };
                let count = words[index..].iter().enumerate().take_while(|(o, w)| same((*o, w))).count();
                let _ = writeln!(
                    out,
                    r#"<rect x="{left:.1}" y="{:.1}" width="{:.1}" height="1"{attributes}/>"#,
                    top + CELL.1 / 2.0,
                    count as f64 * CELL.0
                );
                index += count;
                continue;
            }
            "│" => {
                let _ = writeln!(
                    out,
                    r#"<rect x="{:.1}" y="{top:.1}" width="1" height="{}"{attributes}/>"#,
                    left + CELL.0 / 2.0,
                    CELL.1
                );
            }
            text => {
                let length = cells(text) as f64 * CELL.0;
                let _ = writeln!(
                    out,
                    r#"<text x="{left:.1}" y="{:.1}" textLength="{length:.1}"{attributes}>{}</text>"#,
                    top + 13.5,
                    escape(text)
                );
            }
        }
        index += 1;
    }
}

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Black => "#15161e",
        Color::Red => "#f7768e",
        Color::Green => "#8fd47e",
        Color::Yellow => "#e5b567",
        Color::Blue => "#5f87d7",
        Color::Magenta => "#c39af7",
        Color::Cyan => "#6fcfdc",
        Color::Gray => "#b4b9d0",
        Color::DarkGray => "#6b7089",
        Color::LightRed => "#ff9e9e",
        Color::LightGreen => "#b4ec9e",
        Color::LightYellow => "#ffd88a",
        Color::LightBlue => "#82aaff",
        Color::LightMagenta => "#d8b9ff",
        Color::LightCyan => "#a4edf5",
        _ => FOREGROUND,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
