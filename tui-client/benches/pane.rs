//! How long the message pane takes in the longest history that is kept: `cargo bench -p klatch --bench pane`. Prints the
//! median and the worst of many runs, drawing included; the limits are 2 ms a page, 4 ms a jump, 10 ms a change of size.

#![allow(clippy::print_stdout, reason = "printing figures is what a benchmark is for")]

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use klatch::{
    model::{Body, Delivery, History, Line, LineKey, Room, RoomKind},
    ui::{
        pane::{Feed, Motion, Pane},
        theme::{Colour, Theme, UNICODE},
    },
};
use klatch_protocol::UnixMs;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

const RUNS: usize = 200;

fn main() {
    let mut room = Room::new("#bench", RoomKind::Room);
    for index in 0..History::MOST as u64 {
        room.history.insert(line(index));
    }
    println!("{} lines, {RUNS} runs each", room.history.len());
    let zone = TimeZone::UTC;
    let feed = Feed { room: &room, own: "ann", zone: &zone, theme: Theme::new(Colour::Sixteen, &UNICODE) };
    let mut pane = Pane::new();
    draw(&pane, feed, 100, 30);

    let mut motion = |name: &str, before: &[Motion], motion: Motion| {
        measure(name, || {
            before.iter().for_each(|before| pane.go(*before, &feed));
            let start = Instant::now();
            pane.go(motion, &feed);
            draw(&pane, feed, 100, 30);
            start.elapsed()
        });
    };
    motion("page up from the newest line", &[Motion::Newest], Motion::PageUp);
    motion("page up, on and on", &[], Motion::PageUp);
    motion("page down near the oldest line", &[Motion::Oldest], Motion::PageDown);
    motion("jump to the oldest line", &[Motion::Newest], Motion::Oldest);
    motion("jump to the newest line", &[Motion::Oldest], Motion::Newest);
    motion("jump to the middle", &[Motion::Newest], Motion::To(LineKey(History::MOST as u64 / 2)));

    let mut wide = false;
    measure("change of size", || {
        wide = !wide;
        let (width, height) = if wide { (180, 50) } else { (60, 20) };
        let start = Instant::now();
        draw(&pane, feed, width, height);
        start.elapsed()
    });
    measure("the same screen again", || {
        let start = Instant::now();
        draw(&pane, feed, 60, 20);
        start.elapsed()
    });
    let mut deserted = Room::new("#bench", RoomKind::Room);
    for index in 0..History::MOST as u64 {
        let body = Body::Left { nick: format!("somebody{index}"), display: None, reason: None };
        deserted.history.insert(Line { body, at: UnixMs(1_795_219_200_000), ..line(index) });
    }
    let feed = Feed { room: &deserted, ..feed };
    measure("everybody leaves at once", || {
        let start = Instant::now();
        draw(&Pane::new(), feed, 100, 30);
        start.elapsed()
    });
}

/// Draws the pane and asks where it stands, as every frame does.
fn draw(pane: &Pane, feed: Feed<'_>, width: u16, height: u16) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    pane.view(feed).render(buffer.area, &mut buffer);
    std::hint::black_box((pane.standing(&feed), buffer));
}

fn measure(name: &str, mut run: impl FnMut() -> Duration) {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort_unstable();
    if let (Some(median), Some(worst)) = (times.get(RUNS / 2), times.last()) {
        println!("{name:<34} median {median:>10.1?}   worst {worst:>10.1?}");
    }
}

/// A conversation as people have it: mostly short lines, some long, some in other scripts, people coming and going.
fn line(index: u64) -> Line {
    let nick = ["ann", "bob", "carol", "dave", "eve"][index as usize % 5].to_owned();
    let body = match index % 10 {
        8 => Body::Joined { nick, display: None },
        9 => Body::Left { nick, display: None, reason: Some("power cut".to_owned()) },
        kind => Body::Said {
            nick,
            display: None,
            text: match kind {
                0 => "see http://ci.lan/77 ".repeat(12),
                1 => "你好世界，这是一个很长的句子。".repeat(6),
                _ => format!("message number {index}, a short one"),
            },
            action: false,
            notice: false,
            mine: false,
            mention: kind == 2,
            delivery: Delivery::Done,
        },
    };
    Line { key: LineKey(index), id: None, at: UnixMs(1_795_219_200_000 + 20_000 * index as i64), body }
}
