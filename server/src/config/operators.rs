//! `[operators]`: who keeps order on the whole server.

use std::sync::Arc;

use klatch_protocol::{AccountName, CaseMapping};
use serde::{Deserialize, Deserializer, de};

use crate::hub::{
    io::Secret,
    policy::{OperatorLogin, Proof},
};

/// `[operators]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operators {
    /// The accounts that keep order as soon as they log in.
    #[serde(deserialize_with = "accounts")]
    pub accounts: Vec<AccountName>,
    /// Names and passwords for OPER.
    #[serde(deserialize_with = "logins")]
    pub login: Vec<OperatorLogin>,
}

/// An entry of `login`: a name with one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: Option<String>,
    password_hash: Option<String>,
}

impl TryFrom<Login> for OperatorLogin {
    type Error = &'static str;

    fn try_from(Login { name, password, password_hash }: Login) -> Result<Self, Self::Error> {
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("`name` has to be one word");
        }
        let proof = match (password, password_hash) {
            (Some(password), None) if !password.is_empty() => Proof::Password(Secret::from(password)),
            (None, Some(hash)) if hash.starts_with("$argon2") => Proof::Hash(Arc::from(hash)),
            (None, Some(_)) => return Err("`password_hash` has to be an Argon2 hash, `$argon2id$…`"),
            _ => return Err("give either `password` or `password_hash`, and not an empty one"),
        };
        Ok(OperatorLogin { name, proof })
    }
}

fn accounts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AccountName>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let named = |text: &String| {
        AccountName::under(CaseMapping::Precis, text).map_err(|fault| de::Error::custom(format!("`{text}` {fault}")))
    };
    names.iter().map(named).collect()
}

fn logins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<OperatorLogin>, D::Error> {
    let logins = Vec::<Login>::deserialize(from)?;
    logins.into_iter().map(|login| login.try_into().map_err(de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::File;

    fn operators(text: &str) -> Result<Operators, String> {
        File::parse(text, Path::new("k.toml")).map(|file| file.operators).map_err(|error| error.to_string())
    }

    #[test]
    fn operators_are_accounts_and_logins() {
        let text = "[operators]\naccounts = [\"amy\"]\n\
                    [[operators.login]]\nname = \"root\"\npassword = \"secret\"\n\
                    [[operators.login]]\nname = \"bob\"\npassword_hash = \"$argon2id$x\"";
        let read = operators(text).unwrap();
        assert_eq!(read.accounts, [AccountName::new("amy").unwrap()]);
        assert_eq!(read.login.iter().map(|login| &*login.name).collect::<Vec<_>>(), ["root", "bob"]);
        assert!(!format!("{read:?}").contains("secret"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, want) in [
            ("[operators]\naccounts = [\"a b\"]", "`a b` holds ' '"),
            ("[[operators.login]]\nname = \"x\"", "give either"),
            ("[[operators.login]]\nname = \"x\"\npassword = \"\"", "give either"),
            ("[[operators.login]]\nname = \"\"\npassword = \"y\"", "one word"),
            ("[[operators.login]]\nname = \"x\"\npassword_hash = \"y\"", "$argon2id$"),
            ("[[operators.login]]\nname = \"x\"\npass = \"y\"", "unknown field `pass`"),
        ] {
            let error = operators(text).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
