//! What a person types, or pastes: commands, words, addresses.

use klatch::{
    address::Address,
    model::commands::{self, Typed},
    session::{Intent, Now, Output, Request, Session, Way},
};
use klatch_protocol::{UnixMs, sanitize::clean_text};

use super::session;

/// Each line is typed in a room, in a conversation and in the server's window, while there is a connection and while there
/// is none.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for connected in [true, false] {
        let mut person = signed_in(connected);
        for line in clean_text(&text).split('\n').take(50) {
            for here in ["#lobby", "amy", ""] {
                type_in(&mut person, line, here);
            }
        }
    }
    if let Ok(address) = text.parse::<Address>() {
        assert!(!address.host.is_empty() && address.port != Some(0));
        let names = [address.user.as_deref(), address.room.as_deref()];
        assert!(names.into_iter().flatten().all(|name| !name.contains(char::is_control)), "{address:?}");
        assert!(address.room.is_none_or(|room| room.starts_with('#') && room.len() > 1));
    }
}

fn signed_in(connected: bool) -> Session {
    let way = Way::LogIn { password: "secret".to_owned().into(), take_over: false };
    let mut session = Session::new(Intent { user: "lior".into(), way, code: None, rooms: Vec::new() }, 7);
    if connected {
        session.open(NOW, &mut Vec::new());
        session::GREETING.iter().for_each(|line| session.receive(NOW, line, &mut Vec::new()));
        assert!(session.is_in());
    }
    session
}

const NOW: Now = Now { mono: 1_000, wall: UnixMs(1_795_514_400_000) };

/// What was typed is said, asked or answered with a hint; what goes out are single lines, and not more than there was text.
fn type_in(session: &mut Session, line: &str, here: &str) {
    let mut out = Vec::new();
    match commands::parse(line, here) {
        Typed::Ask(request) => {
            let raw = matches!(request, Request::Raw(_));
            session.request(NOW, request, &mut out);
            let lines = out.iter().filter(|output| matches!(output, Output::Send(_))).count();
            assert!(lines <= line.len() / 4 + 4, "{lines} lines for {line:?}");
            for output in out {
                match output {
                    // What somebody sends as it is may be nonsense, but it is one line.
                    Output::Send(line) if raw => assert!(!line.contains(['\0', '\r', '\n']), "{line:?}"),
                    Output::Send(line) => session::check_sent(&line, true),
                    Output::Close(reason) => session::assert_clean(&reason),
                    Output::Event(_) => {}
                }
            }
        }
        Typed::Hint(hint) => assert!(!hint.is_empty()),
        _ => {}
    }
}
