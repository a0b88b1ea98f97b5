//! Nothing grows with how often somebody does something: neither what the hub knows nor what the store has to remember, but
//! for what is said. Whoever finds a table that is missing here finds a habit that fills it.

use klatch_protocol::AccountName;

use crate::stage::Stage;

/// More guests than WHOWAS knows of.
const GUESTS: usize = 1_100;
/// By how many bytes so many rounds may change what is remembered, written out: numbers get longer, and times.
const DRIFT: usize = 600;

/// What is done again and again by somebody with an account, each time under other names. `%` stands for the number of the
/// round.
const HABITS: &[&str] = &[
    "JOIN #r%;PART #r%",
    "JOIN #r%;MODE #r% +b n%!*@*;MODE #r% +k k%;TOPIC #r% :%;METADATA #r% SET k% :%;PART #r%",
    "JOIN #r%;RENAME #r% #s%;PART #s%",
    "JOIN #r%;INVITE berta #r%;PART #r%",
    "JOIN #r% k%,k%;JOIN 0",
    "JOIN #a;MODE #a +b n%!*@*;MODE #a -b n%!*@*",
    "MODE #a +v berta;MODE #a -v berta;MODE #a +f #n%",
    "TOPIC #a :%",
    "KICK #a n%;KICK #a berta;INVITE berta #a",
    "MONITOR + n%;MONITOR - n%",
    "MONITOR + n%,m%;MONITOR C",
    "METADATA * SUB k%;METADATA * UNSUB k%",
    "METADATA * SET k% :v;METADATA * SET k%",
    "METADATA * SET k :%;METADATA n% GET k;METADATA #a LIST",
    "BATCH +a% draft/multiline #a",
    "BATCH +a% draft/multiline #a;@batch=a% PRIVMSG #a :x;BATCH -a%",
    "@batch=x% PRIVMSG #a :x;BATCH -y%;BATCH +z% other/type",
    "PRIVMSG n% :x;PRIVMSG #n% :x;NOTICE n% :x;@+typing=active TAGMSG #a",
    "WHO n%;WHO #n%;WHOIS n%;WHOWAS n%;ISON n%;USERHOST n%;NAMES #n%;LIST #n%",
    "CHATHISTORY LATEST #n% * 1;CHATHISTORY BEFORE #a msgid=% 1;SEARCH text=n%;REDACT #a %",
    "MARKREAD #a timestamp=2020-01-01T00:00:00.000Z;MARKREAD #n%",
    "AWAY :%;AWAY;SETNAME :%;NICK n%",
    "ACCEPT berta,n%;ACCEPT -berta,-n%",
    "CAP REQ :cap-%;CAP REQ :server-time;CAP REQ :-server-time;CAP LIST",
    "AUTHENTICATE MECH-%;AUTHENTICATE PLAIN;AUTHENTICATE *;AUTHENTICATE SCRAM-SHA-256;AUTHENTICATE %",
    "REGISTER a% * password;VERIFY a% %;PASS %;USER % 0 * :%",
    "KLINE n%!*@* :%;UNKLINE n%!*@*;KILL n%;REHASH;WALLOPS :%;STATS %",
    "@label=% PING %;PONG %;NONSENSE-%;HELP %;INFO %;TIME %",
];

/// The same by people who come, do this and go again, with or without a word.
const VISITS: &[&str] = &[
    "",
    "NICK g%",
    "NICK g%;USER g% 0 * :%",
    "CAP LS 302;PASS code%;NICK g%;USER g% 0 * :%;AUTHENTICATE PLAIN;AUTHENTICATE AAAA",
    "CAP REQ :draft/metadata-2;METADATA * SET k% :v;METADATA * SUB k%;NICK g%",
    "CAP REQ :draft/pre-away;AWAY :%;NICK g%;USER g% 0 * :%;CAP END;QUIT :%",
    "CAP REQ :draft/metadata-2 draft/read-marker;NICK g%;USER g% 0 * :%;CAP END;METADATA * SET k% :v;METADATA * SUB k%;\
     MARKREAD #n% timestamp=2020-01-01T00:00:00.000Z;MONITOR + n%;ACCEPT amanda;MODE g% +R;JOIN #r%;JOIN #a",
    "NICK g%;USER g% 0 * :%;JOIN #r%;MODE #r% +i;INVITE amanda #r%;INVITE berta #r%",
    "NICK g%;USER g% 0 * :%;NICK h%;NICK g%;JOIN #a;PART #a;QUIT",
    "NICK g%;REGISTER a% * x;REGISTER g% * x;VERIFY g% %",
];

/// Two people with accounts, of whom one keeps order on the server.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.policy.operator_accounts.extend(AccountName::new("amanda"));
    let caps = "CAP REQ :sasl message-tags batch labeled-response draft/multiline draft/metadata-2 draft/read-marker \
                standard-replies draft/chathistory soju.im/search draft/channel-rename draft/message-redaction setname";
    for name in ["amanda", "berta"] {
        stage.connect(name, false);
        let lines = ["CAP LS 302", caps, &format!("NICK {name}"), &format!("USER {name} 0 * :N")];
        lines.into_iter().chain(["REGISTER * * secret", "CAP END", "JOIN #a"]).for_each(|line| stage.line(name, line));
        assert!(stage.is_open(name));
    }
    stage
}

/// Follows `habit` for `rounds` from the number `first` on.
fn follow(stage: &mut Stage, habit: &str, rounds: std::ops::Range<usize>, one: impl Fn(&mut Stage, &[String])) {
    for number in rounds {
        // As long in all rounds.
        let number = format!("{number:06}");
        let lines: Vec<String> = habit.split(';').map(|line| line.replace('%', &number)).collect();
        one(stage, &lines);
    }
}

/// Follows each of `habits`, a round at a time as `one` does it: for so many rounds, after which everything is full that has
/// a bound, and as many again, of which nothing may be left.
fn does_not_grow(rounds: usize, habits: &[&str], one: impl Fn(&mut Stage, &[String]) + Copy) {
    for habit in habits {
        let mut stage = stage();
        follow(&mut stage, habit, 0..rounds, one);
        let before = stage.remembered();
        follow(&mut stage, habit, rounds..2 * rounds, one);
        let after = stage.remembered();
        let grown = [after.0.saturating_sub(before.0), after.1.saturating_sub(before.1)];
        assert!(grown.iter().all(|grown| *grown < DRIFT), "`{habit}`: hub and store grew by {grown:?} bytes");
    }
}

#[test]
fn no_habit_of_somebody_with_an_account_fills_the_server() {
    does_not_grow(300, HABITS, |stage, lines| {
        lines.iter().for_each(|line| stage.line("amanda", line));
        stage.forget_lines("amanda");
        stage.forget_lines("berta");
    });
}

/// Somebody comes, says `lines`, and goes if they have not.
fn visit(stage: &mut Stage, lines: &[String]) {
    stage.connect("guest", false);
    for line in lines.iter().filter(|line| !line.is_empty()) {
        stage.line("guest", line);
    }
    if !stage.is_closed("guest") {
        stage.disconnect("guest", "Connection reset");
    }
    ["amanda", "berta", "guest"].into_iter().for_each(|name| stage.forget_lines(name));
}

#[test]
fn who_comes_and_goes_leaves_nothing() {
    does_not_grow(GUESTS, VISITS, visit);
}

#[test]
fn who_goes_while_an_answer_is_waited_for_leaves_nothing() {
    let unanswered = [
        "NICK g%;REGISTER * * password",
        "CAP REQ :sasl;AUTHENTICATE PLAIN;AUTHENTICATE AGFtYW5kYQBzZWNyZXQ=;NICK g%",
        "CAP REQ :batch draft/chathistory;NICK g%;USER g% 0 * :%;CAP END;JOIN #a;CHATHISTORY LATEST #a * 1;PING %",
    ];
    does_not_grow(GUESTS, &unanswered, |stage, lines| {
        (stage.auth_waits, stage.store_waits) = (true, true);
        visit(stage, lines);
    });
}
