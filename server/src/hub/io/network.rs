//! Ranges of addresses, as operators write them.

use std::{fmt, net::IpAddr, str::FromStr, sync::Arc};

use klatch_protocol::UnixMs;

/// All addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether it is a large part of the world: fewer than 8 bits (IPv4) or 16 (IPv6).
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.bits < if self.base.is_ipv4() { 8 } else { 16 }
    }

    /// Whether `address` is one of them. An IPv4 address within IPv6 (`::ffff:10.0.0.1`) counts as itself.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.bits) == Some(self.base)
    }
}

/// Whether `address` lies in one of `networks`.
#[must_use]
pub fn listed(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// The first `bits` of an address with zeros behind them; `None` when it has not so many.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(v4) => {
            let rest = 32_u32.checked_sub(bits)?;
            Some(IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(rest).unwrap_or(0)).into()))
        }
        IpAddr::V6(v6) => {
            let rest = 128_u32.checked_sub(bits)?;
            Some(IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(rest).unwrap_or(0)).into()))
        }
    }
}

/// What counts as one address: one household usually has a whole IPv6 /64.
#[must_use]
pub fn origin(address: IpAddr) -> IpAddr {
    of_v6(address, 64)
}

/// What takes turns with the rest of the world as one: whoever rents a machine easily gets an IPv6 /48.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    of_v6(address, 48)
}

fn of_v6(address: IpAddr, bits: u8) -> IpAddr {
    let address = address.to_canonical();
    match address {
        IpAddr::V6(v6) if !v6.is_loopback() => masked(address, bits).unwrap_or(address),
        _ => address,
    }
}

/// The most addresses that are remembered of one name.
pub const ADDRESSES_KNOWN: usize = 8;

/// The owner of a name logged in from somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAddress {
    /// The name, casefolded.
    pub name: Arc<str>,
    /// From where, as [`origin`] counts.
    pub from: IpAddr,
    /// When it was written down last.
    pub at: UnixMs,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no address or network; write 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        Ok(Network { base: masked(address, bits).ok_or_else(wrong)?, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_with_its_bits() {
        let holds =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.9.9.9", "::1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("::1", "::1", "::2"),
        ] {
            assert!(holds(network, inside) && !holds(network, outside), "{network}");
        }
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/x", "host"] {
            assert!(wrong.parse::<Network>().unwrap_err().contains("10.0.0.0/8"), "{wrong}");
        }
        assert_eq!("10.1.2.3/8".parse::<Network>().unwrap().to_string(), "10.0.0.0/8");
    }
}
