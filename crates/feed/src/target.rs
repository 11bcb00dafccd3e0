//! Where a feed leads: `https://…`, `mqtt://…`, `mqtts://…`.

use std::{fmt, net::IpAddr, str::FromStr};

use http::Uri;
use thiserror::Error;

/// The address of a receiver. It holds no secret: these come from an [`access file`](super::access).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedUrl {
    text: String,
    origin: String,
    host: String,
    port: u16,
    path: String,
    protocol: Protocol,
}

/// How a receiver is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP POST.
    Http {
        /// Over TLS.
        tls: bool,
    },
    /// MQTT, QoS 1.
    Mqtt {
        /// Over TLS.
        tls: bool,
        /// Version 5; else 3.1.1, which every broker takes.
        v5: bool,
    },
}

/// Why an address is none of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FeedUrlError {
    /// No address at all.
    #[error("expected https://HOST/PATH, mqtts://HOST/TOPIC or mqtt://HOST/TOPIC")]
    Form,
    /// A user or a password in it.
    #[error("an address shows in process lists and logs: put user and password into the file of --feed-access")]
    Secret,
    /// HTTP to another host.
    #[error("http:// leads to this machine only; use https://")]
    Plain,
    /// An unknown MQTT version.
    #[error("expected ?version=3.1.1 or ?version=5")]
    Version,
    /// A topic that cannot be published to.
    #[error("a topic has levels of letters, digits, - and _, like mqtts://HOST/operator/cellwarden")]
    Topic,
}

impl FeedUrl {
    /// Scheme, host and port, by which access is looked up.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path without its first slash; of MQTT, the topic above the scanner's.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How to speak to it.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether what is sent can be read on the way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let tls = match self.protocol {
            Protocol::Http { tls } | Protocol::Mqtt { tls, .. } => tls,
        };
        !tls && !is_loopback(&self.host)
    }
}

impl FromStr for FeedUrl {
    type Err = FeedUrlError;

    fn from_str(text: &str) -> Result<Self, FeedUrlError> {
        let uri: Uri = text.parse().map_err(|_| FeedUrlError::Form)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(FeedUrlError::Form);
        };
        if authority.as_str().contains('@') {
            return Err(FeedUrlError::Secret);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let (protocol, usual_port) = match scheme {
            "https" => (Protocol::Http { tls: true }, 443),
            "http" if !is_loopback(&host) => return Err(FeedUrlError::Plain),
            "http" => (Protocol::Http { tls: false }, 80),
            "mqtt" => (Protocol::Mqtt { tls: false, v5: is_v5(&uri)? }, 1883),
            "mqtts" => (Protocol::Mqtt { tls: true, v5: is_v5(&uri)? }, 8883),
            _ => return Err(FeedUrlError::Form),
        };
        let port = authority.port_u16().unwrap_or(usual_port);
        let path = uri.path().trim_matches('/').to_owned();
        if matches!(protocol, Protocol::Mqtt { .. }) && !is_topic(&path) {
            return Err(FeedUrlError::Topic);
        }
        if host.is_empty() || port == 0 {
            return Err(FeedUrlError::Form);
        }
        Ok(Self { text: text.to_owned(), origin: format!("{scheme}://{authority}"), host, port, path, protocol })
    }
}

impl fmt::Display for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_v5(uri: &Uri) -> Result<bool, FeedUrlError> {
    match uri.query() {
        None | Some("version=3.1.1") => Ok(false),
        Some("version=5") => Ok(true),
        Some(_) => Err(FeedUrlError::Version),
    }
}

fn is_topic(path: &str) -> bool {
    let plain = |level: &str| level.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    path.split('/').all(|level| !level.is_empty() && plain(level))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_how_to_speak() {
        let url: FeedUrl = "https://registry.example/v1/events?x=1".parse().expect("good");
        assert_eq!((url.host(), url.port(), url.path()), ("registry.example", 443, "v1/events"));
        assert_eq!((url.origin(), url.is_open()), ("https://registry.example", false));
        let url: FeedUrl = "mqtts://[::1]:18883/operator/cellwarden?version=5".parse().expect("good");
        assert_eq!((url.host(), url.port(), url.path()), ("::1", 18883, "operator/cellwarden"));
        assert_eq!(url.protocol(), Protocol::Mqtt { tls: true, v5: true });
        assert_eq!(url.origin(), "mqtts://[::1]:18883");
        let url: FeedUrl = "mqtt://broker.example/cellwarden".parse().expect("good");
        assert_eq!((url.port(), url.protocol(), url.is_open()), (1883, Protocol::Mqtt { tls: false, v5: false }, true));
        assert!("http://127.0.0.1:8080/events".parse::<FeedUrl>().is_ok_and(|url| !url.is_open()));
    }

    #[test]
    fn others_are_refused_with_what_is_expected() {
        for (text, error) in [
            ("", FeedUrlError::Form),
            ("registry.example", FeedUrlError::Form),
            ("/events", FeedUrlError::Form),
            ("ftp://registry.example/", FeedUrlError::Form),
            ("https://", FeedUrlError::Form),
            ("https://registry.example:0/", FeedUrlError::Form),
            ("https://van:secret@registry.example/", FeedUrlError::Secret),
            ("http://registry.example/events", FeedUrlError::Plain),
            ("http://localhost.evil.example/", FeedUrlError::Plain),
            ("mqtt://broker.example", FeedUrlError::Topic),
            ("mqtt://broker.example/a//b", FeedUrlError::Topic),
            ("mqtt://broker.example/a/+", FeedUrlError::Topic),
            ("mqtt://broker.example/a?version=4", FeedUrlError::Version),
        ] {
            assert_eq!(text.parse::<FeedUrl>(), Err(error), "{text}");
        }
    }
}
