//! People who talk: what each sees of the other.

use crate::{
    klatch::{Klatch, LARGE, MEDIUM, SMALL},
    peer::Peer,
    server::Server,
    terminal::{DOWN, END, ENTER, ESC, F1, HOME, PAGE_DOWN, PAGE_UP, TAB, Terminal, UP, lines},
};

/// The colour of the first cell on which `words` stand.
fn colour_of(terminal: &Terminal, words: &str) -> vt100::Color {
    terminal.look(|screen| {
        let (rows, columns) = screen.size();
        for row in 0..rows.get() {
            let line: Vec<String> = (0..columns.get())
                .map(|column| screen.cell(row, column).map(|cell| cell.contents().to_owned()).unwrap_or_default())
                .collect();
            for column in 0..line.len() {
                // Blank cells may be empty, so that what follows them seems to begin in them.
                if !line[column].is_empty() && line[column..].concat().starts_with(words) {
                    let column = u16::try_from(column).expect("a column fits");
                    return screen.cell(row, column).expect("the cell is there").fgcolor();
                }
            }
        }
        panic!("`{words}` is not on the screen");
    })
}

#[test]
fn two_people_talk_come_and_go() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    let mut rory = Klatch::at(&server, MEDIUM);
    rory.sign_up("Rory", "rory");

    amy.wait_text("Rory joined");
    assert_eq!(colour_of(&amy, "Rory joined"), vt100::Color::Idx(2), "joins are green");
    amy.wait_text("2 here");

    amy.enter("hello, Rory");
    rory.wait_text("hello, Rory");
    amy.wait_text("✓");
    rory.enter("hello yourself");
    amy.wait_text("hello yourself");
    rory.wait_text("✓");
    amy.wait_text("begins here");
    rory.wait_text("begins here");
    insta::assert_snapshot!("talk_100x30", amy.picture(server.port));
    insta::assert_snapshot!("talk_60x20", rory.picture(server.port));
    rory.resize(SMALL.0, SMALL.1);
    rory.wait_for("the small screen", |screen| {
        let text = screen.contents();
        text.contains("2 here") && text.contains("hello yourself")
    });
    insta::assert_snapshot!("talk_40x12", rory.picture(server.port));

    rory.enter("exit()");
    assert!(rory.wait_exit().success());
    amy.wait_text("Rory left");
    assert!(matches!(colour_of(&amy, "Rory left"), vt100::Color::Idx(1 | 5)), "leaves are red or magenta");
    amy.wait_text("1 here");
}

/// Nobody is slowed down, so that tests need not wait for it.
const UNMETERED: &str = "[limits]\nflood = false\n";

#[test]
fn scrolling_stays_put_and_says_what_is_new() {
    let server = Server::start_with(UNMETERED);
    let mut amy = Klatch::at(&server, MEDIUM);
    amy.sign_up("Amy", "amypond");
    let mut peer = Peer::sign_up(server.port, "rory");
    for number in 1..=60 {
        peer.say(&format!("line {number}."));
    }
    amy.wait_text("line 60.");
    amy.press(UP);
    amy.wait_gone("line 60.");
    amy.press(DOWN);
    amy.wait_text("line 60.");
    amy.press(PAGE_UP);
    amy.wait_gone("line 59.");
    let before = amy.text();
    peer.say("the newest");
    amy.wait_text("1 new");
    assert!(!amy.shows("the newest"));
    let kept = |text: &str| text.lines().skip(1).take(10).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(kept(&amy.text()), kept(&before), "what is being read does not move");
    amy.press(PAGE_DOWN);
    amy.press(PAGE_DOWN);
    amy.wait_text("the newest");
    amy.press(PAGE_UP);
    amy.wait_gone("the newest");
    amy.press(END);
    amy.wait_text("the newest");
}

#[test]
fn reaching_the_top_fetches_what_was_said_before() {
    let server = Server::start_with(UNMETERED);
    let mut amy = Klatch::at(&server, MEDIUM);
    amy.sign_up("Amy", "amypond");
    amy.enter("exit()");
    amy.wait_exit();
    let mut peer = Peer::sign_up(server.port, "rory");
    for number in 1..=300 {
        peer.say(&format!("line {number}."));
    }
    let mut amy = Klatch::at(&server, MEDIUM);
    amy.log_in("amypond");
    amy.wait_text("line 300.");
    while !amy.shows("begins here") {
        let before = amy.text();
        amy.press(HOME);
        // Either the pane moves, or it is at the top already and the status row counts what has come in above.
        amy.wait_for("older lines", |screen| lines(screen) != before);
    }
    amy.wait_text("line 1.");
}

#[test]
fn help_opens_and_closes() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    amy.press(F1);
    amy.wait_text("PageUp");
    amy.press(ESC);
    amy.wait_gone("PageUp");
}

#[test]
fn a_paste_never_sends_by_itself() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    let mut peer = Peer::sign_up(server.port, "rory");
    amy.paste("one\ntwo\nthree");
    amy.wait_text("pasted lines");
    amy.press(ESC);
    amy.wait_gone("pasted lines");
    amy.enter("after the paste");
    let line = peer.wait("PRIVMSG #lobby");
    assert!(line.contains("after the paste"), "{line}");
}

#[test]
fn a_room_gets_another_name_and_stays_where_it_is() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, LARGE);
    amy.sign_up("Amy", "amypond");
    let mut rory = Klatch::at(&server, MEDIUM);
    rory.sign_up("Rory", "rory");
    amy.enter("/join ops");
    amy.wait_text("#ops");
    rory.enter("/join ops");
    amy.wait_text("Rory joined");
    rory.enter("the build is red");
    amy.wait_text("the build is red");
    rory.press("half a sen");
    amy.enter("/rename dev nobody operates it");
    for klatch in [&amy, &rory] {
        klatch.wait_text("#ops is #dev now, by Amy");
        klatch.wait_text("the build is red");
    }
    assert!(rory.shows("half a sen"), "{}", rory.text());
    rory.enter("tence");
    amy.wait_text("half a sentence");
    rory.wait_text("✓");
}

#[test]
fn tab_opens_a_list_of_what_can_become_of_a_word() {
    let server = Server::start();
    let mut amy = Klatch::at(&server, MEDIUM);
    amy.sign_up("Amy", "amypond");
    amy.press(":sm");
    amy.press(TAB);
    amy.wait_text(":smile:");
    amy.press(DOWN);
    amy.wait_text("2 of");
    amy.press(UP);
    amy.wait_text("1 of");
    amy.press(ESC);
    amy.wait_gone("1 of");
    amy.press("\x15/cl");
    amy.press(TAB);
    amy.wait_text("leave the room and close its window");
    amy.press(TAB);
    amy.press(ENTER);
    amy.wait_gone("2 of");
}
