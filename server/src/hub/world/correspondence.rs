//! Who is who in conversations between two people, and taking back what was said.

use klatch_protocol::{AccountName, UnixMs};

use super::{Change, Refusal, Target, User, UserId, World};
use crate::hub::io::{AccountId, Place, Ranks, Record, RecordKind, Seq};

impl World {
    /// The number under which somebody's conversations are kept, if any can be.
    #[must_use]
    pub fn correspondent(user: &User) -> Option<AccountId> {
        user.account.or(user.correspondent)
    }

    /// How a correspondent is called now: by the nick of who is here, else by the account's name. `None` for a guest who
    /// has left; nobody can ask for them any more.
    #[must_use]
    pub fn correspondent_name(&self, id: AccountId) -> Option<&str> {
        if id.is_guest() {
            return self.users.values().find(|user| user.correspondent == Some(id)).map(|user| user.nick.as_str());
        }
        let here = self.person_of(id).map(|user| user.nick.as_str());
        here.or_else(|| self.accounts.get(&id).map(|account| account.row.name.as_str()))
    }

    /// Takes something back (ircv3.net "message-redaction"): the author may, where the operator of the server lets them,
    /// and in a room those who keep order there.
    pub(super) fn redact(
        &mut self,
        at: UnixMs,
        by: UserId,
        to: Target,
        (seq, place): (Seq, Place),
        author: Option<&AccountName>,
        reason: Option<String>,
    ) -> Result<Vec<Change>, Refusal> {
        let user = self.known(by)?.clone();
        let own = self.policy.delete_own
            && author.is_some()
            && self.account_name(&user).map(AccountName::as_str) == author.map(AccountName::as_str);
        let keeper = match to {
            Target::Room(room) => {
                let room = self.known_room(room)?;
                if !room.present.contains_key(&by) {
                    return Err(Refusal::NotInRoom);
                }
                self.authority(room, &user).reach(Ranks::HALF_OPERATOR)
            }
            Target::Ranked(..) | Target::Moderators(_) | Target::User(_) | Target::Account(_) => false,
        };
        if !own && !keeper {
            return Err(Refusal::NotOperator);
        }
        let record = Record {
            seq: self.next_seq(),
            at,
            place,
            source: user.source.to_string(),
            account: self.account_name(&user).cloned(),
            kind: RecordKind::Redact,
            tags: user.own_tags().to_owned(),
            text: format!("{} {}", seq.0, reason.as_deref().unwrap_or_default()),
        };
        Ok(vec![Change::Redacted { by, to, seq, reason, record }])
    }
}
