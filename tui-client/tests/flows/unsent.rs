//! What is typed and not confirmed: kept before it leaves, queued while there is no connection, sent by the next run.

use klatch::session::Unsent;

use super::*;

/// What was to be kept last.
fn kept(flow: &Flow) -> Vec<Unsent> {
    let kept = flow.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(_, messages) => Some(messages.clone()),
        _ => None,
    });
    kept.expect("something was to be kept")
}

#[test]
fn a_message_is_kept_as_sent_before_it_leaves() {
    let mut flow = Flow::in_lobby();
    flow.types("hello there").key("Enter");
    let leaves = |effect: &Effect| matches!(effect, Effect::Line(line) if line.contains("PRIVMSG #lobby :hello there"));
    let keeps = |effect: &Effect| matches!(effect, Effect::Keep(_, messages) if messages.iter().any(|unsent| unsent.sent.is_some()));
    let [kept, left] = [flow.effects.iter().position(keeps), flow.effects.iter().position(leaves)];
    assert!(kept.is_some() && kept < left, "{:?}", flow.effects);
}

#[test]
fn what_is_typed_offline_is_queued_and_the_next_run_shows_and_sends_it() {
    let mut flow = Flow::in_lobby();
    flow.breaks().types("typed offline").key("Enter").sees("typed offline").sees("1 unsent");
    let messages = kept(&flow);
    assert_eq!(messages.iter().map(|unsent| unsent.text.as_str()).collect::<Vec<_>>(), ["typed offline"]);

    let mut next = Flow::new();
    next.found.messages = messages;
    next.types("secret").key("Enter").links().comes_in();
    let sent = next.sent();
    assert!(sent.iter().any(|line| line.contains("PRIVMSG #lobby :typed offline")), "{sent:?}");
    next.sees("typed offline").sees("…");
}

#[test]
fn what_is_not_taken_stays_in_the_input_box() {
    let mut flow = Flow::in_lobby();
    flow.breaks();
    for _ in 0..2 {
        let lines: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        flow.does(Event::Paste(lines.join("\n"))).key("Enter").sees_no("pasted");
    }
    flow.types("one too many").key("Enter").sees("not sent: 1000 messages wait already").sees("› one too many");
    flow.key("Ctrl-U").does(Event::Paste("line\n".repeat(501))).key("Enter").sees("these are 501 lines");
}

#[test]
fn nothing_is_dialled_or_overwritten_before_it_is_known_what_was_left() {
    let mut flow = Flow::new();
    flow.types("secret");
    let effects = flow.app.update(flow.now, Event::Key("Enter".parse().unwrap()));
    let [Effect::Recall(account)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(flow.app.settle(), [], "what is unknown is not replaced by nothing");
    let found = Event::Unsent(account.clone(), Found::default());
    let effects = flow.app.update(flow.now, found);
    assert!(matches!(effects[..], [Effect::Dial { .. }]), "{effects:?}");
    let again = Event::Unsent(account.clone(), Found::default());
    assert_eq!(flow.app.update(flow.now, again), [], "the answer to an attempt that was given up is nobody's");
}

#[test]
fn a_file_that_cannot_be_read_is_told_where_the_user_looks() {
    let mut flow = Flow::new();
    let trouble = "/home/lior/unsent/lior.1.toml cannot be read, it is kept as lior.1.broken-1";
    flow.found.troubles = vec![trouble.into()];
    flow.types("secret").key("Enter").links().comes_in();
    flow.sees("something unsent could not be read");
    flow.key("Alt-2").sees("lior.1.broken-1");
}
