//! Lines that many people get: written once for each set of capabilities, then shared by all who have that set.

use bytes::Bytes;
use klatch_protocol::{Caps, LineBuilder, UnixMs};

use super::{
    io::RecordKind,
    multiline::{is_multiline, pieces},
};

/// Capabilities that change the tags of any line.
const TAGGING: Caps = Caps::MESSAGE_TAGS.union(Caps::SERVER_TIME).union(Caps::ACCOUNT_TAG);

/// What it takes to get several lines as one message.
const MULTILINE: Caps = Caps::MULTILINE.union(Caps::BATCH).union(Caps::MESSAGE_TAGS);
/// The type of such a batch, and its only tag (ircv3.net "multiline", "Batch types", "Tags").
pub(super) const BATCH_TYPE: &str = "draft/multiline";
pub(super) const CONCAT_TAG: &str = "draft/multiline-concat";

/// One line, before it is known who gets it.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Who it comes from, in wire form.
    pub(super) source: &'a str,
    /// Their account, for `account-tag`.
    pub(super) account: Option<&'a str>,
    /// When it happened, for `server-time`.
    pub(super) at: UnixMs,
    /// Its `msgid`, where it has one.
    pub(super) id: Option<String>,
    /// Client-only tags in wire form.
    pub(super) tags: &'a str,
    /// The rest.
    pub(super) body: Body<'a>,
}

/// What a line says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    /// PRIVMSG, NOTICE or TAGMSG.
    Message {
        kind: RecordKind,
        target: &'a str,
        text: &'a str,
    },
    Join {
        room: &'a str,
        display: &'a str,
    },
    Part {
        room: &'a str,
        reason: &'a str,
    },
    Quit {
        reason: &'a str,
    },
    Kick {
        room: &'a str,
        whom: &'a str,
        reason: &'a str,
    },
    Nick {
        nick: &'a str,
    },
    Topic {
        room: &'a str,
        text: &'a str,
    },
    /// A MODE line; `change` holds letters and their parameters.
    Mode {
        target: &'a str,
        change: &'a str,
    },
    Away {
        reason: Option<&'a str>,
    },
    Account,
    Setname {
        display: &'a str,
    },
    Wallops {
        text: &'a str,
    },
    Invite {
        nick: &'a str,
        room: &'a str,
    },
    Redact {
        target: &'a str,
        id: &'a str,
        reason: Option<&'a str>,
    },
    /// From the server, to one's own connections; `at` is what stands for the time.
    Markread {
        target: &'a str,
        at: &'a str,
    },
    /// A room has another name (ircv3.net "channel-rename").
    Rename {
        from: &'a str,
        to: &'a str,
        reason: &'a str,
    },
}

impl Line<'_> {
    /// Whether somebody with these capabilities gets it at all.
    pub(super) fn is_for(&self, caps: Caps) -> bool {
        let needed = match self.body {
            // Message tags, "The TAGMSG message".
            Body::Message { kind: RecordKind::Tagmsg, .. } => Caps::MESSAGE_TAGS,
            Body::Away { .. } => Caps::AWAY_NOTIFY,
            Body::Account => Caps::ACCOUNT_NOTIFY,
            Body::Setname { .. } => Caps::SETNAME,
            // "MUST not forward this REDACT to target recipients that have not negotiated this capability".
            Body::Redact { .. } => Caps::MESSAGE_REDACTION,
            Body::Markread { .. } => Caps::READ_MARKER,
            Body::Rename { .. } => Caps::CHANNEL_RENAME,
            _ => return true,
        };
        caps.contains(needed)
    }

    /// The part of `caps` that makes a difference.
    fn relevant(&self, caps: Caps) -> Caps {
        let body = match self.body {
            Body::Join { .. } => Caps::EXTENDED_JOIN,
            Body::Message { text, .. } if is_multiline(text) => MULTILINE,
            _ => Caps::empty(),
        };
        caps & (TAGGING | body)
    }

    /// The line as it goes to somebody with these capabilities; a message of several lines is several.
    pub(super) fn write(&self, caps: Caps) -> String {
        match self.body {
            Body::Message { kind, target, text } if is_multiline(text) => self.write_lines(kind, target, text, caps),
            _ => self.write_body(self.write_tags(caps).source(self.source), caps).end(),
        }
    }

    fn write_tags(&self, caps: Caps) -> LineBuilder {
        let mut line = LineBuilder::new();
        if caps.contains(Caps::SERVER_TIME) {
            line = line.tag("time", &self.at.to_string());
        }
        if caps.contains(Caps::MESSAGE_TAGS) {
            if let Some(id) = &self.id {
                line = line.tag("msgid", id);
            }
            line = line.raw_tags(self.tags);
        }
        if let (true, Some(account)) = (caps.contains(Caps::ACCOUNT_TAG), self.account) {
            line = line.tag("account", account);
        }
        line
    }

    /// Several lines: as a batch, or one by one without the empty ones (ircv3.net "multiline", "Fallback"). The tags of the
    /// message stand at the batch, or at the first line; its client-only tags at each line that stands alone.
    fn write_lines(&self, kind: RecordKind, target: &str, text: &str, caps: Caps) -> String {
        let line = |line: LineBuilder, text| {
            Line { body: Body::Message { kind, target, text }, ..self.clone() }
                .write_body(line.source(self.source), caps)
        };
        let batched = caps.contains(MULTILINE);
        let reference = format!("m{}", self.id.as_deref().unwrap_or_default());
        let mut lines = String::new();
        if batched {
            let head = self.write_tags(caps).source(self.source).command("BATCH").param(format!("+{reference}"));
            lines += &head.param(BATCH_TYPE).param(target).end();
        }
        for piece in pieces(text) {
            if batched {
                let tags = LineBuilder::new().tag("batch", &reference);
                let tags = if piece.concat { tags.tag(CONCAT_TAG, "") } else { tags };
                lines += &line(tags, piece.text).end();
            } else if !piece.text.is_empty() {
                let id = self.id.as_ref().filter(|_| lines.is_empty()).cloned();
                lines += &line(Line { id, ..self.clone() }.write_tags(caps), piece.text).end();
            }
        }
        if batched {
            lines += &LineBuilder::new().source(self.source).command("BATCH").param(format!("-{reference}")).end();
        }
        lines
    }

    fn write_body(&self, line: LineBuilder, caps: Caps) -> LineBuilder {
        match self.body {
            Body::Message { kind: RecordKind::Tagmsg, target, .. } => line.command("TAGMSG").param(target),
            Body::Message { kind, target, text } => {
                let command = if kind == RecordKind::Notice { "NOTICE" } else { "PRIVMSG" };
                line.command(command).param(target).trailing(text)
            }
            Body::Join { room, display } if caps.contains(Caps::EXTENDED_JOIN) => {
                line.command("JOIN").param(room).param(self.account.unwrap_or("*")).trailing(display)
            }
            Body::Join { room, .. } => line.command("JOIN").param(room),
            Body::Part { room, reason: "" } => line.command("PART").param(room),
            Body::Part { room, reason } => line.command("PART").param(room).trailing(reason),
            Body::Quit { reason } => line.command("QUIT").trailing(reason),
            Body::Kick { room, whom, reason } => line.command("KICK").param(room).param(whom).trailing(reason),
            Body::Nick { nick } => line.command("NICK").param(nick),
            Body::Topic { room, text } => line.command("TOPIC").param(room).trailing(text),
            Body::Mode { target, change } => {
                change.split(' ').fold(line.command("MODE").param(target), LineBuilder::param)
            }
            Body::Away { reason: Some(reason) } => line.command("AWAY").trailing(reason),
            Body::Away { reason: None } => line.command("AWAY"),
            Body::Account => line.command("ACCOUNT").param(self.account.unwrap_or("*")),
            Body::Setname { display } => line.command("SETNAME").trailing(display),
            Body::Wallops { text } => line.command("WALLOPS").trailing(text),
            Body::Invite { nick, room } => line.command("INVITE").param(nick).param(room),
            Body::Redact { target, id, reason } => {
                let line = line.command("REDACT").param(target).param(id);
                reason.map_or(line.clone(), |reason| line.trailing(reason))
            }
            Body::Markread { target, at } => line.command("MARKREAD").param(target).param(at),
            Body::Rename { from, to, reason } => line.command("RENAME").param(from).param(to).trailing(reason),
        }
    }
}

/// A line and the forms of it that were needed so far.
#[derive(Debug)]
pub(super) struct Rendering<'a> {
    /// The line.
    pub(super) line: Line<'a>,
    forms: Vec<(Caps, Bytes)>,
}

impl<'a> Rendering<'a> {
    /// Nothing written yet.
    pub(super) fn new(line: Line<'a>) -> Self {
        Rendering { line, forms: Vec::new() }
    }

    /// The line for these capabilities, written only if no equal form was before.
    pub(super) fn form(&mut self, caps: Caps) -> Bytes {
        let relevant = self.line.relevant(caps);
        if let Some((_, bytes)) = self.forms.iter().find(|(known, _)| *known == relevant) {
            return bytes.clone();
        }
        let bytes = Bytes::from(self.line.write(relevant));
        self.forms.push((relevant, bytes.clone()));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_of_capabilities_has_its_form() {
        let body = Body::Message { kind: RecordKind::Privmsg, target: "#a", text: "hi" };
        let line =
            Line { source: "amy!a@h", account: Some("amy"), at: UnixMs(0), id: Some("m1".into()), tags: "+x=y", body };
        let mut rendering = Rendering::new(line);
        assert_eq!(rendering.form(Caps::empty()), ":amy!a@h PRIVMSG #a :hi\r\n");
        assert_eq!(rendering.form(Caps::BATCH), ":amy!a@h PRIVMSG #a :hi\r\n");
        assert_eq!(rendering.forms.len(), 1);
        let all = "@time=1970-01-01T00:00:00.000Z;msgid=m1;+x=y;account=amy :amy!a@h PRIVMSG #a :hi\r\n";
        assert_eq!(rendering.form(Caps::all()), all);
    }
}
