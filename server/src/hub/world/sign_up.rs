//! Making accounts: names, codes, ranks.

use std::{collections::BTreeSet, sync::Arc};

use klatch_protocol::{AccountName, UnixMs};
use subtle::ConstantTimeEq;

use super::{Account, Change, Refusal, UserId, World};
use crate::hub::{
    io::{AccountId, AccountRow, Rank},
    policy::SignUp,
};

/// What a code is good for.
enum Pass {
    /// It makes the owner.
    Owner,
    /// It is an invitation.
    Invite(String),
    /// None was needed.
    Open,
}

impl World {
    /// Whether an account of this name could be made with this code, so that no hash is computed in vain.
    ///
    /// # Errors
    /// The [`Refusal`] that [`Command::CreateAccount`](super::Command::CreateAccount) would meet.
    pub fn check_sign_up(&self, name: &AccountName, code: Option<&str>, by: Option<UserId>) -> Result<(), Refusal> {
        self.pass_for(code)?;
        self.check_free(name, by)
    }

    /// Whether nobody has this name but perhaps `by`.
    ///
    /// # Errors
    /// [`Refusal::AccountExists`].
    pub fn check_free(&self, name: &AccountName, by: Option<UserId>) -> Result<(), Refusal> {
        let held = self.nicks.holder(name.as_str(), name.folded()).is_some_and(|holder| Some(holder) != by);
        match held || self.account_names.holder(name.as_str(), name.folded()).is_some() {
            true => Err(Refusal::AccountExists),
            false => Ok(()),
        }
    }

    pub(super) fn create_account(
        &mut self,
        now: UnixMs,
        name: AccountName,
        display: String,
        hash: Arc<str>,
        code: Option<&str>,
        by: Option<UserId>,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_sign_up(&name, code, by)?;
        let mut changes = Vec::with_capacity(2);
        let mut rank = Rank::Member;
        match self.pass_for(code)? {
            Pass::Owner => {
                rank = Rank::Owner;
                self.owner_code = None;
                changes.push(Change::OwnerCodeUsed);
            }
            Pass::Invite(code) => {
                self.invites.remove(&code);
                changes.push(Change::InviteUsed(code));
            }
            Pass::Open => {}
        }
        changes.push(self.make_account(now, name, display, hash, rank));
        Ok(changes)
    }

    /// The operator of the server needs no code.
    pub(super) fn add_account(
        &mut self,
        now: UnixMs,
        name: AccountName,
        hash: Arc<str>,
    ) -> Result<Vec<Change>, Refusal> {
        self.check_free(&name, None)?;
        let display = name.as_str().to_owned();
        Ok(vec![self.make_account(now, name, display, hash, Rank::Member)])
    }

    fn make_account(&mut self, now: UnixMs, name: AccountName, display: String, hash: Arc<str>, rank: Rank) -> Change {
        self.last_account += 1;
        let id = AccountId(self.last_account);
        let row = AccountRow { id, name, display, hash, rank, created: now, seen: None };
        self.account_names.take(row.name.as_str(), row.name.folded(), id);
        self.accounts.insert(id, Account { row: row.clone(), rooms: BTreeSet::new() });
        Change::AccountCreated(row)
    }

    pub(super) fn set_hash(&mut self, id: AccountId, hash: Arc<str>) -> Result<Vec<Change>, Refusal> {
        self.accounts.get_mut(&id).ok_or(Refusal::Gone)?.row.hash = hash.clone();
        Ok(vec![Change::HashSet(id, hash)])
    }

    pub(super) fn add_invite(&mut self, now: UnixMs, code: String) -> Vec<Change> {
        self.invites.insert(code.clone());
        vec![Change::InviteAdded(code, now)]
    }

    /// What `code` is good for. A wrong code is refused even where none is needed: who mistypes the owner code should
    /// hear of it. Every known code is compared, each in constant time, so that the time tells nothing about them.
    fn pass_for(&self, code: Option<&str>) -> Result<Pass, Refusal> {
        let given = code.unwrap_or_default();
        let is_owner = self.owner_code.as_deref().is_some_and(|known| same_secret(known, given));
        let mut invite = None;
        for known in &self.invites {
            if same_secret(known, given) {
                invite = Some(known.clone());
            }
        }
        match (is_owner, self.policy.sign_up, invite) {
            (true, _, _) => Ok(Pass::Owner),
            (false, SignUp::Closed, _) => Err(Refusal::SignUpClosed),
            (false, _, Some(invite)) => Ok(Pass::Invite(invite)),
            (false, SignUp::Open, None) if code.is_none() => Ok(Pass::Open),
            (false, _, None) => Err(Refusal::CodeNeeded),
        }
    }
}

fn same_secret(known: &str, given: &str) -> bool {
    !known.is_empty() && bool::from(known.as_bytes().ct_eq(given.as_bytes()))
}
