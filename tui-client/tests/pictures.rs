//! The pictures of the README, drawn from the program's own screens. Stale ones fail; `UPDATE_PICTURES=1` draws them anew.

mod picture;
mod sample;

use std::{fs, path::Path};

use klatch::{
    app::help::sections,
    keymap::{Context, Keymap},
    model::{Body, Delivery, Older},
    ui::{
        form::{Defaults, Form, FormScreen, Mode},
        help::{Help, HelpScreen},
        theme::{Colour, Theme, UNICODE},
    },
};
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};
use sample::{Sample, said};

const THEME: Theme = Theme::new(Colour::Sixteen, &UNICODE);

/// Compares a picture with the one that is kept, or keeps it.
fn keep(name: &str, svg: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets").join(name);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::write(&path, svg).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == svg,
        "assets/{name} is stale; UPDATE_PICTURES=1 cargo test -p klatch --test pictures draws it anew"
    );
}

#[test]
fn the_connect_form() {
    let mut form = Form::new(&Defaults { host: "chat.home.lan".to_owned(), mode: Mode::SignUp, ..Defaults::default() });
    for text in ["Ann Lee", "annlee", "copper kettle on the hob", "copper kettle on"] {
        form.insert(text);
        form.next_field();
    }
    form.previous_field();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 88, 25));
    FormScreen { form: &form, theme: THEME }.render(buffer.area, &mut buffer);
    keep("connect.svg", &picture::svg(&buffer, form.cursor(), "klatch"));
}

/// A team on the day of a release.
fn release_day() -> Sample {
    let mut sample = Sample::empty(THEME);
    sample.room.topic = "Release on Friday, notes at http://wiki.lan/rel".to_owned();
    for (nick, operator, away) in [
        ("ann", true, false),
        ("bob", false, false),
        ("carol", false, false),
        ("dave", false, true),
        ("frank", false, false),
        ("yuki", false, false),
    ] {
        sample.person(nick, None, operator, away);
    }
    sample.room.history.older = Older::Nothing;
    sample.said("18:20", "dave", "pushed the installer fix, going home");
    sample.said("18:21", "eve", "thanks, testing on the old laptop tonight");
    sample.said("19:02", "eve", "works! Small thing: the progress bar jumps from 40 to 100, but I can live with that.");
    sample.next_day();
    sample.said("10:41", "bob", "The build is green again.");
    sample.said("10:41", "bob", "I will look at #214 after lunch. It is the copy bug on Windows that people in support have been asking about since Tuesday.");
    sample.joined("10:44", "dave");
    sample.put(
        "10:45",
        Body::Said {
            nick: "yuki".into(),
            display: None,
            text: "おはよう！ 翻訳が終わりました 🎉".into(),
            action: false,
            notice: false,
            mine: false,
            mention: false,
            delivery: Delivery::Done,
        },
    );
    sample.left("10:47", "eve", Some("power cut"));
    for nick in ["carol", "frank", "grace", "heidi", "ivan"] {
        sample.joined("10:48", nick);
    }
    let unread =
        sample.put("10:52", said("carol", "ann: the tag is up, see http://ci.lan/77", false, true, Delivery::Done));
    sample.room.unread_from = Some(unread);
    sample.put(
        "10:52",
        Body::Said {
            nick: "frank".into(),
            display: None,
            text: "opens the champagne, carefully".into(),
            action: true,
            notice: false,
            mine: false,
            mention: false,
            delivery: Delivery::Done,
        },
    );
    sample.put("10:53", said("ann", "Thanks! Writing the notes now.", true, false, Delivery::Done));
    sample.put(
        "10:53",
        said("ann", "def notes(v):\n    return changelog(v).since(\"1.4\")", true, false, Delivery::Done),
    );
    sample.put("10:54", said("ann", "and this one is still on its way", true, false, Delivery::Pending));
    sample.typing = vec!["carol".to_owned()];
    sample
}

#[test]
fn the_chat() {
    let sample = release_day();
    let buffer = sample.draw(100, 28);
    keep("chat.svg", &picture::svg(&buffer, sample.chat().cursor(buffer.area), "#team – klatch"));
}

#[test]
fn a_small_screen() {
    let sample = release_day();
    let buffer = sample.draw(44, 14);
    keep("small.svg", &picture::svg(&buffer, sample.chat().cursor(buffer.area), "#team – klatch"));
}

#[test]
fn the_help() {
    let sections = sections(&Keymap::default(), Context::Chat);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 100, 30));
    let screen = HelpScreen { help: &Help::default(), sections: &sections, theme: THEME };
    screen.render(buffer.area, &mut buffer);
    keep("help.svg", &picture::svg(&buffer, screen.cursor(buffer.area), "Help – klatch"));
}
