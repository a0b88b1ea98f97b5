//! In the chat: talking, scrolling, going from room to room.

use super::*;

/// Enough lines to scroll.
pub fn with_history() -> Flow {
    let mut flow = Flow::in_lobby();
    for number in 0..60 {
        flow.hears(&[&format!(":amy!amy@host PRIVMSG #lobby :line {number}")]);
    }
    flow
}

#[test]
fn what_is_typed_is_sent_and_confirmed() {
    let mut flow = Flow::in_lobby();
    flow.types("hello there").key("Enter").sees("hello there").sees("…");
    let sent = flow.sent();
    let said = sent.iter().find(|line| line.contains("PRIVMSG #lobby :hello there")).expect("a message");
    let label = said.split("label=").nth(1).unwrap().split([' ', ';']).next().unwrap();
    flow.hears(&[&format!(
        "@label={label};msgid=m1;time=2026-11-24T10:00:01.000Z :lior!l@h PRIVMSG #lobby :hello there"
    )]);
    flow.sees("✓");
}

#[test]
fn arrows_and_pages_scroll_and_typing_does_not_jump_away() {
    let mut flow = with_history();
    flow.sees("line 59").key("PageUp").sees_no("line 59").key("Up").types("draft").sees_no("line 59");
    flow.hears(&[":amy!amy@host PRIVMSG #lobby :news"]).sees_no(" news").sees("1 new");
    flow.key("End").sees("news").sees("draft");
    flow.key("Ctrl-Home").sees("line 0").key("Esc").sees("news").sees("draft");
}

#[test]
fn home_and_end_belong_to_the_text_first_and_to_the_history_then() {
    let mut flow = with_history();
    flow.types("bc").key("Home").types("a").sees("abc").sees("line 59");
    flow.key("Home").sees("line 59").key("Home").sees("line 0").key("End").key("End").sees("line 59");
}

#[test]
fn up_and_down_move_in_a_text_of_several_lines_and_scroll_at_its_edge() {
    let mut flow = with_history();
    flow.types("one").key("Ctrl-J").types("two").key("Up").sees("line 59").types("X").sees("oneX");
    flow.key("Up").sees_no("line 59");
}

#[test]
fn up_and_down_move_in_a_long_line_that_goes_on_in_the_next_row_and_only_there() {
    let mut flow = with_history();
    flow.types(&"word ".repeat(30)).key("Up").sees("line 59").types("X").sees("wordX").key("Down").sees("line 59");
    flow.key("Up").key("Up").sees_no("line 59");
}

#[test]
fn the_wheel_scrolls() {
    let mut flow = with_history();
    let wheel = klatch::event::Mouse { kind: klatch::event::MouseKind::WheelUp, column: 1, row: 1 };
    flow.does(Event::Mouse(wheel)).sees_no("line 59");
}

#[test]
fn a_paste_never_sends_by_itself() {
    let mut flow = Flow::in_lobby();
    flow.does(Event::Paste("one line\n".into())).sees("one line");
    assert!(!flow.sent().iter().any(|line| line.contains("PRIVMSG")));
    flow.key("Ctrl-U").does(Event::Paste("first\r\n/quit\r\nthird\x1b[31m".into())).sees("Send 3 pasted lines?");
    assert!(!flow.sent().iter().any(|line| line.contains("PRIVMSG")));
    flow.key("e").sees("first").sees_no("Send 3");
    flow.key("Ctrl-C").does(Event::Paste("first\n/quit".into())).key("Enter");
    let sent = flow.sent();
    assert!(sent.iter().any(|line| line.ends_with(":first")), "{sent:?}");
    assert!(sent.iter().any(|line| line.ends_with(":/quit")), "{sent:?}");
    assert!(!flow.exits());
    flow.does(Event::Paste("a\nb".into())).key("Esc").sees_no("pasted");
    assert!(flow.sent().is_empty());
}

#[test]
fn ctrl_c_puts_the_text_aside_and_ctrl_p_brings_it_back() {
    let mut flow = Flow::in_lobby();
    flow.types("a draft").key("Ctrl-C").sees("put aside").sees_no("a draft");
    flow.types("new").key("Ctrl-P").sees("a draft").key("Ctrl-N").sees("new").key("Ctrl-U");
    flow.key("Ctrl-C").sees("Ctrl-Q quits");
    flow.passes(5_000).sees_no("Ctrl-Q quits");
    assert!(!flow.exits());
}

#[test]
fn tab_completes_names_and_goes_on_to_the_next() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":ann!ann@host JOIN #lobby ann :Ann"]);
    flow.types("am").key("Tab").sees("› amy:");
    flow.key("Ctrl-U").types("a").key("Tab").key("Tab").key("Tab").key("Shift-Tab").types("hi");
    let screen = flow.screen();
    assert!(screen.contains("amy: hi") || screen.contains("ann: hi"), "{screen}");
    flow.key("Ctrl-U").types("/sideb").key("Tab").sees("/sidebar");
    flow.key("Ctrl-U").types("/jo").key("Tab").sees("› /join");
    flow.key("Ctrl-U").key("Tab").sees("nothing to complete");
    flow.hears(&[":amy!amy@host PRIVMSG #lobby :lior: are you there?"]).key("Tab").sees("› amy:");
}

#[test]
fn of_several_candidates_there_is_a_list_that_arrows_go_through_and_esc_closes() {
    let mut flow = with_history();
    flow.hears(&[":ann!ann@host JOIN #lobby ann :Ann Hall"]).types("a").key("Tab");
    flow.sees("1 of 2").sees("› amy").sees("ann  Ann Hall").sees("› amy:");
    flow.key("Down").sees("2 of 2").sees("› ann  Ann Hall").sees("› ann:");
    flow.key("Esc").sees_no("2 of 2").sees("› ann:").sees("line 59").key("PageUp").sees_no("line 59");
    flow.key("Ctrl-U").types("/m").key("Tab").sees("/msg <nick or room> <text>").sees("say something to one person");
    flow.key("Tab").sees("2 of 4").key("Shift-Tab").sees("1 of 4").types("ann ").sees_no("1 of 4").sees("› /msg ann");
    flow.key("Ctrl-U").types("so :smile").key("Tab").sees(":smile:").sees("grinning face with smiling eyes");
    flow.key("Enter");
    let sent = flow.sent();
    assert!(sent.iter().any(|line| line.ends_with(":so 😄")), "{sent:?}");
    flow.sees_no(":smile:").resizes(20, 6).types("a").key("Tab").sees("› amy").resizes(12, 4).resizes(1, 1);
}

#[test]
fn rooms_are_reached_by_number_list_and_importance_and_keep_their_drafts() {
    let mut flow = Flow::in_lobby();
    flow.types("/join ops").key("Enter");
    assert!(flow.sent().contains(&"JOIN #ops".to_owned()), "joins");
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior", ":srv 353 lior = #ops :@lior", ":srv 366 lior #ops :End"]);
    flow.sees(" #ops").types("for ops").key("Alt-1").sees_no("for ops").types("for the lobby");
    flow.key("Alt-2").sees("for ops").key("Alt-0").sees("for the lobby");
    flow.hears(&[":amy!amy@host PRIVMSG #ops :lior!"]).sees("#ops 1!").key("Alt-A").sees("for ops");
    flow.key("Ctrl-G").sees("Go to:").types("lob").key("Enter").sees("for the lobby").sees_no("Go to:");
    flow.key("Ctrl-U").key("Ctrl-K").sees("Go to:").key("Esc").sees_no("Go to:");
    flow.types("/2").key("Enter").sees("for ops").key("Alt-9").sees("there is no room 9");
}

#[test]
fn help_is_printed_from_the_tables_and_filtered_by_typing() {
    let mut flow = Flow::in_lobby();
    flow.key("?")
        .sees("Help")
        .sees("Ctrl-P")
        .types("sidebar")
        .sees("F8")
        .sees_no("Ctrl-P")
        .key("Esc")
        .sees_no("Help ›");
    flow.types("why?").sees("why?").key("F1").sees("Help").key("F1").sees("why?");
    flow.key("Ctrl-U").types("/help").key("Enter").sees("Help");
}

#[test]
fn what_came_to_nothing_stays_to_be_mended() {
    let mut flow = Flow::in_lobby();
    flow.types("/tpoic cakes").key("Enter").sees("/topic").sees("› /tpoic cakes");
}

#[test]
fn the_sidebar_and_the_mouse_can_go_away() {
    let mut flow = Flow::in_lobby();
    flow.sees("@amy").key("F8").sees_no("@amy").types("/sidebar").key("Enter").sees("@amy");
    flow.key("F3").sees_no("@amy");
    assert!(flow.effects.contains(&Effect::Mouse(false)));
    flow.key("F3").sees("@amy");
    flow.effects.clear();
    flow.types("/mouse off").key("Enter").sees("mouse off");
    assert!(flow.effects.contains(&Effect::Mouse(false)));
}

#[test]
fn a_mention_rings_only_when_it_would_be_missed() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":amy!amy@host PRIVMSG #lobby :lior: here"]);
    assert!(!flow.effects.contains(&Effect::Bell), "it is on the screen");
    flow.does(Event::Focus(false)).hears(&[":amy!amy@host PRIVMSG #lobby :lior: and now?"]);
    assert!(flow.effects.contains(&Effect::Bell));
    assert!(flow.effects.contains(&Effect::Notify("amy in #lobby: lior: and now?".into())));
    assert!(flow.effects.contains(&Effect::Title("(1) #lobby – klatch".into())));
    flow.does(Event::Focus(true));
    assert!(flow.effects.contains(&Effect::Title("#lobby – klatch".into())));
}

#[test]
fn every_size_can_be_used_and_no_size_breaks_anything() {
    let mut flow = with_history();
    flow.resizes(200, 60).sees("@amy").resizes(60, 20).sees("line 59").sees_no("@amy").resizes(40, 12).sees("line 59");
    flow.resizes(20, 6).sees("line 59").resizes(5, 2).sees("too s").resizes(1, 1).resizes(80, 24).sees("line 59");
    flow.key("F1").resizes(20, 6).resizes(1, 1).key("Esc").key("Ctrl-G").resizes(3, 2).resizes(80, 24).sees("Go to:");
}

#[test]
fn the_irc_preset_gives_ctrl_n_to_rooms() {
    let settings = Settings { keys: klatch::keymap::Preset::Irc, ..Settings::default() };
    let address = Address { host: "attic".into(), user: Some("lior".into()), ..Address::default() };
    let mut flow = Flow::start(address, None, settings);
    flow.types("secret").key("Enter").links().comes_in().sees("Lior Ben-Ami!").key("Ctrl-N").sees_no("Lior Ben-Ami!");
}

#[test]
fn a_link_that_is_silent_is_asked_and_given_up_within_twenty_seconds() {
    let mut flow = Flow::in_lobby();
    flow.passes(15_000);
    assert!(flow.sent().contains(&"PING klatch".to_owned()));
    flow.passes(5_000);
    assert!(flow.effects.contains(&Effect::HangUp) && flow.dials() == 1, "{:?}", flow.effects);
}

#[test]
fn after_the_machine_slept_the_server_is_asked_at_once() {
    let mut flow = Flow::in_lobby();
    // The steady clock stands still while a machine sleeps.
    flow.now.wall.0 += 3_600_000;
    flow.does(Event::Woke);
    assert!(flow.sent().contains(&"PING klatch".to_owned()));
    flow.passes(5_000);
    assert!(flow.effects.contains(&Effect::HangUp) && flow.dials() == 1, "{:?}", flow.effects);
}

#[test]
fn after_the_machine_slept_nobody_waits_for_the_next_attempt() {
    let mut flow = Flow::in_lobby();
    flow.breaks();
    let closed = || NetEvent::Failed(klatch::net::NetFailure::Closed { port: 23_791 });
    flow.net(closed()).net(closed());
    let before = flow.dials();
    flow.does(Event::Woke);
    assert_eq!(flow.dials(), before + 1);
}

#[test]
fn what_is_said_for_a_moment_is_said_on_small_screens_too() {
    let mut flow = Flow::in_lobby();
    flow.resizes(40, 12).key("Ctrl-D").sees("Ctrl-Q quits");
}

#[test]
fn a_paste_that_is_too_long_is_cut_and_that_is_said() {
    let mut flow = Flow::in_lobby();
    flow.does(Event::Paste("word ".repeat(10_000))).sees("too long");
}

#[test]
fn being_away_is_seen() {
    let mut flow = Flow::in_lobby();
    flow.resizes(120, 30)
        .types("/away lunch")
        .key("Enter")
        .hears(&[":srv 306 lior :You have been marked as being away"]);
    flow.sees("you are away").sees("you, away");
    flow.types("/back").key("Enter").hears(&[":srv 305 lior :You are no longer marked as being away"]);
    flow.sees("you are back").sees_no("you, away");
}
