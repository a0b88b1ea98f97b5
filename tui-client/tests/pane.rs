//! The message pane while it is scrolled, resized and filled, and with text that wants to be something else.

mod sample;

use klatch::{
    model::{Delivery, History, Line, LineKey, Older},
    ui::{
        pane::{Motion, Scroll, Standing},
        theme::{Colour, Theme, UNICODE},
    },
};
use klatch_protocol::UnixMs;
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
use sample::{Sample, said, text};

const THEME: Theme = Theme::new(Colour::Sixteen, &UNICODE);

/// A room in which `count` people said a few words, one a minute from midnight on.
fn talk(count: u32) -> Sample {
    let mut sample = Sample::empty(THEME);
    for index in 0..count {
        let clock = format!("{:02}:{:02}", index / 60 % 24, index % 60);
        sample.said(&clock, "bob", &format!("line {index} with words enough to be wrapped where there is little room"));
    }
    sample
}

fn go(sample: &mut Sample, motion: Motion) {
    let mut pane = std::mem::take(&mut sample.pane);
    pane.go(motion, &sample.feed());
    sample.pane = pane;
}

fn pane(sample: &Sample, width: u16, height: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    sample.pane.view(sample.feed()).render(buffer.area, &mut buffer);
    text(&buffer).lines().map(str::to_owned).collect()
}

/// Rows without time and name, which the topmost row has for those that share them.
fn without_names(rows: &[String]) -> Vec<&str> {
    rows.iter().map(|row| row.get(15..).unwrap_or_default()).collect()
}

#[test]
fn the_topmost_row_says_who_speaks_and_when() {
    let mut sample = Sample::empty(THEME);
    for index in 0..30 {
        sample.said("10:00", "bob", &format!("line {index}"));
    }
    pane(&sample, 90, 10);
    go(&mut sample, Motion::Up(5));
    let rows = pane(&sample, 90, 10);
    assert!(rows[0].contains("10:00    bob  line 15"), "{rows:#?}");
    assert!(!rows[1].contains("bob"), "{rows:#?}");
}

fn standing(sample: &Sample) -> Standing {
    sample.pane.standing(&sample.feed())
}

#[test]
fn at_the_bottom_it_moves_along() {
    let mut sample = talk(50);
    assert!(pane(&sample, 90, 10)[9].contains("line 49"));
    sample.said("23:00", "eve", "the newest");
    assert!(pane(&sample, 90, 10)[9].contains("the newest"));
    assert_eq!(standing(&sample), Standing::Newest);
}

#[test]
fn pages_overlap_by_two_rows_and_lead_back_to_the_newest_line() {
    let mut sample = talk(50);
    let newest = pane(&sample, 90, 10);
    go(&mut sample, Motion::PageUp);
    let above = pane(&sample, 90, 10);
    assert_eq!(without_names(&above[8..]), without_names(&newest[..2]));
    assert_eq!(standing(&sample), Standing::Above { below: 8, new: 0 });
    go(&mut sample, Motion::PageDown);
    assert_eq!(sample.pane.scroll(), Scroll::Follow);
    assert_eq!(pane(&sample, 90, 10), newest);
}

#[test]
fn rows_scroll_one_by_one_through_wrapped_lines() {
    let mut sample = talk(20);
    let mut before = pane(&sample, 50, 8);
    for _ in 0..30 {
        go(&mut sample, Motion::Up(1));
        let after = pane(&sample, 50, 8);
        assert_eq!(without_names(&after[1..]), without_names(&before[..7]));
        before = after;
    }
}

#[test]
fn new_lines_are_counted_until_they_are_on_the_screen() {
    let mut sample = talk(50);
    pane(&sample, 90, 10);
    go(&mut sample, Motion::Up(5));
    for index in 0..4 {
        sample.said("23:00", "eve", &format!("new {index}"));
        sample.joined("23:00", "eve");
    }
    assert_eq!(standing(&sample), Standing::Above { below: 13, new: 4 });
    go(&mut sample, Motion::Down(8));
    assert!(matches!(standing(&sample), Standing::Above { new: 2, .. }), "{:?}", standing(&sample));
    go(&mut sample, Motion::Newest);
    assert_eq!(standing(&sample), Standing::Newest);
    go(&mut sample, Motion::Up(1));
    assert!(matches!(standing(&sample), Standing::Above { new: 0, .. }), "what was seen is not new");
}

#[test]
fn older_lines_put_in_front_move_nothing() {
    let mut sample = talk(50);
    pane(&sample, 90, 10);
    for motion in [Motion::Oldest, Motion::PageUp, Motion::Up(7)] {
        go(&mut sample, Motion::Newest);
        go(&mut sample, motion);
        let before = pane(&sample, 90, 10);
        let older = (0..40).map(|index| Line {
            key: LineKey(1_000 + sample.room.history.len() as u64 + index),
            id: None,
            at: UnixMs(1_795_219_200_000 - 3_600_000 + 60_000 * index as i64),
            body: said("eve", "older", false, false, Delivery::Done),
        });
        let older: Vec<Line> = older.collect();
        sample.room.history.merge(older, None);
        // Above the first message of a page the day line may go, where the day now begins above; messages stay.
        let after = pane(&sample, 90, 10);
        let said = |rows: &[String]| {
            rows.iter()
                .enumerate()
                .filter(|(_, row)| row.contains("line"))
                .map(|(y, row)| (y, row[16..].to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&before), said(&after), "{motion:?}");
    }
}

#[test]
fn the_top_message_stays_when_the_window_changes_its_size() {
    let mut sample = talk(200);
    pane(&sample, 90, 20);
    go(&mut sample, Motion::PageUp);
    go(&mut sample, Motion::PageUp);
    let number = |rows: &[String]| {
        let row = rows.iter().find(|row| row.contains("line ")).expect("a message").clone();
        row.split("line ").nth(1).and_then(|rest| rest.split(' ').next().map(str::to_owned)).expect("a number")
    };
    let first = number(&pane(&sample, 90, 20));
    for (width, height) in [(40, 20), (55, 7), (120, 40), (20, 5), (90, 20)] {
        assert_eq!(number(&pane(&sample, width, height)), first, "{width}x{height}");
    }
}

#[test]
fn the_way_to_the_oldest_and_the_unread_line() {
    let mut sample = talk(100);
    let unread = sample.room.history.get(40).map(|line| line.key);
    sample.room.unread_from = unread;
    pane(&sample, 90, 12);
    go(&mut sample, Motion::Oldest);
    assert!(pane(&sample, 90, 12)[2].contains("line 0 "));
    assert!(sample.pane.wants_older(&sample.feed()));
    sample.room.history.older = Older::Fetching;
    assert!(!sample.pane.wants_older(&sample.feed()), "one request at a time");
    assert!(pane(&sample, 90, 12)[0].contains("fetching older"));
    sample.room.history.older = Older::Nothing;
    assert!(!sample.pane.wants_older(&sample.feed()), "there is nothing older");
    go(&mut sample, Motion::Up(3));
    assert!(pane(&sample, 90, 12)[0].contains("#team begins here"));
    go(&mut sample, Motion::Unread);
    let rows = pane(&sample, 90, 12);
    assert!(rows[2].contains("new since 00:39") && rows[3].contains("line 40 "), "{rows:#?}");
    go(&mut sample, Motion::To(LineKey(61)));
    assert!(pane(&sample, 90, 12).iter().any(|row| row.contains("line 60 ")));
}

#[test]
fn when_the_oldest_lines_go_whoever_reads_there_is_not_thrown_to_the_newest() {
    let mut sample = talk(60);
    pane(&sample, 90, 10);
    go(&mut sample, Motion::Oldest);
    let first = sample.room.history.get(0).map(|line| line.key);
    sample.room.history.remove(first.expect("a line"));
    assert!(pane(&sample, 90, 10)[2].contains("line 1 "));
}

#[test]
fn a_short_history_stands_at_the_bottom_and_cannot_be_scrolled() {
    let mut sample = talk(3);
    let rows = pane(&sample, 90, 10);
    assert!(rows[..5].iter().all(String::is_empty) && rows[9].contains("line 2"));
    for motion in [Motion::Up(1), Motion::PageUp, Motion::Oldest, Motion::Down(1)] {
        go(&mut sample, motion);
        assert_eq!(sample.pane.scroll(), Scroll::Follow);
    }
}

#[test]
fn a_history_without_lines_says_where_it_begins() {
    let mut sample = Sample::empty(THEME);
    assert!(pane(&sample, 60, 5).iter().all(String::is_empty));
    sample.room.history.older = Older::Nothing;
    assert!(pane(&sample, 60, 5)[4].contains("#team begins here"));
    go(&mut sample, Motion::PageUp);
    assert_eq!(sample.room.history.len(), History::default().len());
}

/// Columns that belong to the screen: everything before the text where names are aligned, the first where they are not.
fn own_columns(width: u16) -> usize {
    if width < 48 { 1 } else { 15 }
}

/// Text that tries to look like a line of the screen.
fn deceit() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("→ root joined".to_owned()),
        Just("10:54    bob  I quit".to_owned()),
        Just("─── new since 10:00 ".to_owned()),
        " {1,60}",
        "[a-z]{1,30}",
        "[你-好]{1,20}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_people_write_never_stands_where_the_screen_writes(text in deceit(), width in 20u16..120) {
        let mut sample = Sample::empty(THEME);
        sample.said("09:00", "bob", "before");
        sample.said("09:10", "eve", &text);
        let rows = pane(&sample, width, 60);
        // The day line, "before" and the first row of the message begin with what the screen writes.
        let first = rows.iter().position(|row| row.contains("eve")).expect("the message");
        for row in &rows[first + 1..] {
            let head: String = row.chars().take(own_columns(width)).collect();
            prop_assert!(head.chars().all(|c| c == ' '), "{row:?}");
        }
    }

    #[test]
    fn scrolling_up_and_down_by_the_same_rows_leads_back(
        texts in prop::collection::vec("[a-z ]{0,120}", 20..60),
        width in 20u16..100,
        height in 2u16..12,
        up in 1u16..40,
    ) {
        let mut sample = Sample::empty(THEME);
        for text in &texts {
            sample.said("09:00", "bob", text);
        }
        pane(&sample, width, height);
        go(&mut sample, Motion::Up(3));
        let before = pane(&sample, width, height);
        let mut reached = 0;
        for _ in 0..up {
            let there = sample.pane.scroll();
            go(&mut sample, Motion::Up(1));
            reached += u16::from(sample.pane.scroll() != there);
        }
        go(&mut sample, Motion::Down(reached));
        prop_assert_eq!(pane(&sample, width, height), before);
    }
}
