//! Proxies before the service: whose word about who asks is taken.

use std::{net::IpAddr, sync::Arc};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// What such a proxy says who asks: the addresses on the way, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The networks of proxies that are trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// These networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether an address is a trusted proxy's.
    #[must_use]
    pub fn hold(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who asks: the peer, or where that is a trusted proxy, the nearest address on the way that is none. What stands before
    /// it anybody can have written. An entry that is no address ends the way: who wrote it is all that is known.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut way = entries.into_iter().rev();
        while self.hold(client) {
            match way.next().and_then(address_of) {
                Some(before) => client = before,
                None => break,
            }
        }
        client
    }
}

/// The address of an entry, which some proxies write with the port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    entry.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_trusted_proxy_says_is_believed() {
        let proxies = TrustedProxies::new(vec![
            "10.0.0.0/8".parse().expect("a network"),
            "2001:db8::7/128".parse().expect("a network"),
        ]);
        let client = |peer: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().expect("a value"));
            }
            proxies.client(peer.parse().expect("an address"), &headers).to_string()
        };
        assert_eq!(client("192.0.2.7", &["198.51.100.1"]), "192.0.2.7", "a stranger says nothing of others");
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.2.3.4"]),
            "198.51.100.1",
            "what is before is made up"
        );
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.1:4711"]), "198.51.100.1", "lines are one list");
        assert_eq!(client("2001:db8::7", &["[2001:db8:1::5]"]), "2001:db8:1::5");
        for nothing in [&[][..], &[""], &["unknown"], &["198.51.100.1, unknown"]] {
            assert_eq!(client("10.0.0.1", nothing), "10.0.0.1", "{nothing:?}");
        }
        assert_eq!(client("10.0.0.1", &["10.0.0.2"]), "10.0.0.2", "a proxy that asks for itself");
        assert_eq!(
            TrustedProxies::default().client("10.0.0.1".parse().expect("one"), &HeaderMap::new()).to_string(),
            "10.0.0.1"
        );
    }
}
