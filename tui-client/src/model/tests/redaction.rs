use super::*;

fn redacted(number: usize, reason: Option<&str>) -> Event {
    let (id, reason) = (format!("id{number}"), reason.map(str::to_owned));
    Event::Redacted(crate::session::Redaction { place: lobby(), id, by: "bob".into(), reason })
}

#[test]
fn what_was_taken_back_is_not_shown_nor_unread_and_that_it_was_is_seen() {
    let mut model = model();
    model.set_watching(false);
    for number in 1..=3 {
        model.apply(said(lobby(), number, "amy", &format!("lior, {number}")));
    }
    model.apply(redacted(2, Some("spam")));
    model.apply(redacted(2, None));
    let texts = shown(&model, "#lobby");
    assert_eq!(texts[texts.len() - 3..], ["amy: lior, 1", "* bob took back what amy said: spam", "amy: lior, 3"]);
    let counts = |model: &Model| model.room("#lobby").map(|room| (room.unread, room.mentions));
    assert_eq!(counts(&model), Some((2, 2)));
    model.set_watching(true);
    model.apply(redacted(1, None));
    assert_eq!(counts(&model), Some((0, 0)), "it had been read");
}

#[test]
fn what_was_taken_back_before_it_came_is_not_shown_either() {
    let mut model = model();
    model.apply(redacted(1, None));
    let lines = vec![spoken(1, 1_000, "amy", "gone"), spoken(2, 2_000, "amy", "here")];
    model.apply(Event::History(Page { place: lobby(), part: Part::Latest, lines, complete: false }));
    let out = crate::session::OutId(1);
    model.apply(Event::Outgoing {
        out,
        place: lobby(),
        text: "gone as well".into(),
        manner: Manner::Plain,
        at: UnixMs(3_000),
        fate: Fate::Queued,
    });
    model.apply(redacted(3, None));
    model.apply(Event::Fate { out, fate: Fate::Done { id: Some("id3".into()), at: UnixMs(3_000) } });
    let texts = shown(&model, "#lobby");
    let note = "* bob took a message back";
    assert_eq!(texts.iter().filter(|text| !text.contains("Good")).collect::<Vec<_>>(), [note, "amy: here", note]);
}
