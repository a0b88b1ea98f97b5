//! Every part of the screen can be drawn in every size.

mod sample;

use klatch::model::{Body, Delivery};
use klatch::ui::{
    banner::{Banner, End},
    form::{Defaults, Field, Form, FormScreen, Mode},
    help::{Help, HelpScreen, Section},
    pane::Motion,
    question::{Question, QuestionBox},
    switcher::{Entry, Switcher, SwitcherBox},
    theme::{ASCII, Colour, Theme, UNICODE},
    trust::{Changed, Fingerprint, Trust, TrustBox},
};
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
use sample::{Sample, said};

/// Draws everything there is over one buffer.
fn draw_all(sample: &mut Sample, width: u16, height: u16) {
    let theme = sample.theme;
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    for motion in [Motion::PageUp, Motion::Oldest, Motion::Down(3), Motion::Unread, Motion::Newest, Motion::Up(2)] {
        let mut pane = std::mem::take(&mut sample.pane);
        pane.go(motion, &sample.feed());
        sample.pane = pane;
        sample.pane.view(sample.feed()).render(area, &mut buffer);
        let mut chat = sample.chat();
        chat.banner = Some(Banner { end: End::Counting(3), reason: "new disks for the server", theme });
        chat.render(area, &mut buffer);
        inside(area, chat.cursor(area));
    }
    let mut form = Form::new(&Defaults { host: "chat.home.lan".into(), mode: Mode::SignUp, ..Defaults::default() });
    for field in 0..10 {
        form.insert("你好 👩‍👩‍👧 some text");
        form.next_field();
        if field == 5 {
            form.set_error(Field::Connect, "No server answers at chat.home.lan, port 23791. Is it running?".into());
        }
        FormScreen { form: &form, theme }.render(area, &mut buffer);
        inside(area, form.cursor());
    }
    form.set_steps(&["found", "TLS ok"]);
    FormScreen { form: &form, theme }.render(area, &mut buffer);
    overlays(theme, area, &mut buffer);
}

fn overlays(theme: Theme, area: Rect, buffer: &mut Buffer) {
    let rows = (0..40).map(|n| (format!("Ctrl-{n}"), "does something that is explained here".to_owned())).collect();
    let sections = [Section { title: "Reading".into(), rows }];
    let help = HelpScreen { help: &Help { filter: "some".into(), scrolled: 7 }, sections: &sections, theme };
    help.render(area, buffer);
    inside(area, help.cursor(area));
    let entries: Vec<_> = (0..30).map(|n| Entry { name: format!("#room{n}"), unread: n, mentions: n / 2 }).collect();
    let mut switcher = Switcher::default();
    for _ in 0..20 {
        switcher.down(&entries);
    }
    let boxed = SwitcherBox { switcher: &switcher, entries: &entries, theme };
    boxed.render(area, buffer);
    inside(area, boxed.cursor(area));
    for question in [Question::paste("a\nb\nc\nd\ne"), Question::quit(3), Question::take_over("ann")] {
        QuestionBox { question: &question, theme }.render(area, buffer);
    }
    let key = Fingerprint { hex: vec!["9f"; 32].join(":"), words: "copper lantern seven ridge".into() };
    let changed = Changed { kept: key.clone(), remedy: "Ask the operator whether the key was changed.".into() };
    for changed in [None, Some(changed)] {
        let trust = Trust { host: "chat.home.lan".into(), shown: key.clone(), changed };
        TrustBox { trust: &trust, theme }.render(area, buffer);
    }
}

fn inside(area: Rect, cursor: Option<ratatui::layout::Position>) {
    assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "{cursor:?} in {area:?}");
}

#[test]
fn nothing_panics_on_a_tiny_screen() {
    let mut sample = Sample::team(Theme::new(Colour::Sixteen, &UNICODE));
    let mut notice = said("ci", "build 77 passed", false, true, Delivery::Done);
    if let Body::Said { notice, .. } = &mut notice {
        *notice = true;
    }
    sample.put("10:55", notice);
    sample.put("10:56", said("ann", "no", true, false, Delivery::Refused("you are sending too fast".to_owned())));
    for width in (0..24).chain([39, 40, 47, 48, 49, 59, 60, 69, 70]) {
        for height in (0..9).chain([12]) {
            draw_all(&mut sample, width, height);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_panics_in_any_size(width in 0u16..=200, height in 0u16..=60, typed in "[a-z你 \n👍]{0,300}", ascii: bool) {
        let mut sample = Sample::team(Theme::new(Colour::None, if ascii { &ASCII } else { &UNICODE }));
        sample.input.set_text(&typed);
        draw_all(&mut sample, width, height);
    }
}
