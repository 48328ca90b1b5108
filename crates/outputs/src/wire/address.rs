//! Where messages go.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A host, by name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Reads `host:port`, `10.0.0.1:port`, `[::1]:port`; the error says what would be right.
    pub fn parse(text: &str) -> Result<Address, String> {
        let fault = || format!("{text:?} is no host:port such as tak.example.org:8087");
        let (host, port) = text.rsplit_once(':').ok_or_else(fault)?;
        let port: u16 = port.parse().map_err(|_| fault())?;
        let numbers = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let bare = numbers.unwrap_or(host);
        let is_v6 = bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6());
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_name = !bare.is_empty() && bare.chars().all(plain);
        if port == 0 || numbers.is_some() != is_v6 || !(is_v6 || is_name) {
            return Err(fault());
        }
        Ok(Address { host: bare.to_owned(), port })
    }

    /// Whether it is a group.
    pub fn is_multicast(&self) -> bool {
        self.host.parse().is_ok_and(|ip: IpAddr| ip.is_multicast())
    }

    /// What it stands for at present.
    pub async fn resolve(&self, timeout: Duration) -> Result<Vec<SocketAddr>, String> {
        let lookup = tokio::net::lookup_host((self.host.as_str(), self.port));
        match tokio::time::timeout(timeout, lookup).await {
            Err(_) => Err(format!("{} is not resolved in time", self.host)),
            Ok(Err(error)) => Err(format!("{} cannot be resolved: {error}", self.host)),
            Ok(Ok(found)) => {
                let found: Vec<_> = found.collect();
                match found.is_empty() {
                    true => Err(format!("{} has no address", self.host)),
                    false => Ok(found),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_nothing_else_is() {
        for good in ["localhost:1", "10.0.0.1:8087", "[::1]:8087", "tak_1.example.org:6969"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost", "localhost:0", "localhost:70000", "::1:8087", "[localhost]:1"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert!(Address::parse("239.2.3.1:6969").unwrap().is_multicast());
        assert!(!Address::parse("localhost:6969").unwrap().is_multicast());
    }
}
