use proptest::prelude::*;

use super::*;

/// What a connection brings: so many messages live, then so many missed, fetched in pages of so many, with so many live
/// ones in between.
#[derive(Debug, Clone)]
struct Stretch {
    live: usize,
    missed: usize,
    page: usize,
    between: usize,
    again: bool,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    (0..12_usize, 0..30_usize, 1..9_usize, 0..4_usize, any::<bool>())
        .prop_map(|(live, missed, page, between, again)| Stretch { live, missed, page, between, again })
}

/// The server's history, as far as it has come, and a client that follows it.
struct World {
    model: Model,
    truth: Vec<Spoken>,
    steps: Vec<i64>,
}

impl World {
    fn say(&mut self) -> Spoken {
        let number = self.truth.len();
        let step = self.steps[number % self.steps.len()];
        let at = self.truth.last().map_or(1_000, |last| last.at.0 + step);
        let spoken = spoken(number, at, "amy", &number.to_string());
        self.truth.push(spoken.clone());
        spoken
    }

    fn live(&mut self, count: usize) {
        for _ in 0..count {
            let spoken = self.say();
            self.model.apply(Event::Said { place: lobby(), spoken });
        }
    }

    fn page(&mut self, part: Part, lines: &[Spoken]) {
        let complete = lines.is_empty();
        self.model.apply(Event::History(Page { place: lobby(), part, lines: lines.to_vec(), complete }));
    }

    fn run(&mut self, stretch: &Stretch) {
        self.live(stretch.live);
        self.model.apply(Event::Lost);
        let mut known = self.truth.len();
        for _ in 0..stretch.missed {
            self.say();
        }
        for round in 0.. {
            if round < 5 {
                self.live(stretch.between);
            }
            let lines: Vec<Spoken> = self.truth[known..].iter().take(stretch.page).cloned().collect();
            self.page(Part::Missed, &lines);
            if lines.is_empty() {
                break;
            }
            known += lines.len();
            if stretch.again && round == 2 {
                // What comes live from here on is not known to follow what was fetched.
                self.model.apply(Event::Lost);
            }
        }
        self.model.apply(Event::CaughtUp(lobby()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_history_is_the_servers_whatever_way_it_came(
        before in 0..40_usize,
        page in 1..9_usize,
        steps in prop::collection::vec(0..3_i64, 1..20),
        stretches in prop::collection::vec(stretch(), 0..5),
    ) {
        let mut world = World { model: model(), truth: Vec::new(), steps };
        for _ in 0..before {
            world.say();
        }
        let latest = before.saturating_sub(page);
        let lines = world.truth[latest..].to_vec();
        world.page(Part::Latest, &lines);
        for stretch in &stretches {
            world.run(stretch);
        }
        let mut oldest = latest;
        while oldest > 0 {
            let lines = world.truth[oldest.saturating_sub(page)..oldest].to_vec();
            oldest -= lines.len();
            world.page(Part::Before, &lines);
        }
        world.page(Part::Before, &[]);
        let history = &world.model.active().history;
        let said = |line: &Line| match &line.body {
            Body::Said { text, .. } => Some(text.clone()),
            Body::Gap { .. } => Some("gap".to_owned()),
            _ => None,
        };
        let got: Vec<String> = history.iter().filter_map(said).collect();
        let truth: Vec<String> = world.truth.iter().map(|spoken| spoken.text.clone()).collect();
        prop_assert_eq!(got, truth);
        prop_assert!(history.iter().map(|line| line.at).is_sorted());
        prop_assert_eq!(history.older, Older::Nothing);
    }
}

#[test]
fn the_oldest_lines_go_when_there_are_too_many() {
    let mut history = History::default();
    let line = |number: u64| Line {
        key: LineKey(number),
        id: Some(number.to_string()),
        at: UnixMs(i64::try_from(number).unwrap()),
        body: Body::Info(String::new()),
    };
    history.older = Older::Nothing;
    let most = u64::try_from(History::MOST).unwrap();
    for number in 0..most + 10 {
        assert!(history.insert(line(number)));
        assert!(!history.insert(line(number)), "twice");
    }
    assert_eq!(history.len(), History::MOST);
    assert_eq!(history.oldest().unwrap().0, Some("10"));
    assert!(history.older == Older::Unfetched && !history.can_grow());
    assert!(history.insert(line(9)), "what went can come again");
}

#[test]
fn what_was_said_while_we_were_out_of_a_room_has_its_place() {
    let mut model = model();
    model.apply(said(lobby(), 1, "amy", "before"));
    let parted = Event::Parted {
        room: "#lobby".into(),
        nick: "lior".into(),
        reason: None,
        kicked_by: None,
        mine: true,
        at: UnixMs(1_500),
    };
    model.apply(parted);
    model.apply(joined("lior", "Lior"));
    model.apply(said(lobby(), 4, "amy", "after"));
    let said = |model: &Model| {
        let lines = shown(model, "#lobby");
        lines.into_iter().filter(|line| line.starts_with("amy") || line.starts_with("(gap")).collect::<Vec<_>>()
    };
    assert_eq!(said(&model), ["amy: before", "(gap, fetching: true)", "amy: after"]);
    for (number, text) in [(2, "two"), (3, "three")] {
        let lines = vec![spoken(number, number as i64 * 1_000, "amy", text)];
        model.apply(Event::History(Page { place: lobby(), part: Part::Missed, lines, complete: false }));
    }
    model.apply(Event::CaughtUp(lobby()));
    assert_eq!(said(&model), ["amy: before", "amy: two", "amy: three", "amy: after"]);
}

#[test]
fn a_page_of_what_was_missed_stands_behind_the_page_before_it_whatever_is_known_of_both() {
    let mut model = model();
    // The newest page was fetched, and then a repeat's echo set back how far the history is known.
    for number in [1, 4, 5, 6] {
        model.apply(said(lobby(), number, "amy", &number.to_string()));
    }
    model.apply(Event::Lost);
    for page in [2..=4, 5..=6] {
        let lines = page.map(|number| spoken(number, number as i64 * 1_000, "amy", &number.to_string())).collect();
        model.apply(Event::History(Page { place: lobby(), part: Part::Missed, lines, complete: false }));
    }
    model.apply(Event::CaughtUp(lobby()));
    let said = shown(&model, "#lobby").into_iter().filter(|line| line.starts_with("amy")).collect::<Vec<_>>();
    assert_eq!(said, ["amy: 1", "amy: 2", "amy: 3", "amy: 4", "amy: 5", "amy: 6"]);
}

#[test]
fn a_message_that_was_sent_again_and_is_older_than_all_that_was_fetched_hides_nothing() {
    let mut model = model();
    let outgoing = Event::Outgoing {
        out: crate::session::OutId(1),
        place: lobby(),
        text: "mine".into(),
        manner: Manner::Plain,
        at: UnixMs(9_000),
        fate: Fate::Queued,
    };
    model.apply(outgoing);
    let page = |part, numbers: std::ops::RangeInclusive<usize>| {
        let lines = numbers.map(|number| spoken(number, number as i64 * 1_000, "amy", &number.to_string())).collect();
        Event::History(Page { place: lobby(), part, lines, complete: false })
    };
    model.apply(page(Part::Latest, 5..=6));
    let done = Fate::Done { id: Some("id2".into()), at: UnixMs(2_000) };
    model.apply(Event::Fate { out: crate::session::OutId(1), fate: done });
    let oldest = |model: &Model| model.room("#lobby").unwrap().history.oldest().map(|(id, _)| id.unwrap().to_owned());
    assert_eq!(oldest(&model).as_deref(), Some("id5"), "what lies between is fetched");
    model.apply(page(Part::Before, 2..=4));
    assert_eq!(oldest(&model).as_deref(), Some("id2"));
    let texts: Vec<String> = shown(&model, "#lobby").into_iter().filter(|line| line.contains(": ")).collect();
    assert_eq!(texts.len(), 5, "{texts:?}");
    assert!(texts[0].ends_with("mine") && texts[1..] == ["amy: 3", "amy: 4", "amy: 5", "amy: 6"], "{texts:?}");
}

#[test]
fn a_message_that_was_sent_again_stands_before_the_oldest_line_once_a_page_of_older_ones_shows_it() {
    let mut model = model();
    // The clock of the server was set back, so that all of these have one time.
    let page = |part, numbers: &[usize]| {
        let lines = numbers.iter().map(|number| spoken(*number, 5_000, "amy", &number.to_string())).collect();
        Event::History(Page { place: lobby(), part, lines, complete: false })
    };
    model.apply(page(Part::Latest, &[4, 5]));
    model.apply(Event::Said { place: lobby(), spoken: spoken(2, 5_000, "amy", "2") });
    model.apply(page(Part::Before, &[1, 2, 3]));
    let said = shown(&model, "#lobby").into_iter().filter(|line| line.starts_with("amy")).collect::<Vec<_>>();
    assert_eq!(said, ["amy: 1", "amy: 2", "amy: 3", "amy: 4", "amy: 5"]);
}

#[test]
fn a_room_that_was_empty_when_we_looked_first_can_be_scrolled_back_later() {
    let mut model = model();
    let latest = |lines: Vec<Spoken>| {
        Event::History(Page { place: lobby(), part: Part::Latest, complete: lines.is_empty(), lines })
    };
    model.apply(latest(Vec::new()));
    assert_eq!(model.room("#lobby").unwrap().history.older, Older::Nothing);
    model.apply(Event::Lost);
    model.apply(latest(vec![spoken(9, 9_000, "amy", "newest")]));
    assert_eq!(model.room("#lobby").unwrap().history.older, Older::Unfetched);
}
