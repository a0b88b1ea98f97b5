//! The original's client: from its bytes to what the hub hears, and from the hub's lines to its screen.

use klatch_protocol::{
    Message,
    encode::MAX_LINE,
    sasl::{Collector, Plain, Step},
};
use klatch_server::{
    hub::io::Secret,
    net::compat::{
        segments::{Details, Request, Segments},
        talk::{Act, Talk},
    },
};

/// What messages begin with.
const HEADS: [&str; 4] = [":REMOVE:", "[NEW]:signup:", "[NEW]:login:", "[ACTIVE]:"];
const SOCKET: &str = "<socket.socket fd=3, family=2, laddr=('127.0.0.1', 50000), raddr=('127.0.0.1', 23791)>";
/// The most bytes of a message, and of what is read at once.
const MOST: usize = 1024;
/// The colours of the original, the only control sequences that may go out.
const COLOURS: [&str; 4] = ["\x1b[96m", "\x1b[92m", "\x1b[91m", "\x1b[0m"];

/// The first byte says in which pieces the rest comes in. It is what a client sends, then two bytes 0xFF, then lines of
/// the hub.
pub fn check(bytes: &[u8]) {
    let Some((size, rest)) = bytes.split_first() else { return };
    let end = rest.windows(2).position(|pair| pair == [0xff, 0xff]);
    let (stream, lines) = end.map_or((rest, &[][..]), |at| (&rest[..at], &rest[at + 2..]));
    nothing_grows(stream, usize::from(*size));
    whole_messages_arrive(&String::from_utf8_lossy(stream), usize::from(*size).max(1));
    conversation_is_sound(stream, &String::from_utf8_lossy(lines));
}

/// Any bytes, with a pause now and then: what is kept is bounded.
fn nothing_grows(stream: &[u8], size: usize) {
    let mut segments = Segments::default();
    for (index, piece) in stream.chunks(size.max(1)).enumerate() {
        segments.push(piece);
        while segments.next(index % 7 == 6).is_some() {}
        let kept =
            format!("{segments:?}").bytes().filter(u8::is_ascii_digit).fold(0, |n, d| n * 10 + usize::from(d - b'0'));
        assert!(kept <= 2 * MOST, "{kept} bytes are kept");
    }
    while segments.next(true).is_some() {}
    segments.clear();
    assert!(segments.is_empty());
}

/// Each line of the text is made into a message; they arrive as they were meant, glued together and cut anyhow.
fn whole_messages_arrive(text: &str, size: usize) {
    let (messages, wanted): (Vec<String>, Vec<Request>) = text.split('\n').filter_map(message).unzip();
    let glued = messages.concat();
    for size in [size, 1024] {
        let (mut segments, mut got) = (Segments::default(), Vec::new());
        for piece in glued.as_bytes().chunks(size) {
            segments.push(piece);
            got.extend(std::iter::from_fn(|| segments.next(false)));
        }
        got.extend(std::iter::from_fn(|| segments.next(true)));
        assert_eq!(got, wanted, "{glued} in pieces of {size}");
    }
}

/// `NAME:USER:PASSWORD:TEXT` as the original would send it, behind a character for the kind. `None` where a field could be
/// taken for something else.
fn message(line: &str) -> Option<(String, Request)> {
    let mut chars = line.chars();
    let kind = chars.next()?;
    let mut fields = chars.as_str().splitn(4, ':');
    let (name, user, password, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let whole = match kind {
        '+' => format!("[NEW]:signup:{name}:{user}:{password}:{SOCKET}"),
        '!' => format!("[NEW]:login:{name}:{user}:{password}:{SOCKET}"),
        _ => format!("[ACTIVE]:{name}:{user}:{password}:{SOCKET}:{text}"),
    };
    let unclear = HEADS.iter().any(|head| whole[1..].contains(head)) || whole.len() > MOST;
    let who = Details { name: name.into(), user: user.into(), password: Secret::from(password.to_owned()) };
    (!unclear).then(|| {
        let request = match kind {
            '+' => Request::SignUp(who),
            '!' => Request::LogIn(who),
            _ => Request::Say(who, text.to_owned()),
        };
        (whole, request)
    })
}

/// A whole connection: what it sends the hub are lines, what it shows has no control sequences, and it speaks for nobody
/// but for who it is.
fn conversation_is_sound(stream: &[u8], lines: &str) {
    let (mut segments, mut requests) = (Segments::default(), Vec::new());
    for piece in stream.chunks(MOST) {
        segments.push(piece);
        requests.extend(std::iter::from_fn(|| segments.next(false)));
    }
    requests.extend(std::iter::from_fn(|| segments.next(true)));
    let mut requests = requests.into_iter();
    let Some((who, talk)) = requests.find_map(|request| Some((details(&request)?, Talk::begin(request, "#lobby")?)))
    else {
        return;
    };
    let (mut talk, acts) = talk;
    acts.iter().for_each(check_act);
    for act in &acts {
        if let Act::Line(line) = act
            && let Some(password) = line.strip_prefix("REGISTER * * ")
        {
            assert_eq!(password.strip_prefix(':').unwrap_or(password), who.password.reveal().as_str());
        }
    }
    for line in lines.split('\n').filter(|line| line.len() <= MAX_LINE && !line.contains(['\r', '\0'])) {
        let acts = talk.heard(line);
        acts.iter().for_each(check_act);
        // Without a password, or with a NUL in it, there is nothing that the hub could take for a log-in.
        let has_password = !who.password.is_empty() && !who.password.reveal().contains('\0');
        if has_password && acts.iter().any(|act| matches!(act, Act::Line(line) if line.starts_with("AUTHENTICATE "))) {
            password_is_sent_whole(&acts, &who);
        }
        let Some(request) = requests.next() else { continue };
        let foreign = details(&request).is_none_or(|said| said != who);
        let acts = talk.said(request);
        acts.iter().for_each(check_act);
        assert!(!foreign || acts.is_empty(), "somebody else's words: {acts:?}");
    }
}

fn details(request: &Request) -> Option<Details> {
    match request {
        Request::SignUp(who) | Request::LogIn(who) | Request::Say(who, _) => Some(who.clone()),
        Request::Probe | Request::Refused => None,
    }
}

fn password_is_sent_whole(acts: &[Act], who: &Details) {
    let mut collector = Collector::default();
    for act in acts {
        let Act::Line(line) = act else { continue };
        match collector.push(line.trim_start_matches("AUTHENTICATE ")) {
            Ok(Step::More) => {}
            Ok(Step::Payload(payload)) => {
                let plain = Plain::decode(&payload).expect("what was sent is PLAIN");
                assert_eq!((&plain.authcid, &plain.password), (&who.user, who.password.reveal()));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn check_act(act: &Act) {
    match act {
        Act::Line(line) => {
            assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
            assert!(line.len() + 2 <= MAX_LINE, "{} bytes: {line}", line.len());
            assert!(Message::parse(line).is_ok(), "{line:?}");
        }
        Act::Show(text) => {
            let plain = COLOURS.iter().fold(text.clone(), |text, colour| text.replace(colour, ""));
            assert!(!plain.contains(char::is_control), "{text:?}");
            assert!(text.len() <= MOST, "{} bytes, more than the client reads at once", text.len());
            assert!(
                !["True", "False", "Account Created", "exit_server"].contains(&text.as_str()),
                "an answer is forged"
            );
        }
        Act::Answer(answer) => assert!(!answer.is_empty()),
        Act::End => {}
    }
}
