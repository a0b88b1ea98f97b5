//! The address under which this machine is known in its local network, found from its interfaces.

use std::net::{IpAddr, Ipv4Addr};

use if_addrs::Interface;

/// The IPv4 address of this machine in its local network, if it has one. Nothing is sent anywhere to find it.
#[must_use]
pub fn address() -> Option<Ipv4Addr> {
    choose(&if_addrs::get_if_addrs().ok()?)
}

/// Private addresses of real interfaces first; those of containers and virtual machines last.
fn choose(interfaces: &[Interface]) -> Option<Ipv4Addr> {
    let usable = interfaces.iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(ip) if !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified() => Some((interface, ip)),
        _ => None,
    });
    usable.min_by_key(|(interface, ip)| (is_virtual(&interface.name), !ip.is_private())).map(|(_, ip)| ip)
}

fn is_virtual(name: &str) -> bool {
    ["docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "tun", "tap", "wg", "tailscale", "podman", "cni"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr};

    use super::*;

    fn interface(name: &str, ip: [u8; 4]) -> Interface {
        let addr = Ifv4Addr { ip: ip.into(), netmask: [255, 255, 255, 0].into(), prefixlen: 24, broadcast: None };
        Interface {
            name: name.into(),
            addr: IfAddr::V4(addr),
            index: None,
            oper_status: IfOperStatus::Up,
            is_p2p: false,
        }
    }

    #[test]
    fn the_address_of_the_local_network_is_preferred() {
        let all = [
            interface("lo", [127, 0, 0, 1]),
            interface("docker0", [172, 17, 0, 1]),
            interface("eth1", [203, 0, 113, 7]),
            interface("eth0", [192, 168, 1, 5]),
            interface("eth2", [169, 254, 1, 1]),
        ];
        assert_eq!(choose(&all), Some([192, 168, 1, 5].into()));
        assert_eq!(choose(&all[..3]), Some([203, 0, 113, 7].into()));
        assert_eq!(choose(&all[..2]), Some([172, 17, 0, 1].into()));
        assert_eq!(choose(&all[..1]), None);
    }
}
