//! The one place where text from the network becomes text to show.

use klatch_protocol::{format, sanitize};

/// Words: a message, a topic, a reason, an error. One line without formatting codes and control sequences.
pub(super) fn words(raw: &str) -> String {
    sanitize::clean_line(&format::strip(raw)).into_owned()
}

/// A name: a nick, a room, a display name, a server.
pub(super) fn name(raw: &str) -> String {
    sanitize::clean_name(&format::strip(raw)).into_owned()
}

/// Words that may be missing; blank ones count as missing.
pub(super) fn reason(raw: Option<&str>) -> Option<String> {
    raw.map(words).filter(|text| !text.trim().is_empty())
}
