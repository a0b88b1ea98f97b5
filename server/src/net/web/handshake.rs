//! From an HTTP request to a WebSocket, or to an answer that says why not.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{
            machine::TryParse,
            server::{Request, create_response, write_response},
        },
        http::{HeaderValue, header},
        protocol::{Role, WebSocketConfig},
    },
};

use super::WebLines;

/// The most bytes of a request. Browsers send well under 2 KiB, with cookies some more.
const MAX_REQUEST: usize = 8 * 1024;
/// The most bytes of a message: what the framer takes for one line.
const MAX_MESSAGE: usize = 16 * 1024;

/// The subprotocols, and whether their messages are text.
const SUBPROTOCOLS: [(&str, bool); 2] = [("binary.ircv3.net", false), ("text.ircv3.net", true)];

/// Why there is no WebSocket: the answer in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    status: &'static str,
    text: &'static str,
}

const MALFORMED: Refusal = Refusal { status: "400 Bad Request", text: "This request cannot be read." };
const TOO_LONG: Refusal = Refusal { status: "431 Request Header Fields Too Large", text: "This request is too long." };
const NO_UPGRADE: Refusal = Refusal {
    status: "426 Upgrade Required",
    text: "This is a chat server. Connect with a chat client, or by WebSocket.",
};
const FOREIGN: Refusal =
    Refusal { status: "403 Forbidden", text: "Pages of this origin may not connect here; the operator can allow it." };

impl Refusal {
    /// The whole answer.
    #[must_use]
    pub fn response(self) -> String {
        let Refusal { status, text } = self;
        let length = text.len() + 1;
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
             Upgrade: websocket\r\nConnection: close\r\n\r\n{text}\n"
        )
    }
}

/// Reads the request and upgrades the connection. Pages of the `origins` may connect, and whoever is no browser.
///
/// # Errors
/// The stream with what to answer; `None` when it broke.
pub async fn accept<S>(mut stream: S, origins: &[String]) -> Result<WebLines<S>, Option<(S, Refusal)>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::with_capacity(1024);
    let (length, request) = loop {
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            return Err(None);
        }
        match Request::try_parse(&head) {
            Ok(Some(parsed)) => break parsed,
            Ok(None) if head.len() < MAX_REQUEST => {}
            Ok(None) => return Err(Some((stream, TOO_LONG))),
            Err(_) => return Err(Some((stream, MALFORMED))),
        }
    };
    let Ok(mut response) = create_response(&request) else {
        return Err(Some((stream, NO_UPGRADE)));
    };
    if !may_connect(&request, origins) {
        return Err(Some((stream, FOREIGN)));
    }
    let agreed = subprotocol(&request);
    if let Some((name, _)) = agreed {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
    }
    let mut bytes = Vec::with_capacity(256);
    if write_response(&mut bytes, &response).is_err() || stream.write_all(&bytes).await.is_err() {
        return Err(None);
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let rest = head.split_off(length);
    let socket = WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await;
    Ok(WebLines::new(socket, agreed.map(|(_, text)| text)))
}

/// Browsers say whose page it is (RFC 6455 section 10.2); other programs say nothing, and could say anything.
fn may_connect(request: &Request, origins: &[String]) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    origins.iter().any(|allowed| allowed == "*" || origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes()))
}

/// "The server MUST accept any subprotocol it supports, respecting the client's order of preference."
fn subprotocol(request: &Request) -> Option<(&'static str, bool)> {
    let headers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let offered = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    offered.map(str::trim).find_map(|name| SUBPROTOCOLS.into_iter().find(|(known, _)| *known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        headers
            .iter()
            .fold(Request::builder(), |request, (name, value)| request.header(*name, *value))
            .body(())
            .unwrap()
    }

    #[test]
    fn pages_need_leave_and_programs_do_not() {
        let origins = ["https://chat.example".to_owned()];
        let page = |origin| request(&[("Origin", origin)]);
        assert!(may_connect(&request(&[]), &[]));
        assert!(may_connect(&page("https://Chat.Example"), &origins));
        assert!(!may_connect(&page("https://evil.example"), &origins));
        assert!(!may_connect(&page("null"), &origins));
        assert!(may_connect(&page("null"), &["*".to_owned()]));
    }

    #[test]
    fn the_clients_order_decides() {
        let of = |offered: &str| subprotocol(&request(&[("Sec-WebSocket-Protocol", offered)]));
        assert_eq!(of("text.ircv3.net, binary.ircv3.net"), Some(("text.ircv3.net", true)));
        assert_eq!(of("chat,binary.ircv3.net"), Some(("binary.ircv3.net", false)));
        assert_eq!(of("chat"), None);
    }

    #[tokio::test]
    async fn what_is_no_upgrade_is_told_so() {
        let long = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(MAX_REQUEST));
        for (bytes, want) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", NO_UPGRADE),
            ("GET / HTTP/1.1\r\nHo st: x\r\n\r\n", MALFORMED),
            (&long, TOO_LONG),
        ] {
            let (near, mut far) = tokio::io::duplex(16 * 1024);
            far.write_all(bytes.as_bytes()).await.unwrap();
            let Err(Some((_, refusal))) = accept(near, &[]).await else { panic!("{want:?}") };
            assert_eq!(refusal, want);
        }
    }
}
