//! The screens, as text, in the four sizes that have to look right.

mod sample;

use insta::assert_snapshot;
use klatch::{
    model::{Body, Candidate, Delivery, Older},
    ui::{
        banner::{Banner, End},
        chat::Chat,
        completion::CompletionList,
        form::{Defaults, Field, Form, FormScreen, Mode},
        help::{Help, HelpScreen, Section},
        pane::Motion,
        question::{Question, QuestionBox},
        status::Link,
        switcher::{Entry, Switcher, SwitcherBox},
        theme::{ASCII, Colour, Theme, UNICODE},
        trust::{Changed, Fingerprint, Trust, TrustBox},
    },
};
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
use sample::{Sample, said, text};

const THEME: Theme = Theme::new(Colour::Sixteen, &UNICODE);

/// What a widget draws on an empty screen of this size.
fn drawn(width: u16, height: u16, widget: impl Widget) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    widget.render(buffer.area, &mut buffer);
    text(&buffer)
}

/// What a widget draws over the chat screen.
fn over_chat(width: u16, height: u16, widget: impl Widget) -> String {
    let mut buffer = Sample::team(THEME).draw(width, height);
    widget.render(buffer.area, &mut buffer);
    text(&buffer)
}

#[test]
fn chat_at_100_by_30() {
    assert_snapshot!(text(&Sample::team(THEME).draw(100, 30)));
}

#[test]
fn chat_at_60_by_20_has_no_sidebar() {
    assert_snapshot!(text(&Sample::team(THEME).draw(60, 20)));
}

#[test]
fn chat_at_40_by_12_puts_names_before_the_text() {
    assert_snapshot!(text(&Sample::team(THEME).draw(40, 12)));
}

#[test]
fn chat_at_20_by_6_still_works() {
    assert_snapshot!(text(&Sample::team(THEME).draw(20, 6)));
}

#[test]
fn chat_below_20_by_6_shows_the_newest_lines_and_the_input() {
    assert_snapshot!(text(&Sample::team(THEME).draw(19, 5)));
}

#[test]
fn chat_below_10_by_3_says_that_it_is_too_small() {
    assert_eq!(text(&Sample::team(THEME).draw(9, 3)).trim_end(), "too small");
    assert_eq!(text(&Sample::team(THEME).draw(30, 2)).trim_end(), "too small");
}

#[test]
fn chat_on_a_terminal_without_utf8() {
    assert_snapshot!(text(&Sample::team(Theme::new(Colour::None, &ASCII)).draw(100, 16)));
}

#[test]
fn chat_scrolled_up_while_three_lines_came() {
    let mut sample = Sample::team(THEME);
    sample.draw(100, 16);
    let mut pane = std::mem::take(&mut sample.pane);
    pane.go(Motion::PageUp, &sample.feed());
    sample.pane = pane;
    let before = text(&sample.draw(100, 16));
    sample.joined("10:55", "eve");
    sample.said("10:55", "bob", "one");
    sample.said("10:55", "bob", "two");
    let after = text(&sample.draw(100, 16));
    let pane = |screen: &str| screen.lines().take(14).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(pane(&before), pane(&after), "nothing moved");
    assert_snapshot!(after);
}

#[test]
fn chat_with_everything_that_can_stand_in_a_pane() {
    let mut sample = Sample::empty(THEME);
    sample.room.history.older = Older::Nothing;
    sample.person("ann", None, true, false);
    sample.person("bob", Some("Robert"), false, false);
    sample.person("yuki", Some("雪"), false, true);
    sample.put("09:00", Body::Info("ann set the topic: Release on Friday".to_owned()));
    sample.put(
        "09:01",
        Body::Said {
            nick: "bob".into(),
            display: Some("Robert".into()),
            text: "waves at everybody who is here this early in the morning".into(),
            action: true,
            notice: false,
            mine: false,
            mention: false,
            delivery: Delivery::Done,
        },
    );
    sample.put(
        "09:02",
        Body::Said {
            nick: "ci".into(),
            display: None,
            text: "build 77 passed".into(),
            action: false,
            notice: true,
            mine: false,
            mention: false,
            delivery: Delivery::Done,
        },
    );
    sample.put(
        "09:03",
        Body::Said {
            nick: "yuki".into(),
            display: Some("雪".into()),
            text: "你好世界，这是一个很长的句子，用来检查宽字符在行尾如何换行。👩‍👩‍👧 👍🏽 e\u{301}".into(),
            action: false,
            notice: false,
            mine: false,
            mention: false,
            delivery: Delivery::Done,
        },
    );
    sample.put("09:04", Body::Gap { fetching: true });
    sample.put("09:10", Body::Gap { fetching: false });
    for (name, clock) in [("eve", "09:11"), ("fay", "09:11"), ("gus", "09:11"), ("hal", "09:11"), ("ivy", "09:11")] {
        sample.joined(clock, name);
        sample.left(clock, name, Some("netsplit"));
    }
    sample.put("09:12", Body::Error("No such nick: mallory".to_owned()));
    sample.put("09:13", said("ann", "kept for later", true, false, Delivery::Queued));
    sample.put("09:14", said("ann", "too much", true, false, Delivery::Refused("you are sending too fast".to_owned())));
    sample.link = Link::Retry(7);
    assert_snapshot!(text(&sample.draw(80, 26)));
}

#[test]
fn chat_on_a_wide_screen_keeps_a_readable_measure() {
    assert_snapshot!(text(&Sample::team(THEME).draw(170, 14)));
}

#[test]
fn chat_with_a_long_text_being_typed() {
    let mut sample = Sample::team(THEME);
    sample.input.set_text("Dear all,\nthe release is postponed until the copy bug on Windows is fixed, because too many people would be hurt by it.\nann");
    assert_snapshot!(text(&sample.draw(60, 20)));
}

#[test]
fn chat_while_the_server_shuts_down() {
    let sample = Sample::team(THEME);
    let mut chat = sample.chat();
    chat.banner = Some(Banner { end: End::Counting(9), reason: "new disks", theme: THEME });
    assert_snapshot!(drawn(80, 12, &chat));
}

fn sections() -> Vec<Section> {
    let section = |title: &str, rows: &[(&str, &str)]| Section {
        title: title.to_owned(),
        rows: rows.iter().map(|(keys, does)| ((*keys).to_owned(), (*does).to_owned())).collect(),
    };
    vec![
        section(
            "Reading",
            &[
                ("Up  Down", "one line"),
                ("PageUp  PageDown", "one page"),
                ("Home  End", "oldest, newest"),
                ("Alt-U", "first unread line"),
            ],
        ),
        section(
            "Writing",
            &[("Enter", "send"), ("Ctrl-J  Alt-Enter", "new line"), ("Tab", "complete a name, #room or /command")],
        ),
        section("Rooms", &[("Ctrl-K  Ctrl-G", "pick a room"), ("Alt-A", "next room that needs you")]),
        section("Leaving", &[("Ctrl-Q  exit()", "quit")]),
    ]
}

#[test]
fn help_at_100_by_30_stands_in_two_columns() {
    assert_snapshot!(drawn(100, 16, &HelpScreen { help: &Help::default(), sections: &sections(), theme: THEME }));
}

#[test]
fn help_at_40_by_12_filtered() {
    let help = Help { filter: "room".to_owned(), scrolled: 9 };
    assert_snapshot!(drawn(40, 12, &HelpScreen { help: &help, sections: &sections(), theme: THEME }));
}

#[test]
fn room_switcher_over_the_chat() {
    let entry = |name: &str, unread, mentions| Entry { name: name.to_owned(), unread, mentions };
    let entries = [entry("#lobby", 0, 0), entry("#test-lab", 0, 0), entry("#team", 2, 1), entry("bob", 1, 0)];
    let mut switcher = Switcher::default();
    switcher.insert('t');
    switcher.insert('e');
    assert_snapshot!(over_chat(60, 20, &SwitcherBox { switcher: &switcher, entries: &entries, theme: THEME }));
}

#[test]
fn paste_question_over_the_chat() {
    let question = Question::paste("fn main() {\n    println!(\"hello\");\n}\n\n// and\n// more\n");
    assert_snapshot!(over_chat(60, 20, &QuestionBox { question: &question, theme: THEME }));
}

#[test]
fn quit_question_at_20_by_6() {
    assert_snapshot!(over_chat(20, 6, &QuestionBox { question: &Question::quit(2), theme: THEME }));
}

fn fingerprint(first: &str, words: &str) -> Fingerprint {
    let hex =
        (0..32).map(|byte| if byte == 0 { first.to_owned() } else { format!("{:02x}", byte * 7) }).collect::<Vec<_>>();
    Fingerprint { hex: hex.join(":"), words: words.to_owned() }
}

#[test]
fn trust_question_on_the_first_visit() {
    let trust = Trust {
        host: "chat.home.lan".to_owned(),
        shown: fingerprint("9f", "copper lantern seven ridge"),
        changed: None,
    };
    assert_snapshot!(over_chat(100, 20, &TrustBox { trust: &trust, theme: THEME }));
}

#[test]
fn changed_key_at_60_by_20_shows_both() {
    let changed = Changed {
        kept: fingerprint("9f", "copper lantern seven ridge"),
        remedy: "If the operator says that the new key is right, take the line of chat.home.lan out of known_servers."
            .to_owned(),
    };
    let trust = Trust {
        host: "chat.home.lan".to_owned(),
        shown: fingerprint("01", "amber field nine coast"),
        changed: Some(changed),
    };
    assert_snapshot!(over_chat(60, 20, &TrustBox { trust: &trust, theme: THEME }));
}

fn type_in(form: &mut Form, text: &str) {
    form.insert(text);
    form.next_field();
}

/// Somebody signs up and makes two mistakes.
fn signing_up() -> Form {
    let mut form = Form::new(&Defaults { host: "chat.home.lan".to_owned(), mode: Mode::SignUp, ..Defaults::default() });
    type_in(&mut form, "Ann Lee");
    type_in(&mut form, "ann");
    type_in(&mut form, "copper kettle");
    type_in(&mut form, "copper kettl");
    form
}

fn logging_in() -> Form {
    let mut form = Form::new(&Defaults { host: "chat.home.lan".to_owned(), ..Defaults::default() });
    type_in(&mut form, "ann");
    form.insert("copper kettle");
    form
}

#[test]
fn form_at_100_by_30_signing_up() {
    assert_snapshot!(drawn(100, 30, &FormScreen { form: &signing_up(), theme: THEME }));
}

#[test]
fn form_at_100_by_30_connecting() {
    let mut form = logging_in();
    form.set_steps(&["found", "TLS ok", "signing in"]);
    assert_snapshot!(drawn(100, 30, &FormScreen { form: &form, theme: THEME }));
}

#[test]
fn form_at_60_by_20_refused() {
    let mut form = logging_in();
    form.set_error(
        Field::Password,
        "User name and password do not fit together. Check both; nothing was changed.".to_owned(),
    );
    assert_snapshot!(drawn(60, 20, &FormScreen { form: &form, theme: THEME }));
}

#[test]
fn form_at_60_by_20_signing_up() {
    assert_snapshot!(drawn(60, 20, &FormScreen { form: &signing_up(), theme: THEME }));
}

#[test]
fn form_at_40_by_12_logging_in() {
    assert_snapshot!(drawn(40, 12, &FormScreen { form: &logging_in(), theme: THEME }));
}

#[test]
fn form_at_40_by_12_signing_up_shows_the_part_in_focus() {
    assert_snapshot!(drawn(40, 12, &FormScreen { form: &signing_up(), theme: THEME }));
}

#[test]
fn form_at_20_by_6() {
    assert_snapshot!(drawn(20, 6, &FormScreen { form: &logging_in(), theme: THEME }));
}

/// What can become of a few letters, over the chat screen.
fn completing(width: u16, height: u16) -> String {
    let candidate = |(label, about): (&str, &str)| Candidate {
        insert: label.to_owned(),
        label: label.to_owned(),
        about: about.to_owned(),
    };
    let people = [("carol", ""), ("christopher-from-the-other-side-of-the-hall", "Christopher"), ("日本", "にほん")];
    let commands = [
        ("/close", "leave the room and close its window"),
        ("/clear", "empty the window"),
        ("😄 :smile:", "grinning face with smiling eyes"),
        ("👍 :+1:", "thumbs up"),
        ("#cakes", "what we bake, and who brings what to the party on Saturday, weather permitting"),
        ("last but one", ""),
        ("last", ""),
    ];
    let candidates: Vec<Candidate> = people.into_iter().chain(commands).map(candidate).collect();
    let sample = Sample::team(THEME);
    let list = CompletionList { candidates: &candidates, chosen: 8, theme: THEME };
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    (&Chat { completion: Some(list), ..sample.chat() }).render(buffer.area, &mut buffer);
    text(&buffer)
}

#[test]
fn completing_at_100_by_30() {
    assert_snapshot!(completing(100, 30));
}

#[test]
fn completing_at_60_by_20() {
    assert_snapshot!(completing(60, 20));
}

#[test]
fn completing_at_40_by_12() {
    assert_snapshot!(completing(40, 12));
}

#[test]
fn completing_at_20_by_6() {
    assert_snapshot!(completing(20, 6));
}
