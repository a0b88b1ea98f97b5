//! Where to go, as people write it: `irc[s]://user@host:port/room`, or less of it.

use std::str::FromStr;

/// What an address says. Whatever it leaves out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// `irc://` asks for plain text, `ircs://` and no scheme for TLS.
    pub plain_text: bool,
    /// The user name.
    pub user: Option<String>,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
    /// The room to go to after the log-in, with its `#`.
    pub room: Option<String>,
}

impl FromStr for Address {
    type Err = String;

    /// Errors are whole sentences.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("ircs", text));
        let plain_text = match scheme {
            "ircs" => false,
            "irc" => true,
            other => return Err(format!("`{other}://` is not spoken here; an address begins with irc:// or ircs://")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host_port) = match authority.rsplit_once('@') {
            Some((user, rest)) => (Some(decoded(user)?), rest),
            None => (None, authority),
        };
        if user.as_deref().is_some_and(|user| user.contains(':')) {
            return Err(
                "a password does not belong into an address, where others can see it; klatch asks for it".into()
            );
        }
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(format!("`{text}` names no server; write ircs://host:port"));
        }
        Ok(Address { plain_text, user, host: host.to_owned(), port, room: room(path)? })
    }
}

/// Takes `host`, `host:port`, `[v6]`, `[v6]:port` and a bare IPv6 address apart.
fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| format!("`{text}` has a [ without its ]"))?;
        (host, after.strip_prefix(':'))
    } else {
        match text.split_once(':') {
            Some((_, more)) if more.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    match port {
        None => Ok((host, None)),
        Some(port) => match port.parse() {
            Ok(number) if number > 0 => Ok((host, Some(number))),
            _ => Err(format!("`{port}` is no port; a port is a number from 1 to 65535")),
        },
    }
}

/// A room's name may come with or without its `#`, which many programs write as it is and others as `%23`.
fn room(path: &str) -> Result<Option<String>, String> {
    let name = decoded(path.split(['?', ',']).next().unwrap_or_default())?;
    Ok(match name.as_str() {
        "" | "#" => None,
        name if name.starts_with('#') => Some(name.to_owned()),
        name => Some(format!("#{name}")),
    })
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|digit| (digit.unwrap_or(b'?') as char).to_digit(16));
        let [Some(high), Some(low)] = digits else {
            return Err(format!("`{text}` has a % without two digits after it"));
        };
        bytes.push((high * 16 + low) as u8);
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(text),
        _ => Err(format!("`{text}` holds characters that no name can have")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_full_address() {
        let expected = Address {
            plain_text: false,
            user: Some("ann".into()),
            host: "chat.home.lan".into(),
            port: Some(4000),
            room: Some("#team".into()),
        };
        assert_eq!(address("ircs://ann@chat.home.lan:4000/team"), expected);
        assert_eq!(address("ircs://ann@chat.home.lan:4000/#team"), expected);
        assert_eq!(address("ircs://ann@chat.home.lan:4000/%23team"), expected);
        assert!(address("irc://chat.home.lan").plain_text);
    }

    #[test]
    fn less_than_a_full_address() {
        assert_eq!(address("chat").host, "chat");
        assert_eq!(address("chat:99").port, Some(99));
        assert_eq!(address("ann@chat").user.as_deref(), Some("ann"));
        assert_eq!(address("::1").host, "::1");
        assert_eq!(address("[::1]:99"), Address { host: "::1".into(), port: Some(99), ..Address::default() });
        assert_eq!(address("ircs://chat/").room, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, word) in [
            ("http://x", "irc://"),
            ("ircs://", "server"),
            ("x:0", "65535"),
            ("x:70000", "65535"),
            ("[::1", "]"),
            ("ann:secret@x", "password"),
            ("x/%2", "%"),
            ("x/%1b", "characters"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
