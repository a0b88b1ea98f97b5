//! "No byte below 0x20 or C1 that the renderer did not write reaches the terminal": the corpus of hostile texts in
//! everything that klatch shows, and every byte that klatch wrote looked at.

use std::fs;

use tempfile::TempDir;

use crate::{
    escapes::{Piece, findings, is_colour, pieces},
    hostile::{corpus, is_harmful},
    impostor::{Impostor, Visitor},
    klatch::{Klatch, PASSWORD},
    server::Server,
    terminal::{CTRL_Q, ENTER, ESC, Modes},
};

/// Large enough for all lines of one text, so that each of them is drawn.
const WALL: (u16, u16) = (180, 150);

const CAPS: &str = "message-tags server-time account-tag account-notify extended-join batch away-notify setname \
                    invite-notify standard-replies cap-notify multi-prefix userhost-in-names";

/// Some of everything, short enough for a row, for where the whole corpus would take too long.
const NASTY: &str = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\u{202e}z\u{3}4,\u{2028}\u{1b}";

/// What a server says to somebody in the room #lobby. `WORD` is a hostile text without blanks, `TEXT` is one with; both
/// are marked with what stands in front. Those marked with a star are not shown, and must not be. Four who come or go in
/// a row within a minute become one line without their reasons, so other lines stand between those that have one.
const FIELDS: &[(&str, &str)] = &[
    ("message", ":eve!e@h PRIVMSG #lobby :TEXT"),
    ("notice", ":eve!e@h NOTICE #lobby :TEXT"),
    ("action", ":eve!e@h PRIVMSG #lobby :\u{1}ACTION TEXT\u{1}"),
    ("ctcp*", ":eve!e@h PRIVMSG #lobby :\u{1}TEXT\u{1}"),
    ("ctcpreply*", ":eve!e@h NOTICE #lobby :\u{1}TEXT\u{1}"),
    ("status", ":eve!e@h PRIVMSG @#lobby :TEXT"),
    ("nick", ":WORD!e@h PRIVMSG #lobby :hello"),
    ("source", ":eve!WORD@WORD PRIVMSG #lobby :source hello"),
    ("tags", "@time=WORD;msgid=WORD;account=WORD;batch=WORD;WORD=WORD :eve!e@h PRIVMSG #lobby :tags hello"),
    ("servernotice", ":srv.example NOTICE amypond :TEXT"),
    ("servername", ":WORD.example NOTICE #lobby :hello"),
    ("nobody", "PRIVMSG #lobby :TEXT"),
    ("display", ":eve2!e@h JOIN #lobby WORD :TEXT"),
    ("account*", ":eve2!e@h ACCOUNT WORD"),
    ("setname*", ":eve2!e@h SETNAME :TEXT"),
    ("spoken", ":eve2!e@h PRIVMSG #lobby :spoken under another name"),
    ("renamed", ":eve2!e@h NICK WORD"),
    ("back*", ":WORD!e@h NICK eve2"),
    ("away*", ":eve2!e@h AWAY :TEXT"),
    ("kick", ":eve!e@h KICK #lobby eve2 :TEXT"),
    ("kicked", ":eve!e@h KICK #lobby WORD :TEXT"),
    ("joined", ":WORD!e@h JOIN #lobby * :x"),
    ("topic", ":eve!e@h TOPIC #lobby :TEXT"),
    ("quit", ":eve3!e@h JOIN #lobby\r\n:eve3!e@h QUIT :TEXT"),
    ("topictold", ":srv 332 amypond #lobby :TEXT"),
    ("topicwho*", ":srv 333 amypond #lobby WORD 1"),
    ("mode", ":eve!e@h MODE #lobby +k WORD"),
    ("modes", ":srv 324 amypond #lobby +WORD WORD"),
    ("operator", ":WORD!e@h MODE #lobby +o WORD"),
    ("part", ":eve3!e@h JOIN #lobby\r\n:eve3!e@h PART #lobby :TEXT"),
    ("invited", ":WORD!e@h INVITE amypond #WORD"),
    ("inviting", ":eve!e@h INVITE WORD #lobby"),
    ("names*", ":srv 353 amypond = #lobby :@WORD +WORD amypond eve\r\n:srv 366 amypond #lobby :end"),
    ("who", ":srv 315 amypond #lobby :end\r\n:srv 352 amypond #lobby WORD WORD srv WORD H :0 TEXT"),
    ("whois", ":srv 311 amypond WORD WORD WORD * :TEXT"),
    ("whoisserver", ":srv 312 amypond WORD WORD :TEXT"),
    ("whoisrooms", ":srv 319 amypond WORD :TEXT"),
    ("whoisaccount", ":srv 330 amypond WORD WORD :TEXT"),
    ("whoissecure", ":srv 671 amypond WORD :TEXT"),
    ("whowas", ":srv 314 amypond WORD WORD WORD * :TEXT"),
    ("list", ":srv 322 amypond #WORD 5 :TEXT"),
    ("banlist", ":srv 367 amypond #lobby WORD WORD 5"),
    ("isaway", ":srv 301 amypond WORD :TEXT"),
    ("unknown", ":srv 421 amypond WORD :TEXT"),
    ("nosuchnick", ":srv 401 amypond WORD :TEXT"),
    ("cannotsend", ":srv 404 amypond #lobby :TEXT"),
    ("numeric", ":srv 999 amypond WORD WORD :TEXT"),
    ("command*", ":eve!e@h WORD #lobby :TEXT"),
    ("rename", ":eve!e@h RENAME #lobby #WORD :TEXT\r\n:eve!e@h RENAME #WORD #lobby"),
    ("fail", "FAIL JOIN WORD #lobby :TEXT"),
    ("warn", "WARN * WORD WORD :TEXT"),
    ("note", "NOTE WORD WORD #lobby :TEXT"),
    ("kickedout*", "NOTE * SERVER_RESTART :TEXT"),
    ("batch", "BATCH +WORD WORD WORD\r\n@batch=WORD :eve!e@h PRIVMSG #lobby :TEXT\r\nBATCH -WORD"),
    ("history*", "BATCH +h chathistory #lobby\r\n@batch=h :WORD!e@h PRIVMSG #lobby :TEXT\r\nBATCH -h"),
    ("capabilities*", ":srv CAP amypond NEW :WORD=WORD\r\n:srv CAP amypond DEL :WORD"),
    ("isupport*", ":srv 005 amypond WORD=WORD NETWORK=WORD CHANTYPES=# :are supported"),
    ("metadata", ":srv 761 amypond WORD WORD * :TEXT"),
    ("reaction*", "@+draft/react=WORD;+draft/reply=WORD :eve!e@h TAGMSG #lobby"),
    ("typing", "@+typing=active :WORD!e@h TAGMSG #lobby"),
    ("crowd*", ":WORDa!e@h JOIN #lobby\r\n:WORDb!e@h JOIN #lobby\r\n:WORDc!e@h JOIN #lobby\r\n:WORDd!e@h JOIN #lobby"),
];

/// The text of a case as one line of a server can carry it.
fn carried(input: &str) -> String {
    input.replace(['\n', '\0'], "")
}

/// `template` with the hostile text in its places, marked with its name.
fn filled(name: &str, template: &str, text: &str) -> String {
    let name = name.trim_end_matches('*');
    let word: String = text.chars().filter(|c| *c != ' ').collect();
    template.replace("TEXT", &format!("{name}= {text}")).replace("WORD", &format!("{name}={word}"))
}

/// Everything that klatch may write, and nothing else: text only within a frame, modes only outside of one.
fn findings_of_klatch(raw: &[u8]) -> Vec<String> {
    let mut drawing = false;
    let mut left = false;
    findings(raw, |piece| match piece {
        Piece::Csi(csi) if csi == "?2026h" || csi == "?2026l" => {
            drawing = csi == "?2026h";
            true
        }
        Piece::Csi(csi) if csi == "?1049l" => {
            left = true;
            true
        }
        Piece::Text(c) => (drawing && !is_harmful(*c)) || left,
        Piece::Csi(csi) => is_ours(csi),
        // The bell and notifications come between frames.
        Piece::Control(7) => !drawing,
        Piece::Control(b'\r' | b'\n') => left,
        Piece::Osc(body) => {
            !drawing && (body.starts_with("2;") || body.starts_with("9;klatch: ")) && !body.contains(is_harmful)
        }
        Piece::Control(_) | Piece::Alien(_) => false,
    })
}

/// The control sequences of ratatui's backend and of `terminal.rs`.
fn is_ours(csi: &str) -> bool {
    let modes = ["?1049", "?2004", "?1004", "?25", "?1000", "?1006"];
    let is_mode = csi.strip_suffix(['h', 'l']).is_some_and(|mode| modes.contains(&mode));
    let is_place = csi.strip_suffix('H').is_some_and(|place| {
        let numbers: Vec<&str> = place.split(';').collect();
        numbers.len() == 2 && numbers.iter().all(|number| number.parse::<u16>().is_ok())
    });
    is_mode || is_place || is_colour(csi) || ["22;2t", "23;2t", "J", "2J", "K"].contains(&csi)
}

#[track_caller]
fn assert_clean(klatch: &Klatch) {
    let found = findings_of_klatch(&klatch.raw());
    assert!(
        found.is_empty(),
        "{} things reached the terminal:\n{}",
        found.len(),
        found[..found.len().min(5)].join("\n")
    );
}

/// Leaves, and looks at everything that was written from the first byte to the last.
#[track_caller]
fn leave(mut klatch: Klatch) {
    klatch.press(CTRL_Q);
    klatch.wait_exit();
    assert_eq!(klatch.modes(), Modes::RESTORED);
    assert_clean(&klatch);
}

fn visit(server: &Impostor) -> (Klatch, Visitor) {
    let mut klatch = server.klatch(WALL);
    let mut visitor = server.let_in(&mut klatch, CAPS);
    visitor.say(":srv 005 amypond PREFIX=(ov)@+ STATUSMSG=@+ CHANTYPES=# :are supported");
    visitor.say(":amypond!a@h JOIN #lobby\r\n:srv 353 amypond = #lobby :amypond eve\r\n:srv 366 amypond #lobby :end");
    visitor.deafen();
    klatch.wait_text("2 here");
    (klatch, visitor)
}

#[test]
fn no_field_of_any_line_controls_the_terminal() {
    let server = Impostor::start();
    let (mut klatch, mut visitor) = visit(&server);
    let mut shown = vec![false; FIELDS.len()];
    let mut screen = String::new();
    for case in corpus() {
        let text = carried(&case.input);
        for (name, template) in FIELDS {
            visitor.say(&filled(name, template, &text));
        }
        let marker = format!("end-of-row-{}.", case.row);
        visitor.say(&format!(":eve!e@h PRIVMSG #lobby :{marker}"));
        klatch.wait_text(&marker);
        screen = klatch.text();
        for (shown, (name, _)) in shown.iter_mut().zip(FIELDS) {
            *shown |= screen.contains(&format!("{name}=")) || screen.contains(&format!("{name} "));
        }
        // Drawn anew, so that nothing is left out because it stood there before.
        klatch.press("\x0c");
    }
    let unseen = FIELDS.iter().zip(shown).filter(|((name, _), shown)| !shown && !name.ends_with('*'));
    let unseen: Vec<&str> = unseen.map(|((name, _), _)| *name).collect();
    assert!(unseen.is_empty(), "never on the screen, so not tested: {unseen:?}; the last one:\n{screen}");
    leave(klatch);
}

/// Every numeric there can be, with none to four hostile parameters.
#[test]
fn no_numeric_controls_the_terminal() {
    let server = Impostor::start();
    let (klatch, mut visitor) = visit(&server);
    for code in 0..1000 {
        for count in 0..5 {
            let params: String = (0..count).map(|number| format!(" n{number}{NASTY}")).collect();
            visitor.say(&format!(":srv {code:03} amypond{params}\r\n:srv {code:03} amypond{params} :p{code}. {NASTY}"));
        }
        if code % 10 == 9 {
            // Whatever the numerics before have made of names and rooms, a notice of the server is always shown.
            visitor.say(&format!(":srv.example NOTICE * :numerics-to-{code}."));
            klatch.wait_text(&format!("numerics-to-{code}."));
        }
    }
    leave(klatch);
}

/// Names of rooms and people stand in the header, the status row, the list of rooms, the window's title and in
/// notifications, the latter two outside of the screen.
#[test]
fn no_name_or_notification_controls_the_terminal() {
    let server = Impostor::start();
    let (mut klatch, mut visitor) = visit(&server);
    // The user looks elsewhere.
    klatch.press("\x1b[O");
    let texts = || corpus().into_iter().map(|case| (case.row, carried(&case.input)));
    for (row, text) in texts() {
        let room = filled("room", "#WORD", &text);
        visitor.say(&format!(":amypond!a@h JOIN {room}\r\n:srv 366 amypond {room} :end"));
        visitor.say(&format!(":eve!e@h PRIVMSG {room} :amypond, in-room-{row}. {text}"));
        let talk = filled("talk", ":WORD!e@h PRIVMSG amypond :TEXT", &text);
        visitor.say(&format!("{talk}\r\n:eve!e@h PRIVMSG #lobby :end-of-row-{row}."));
        klatch.wait_text(&format!("end-of-row-{row}."));
        // To the room, to the list of rooms, and back again.
        klatch.press("\x1ba");
        klatch.wait_gone(&format!("end-of-row-{row}."));
        klatch.press("\x07");
        klatch.wait_text("Go to");
        klatch.press(ESC);
        klatch.wait_gone("Go to");
        klatch.press("\x1b0");
        klatch.wait_text(&format!("end-of-row-{row}."));
        visitor.say(&format!(":amypond!a@h PART {room}"));
    }
    let raw = klatch.raw();
    let titles =
        pieces(&raw).into_iter().filter(|(_, piece)| matches!(piece, Piece::Osc(body) if body.contains("room=")));
    assert!(titles.count() > 10, "rooms stand in titles");
    let notes =
        pieces(&raw).into_iter().filter(|(_, piece)| matches!(piece, Piece::Osc(body) if body.starts_with("9;")));
    assert!(notes.count() > 10, "there were notifications");
    leave(klatch);
}

/// The form shows why somebody is not let in, in the server's words.
#[test]
fn no_refusal_controls_the_terminal() {
    let server = Impostor::start();
    let refusals = [
        "ERROR :TEXT",
        ":srv 465 amypond :TEXT",
        ":srv 464 amypond :TEXT",
        ":srv 432 amypond WORD :TEXT",
        ":srv 902 amypond :TEXT",
        "FAIL * WORD WORD :TEXT",
        "FAIL AUTHENTICATE WORD :TEXT",
        ":srv CAP * LS :WORD=WORD sasl=WORD\r\n:srv CAP * ACK :sasl WORD\r\nERROR :TEXT",
    ];
    let all: String = corpus().iter().map(|case| carried(&case.input)).collect();
    for refusal in refusals {
        for text in [NASTY, &all] {
            let mut klatch = server.klatch(WALL);
            klatch.press(ENTER);
            let mut visitor = server.accept();
            visitor.wait("USER ");
            visitor.say(&filled("refused", &format!(":WORD NOTICE * :TEXT\r\n{refusal}"), text));
            // What is wrong stands beside its field behind this sign.
            klatch.wait_text("! ");
            leave(klatch);
        }
    }
}

/// A certificate can say anything about itself; the question whether to trust it shows none of that.
#[test]
fn no_certificate_controls_the_terminal() {
    let folder = TempDir::new().expect("a directory can be made");
    let texts = corpus();
    let mut evil = rcgen::CertificateParams::new([]).expect("a certificate without names");
    for (case, kind) in texts.iter().cycle().zip([
        rcgen::DnType::CommonName,
        rcgen::DnType::OrganizationName,
        rcgen::DnType::CountryName,
        rcgen::DnType::OrganizationalUnitName,
    ]) {
        evil.distinguished_name.push(kind, format!("written-inside {}", case.input));
    }
    let name = "evil\u{1b}[2J\u{1b}]0;x\u{7}".to_owned().try_into().expect("ASCII is all it asks for");
    evil.subject_alt_names.push(rcgen::SanType::DnsName(name));
    let key = rcgen::KeyPair::generate().expect("a key can be made");
    let certificate = evil.self_signed(&key).expect("it can be signed");
    let (certificate_file, key_file) = (folder.path().join("evil.pem"), folder.path().join("key.pem"));
    fs::write(&certificate_file, certificate.pem()).expect("it can be written");
    fs::write(&key_file, key.serialize_pem()).expect("it can be written");
    let server = Server::start_with(&format!("[tls]\ncertificate = {certificate_file:?}\nkey = {key_file:?}\n"));

    let mut klatch = Klatch::at(&server, WALL);
    klatch.fill_log_in("amypond", PASSWORD);
    klatch.press(ENTER);
    klatch.wait_text("First visit to");
    klatch.wait_text(&server.fingerprint[..23]);
    assert!(!klatch.shows("written-inside") && !klatch.shows("evil"), "{}", klatch.text());
    klatch.press(ESC);
    klatch.wait_gone("First visit to");
    leave(klatch);
}

/// The last words of a server stand in a banner, and what klatch itself says after it has left comes behind them.
#[test]
fn no_farewell_controls_the_terminal() {
    let lasts = [
        ("NOTE * SERVER_SHUTDOWN 0 :It ends: TEXT\r\nERROR :TEXT", "farewell="),
        ("NOTE * SERVER_RESTART :TEXT\r\nERROR :TEXT", "the server restarts"),
        ("NOTE * TAKEN_OVER :TEXT\r\nERROR :TEXT", "on another device"),
        ("ERROR :TEXT", "farewell="),
    ];
    for (last, shown) in lasts {
        let server = Impostor::start();
        let (klatch, mut visitor) = visit(&server);
        visitor.say(&filled("farewell", last, NASTY));
        drop(visitor);
        klatch.wait_text(shown);
        leave(klatch);
    }
}
