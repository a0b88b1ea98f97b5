//! Server bans, and what operators did, as they are kept.

use std::{fmt, net::IpAddr, str::FromStr};

use klatch_protocol::{AccountName, CaseMapping, UnixMs, mask};

use super::Network;

/// A ban's number in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BanId(pub u64);

/// Somebody who may not come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Its number.
    pub id: BanId,
    /// Who is meant.
    pub target: BanTarget,
    /// Why; who is hit gets to see it.
    pub reason: String,
    /// Who made it: a nick, or `the console`.
    pub by: String,
    /// When.
    pub at: UnixMs,
    /// When it ends, if it does.
    pub until: Option<UnixMs>,
}

impl Ban {
    /// Whether it counts no more.
    #[must_use]
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl fmt::Display for Ban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} at {}, ", self.target, self.by, self.at)?;
        match self.until {
            Some(until) => write!(f, "until {until}: {}", self.reason),
            None => write!(f, "for good: {}", self.reason),
        }
    }
}

/// Whom a ban means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanTarget {
    /// An account, from wherever.
    Account(AccountName),
    /// Everybody from these addresses.
    Network(Network),
    /// Everybody whose `nick!user@address` fits, without regard to case.
    Mask(String),
}

/// How names and masks are compared here. It knows the names of every configuration, and bans are kept for longer than
/// one.
const FOLDING: CaseMapping = CaseMapping::Precis;

/// Somebody who is looked at, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub struct Suspect<'a> {
    /// Where from.
    pub address: IpAddr,
    /// Nick and user name, once both are known.
    pub names: Option<(&'a str, &'a str)>,
    /// The account.
    pub account: Option<&'a AccountName>,
}

impl BanTarget {
    /// Whether it means `who`.
    #[must_use]
    pub fn hits(&self, who: &Suspect<'_>) -> bool {
        match (self, who.names) {
            (BanTarget::Account(name), _) => who.account.is_some_and(|account| account.refold(FOLDING) == *name),
            (BanTarget::Network(network), _) => network.contains(who.address),
            (BanTarget::Mask(mask), Some((nick, ident))) => {
                mask::fits(mask, FOLDING.fold(&format!("{nick}!{ident}@{}", who.address.to_canonical())).as_str())
            }
            (BanTarget::Mask(_), None) => false,
        }
    }

    /// Whether it means a large part of the world: networks of fewer than 8 (IPv4) or 16 bits (IPv6), and masks with
    /// fewer than two letters of their own.
    #[must_use]
    pub fn is_too_wide(&self) -> bool {
        match self {
            BanTarget::Account(_) => false,
            BanTarget::Network(network) => network.is_wide(),
            BanTarget::Mask(mask) => mask.chars().filter(|c| !"*?!@.:".contains(*c)).count() < 2,
        }
    }
}

impl FromStr for BanTarget {
    type Err = String;

    /// A mask holds one of `!@*?`; what stands in front of `!` or behind `@` may be left out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['!', '@', '*', '?']) && !text.contains(char::is_whitespace) {
            let mask = match (text.contains('!'), text.contains('@')) {
                (true, true) => text.to_owned(),
                (true, false) => format!("{text}@*"),
                (false, true) => format!("*!{text}"),
                (false, false) => format!("{text}!*@*"),
            };
            return Ok(BanTarget::Mask(FOLDING.fold(&mask).to_string()));
        }
        if let Ok(network) = text.parse() {
            return Ok(BanTarget::Network(network));
        }
        AccountName::under(FOLDING, text).map(BanTarget::Account).map_err(|_| {
            format!("`{text}` is no account, address or mask; write amy, 10.0.0.7, 10.0.0.0/8 or *!*@10.*")
        })
    }
}

impl fmt::Display for BanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BanTarget::Account(name) => name.fmt(f),
            BanTarget::Network(network) => network.fmt(f),
            BanTarget::Mask(mask) => f.write_str(mask),
        }
    }
}

/// A span of time as operators write it, in milliseconds: `90s`, `30m`, `12h`, `7d`, `4w`; at most ten years.
#[must_use]
pub fn span(text: &str) -> Option<u64> {
    const TEN_YEARS: u64 = 10 * 366 * 86_400;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let all = digits.parse::<u64>().ok()?.checked_mul(seconds)?;
    (1..=TEN_YEARS).contains(&all).then_some(all * 1_000)
}

/// Something that an operator did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: UnixMs,
    /// Who: a nick, or `the console`.
    pub by: String,
    /// What, as it goes on behind the name.
    pub what: String,
}

/// The deeds that are told at the start, and that the hub remembers.
pub const DEEDS_TOLD: usize = 200;
/// The deeds that are kept; older ones are forgotten.
pub const DEEDS_KEPT: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_they_are_written() {
        for (text, shown, wide) in [
            ("amy", "amy", false),
            ("10.1.2.3/8", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3/32", false),
            ("0.0.0.0/0", "0.0.0.0/0", true),
            ("2000::/3", "2000::/3", true),
            ("Spam*", "spam*!*@*", false),
            ("*!*@10.0.*", "*!*@10.0.*", false),
            ("x@*", "*!x@*", true),
            ("*", "*!*@*", true),
        ] {
            let target: BanTarget = text.parse().unwrap();
            assert_eq!((target.to_string().as_str(), target.is_too_wide()), (shown, wide), "{text}");
            assert_eq!(shown.parse(), Ok(target), "{text}");
        }
        for text in ["", "a b", "#room", "10.0.0/8", "a *"] {
            assert!(text.parse::<BanTarget>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mask_sees_the_address() {
        let who = |names| Suspect { address: "::ffff:10.0.0.7".parse().unwrap(), names, account: None };
        let mask: BanTarget = "*!*@10.0.0.?".parse().unwrap();
        assert!(mask.hits(&who(Some(("Amy", "a")))));
        assert!(!mask.hits(&who(None)));
        assert!("AMY!*".parse::<BanTarget>().unwrap().hits(&who(Some(("aMy", "a")))));
    }

    #[test]
    fn spans_of_time() {
        for (text, want) in [
            ("90s", Some(90_000)),
            ("2h", Some(7_200_000)),
            ("1w", Some(604_800_000)),
            ("0s", None),
            ("9999w", None),
            ("7", None),
            ("d", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(span(text), want, "{text}");
        }
    }
}
