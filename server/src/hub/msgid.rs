//! The names of messages (ircv3.net "Message IDs"): one function each way.

use klatch_protocol::UnixMs;

use super::{io::Seq, world::MessageId};

/// What makes ids of this store and of this run different from all others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    /// The store's own number.
    pub(super) epoch: u32,
    /// When this run began.
    pub(super) started: UnixMs,
}

impl Ids {
    /// The `msgid` of a message: eight hexadecimal digits of the store, then its place in the order. What is not kept has
    /// an `x` in it, so that no history can ever be asked for it.
    pub(super) fn write(self, id: MessageId) -> String {
        match id {
            MessageId::Kept(Seq(seq)) => format!("{:08x}{seq}", self.epoch),
            MessageId::Passing(count) => format!("x{:x}-{count}", self.started.0),
        }
    }

    /// The place of the kept message that has this id.
    pub(super) fn read(self, text: &str) -> Option<Seq> {
        let (epoch, seq) = text.split_at_checked(8)?;
        let digits = seq.bytes().all(|b| b.is_ascii_digit()) && !seq.starts_with('0');
        (digits && epoch == format!("{:08x}", self.epoch)).then(|| seq.parse().ok().map(Seq))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_ids_are_read_back_and_no_others() {
        let ids = Ids { epoch: 0xab, started: UnixMs(5) };
        let text = ids.write(MessageId::Kept(Seq(42)));
        assert_eq!(text, "000000ab42");
        assert_eq!(ids.read(&text), Some(Seq(42)));
        for bad in ["", "000000ab", "000000ac42", "000000ab042", "000000ab+1", "x5-1", "000000ab99999999999999999999"] {
            assert_eq!(ids.read(bad), None, "{bad}");
        }
        assert_eq!(ids.read(&ids.write(MessageId::Passing(7))), None);
    }
}
