//! What went wrong in other servers and could in the hub; docs/security.md has the whole list.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::stage::Stage;

fn connect(stage: &mut Stage, who: &str, lines: &[&str]) {
    stage.connect(who, false);
    lines.iter().for_each(|line| stage.line(who, line));
}

fn come_in(stage: &mut Stage, who: &str, caps: &str) {
    let (caps, nick, user) = (format!("CAP REQ :{caps}"), format!("NICK {who}"), format!("USER {who} 0 * :{who}"));
    connect(stage, who, &[&caps, &nick, &user, "CAP END"]);
    stage.forget_lines(who);
}

fn told(stage: &mut Stage, who: &str) -> Vec<String> {
    std::iter::from_fn(|| stage.next_line(who)).collect()
}

/// amanda has an account; what comes back is what she would send to log in by PLAIN.
fn with_an_account() -> (Stage, String) {
    let mut stage = Stage::new();
    stage.policy.account_required = true;
    let lines =
        ["CAP REQ :draft/account-registration", "NICK amanda", "USER amanda 0 * :A", "REGISTER * * secret", "QUIT"];
    connect(&mut stage, "owner", &lines);
    assert!(told(&mut stage, "owner").iter().any(|line| line.contains("REGISTER SUCCESS")));
    (stage, BASE64_STANDARD.encode("\0amanda\0secret"))
}

/// "A challenge-response broken off at the right moment that logged people in": whatever is left out, cut off or put in
/// between, nobody is in without the whole proof, and nothing of an exchange survives into the next one.
#[test]
fn sasl_broken_off_at_any_moment_lets_nobody_in() {
    let scram = BASE64_STANDARD.encode("n,,n=amanda,r=fyko+d2lbbFgONRv9qkxdawL");
    let (_, plain) = with_an_account();
    let half = &plain[..plain.len() / 2];
    let openings: &[&[&str]] = &[
        &[],
        &["AUTHENTICATE PLAIN"],
        &["AUTHENTICATE PLAIN", "AUTHENTICATE +"],
        &["AUTHENTICATE PLAIN", &format!("AUTHENTICATE {half}")],
        &["AUTHENTICATE SCRAM-SHA-256"],
        &["AUTHENTICATE SCRAM-SHA-256", &format!("AUTHENTICATE {scram}")],
        &["AUTHENTICATE SCRAM-SHA-256", &format!("AUTHENTICATE {scram}"), &format!("AUTHENTICATE {scram}")],
        &["AUTHENTICATE EXTERNAL"],
        &["AUTHENTICATE EXTERNAL", "AUTHENTICATE +"],
        &["AUTHENTICATE ANONYMOUS", "AUTHENTICATE YW1hbmRh"],
    ];
    let breaks: &[&[&str]] = &[
        &[],
        &["AUTHENTICATE *"],
        &["AUTHENTICATE +"],
        &["AUTHENTICATE PLAIN"],
        &["AUTHENTICATE SCRAM-SHA-256"],
        &["AUTHENTICATE *", &format!("AUTHENTICATE {half}")],
        &["AUTHENTICATE *", "AUTHENTICATE +", "AUTHENTICATE *"],
        &["CAP REQ -sasl", "AUTHENTICATE +"],
        &["NICK amanda2", "AUTHENTICATE +"],
        &["CAP LS", "CAP LIST"],
    ];
    for opening in openings {
        for break_off in breaks {
            let (mut stage, _) = with_an_account();
            connect(&mut stage, "eve", &["CAP REQ sasl", "NICK amanda", "USER amanda 0 * :A"]);
            opening.iter().chain(*break_off).chain(&["CAP END", "JOIN #x"]).for_each(|line| {
                if !stage.is_closed("eve") {
                    stage.line("eve", line);
                }
            });
            let heard = told(&mut stage, "eve").join("\n");
            let inside = [" 900 ", " 903 ", " 001 "].iter().any(|numeric| heard.contains(numeric));
            assert!(!inside, "{opening:?} then {break_off:?}: {heard}");
        }
    }
    // The whole proof does let in, so what is tested above is the rest.
    let (mut stage, plain) = with_an_account();
    connect(&mut stage, "amanda", &["CAP REQ sasl", "NICK amanda", "USER amanda 0 * :A", "AUTHENTICATE PLAIN"]);
    stage.line("amanda", &format!("AUTHENTICATE {plain}"));
    stage.line("amanda", "CAP END");
    assert!(told(&mut stage, "amanda").iter().any(|line| line.contains(" 001 amanda ")));
}

/// The password is right, but the answer comes when nobody waits for it any more (Ergo's "registration timeout race", #1225).
#[test]
fn a_password_that_is_proved_too_late_lets_nobody_in() {
    let (mut stage, plain) = with_an_account();
    stage.auth_waits = true;
    connect(&mut stage, "amanda", &["CAP REQ sasl", "NICK amanda", "USER amanda 0 * :A", "AUTHENTICATE PLAIN"]);
    stage.line("amanda", &format!("AUTHENTICATE {plain}"));
    stage.line("amanda", "CAP END");
    stage.wait(stage.policy.register_within + 1);
    assert!(stage.is_closed("amanda"), "nobody registers for ever");
    stage.forget_lines("amanda");
    stage.go_on();
    assert_eq!(told(&mut stage, "amanda"), Vec::<String>::new());
    // Nor does the next one inherit anything.
    connect(&mut stage, "eve", &["CAP REQ sasl", "NICK eve", "USER eve 0 * :E", "CAP END"]);
    let heard = told(&mut stage, "eve").join("\n");
    assert!(!heard.contains(" 001 ") && !heard.contains(" 900 "), "{heard}");
}

/// Who has made an account on one connection has made it there only, and a name that is taken is not made again.
#[test]
fn signing_up_is_no_way_around_the_password() {
    let (mut stage, _) = with_an_account();
    let before = ["CAP REQ :draft/account-registration", "NICK amanda", "USER amanda 0 * :A"];
    let tries: &[&[&str]] = &[
        &["REGISTER * * other7"],
        &["REGISTER amanda * other7"],
        &["REGISTER Amanda * other7"],
        &["REGISTER * * other7", "REGISTER * * secret"],
        &["NICK robert", "REGISTER robert * other7", "NICK amanda", "REGISTER amanda * other7"],
        &["VERIFY amanda *", "VERIFY amanda 000000"],
    ];
    for (number, lines) in tries.iter().enumerate() {
        let who = format!("eve{number}");
        connect(&mut stage, &who, &before);
        lines.iter().chain(&["CAP END"]).for_each(|line| stage.line(&who, line));
        let heard = told(&mut stage, &who).join("\n");
        let as_amanda = [" 001 amanda ", "SUCCESS amanda", " 900 * amanda", " 900 amanda"]
            .iter()
            .any(|words| heard.contains(words));
        assert!(!as_amanda, "{lines:?}: {heard}");
    }
}

/// "A malformed PONG that leaked freed memory", and its kin: commands with everything missing or too much of it.
#[test]
fn every_command_with_any_number_of_parameters_is_survived() {
    let mut stage = Stage::new();
    come_in(&mut stage, "bob", "message-tags labeled-response batch draft/chathistory draft/multiline");
    stage.line("bob", "HELP");
    let heard = told(&mut stage, "bob");
    let lists = heard.iter().filter_map(|line| line.strip_prefix(":klatch.test 705 bob * :"));
    let words: Vec<String> = lists.flat_map(|line| line.split(' ')).map(str::to_owned).collect();
    let params = ["", "*", ":", "#x", "bob", "#x,#y,,#x", "-1", "+o", "\u{1}", "999999999999999999999", ": x"];
    let mut number = 0;
    for word in words.iter().filter(|word| *word != "QUIT") {
        for count in 0..=15 {
            for (at, param) in params.iter().enumerate() {
                for registered in [true, false] {
                    // KILL of oneself, a broken gateway: some of this ends a connection, and a new one comes.
                    number += 1;
                    let who = if registered { "bob".to_owned() } else { format!("new{number}") };
                    if !registered {
                        stage.connect(&who, false);
                    } else if stage.is_closed(&who) {
                        come_in(&mut stage, &who, "message-tags labeled-response batch");
                    }
                    let middle: Vec<&str> =
                        (1..count).map(|index| params[(at + index) % 10].trim_start_matches(':')).collect();
                    let last = if count > 0 { *param } else { "" };
                    stage.line(&who, &format!("{word} {} {last}", middle.join(" ")));
                    if !registered && !stage.is_closed(&who) {
                        stage.disconnect(&who, "enough");
                    }
                }
            }
        }
    }
    stage.line("bob", "PING still");
    assert!(
        told(&mut stage, "bob").iter().any(|line| line.ends_with("PONG klatch.test still") || line.contains("still"))
    );
}

/// "Labels that name the wrong nick" (InspIRCd #2067): what is answered under a label speaks to who one was when asking,
/// and each label comes back exactly once.
#[test]
fn labels_belong_to_who_asked_under_the_nick_of_that_moment() {
    let mut stage = Stage::new();
    come_in(&mut stage, "bob", "labeled-response batch echo-message message-tags");
    let lines = [
        "@label=a NICK robert",
        "@label=b WHOIS robert",
        "@label=c NICK bob",
        "@label=d PING x",
        "@label=e PRIVMSG bob :me",
    ];
    for line in lines {
        stage.line("bob", line);
    }
    let heard = told(&mut stage, "bob");
    for label in ["a", "b", "c", "d", "e"] {
        let with: Vec<&String> = heard.iter().filter(|line| line.contains(&format!("label={label}"))).collect();
        assert_eq!(with.len(), 1, "label {label}: {heard:?}");
    }
    let whois = heard.iter().filter(|line| line.contains(" 311 ") || line.contains(" 318 "));
    assert!(whois.clone().count() == 2 && whois.clone().all(|line| line.contains(" robert robert ")), "{heard:?}");
    assert!(
        heard.iter().any(|line| line.contains("label=a") && line.contains(":bob!") && line.ends_with("NICK robert"))
    );
}

/// "A relayed carriage return let users forge protocol lines": no byte of a text ends a line of somebody else's.
#[test]
fn no_text_forges_a_line() {
    let mut stage = Stage::new();
    for who in ["amy", "bob"] {
        come_in(&mut stage, who, "message-tags setname away-notify draft/channel-rename draft/multiline batch");
        stage.line(who, "JOIN #x");
    }
    stage.forget_lines("amy");
    stage.forget_lines("bob");
    let evil = "a\r:amy!amy@private QUIT :forged\0";
    for line in [
        "PRIVMSG #x :EVIL",
        "NOTICE bob :EVIL",
        "@+draft/reply=EVIL TAGMSG #x",
        "TOPIC #x :EVIL",
        "SETNAME :EVIL",
        "AWAY :EVIL",
        "NICK EVIL",
        "MODE #x +k EVIL",
        "MODE #x +b EVIL",
        "INVITE bob EVIL",
        "KICK #x bob :EVIL",
        "PART #x :EVIL",
        "JOIN #EVIL",
        "QUIT :EVIL",
    ] {
        stage.line("amy", &line.replace("EVIL", evil));
        for who in ["amy", "bob"] {
            for heard in told(&mut stage, who) {
                // The stage itself takes lines apart at CR LF only; a lone one would be left in.
                assert!(!heard.contains(['\r', '\n', '\0']), "{line}: {heard:?}");
                let forged = heard.starts_with(":amy!amy@private QUIT :forged");
                assert!(!forged, "{line}: {heard:?}");
            }
        }
    }
}

/// "Host names with spaces from reverse DNS": nobody is shown by where they come from, whatever a gateway says of it.
#[test]
fn host_names_are_neither_looked_up_nor_believed() {
    let mut stage = Stage::new();
    let from = vec!["127.0.0.0/8".parse().unwrap()];
    stage.policy.gateways.push(klatch_server::hub::policy::Gateway { from, password: "pass".to_owned().into() });
    connect(
        &mut stage,
        "bob",
        &["WEBIRC pass gate evil.example\u{a0}host 192.0.2.7", "NICK bob", "USER bob evil.example x :Bob"],
    );
    come_in(&mut stage, "amy", "userhost-in-names");
    ["JOIN #x", "WHOIS amy", "USERHOST amy bob"].iter().for_each(|line| stage.line("bob", line));
    ["JOIN #x", "WHO #x", "WHOIS bob", "PRIVMSG bob :hi"].iter().for_each(|line| stage.line("amy", line));
    for who in ["amy", "bob"] {
        let heard = told(&mut stage, who).join("\n");
        assert!(heard.contains("bob@private") || heard.contains("bob private"), "{heard}");
        assert!(!heard.contains("evil.example"), "{heard}");
    }
}
