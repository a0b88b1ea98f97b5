//! `[webirc]`: which web gateways may say for whom they connect.

use serde::{Deserialize, Deserializer, de};

use crate::hub::{
    io::{Network, Secret},
    policy::Gateway,
};

/// `[webirc]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebIrc {
    /// The gateways.
    #[serde(deserialize_with = "gateways")]
    pub gateways: Vec<Gateway>,
}

/// An entry of `gateways`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(deserialize_with = "networks")]
    from: Vec<Network>,
    password: String,
}

/// A list of addresses and networks.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

fn gateways<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Gateway>, D::Error> {
    let entries = Vec::<Entry>::deserialize(from)?;
    let gateway = |Entry { from, password }| match password.is_empty() {
        true => Err(de::Error::custom("`password` must not be empty: who knows it may pose as any address")),
        false => Ok(Gateway { from, password: Secret::from(password) }),
    };
    entries.into_iter().map(gateway).collect()
}
