//! `server.listen`: an address as a text, or a table where more has to be said than where.

use std::{fmt, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, de};

use crate::net::Endpoint;

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(pub Endpoint);

/// An entry as a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    address: SocketAddr,
    tls: Option<bool>,
    websocket: Option<bool>,
    #[serde(default)]
    proxy: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Table {
    fn endpoint(self) -> Result<Endpoint, &'static str> {
        let Table { address, tls, websocket, proxy, certificate, key } = self;
        let certificate = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err("`certificate` and `key` belong together; give both or neither"),
        };
        Ok(Endpoint { address, tls, websocket, proxy, compat: None, certificate })
    }
}

impl<'de> Deserialize<'de> for Listen {
    /// By what stands there, so that a fault within a table is told with its own place.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Listen;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as \"0.0.0.0:23791\", or a table with one")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Listen, E> {
                let address: Result<SocketAddr, _> = text.parse();
                let address = address.map_err(|_| {
                    E::custom(format!("`{text}` is no address with a port; write 0.0.0.0:23791 or [::1]:23791"))
                })?;
                Ok(Listen(address.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Listen, A::Error> {
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                table.endpoint().map(Listen).map_err(de::Error::custom)
            }
        }
        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::File;

    fn listen(text: &str) -> Result<Vec<Listen>, String> {
        File::parse(text, Path::new("k.toml")).map(|file| file.server.listen).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_and_tables_say_where_to_listen() {
        let plain: Endpoint = "[::1]:0".parse::<SocketAddr>().unwrap().into();
        assert_eq!(listen("[server]\nlisten = [\"[::1]:0\"]"), Ok(vec![Listen(plain.clone())]));
        let mixed = listen("[server]\nlisten = [\"[::1]:0\", { address = \"[::1]:0\", tls = true }]").unwrap();
        assert_eq!(mixed, [Listen(plain.clone()), Listen(Endpoint { tls: Some(true), ..plain })]);
        let tables = listen(
            "[[server.listen]]\naddress = \"127.0.0.1:6667\"\nwebsocket = true\nproxy = true\n\
             [[server.listen]]\naddress = \"127.0.0.1:6697\"\ncertificate = \"a\"\nkey = \"b\"\n",
        );
        let [Listen(first), Listen(second)] = &tables.unwrap()[..] else { panic!() };
        assert_eq!((first.websocket, first.proxy, first.tls), (Some(true), true, None));
        assert_eq!(second.certificate, Some(("a".into(), "b".into())));
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, want) in [
            ("[server]\nlisten = [\"127.0.0.1\"]", "k.toml:2:11: `127.0.0.1` is no address"),
            ("[server]\nlisten = [7]", "k.toml:2:11: invalid type"),
            ("[[server.listen]]\naddress = \"::1\"", "k.toml:2:11: "),
            ("[[server.listen]]\naddress = \"[::1]:1\"\nkey = \"b\"", "k.toml:1:1: `certificate` and `key`"),
            ("[[server.listen]]\naddress = \"[::1]:1\"\nprxy = true", "k.toml:3:1: unknown field `prxy`"),
        ] {
            let error = listen(text).unwrap_err();
            assert!(error.starts_with(want), "{error}");
        }
    }
}
