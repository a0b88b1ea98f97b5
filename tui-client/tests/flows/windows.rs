//! Rooms and conversations as windows: which are there, what they are called, what is unread in them.

use super::*;

/// Two people write to us, one of them under two names; their conversations are rooms 2 and 3.
fn with_conversations() -> Flow {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":bob!b@h PRIVMSG lior :psst", ":eve!e@h PRIVMSG lior :hey"]).key("Alt-2").sees("psst");
    flow
}

#[test]
fn who_gets_another_name_keeps_the_conversation_and_what_is_being_typed_in_it() {
    let mut flow = with_conversations();
    flow.types("half a sentence").hears(&[":bob!b@h NICK :bobby"]).sees("bob is bobby now").sees("› half a sentence");
    flow.key("Alt-1").sees_no("half a sentence").key("Alt-0").sees("psst").sees("› half a sentence");
    flow.key("Enter");
    assert!(flow.sent().iter().any(|line| line.ends_with("PRIVMSG bobby :half a sentence")));
}

#[test]
fn a_conversation_is_never_there_twice_under_one_name() {
    let mut flow = with_conversations();
    flow.types("on its way").key("Enter");
    let sent = flow.sent();
    let said = sent.iter().find(|line| line.contains("PRIVMSG bob :on its way")).expect("a message");
    let label = said.split("label=").nth(1).unwrap().split([' ', ';']).next().unwrap().to_owned();
    flow.hears(&[":bob!b@h NICK :eve", &format!("@label={label};msgid=m1 :lior!l@h PRIVMSG bob :on its way")]);
    flow.sees("psst").sees("bob is eve now").sees("on its way").sees("✓").sees_no("…");
    flow.key("Alt-3").sees("hey").sees("bob is eve now").key("Alt-4").sees("what the server says");
}

/// The server, which keeps a history, lets us in and puts us into the lobby.
pub fn come_in(flow: &mut Flow) {
    let caps = format!("{CAPS} draft/chathistory");
    flow.links().hears(&[&format!(":srv CAP * LS :{caps}"), &format!(":srv CAP * ACK :{caps}"), "AUTHENTICATE +"]);
    flow.hears(&[":srv 903 lior :ok", ":srv 001 lior :Welcome", ":srv 376 lior :End of MOTD"]);
    flow.hears(&[":lior!lior@host JOIN #lobby lior :Lior"]);
}

/// Answers the question about `target` that was sent last with these lines.
pub fn answers(flow: &mut Flow, target: &str, lines: &[&str]) {
    let sent = flow.sent();
    let asked = sent.iter().rfind(|line| line.contains("CHATHISTORY") && line.contains(&format!(" {target} ")));
    let asked = asked.unwrap_or_else(|| panic!("nobody asks about {target}: {sent:?}"));
    let label = asked.strip_prefix("@label=").unwrap().split(' ').next().unwrap().to_owned();
    flow.hears(&[&format!("@label={label} :srv BATCH +b chathistory {target}")]).hears(lines).hears(&[":srv BATCH -b"]);
}

#[test]
fn a_conversation_that_was_closed_comes_back_only_with_something_in_it() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter");
    come_in(&mut flow);
    flow.hears(&["@msgid=1;time=2026-11-24T10:00:01.000Z :bob!b@h PRIVMSG lior :psst"]).key("Alt-2").sees("psst");
    flow.types("/close").key("Enter").sees_no("psst");
    flow.effects.clear();
    flow.breaks();
    come_in(&mut flow);
    answers(&mut flow, "bob", &[]);
    flow.key("Ctrl-G").sees("Go to:").sees_no("bob").key("Esc");
    flow.breaks();
    come_in(&mut flow);
    answers(&mut flow, "bob", &["@batch=b;msgid=2;time=2026-11-24T10:00:02.000Z :bob!b@h PRIVMSG lior :back again"]);
    flow.sees("bob 1!");
}

#[test]
fn a_room_that_is_being_left_does_not_come_back_for_what_is_still_said_in_it() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior"]).key("Alt-2").types("/close").key("Enter").sees("#lobby");
    assert!(flow.sent().iter().any(|line| line.starts_with("PART #ops")));
    flow.hears(&[":amy!a@h PRIVMSG #ops :still talking", ":amy!a@h TOPIC #ops :still"]);
    flow.hears(&[":lior!l@h PART #ops"]).sees_no("#ops");
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior", ":amy!a@h PRIVMSG #ops :again"]).sees("#ops 1");
}

#[test]
fn a_message_to_a_room_by_name_goes_there() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior"])
        .types("/msg #ops from afar")
        .key("Enter")
        .sees("from afar")
        .sees("…");
    assert!(flow.sent().iter().any(|line| line.ends_with("PRIVMSG #ops :from afar")));
    flow.key("Ctrl-G").sees("Go to:");
    assert_eq!(flow.screen().lines().filter(|line| line.trim_start().trim_start_matches("› ") == "#ops").count(), 1);
    flow.key("Esc").types("/query #dev").key("Enter").sees("/join #dev");
}

#[test]
fn an_emptied_window_stays_empty_but_for_what_comes() {
    let mut flow = Flow::new();
    flow.types("secret").key("Enter");
    come_in(&mut flow);
    answers(&mut flow, "#lobby", &[]);
    flow.hears(&["@msgid=1;time=2026-11-24T10:00:01.000Z :amy!a@h PRIVMSG #lobby :before"]);
    flow.types("/clear").key("Enter").sees_no("before");
    flow.effects.clear();
    flow.hears(&["@msgid=2;time=2026-11-24T10:00:02.000Z :amy!a@h PRIVMSG #lobby :after"]).sees("after");
    assert!(!flow.sent().iter().any(|line| line.contains("CHATHISTORY BEFORE")));
    flow.key("Up");
    assert!(flow.sent().iter().any(|line| line.contains("CHATHISTORY BEFORE #lobby msgid=2")));
}

#[test]
fn what_was_not_seen_yet_is_still_unread_when_its_room_is_left_again() {
    let mut flow = super::chatting::with_history();
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior"]).key("PageUp").key("Alt-2");
    flow.hears(&[":amy!amy@host PRIVMSG #lobby :lior: are you there?"]).sees("#lobby 1!");
    flow.key("Alt-1").sees_no("are you there?").sees("1 new").key("Alt-2").sees("#lobby 1!");
    flow.key("Alt-1").key("End").sees("are you there?").key("Alt-2").sees_no("#lobby 1!");
}

#[test]
fn a_room_with_another_name_keeps_its_window_with_all_that_is_in_it() {
    let mut flow = Flow::in_lobby();
    flow.hears(&[":lior!l@h JOIN #dev lior :Lior", ":lior!l@h PART #dev"]);
    flow.hears(&[":lior!l@h JOIN #ops lior :Lior", ":amy!a@h PRIVMSG #ops :before"]).key("Alt-3").sees("before");
    flow.types("/rename dev it builds").key("Enter");
    assert!(flow.sent().contains(&"RENAME #ops #dev :it builds".to_owned()));
    flow.types("half a sentence").hears(&[":lior!l@h RENAME #ops #dev :it builds"]);
    flow.sees(" #dev").sees("before").sees("#ops is #dev now, by Lior: it builds").sees("› half a sentence");
    flow.key("Enter").sees("half a sentence");
    assert!(flow.sent().iter().any(|line| line.ends_with("PRIVMSG #dev :half a sentence")));
    flow.key("Ctrl-G")
        .types("ops")
        .sees("no room or person like that")
        .key("Esc")
        .key("Alt-1")
        .key("Alt-0")
        .sees("half a sentence");
    flow.hears(&[":amy!a@h RENAME #dev #DEV"]).sees("#dev is #DEV now, by amy").sees("half a sentence");
}

#[test]
fn a_paste_goes_to_the_room_in_which_it_was_pasted() {
    let moved_on = |answer: &str| {
        let mut flow = Flow::in_lobby();
        flow.types("/join ops").key("Enter").does(Event::Paste("first\nsecond".into())).sees("Send 2 pasted lines?");
        // Only now the server has brought us there.
        flow.hears(&[":lior!l@h JOIN #ops lior :Lior"]).key(answer);
        flow
    };
    let sent = moved_on("Enter").sees("#lobby").sent();
    assert!(sent.iter().any(|line| line.ends_with("PRIVMSG #lobby :second")), "{sent:?}");
    moved_on("e").sees("› first").sees("#lobby").key("Alt-2").sees_no("first").sees(" #ops");

    let mut flow = Flow::in_lobby();
    flow.hears(&[":bob!b@h PRIVMSG lior :psst"]).key("Alt-2").does(Event::Paste("first\nsecond".into()));
    flow.hears(&[":bob!b@h NICK :bobby"]).key("Enter").sees("its window is gone").key("Ctrl-P").sees("› first");
}
