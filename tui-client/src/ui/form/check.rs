//! What may be typed into each field of the form. Every refusal is a sentence that says what to do.

use std::net::{Ipv4Addr, Ipv6Addr};

use klatch_protocol::{Nick, names::NameError};
use zxcvbn::{Score, zxcvbn};

/// The fewest characters of a new user name.
pub const USER_MIN: usize = 4;
/// The fewest characters of a new password.
pub const PASSWORD_MIN: usize = 5;
/// The most bytes of a password.
pub const PASSWORD_MAX: usize = 256;
/// The most bytes of a display name.
pub const DISPLAY_MAX: usize = 100;

/// Checks a server's address: a name (RFC 1123 section 2.1), an IPv4 or an IPv6 address, the latter with or without brackets.
pub(super) fn host(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("Type the server's name or address.".to_owned());
    }
    if text.contains(':') || text.starts_with('[') {
        let bare = bare_v6(text);
        // A zone names the network interface of a link-local address (RFC 4007 section 11).
        let address = bare.split_once('%').map_or(bare, |(address, _)| address);
        return address.parse::<Ipv6Addr>().map(drop).map_err(|_| format!("{text} is not an IPv6 address."));
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text
            .parse::<Ipv4Addr>()
            .map(drop)
            .map_err(|_| format!("{text} is not an IPv4 address, as in 192.168.1.9."));
    }
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '_')) {
        return Err(match bad {
            ' ' => "A server's name has no spaces.".to_owned(),
            '/' => "Only the name or address, without a path.".to_owned(),
            _ => format!("\"{bad}\" cannot stand in a server's name."),
        });
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    if name.len() > 253 || !name.split('.').all(label) {
        return Err(format!("{text} is not a server's name."));
    }
    Ok(())
}

/// An IPv6 address without its brackets; anything else as it is.
pub(super) fn bare_v6(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

/// Divides what was typed as `name:port` or `[address]:port`; `None` if it was not.
pub(super) fn split_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let whole = !host.contains(':') || (host.starts_with('[') && host.ends_with(']'));
    (whole && !host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some((host, port))
}

/// Checks a port.
pub(super) fn port(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ if text.is_empty() => Err("Type a port; servers use 23791.".to_owned()),
        _ => Err("A port is a number from 1 to 65535.".to_owned()),
    }
}

/// Checks a user name; `fewest` is how many characters it has to have.
pub(super) fn user(text: &str, fewest: usize) -> Result<(), String> {
    match Nick::new(text) {
        Err(NameError::Empty) => Err("Type your user name.".to_owned()),
        Err(NameError::TooLong(most)) => Err(format!("A user name has at most {most} characters.")),
        Err(NameError::BadStart) => Err("A user name begins with a letter.".to_owned()),
        Err(NameError::BadCharacter(' ')) => Err("A user name has no spaces.".to_owned()),
        Err(NameError::BadCharacter(bad)) => {
            Err(format!("\"{bad}\" cannot stand in a user name; use letters, digits, - and _."))
        }
        Ok(_) if text.len() < fewest => Err(format!("A user name has {fewest} characters or more.")),
        Ok(_) => Ok(()),
    }
}

/// Checks a display name; it may be empty.
pub(super) fn display(text: &str) -> Result<(), String> {
    if text.len() > DISPLAY_MAX { Err("This name is too long.".to_owned()) } else { Ok(()) }
}

/// Checks a password; `fewest` is how many characters it has to have.
pub(super) fn password(text: &str, fewest: usize) -> Result<(), String> {
    if text.is_empty() {
        Err("Type your password.".to_owned())
    } else if text.chars().count() < fewest {
        Err(format!("A password has {fewest} characters or more."))
    } else if text.len() > PASSWORD_MAX {
        Err(format!("A password has at most {PASSWORD_MAX} bytes."))
    } else {
        Ok(())
    }
}

/// Checks the password typed again.
pub(super) fn again(text: &str, password: &str) -> Result<(), String> {
    if text.is_empty() && !password.is_empty() {
        Err("Type the password again.".to_owned())
    } else if text != password {
        Err("The two passwords differ.".to_owned())
    } else {
        Ok(())
    }
}

/// How hard a password is to guess for somebody who knows `known`, in a word or two, and whether that is enough.
pub(super) fn strength(password: &str, known: &[&str]) -> (&'static str, bool) {
    match zxcvbn(password, known).score() {
        Score::Zero | Score::One => ("easily guessed", false),
        Score::Two => ("fair", false),
        Score::Three => ("good", true),
        _ => ("strong", true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_names_or_addresses() {
        for good in [
            "localhost",
            "chat.home.lan",
            "chat.lan.",
            "a-b_c.d",
            "192.168.1.9",
            "::1",
            "[fe80::1]",
            "fe80::1%eth0",
            "3com.com",
        ] {
            assert_eq!(host(good), Ok(()), "{good}");
        }
        for bad in
            ["", "192.168.1.256", "1.2.3", "chat home", "-a.lan", "a..b", "::g", "[::1", "http://x", "café.lan", "a/b"]
        {
            let refusal = host(bad).expect_err(bad);
            assert!(refusal.ends_with('.'), "{refusal}");
        }
    }

    #[test]
    fn a_port_typed_behind_the_server_is_found() {
        assert_eq!(split_port("chat.lan:6697"), Some(("chat.lan", "6697")));
        assert_eq!(split_port("[::1]:6697"), Some(("[::1]", "6697")));
        assert_eq!(split_port("::1"), None);
        assert_eq!(split_port("chat.lan:"), None);
        assert_eq!(split_port("chat.lan:x"), None);
    }

    #[test]
    fn ports_are_numbers_in_their_range() {
        assert_eq!(port("23791"), Ok(23_791));
        for bad in ["", "0", "65536", "-1", "12a", "999999999999"] {
            assert!(port(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_passwords_have_their_limits() {
        assert_eq!(user("anna", 4), Ok(()));
        assert_eq!(user("ann", 4), Err("A user name has 4 characters or more.".to_owned()));
        assert_eq!(user("ann", 1), Ok(()));
        assert_eq!(user("a:b", 1), Err("\":\" cannot stand in a user name; use letters, digits, - and _.".to_owned()));
        assert!(user(&"a".repeat(33), 4).is_err());
        assert_eq!(password("1234", 5), Err("A password has 5 characters or more.".to_owned()));
        assert_eq!(password("1:34✓", 5), Ok(()));
        assert!(password(&"a".repeat(257), 5).is_err());
        assert_eq!(again("abcde", "abcdf"), Err("The two passwords differ.".to_owned()));
    }

    #[test]
    fn a_password_made_of_the_user_name_is_easily_guessed() {
        assert_eq!(strength("anneliese1", &["anneliese"]), ("easily guessed", false));
        assert_eq!(strength("copper lantern seven ridge", &[]), ("strong", true));
    }
}
