//! What is done in a room, or said between two people, reaches nobody else: neither strangers nor who left, was thrown
//! out or is banned, by nothing that is sent to them and nothing that they can ask. `secrecy` has the questions.

use crate::{
    secrecy::{QUESTIONS, ask},
    stage::Stage,
};

/// Every capability that makes the server say more.
const CAPS: &str = "CAP REQ :message-tags server-time account-tag account-notify extended-join echo-message batch \
                    draft/chathistory draft/event-playback draft/multiline draft/message-redaction draft/read-marker \
                    draft/metadata-3 standard-replies cap-notify setname multi-prefix userhost-in-names";
const MORE_CAPS: &str = "CAP REQ :away-notify extended-monitor invite-notify draft/channel-rename soju.im/search \
                         labeled-response";

fn sign_up(stage: &mut Stage, who: &str) {
    come_in(stage, who, &["REGISTER * * password"]);
}

fn come_in(stage: &mut Stage, who: &str, proof: &[&str]) {
    stage.connect(who, false);
    let (nick, user) = (format!("NICK {who}"), format!("USER {who} 0 * :{who}"));
    let before = ["CAP LS 302", CAPS, MORE_CAPS, "CAP REQ draft/account-registration", &nick, &user];
    before.iter().chain(proof).chain(&["CAP END"]).for_each(|line| stage.line(who, line));
    let heard = told(stage, who).join("\n");
    assert!(!heard.contains(" NAK ") && heard.contains(" 001 "), "{heard}");
}

fn say(stage: &mut Stage, who: &str, lines: &[&str]) {
    lines.iter().for_each(|line| stage.line(who, line));
}

/// All that `who` was sent since this was last asked.
fn told(stage: &mut Stage, who: &str) -> Vec<String> {
    std::iter::from_fn(|| stage.next_line(who)).collect()
}

/// How bob comes to be outside of #vault, where amanda keeps order and cid is as well.
const WAYS_OUT: &[(&str, &[(&str, &str)])] = &[
    ("never was in it", &[]),
    ("was asked in", &[("amanda", "INVITE bob #vault")]),
    ("left", &[("bob", "JOIN #vault"), ("bob", "PART #vault")]),
    ("was thrown out", &[("bob", "JOIN #vault"), ("amanda", "KICK #vault bob")]),
    ("is banned", &[("bob", "JOIN #vault"), ("amanda", "MODE #vault +b bob"), ("amanda", "KICK #vault bob")]),
    ("was an operator", &[("bob", "JOIN #vault"), ("amanda", "MODE #vault +o bob"), ("amanda", "KICK #vault bob")]),
];

/// The room with amanda and cid in it, bob outside in this way, watching both as closely as he can, and the modes set last.
fn outside(way: &[(&str, &str)], modes: &str) -> Stage {
    let mut stage = Stage::new();
    ["amanda", "bob", "cid", "dora"].iter().for_each(|who| sign_up(&mut stage, who));
    say(&mut stage, "bob", &["MONITOR + amanda,cid", "METADATA * SUB motto url"]);
    say(&mut stage, "amanda", &["JOIN #vault"]);
    say(&mut stage, "cid", &["JOIN #vault"]);
    way.iter().for_each(|(who, line)| stage.line(who, line));
    say(&mut stage, "amanda", &[&format!("MODE #vault {modes}")]);
    ["amanda", "bob", "cid", "dora"].iter().for_each(|who| stage.forget_lines(who));
    stage
}

/// What people do in a room, in this order; `ID` is the message that amanda said first.
const DEEDS: &[(&str, &str)] = &[
    ("amanda", "PRIVMSG #vault :gold"),
    ("cid", "NOTICE #vault :gold"),
    ("cid", "@+typing=active TAGMSG #vault"),
    ("cid", "@+draft/react=gold;+draft/reply=ID TAGMSG #vault"),
    ("amanda", "PRIVMSG @#vault :gold"),
    ("cid", "PRIVMSG @#vault :gold"),
    ("amanda", "BATCH +1 draft/multiline #vault"),
    ("amanda", "@batch=1 PRIVMSG #vault :gold"),
    ("amanda", "@batch=1 PRIVMSG #vault :more gold"),
    ("amanda", "BATCH -1"),
    ("amanda", "TOPIC #vault :gold"),
    ("amanda", "MODE #vault +v cid"),
    ("amanda", "MODE #vault +bl gold!*@* 20"),
    ("amanda", "METADATA #vault SET url :gold"),
    ("amanda", "MARKREAD #vault timestamp=2023-11-14T22:13:20.000Z"),
    ("cid", "REDACT #vault ID :gold"),
    ("amanda", "REDACT #vault ID :gold"),
    ("amanda", "INVITE dora #vault"),
    ("dora", "JOIN #vault"),
    ("dora", "PART #vault :gold"),
    ("amanda", "RENAME #vault #golden :gold"),
    ("amanda", "RENAME #golden #vault"),
    ("amanda", "KICK #vault cid :gold"),
    ("amanda", "PRIVMSG #vault :gold again"),
    ("amanda", "TOPIC #vault :silver"),
];

/// Does all of it; the room's people see each deed, and bob nothing.
fn do_it_all(stage: &mut Stage, how: &str) {
    let mut id = String::new();
    for (who, deed) in DEEDS {
        stage.line(who, &deed.replace("ID", &id));
        let heard = told(stage, "amanda");
        if id.is_empty() {
            let tag = heard.iter().find_map(|line| line.split("msgid=").nth(1)).expect("amanda's echo has an id");
            id = tag.split([';', ' ']).next().unwrap_or_default().to_owned();
        }
        assert_eq!(told(stage, "bob"), Vec::<String>::new(), "bob, who {how}, hears of: {who}: {deed}");
    }
}

#[test]
fn nothing_that_is_done_inside_is_told_outside() {
    for modes in ["+n", "+s", "+p", "+i", "+k sesame"] {
        for (how, way) in WAYS_OUT {
            do_it_all(&mut outside(way, modes), &format!("{how} ({modes})"));
        }
    }
}

/// Whoever is out of a room reads nothing of it any more, whatever they were in it, nor what was said while they were
/// there. Of a room that is neither hidden nor closed they learn what any stranger may know: who is in it, and the topic
/// from LIST.
#[test]
fn who_is_out_reads_nothing_any_more() {
    for modes in ["+n", "+s", "+p", "+i", "+k sesame"] {
        for (how, way) in WAYS_OUT {
            let mut stage = outside(way, modes);
            do_it_all(&mut stage, how);
            for question in QUESTIONS {
                let heard = ask(&mut stage, question, "#vault").join("\n");
                let spoken = ["gold", "sesame"].iter().any(|word| heard.replace("text=gold", "").contains(word));
                assert!(!spoken, "bob, who {how} ({modes}), asks {question}: {heard}");
                let hidden = modes.contains(['s', 'p']) && modes != "+k sesame";
                let seen = ["silver", "#vault amanda", "@amanda"].iter().any(|word| heard.contains(word));
                assert!(!(hidden && seen), "bob, who {how} ({modes}), asks {question}: {heard}");
            }
        }
    }
}

/// Who comes in reads all of the room's history, and hears of what is done: the questions and deeds above are good ones.
#[test]
fn who_is_in_hears_and_reads_it_all() {
    let mut stage = outside(&[("bob", "JOIN #vault")], "+s");
    let mut id = String::new();
    for (who, deed) in DEEDS {
        stage.line(who, &deed.replace("ID", &id));
        let heard = told(&mut stage, "bob").join("\n");
        let tag = heard.split("msgid=").nth(1).and_then(|tag| tag.split([';', ' ']).next());
        if id.is_empty() {
            tag.unwrap_or_default().clone_into(&mut id);
        }
        // To those above him, to oneself only, to the one invited, refused, or no message before its end.
        let silent = ["@#vault", "MARKREAD", "BATCH +1", "@batch=1"].iter().any(|word| deed.contains(word))
            || (*who == "cid" && deed.contains("REDACT"));
        assert_eq!(heard.is_empty(), silent, "{who}: {deed}: {heard}");
    }
    let heard = ask(&mut stage, "CHATHISTORY LATEST R * 10", "#vault").join("\n");
    assert!(heard.contains("gold again") && heard.contains("more gold"), "{heard}");
    assert!(!heard.contains("@#vault"), "what only operators heard is in nobody's history: {heard}");
}

/// Every way to ask for what two others said to each other. `ID` is the message.
const ABOUT_A_TALK: &[&str] = &[
    "CHATHISTORY LATEST amanda * 10",
    "CHATHISTORY LATEST cid * 10",
    "CHATHISTORY AROUND cid msgid=ID 10",
    "CHATHISTORY BEFORE amanda timestamp=2100-01-01T00:00:00.000Z 10",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "SEARCH text=gold",
    "SEARCH from=amanda",
    "SEARCH in=cid;text=gold",
    "REDACT cid ID",
    "REDACT amanda ID",
    "MARKREAD cid",
    "@+draft/reply=ID;+draft/react=x TAGMSG bob",
];

#[test]
fn what_two_people_say_is_theirs() {
    let mut stage = Stage::new();
    ["amanda", "bob", "cid"].iter().for_each(|who| sign_up(&mut stage, who));
    say(&mut stage, "bob", &["MONITOR + amanda,cid"]);
    stage.forget_lines("bob");
    say(&mut stage, "amanda", &["PRIVMSG cid :gold"]);
    let heard = told(&mut stage, "cid").join("\n");
    let id =
        heard.split("msgid=").nth(1).and_then(|tag| tag.split([';', ' ']).next()).expect("it has an id").to_owned();
    say(
        &mut stage,
        "cid",
        &["@+draft/react=gold;+draft/reply=x TAGMSG amanda", "MARKREAD amanda timestamp=2023-11-14T22:13:20.000Z"],
    );
    say(&mut stage, "amanda", &[&format!("REDACT cid {id}"), "PRIVMSG cid :gold again"]);
    assert_eq!(told(&mut stage, "bob"), Vec::<String>::new());
    for question in ABOUT_A_TALK {
        stage.line("bob", &question.replace("ID", &id));
        let heard = told(&mut stage, "bob").join("\n");
        assert!(!heard.replace("text=gold", "").contains("gold"), "{question}: {heard}");
        assert!(!heard.contains("TARGETS"), "{question}: {heard}");
    }
    // The same questions tell something to whom it concerns.
    say(&mut stage, "cid", &["CHATHISTORY LATEST amanda * 10", "SEARCH text=gold"]);
    assert!(told(&mut stage, "cid").iter().filter(|line| line.contains("gold again")).count() >= 2);
}

/// A guest's talk belongs to that guest, not to whoever has the nick next.
#[test]
fn a_nick_that_is_taken_over_brings_no_history() {
    let mut stage = Stage::new();
    sign_up(&mut stage, "amanda");
    come_in(&mut stage, "gina", &[]);
    say(&mut stage, "gina", &["PRIVMSG amanda :gold", "CHATHISTORY LATEST amanda * 10"]);
    assert!(told(&mut stage, "gina").iter().any(|line| line.contains("gold")), "gina reads her own talk");
    stage.disconnect("gina", "gone");
    come_in(&mut stage, "bob", &[]);
    say(&mut stage, "bob", &["NICK gina"]);
    stage.forget_lines("bob");
    for question in ABOUT_A_TALK {
        stage.line("bob", &question.replace("ID", "beef00000000000000000001"));
        let heard = told(&mut stage, "bob").join("\n");
        assert!(!heard.replace("text=gold", "").contains("gold"), "{question}: {heard}");
    }
    // Nor does the other side take the new one for the old one.
    stage.forget_lines("amanda");
    say(&mut stage, "amanda", &["CHATHISTORY LATEST gina * 10"]);
    assert!(!told(&mut stage, "amanda").iter().any(|line| line.contains("gold")));
}

/// Commands that take no room and no person, or tell nothing of them, each with why.
const HARMLESS: &[(&str, &str)] = &[
    ("JOIN", "tells of a room that cannot be entered that it cannot; `joining_tells_only_that_there_is_a_room`"),
    ("PING", "echoes"),
    ("PONG", "is silent"),
    ("CAP", "is about the connection"),
    ("WEBIRC", "is about the connection"),
    ("PASS", "is about the connection"),
    ("NICK", "tells that a nick is taken, which anybody may know"),
    ("USER", "is about the connection"),
    ("QUIT", "is an end"),
    ("AUTHENTICATE", "is about the connection; accounts in `sasl.txt`"),
    ("REGISTER", "tells that a name is taken, which anybody may know"),
    ("VERIFY", "is always refused"),
    ("ACCEPT", "is about one's own list; nicks that are here may be known"),
    ("AWAY", "sets"),
    ("SETNAME", "sets"),
    ("BATCH", "is a message; `nothing_that_is_done_inside_is_told_outside`"),
    ("OPER", "proves"),
    ("KILL", "is for operators"),
    ("WALLOPS", "is for operators"),
    ("REHASH", "is for operators"),
    ("KLINE", "is for operators"),
    ("DLINE", "is for operators"),
    ("UNKLINE", "is for operators"),
    ("UNDLINE", "is for operators"),
    ("STATS", "is for operators, but for the uptime"),
    ("MOTD", "is about the server"),
    ("VERSION", "is about the server"),
    ("TIME", "is about the server"),
    ("LINKS", "is about the server"),
    ("INFO", "is about the server"),
    ("ADMIN", "is about the server"),
    ("HELP", "is about the server"),
    ("HELPOP", "is about the server"),
];

/// A command that is added later has to be asked about here as well.
#[test]
fn every_command_is_asked_or_known_to_be_harmless() {
    let mut stage = Stage::new();
    come_in(&mut stage, "bob", &[]);
    stage.line("bob", "HELP");
    let lines = told(&mut stage, "bob");
    let lists = lines.iter().filter_map(|line| line.strip_prefix(":klatch.test 705 bob * :"));
    let words: Vec<&str> = lists.flat_map(|line| line.split(' ')).collect();
    assert!(words.contains(&"PRIVMSG"), "HELP answers with the commands there are: {lines:?}");
    let asked = |word: &str| QUESTIONS.iter().any(|question| question.split(' ').next() == Some(word));
    let harmless = |word: &str| HARMLESS.iter().any(|(known, _)| *known == word);
    let unknown: Vec<&&str> = words.iter().filter(|word| !asked(word) && !harmless(word)).collect();
    assert!(unknown.is_empty(), "no question about a secret room asks with {unknown:?}");
    let both: Vec<&&str> = words.iter().filter(|word| asked(word) && harmless(word)).collect();
    let gone: Vec<&str> = HARMLESS.iter().map(|(word, _)| *word).filter(|word| !words.contains(word)).collect();
    assert!(both.is_empty() && gone.is_empty(), "asked and harmless: {both:?}, and no commands any more: {gone:?}");
}

/// Nobody can come into a hidden room that is closed as well, or make another of its name, so that much is told; but not
/// a word more.
#[test]
fn joining_tells_only_that_there_is_a_room() {
    for (modes, numeric) in [("+si", "473"), ("+sk sesame", "475"), ("+pl 1", "471"), ("+sb bob", "474")] {
        let mut stage = outside(&[], modes);
        for join in ["JOIN #vault", "JOIN #vault wrong", "JOIN #VAULT"] {
            stage.line("bob", join);
            let heard = told(&mut stage, "bob");
            let name = join.split(' ').nth(1).unwrap_or_default();
            assert!(
                heard.len() == 1 && heard[0].starts_with(&format!(":klatch.test {numeric} bob {name} :")),
                "{heard:?}"
            );
        }
    }
}
