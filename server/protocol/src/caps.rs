//! The capabilities Klatch knows, as a set of bits (ircv3.net "Capability Negotiation").

bitflags::bitflags! {
    /// A set of capabilities. The name of each is [`Caps::NAMES`].
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Caps: u64 {
        /// `message-tags`: tags and TAGMSG.
        const MESSAGE_TAGS = 1 << 0;
        /// `server-time`: the `time` tag.
        const SERVER_TIME = 1 << 1;
        /// `account-tag`: the `account` tag.
        const ACCOUNT_TAG = 1 << 2;
        /// `account-notify`: ACCOUNT lines.
        const ACCOUNT_NOTIFY = 1 << 3;
        /// `extended-join`: account and real name in JOIN.
        const EXTENDED_JOIN = 1 << 4;
        /// `echo-message`: own messages come back.
        const ECHO_MESSAGE = 1 << 5;
        /// `batch`: BATCH lines.
        const BATCH = 1 << 6;
        /// `labeled-response`: the `label` tag.
        const LABELED_RESPONSE = 1 << 7;
        /// `draft/chathistory`: history on request.
        const CHATHISTORY = 1 << 8;
        /// `standard-replies`: FAIL, WARN and NOTE.
        const STANDARD_REPLIES = 1 << 9;
        /// `cap-notify`: CAP NEW and DEL; implied by CAP LS 302.
        const CAP_NOTIFY = 1 << 10;
        /// `setname`: SETNAME.
        const SETNAME = 1 << 11;
        /// `multi-prefix`: all ranks in NAMES and WHO.
        const MULTI_PREFIX = 1 << 12;
        /// `userhost-in-names`: full sources in NAMES.
        const USERHOST_IN_NAMES = 1 << 13;
        /// `away-notify`: AWAY lines of others.
        const AWAY_NOTIFY = 1 << 14;
        /// `sasl`: AUTHENTICATE.
        const SASL = 1 << 15;
        /// `draft/account-registration`: REGISTER and VERIFY.
        const ACCOUNT_REGISTRATION = 1 << 16;
        /// `draft/event-playback`: JOIN, PART and the like in history.
        const EVENT_PLAYBACK = 1 << 17;
        /// `invite-notify`: INVITE lines of others.
        const INVITE_NOTIFY = 1 << 18;
        /// `chghost`: CHGHOST lines.
        const CHGHOST = 1 << 19;
        /// `no-implicit-names`: no NAMES on JOIN.
        const NO_IMPLICIT_NAMES = 1 << 20;
        /// `draft/read-marker`: MARKREAD.
        const READ_MARKER = 1 << 21;
        /// `extended-monitor`: notifications for monitored people.
        const EXTENDED_MONITOR = 1 << 22;
        /// `draft/multiline`: one message of several lines.
        const MULTILINE = 1 << 23;
        /// `draft/message-redaction`: REDACT.
        const MESSAGE_REDACTION = 1 << 24;
        /// `draft/channel-rename`: RENAME.
        const CHANNEL_RENAME = 1 << 25;
        /// `draft/pre-away`: AWAY before registration ends.
        const PRE_AWAY = 1 << 26;
        /// `draft/metadata-2`: METADATA.
        const METADATA = 1 << 27;
        /// `draft/metadata-3`: the same, with numerics for notifications.
        const METADATA_3 = 1 << 32;
        /// `soju.im/search`: SEARCH.
        const SEARCH = 1 << 33;
        /// `draft/extended-isupport`: ISUPPORT before registration ends.
        const EXTENDED_ISUPPORT = 1 << 28;
        /// `sts`: strict transport security; only ever advertised.
        const STS = 1 << 29;
        /// `klatch.chat/take-over`: our own. A client that has it when it logs in takes the place of another connection
        /// of the account instead of being refused (docs/protocol.md, "One account, one device").
        const TAKE_OVER = 1 << 30;
        /// `klatch.chat/nonce`: our own. A message that is sent again with the nonce it had is answered with the first one's
        /// id and time, and is not said twice (docs/protocol.md).
        const NONCE = 1 << 31;
    }
}

impl Caps {
    /// Every capability with its name on the wire.
    pub const NAMES: &[(Caps, &str)] = &[
        (Caps::MESSAGE_TAGS, "message-tags"),
        (Caps::SERVER_TIME, "server-time"),
        (Caps::ACCOUNT_TAG, "account-tag"),
        (Caps::ACCOUNT_NOTIFY, "account-notify"),
        (Caps::EXTENDED_JOIN, "extended-join"),
        (Caps::ECHO_MESSAGE, "echo-message"),
        (Caps::BATCH, "batch"),
        (Caps::LABELED_RESPONSE, "labeled-response"),
        (Caps::CHATHISTORY, "draft/chathistory"),
        (Caps::STANDARD_REPLIES, "standard-replies"),
        (Caps::CAP_NOTIFY, "cap-notify"),
        (Caps::SETNAME, "setname"),
        (Caps::MULTI_PREFIX, "multi-prefix"),
        (Caps::USERHOST_IN_NAMES, "userhost-in-names"),
        (Caps::AWAY_NOTIFY, "away-notify"),
        (Caps::SASL, "sasl"),
        (Caps::ACCOUNT_REGISTRATION, "draft/account-registration"),
        (Caps::EVENT_PLAYBACK, "draft/event-playback"),
        (Caps::INVITE_NOTIFY, "invite-notify"),
        (Caps::CHGHOST, "chghost"),
        (Caps::NO_IMPLICIT_NAMES, "no-implicit-names"),
        (Caps::READ_MARKER, "draft/read-marker"),
        (Caps::EXTENDED_MONITOR, "extended-monitor"),
        (Caps::MULTILINE, "draft/multiline"),
        (Caps::MESSAGE_REDACTION, "draft/message-redaction"),
        (Caps::CHANNEL_RENAME, "draft/channel-rename"),
        (Caps::PRE_AWAY, "draft/pre-away"),
        (Caps::METADATA, "draft/metadata-2"),
        (Caps::METADATA_3, "draft/metadata-3"),
        (Caps::SEARCH, "soju.im/search"),
        (Caps::EXTENDED_ISUPPORT, "draft/extended-isupport"),
        (Caps::STS, "sts"),
        (Caps::TAKE_OVER, "klatch.chat/take-over"),
        (Caps::NONCE, "klatch.chat/nonce"),
    ];

    /// The capability called `name`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Caps> {
        Caps::NAMES.iter().find(|(_, known)| *known == name).map(|(cap, _)| *cap)
    }

    /// The names of all in this set, in the order of [`Caps::NAMES`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Caps::NAMES.iter().filter(move |(cap, _)| self.contains(*cap)).map(|(_, name)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_one_name() {
        assert_eq!(Caps::NAMES.len(), Caps::all().iter().count());
        for (cap, name) in Caps::NAMES {
            assert_eq!(Caps::by_name(name), Some(*cap));
            assert_eq!(cap.iter().count(), 1);
        }
        let set = Caps::BATCH | Caps::SASL;
        assert_eq!(set.names().collect::<Vec<_>>(), ["batch", "sasl"]);
    }
}
