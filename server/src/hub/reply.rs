//! What a command answers to its own connection, collected until the command ends. Labels, batches and ACK are added
//! here and nowhere else (ircv3.net "Labeled responses").

use bytes::Bytes;
use klatch_protocol::{Caps, LineBuilder, Message, Tags};

use super::io::{ConnId, Effects, Send};

/// The longest label, in bytes (Labeled responses, "Tag value").
const MAX_LABEL: usize = 64;

/// The answer to one command, as far as it has come.
#[derive(Debug)]
pub(super) struct Reply {
    /// Whom it is for.
    pub(super) conn: ConnId,
    label: Option<String>,
    lines: Vec<Bytes>,
    /// The batch that is open, and whether everything so far is within it.
    batch: Option<String>,
    whole: bool,
    /// Close the connection behind the last line, for this reason.
    pub(super) closing: Option<String>,
}

impl Reply {
    /// An empty answer.
    pub(super) fn new(conn: ConnId) -> Self {
        Reply { conn, label: None, lines: Vec::new(), batch: None, whole: false, closing: None }
    }

    /// An empty answer to `line`, under its label where the client negotiated that.
    pub(super) fn to_line(conn: ConnId, line: &str, caps: Caps) -> Self {
        let mut reply = Reply::new(conn);
        if caps.contains(Caps::LABELED_RESPONSE | Caps::BATCH) {
            reply.label = label_of(line);
        }
        reply
    }

    /// Forgets the label: what came was not a command at all.
    pub(super) fn forget_label(&mut self) {
        self.label = None;
    }

    /// Adds a line, CR LF included; or the lines of a message that is a batch of its own.
    pub(super) fn push(&mut self, lines: impl Into<Bytes>) {
        let lines = lines.into();
        let first_end = lines.windows(2).position(|end| end == b"\r\n").map_or(lines.len(), |at| at + 2);
        if first_end == lines.len() {
            return self.push_line(lines);
        }
        let whole = self.lines.is_empty() && has_tag(&lines[first_end..], "batch");
        let mut rest = lines;
        while let Some(at) = rest.windows(2).position(|end| end == b"\r\n") {
            self.push_line(rest.split_to(at + 2));
        }
        self.whole |= whole;
    }

    fn push_line(&mut self, line: Bytes) {
        match &self.batch {
            // Within a batch of its own, a line is within ours already.
            Some(_) if has_tag(&line, "batch") => self.lines.push(line),
            Some(batch) => self.lines.push(with_tag(&line, "batch", batch)),
            None => {
                self.whole = false;
                self.lines.push(line);
            }
        }
    }

    /// Opens a batch; what is pushed until it is closed belongs to it.
    pub(super) fn open_batch(&mut self, server: &str, id: String, kind: &str, target: Option<&str>) {
        let line = LineBuilder::new().source(server).command("BATCH").param(format!("+{id}")).param(kind);
        let line = match target {
            Some(target) => line.param(target),
            None => line,
        };
        self.whole = self.lines.is_empty();
        self.lines.push(line.end().into());
        self.batch = Some(id);
    }

    /// Closes the open batch.
    pub(super) fn close_batch(&mut self, server: &str) {
        if let Some(id) = self.batch.take() {
            self.lines.push(end_of_batch(server, &id));
        }
    }

    /// Sends everything. `next_batch` makes a name for a batch, if one is needed.
    pub(super) fn send(mut self, server: &str, next_batch: impl FnOnce() -> String, effects: &mut Effects) {
        if let Some(label) = self.label.take() {
            self.add_label(server, &label, next_batch);
        }
        match self.lines.len() {
            0 => {}
            1 => effects.sends.extend(self.lines.pop().map(|line| Send::One(self.conn, line))),
            _ => effects.sends.push(Send::One(self.conn, self.lines.concat().into())),
        }
    }

    /// One line carries the label itself, several are put into a batch that does, and none becomes ACK.
    fn add_label(&mut self, server: &str, label: &str, next_batch: impl FnOnce() -> String) {
        if self.lines.is_empty() {
            self.lines.push(LineBuilder::new().source(server).command("ACK").end().into());
        }
        if self.lines.len() > 1 && !self.whole {
            let id = next_batch();
            for line in &mut self.lines {
                if !has_tag(line, "batch") {
                    *line = with_tag(line, "batch", &id);
                }
            }
            let open = LineBuilder::new().source(server).command("BATCH").param(format!("+{id}"));
            self.lines.insert(0, open.param("labeled-response").end().into());
            self.lines.push(end_of_batch(server, &id));
        }
        if let Some(first) = self.lines.first_mut() {
            *first = with_tag(first, "label", label);
        }
    }
}

fn end_of_batch(server: &str, id: &str) -> Bytes {
    LineBuilder::new().source(server).command("BATCH").param(format!("-{id}")).end().into()
}

/// The label of a line, be the rest of it well-formed or not.
fn label_of(line: &str) -> Option<String> {
    let tags = match Message::parse(line) {
        Ok(message) => message.tags,
        Err(_) => Tags::from_raw(line.trim_start().strip_prefix('@')?.split(' ').next()?),
    };
    tags.get("label").filter(|label| !label.is_empty() && label.len() <= MAX_LABEL).map(std::borrow::Cow::into_owned)
}

/// The line with one more tag in front.
fn with_tag(line: &[u8], key: &str, value: &str) -> Bytes {
    let head = LineBuilder::new().tag(key, value).end_bare();
    let (joint, rest) = match line.strip_prefix(b"@") {
        Some(rest) => (b";", rest),
        None => (b" ", line),
    };
    [head.as_bytes(), joint, rest].concat().into()
}

fn has_tag(line: &[u8], key: &str) -> bool {
    let tags = line.strip_prefix(b"@").and_then(|rest| rest.split(|b| *b == b' ').next()).unwrap_or_default();
    tags.split(|b| *b == b';').any(|tag| tag.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str, fill: impl FnOnce(&mut Reply)) -> String {
        let mut reply = Reply::to_line(ConnId(1), line, Caps::all());
        fill(&mut reply);
        let mut effects = Effects::default();
        reply.send("s", || "b1".into(), &mut effects);
        let [Send::One(_, bytes)] = effects.sends.as_slice() else {
            return String::new();
        };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn no_line_becomes_ack() {
        assert_eq!(sent("@label=x PONG", |_| ()), "@label=x :s ACK\r\n");
        assert_eq!(sent("PONG", |_| ()), "");
    }

    #[test]
    fn one_line_carries_the_label() {
        assert_eq!(sent("@label=x;a=b PING", |r| r.push("@time=1 :s PONG\r\n")), "@label=x;time=1 :s PONG\r\n");
        assert_eq!(sent("@label=x BAD_WORD", |r| r.push(":s 421\r\n")), "@label=x :s 421\r\n");
    }

    #[test]
    fn several_lines_become_a_batch() {
        let text = sent("@label=x WHO", |r| {
            r.push(":s 1\r\n");
            r.push("@time=1 :s 2\r\n");
        });
        let want =
            "@label=x :s BATCH +b1 labeled-response\r\n@batch=b1 :s 1\r\n@batch=b1;time=1 :s 2\r\n:s BATCH -b1\r\n";
        assert_eq!(text, want);
    }

    #[test]
    fn an_answer_that_is_a_batch_stays_one() {
        let text = sent("@label=x CHATHISTORY", |r| {
            r.open_batch("s", "h".into(), "chathistory", Some("#a"));
            r.push(":a 1\r\n");
            r.close_batch("s");
        });
        assert_eq!(text, "@label=x :s BATCH +h chathistory #a\r\n@batch=h :a 1\r\n:s BATCH -h\r\n");
    }
}
