//! Checked settings of the registry service.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
};

use ipnet::IpNet;
use jiff::SignedDuration;

use super::{ConfigError, records::in_data_folder, values::check_given};
use crate::cli::{EVENTS_PER_SECOND, KEEP_SIGHTINGS_DAYS, LISTEN, ServeAction, ServeOptions, Text};
use cellwarden_feed::target::{FeedUrl, Protocol};

/// Settings of `serve`.
#[derive(Debug)]
pub struct ServeSettings {
    /// What to do; `None` runs the service.
    pub action: Option<ServeAction>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where events are kept.
    pub database: String,
    /// Certificates and their key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether tokens are asked for.
    pub authentication: bool,
    /// Events that one scanner may send a second.
    pub events_per_second: NonZeroU32,
    /// How long sightings are kept.
    pub keep_sightings: SignedDuration,
    /// The broker whose events are taken.
    pub intake: Option<FeedUrl>,
    /// What it is shown.
    pub intake_access: Option<PathBuf>,
    /// The registered cell list that is handed out.
    pub registry_list: Option<PathBuf>,
    /// Networks of proxies whose word about who asks is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Where the audit log goes; standard error where there is no file.
    pub audit_log: Option<PathBuf>,
}

pub(super) fn check_serve(action: Option<ServeAction>, options: ServeOptions) -> Result<ServeSettings, ConfigError> {
    let standard = |given: Option<Text>, standard: &str| given.unwrap_or_else(|| Text(standard.to_owned()));
    let expected = "an address and a port, like 127.0.0.1:8080 or [::]:8443";
    let listen = check_given("listen", standard(options.listen, LISTEN), expected, |text| text.parse().ok())?;
    let tls = match (options.tls_certificate, options.tls_key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => return Err(needs("tls-certificate", "tls-key", "they go together")),
        (None, Some(_)) => return Err(needs("tls-key", "tls-certificate", "they go together")),
    };
    let authentication = !options.without_authentication.unwrap_or_default();
    if action.is_none() && !is_this_host(listen) && !options.insecure_beyond_this_host.unwrap_or_default() {
        if tls.is_none() {
            let why = "beyond this host tokens could be read on the way; with a proxy that does TLS say \
                       --insecure-beyond-this-host";
            return Err(needs("listen", "tls-certificate", why));
        }
        if !authentication {
            let why = "beyond this host anybody could change everything";
            return Err(needs("without-authentication", "insecure-beyond-this-host", why));
        }
    }
    let per_second = |text: &str| text.parse::<NonZeroU32>().ok().filter(|number| number.get() <= 1_000_000);
    Ok(ServeSettings {
        action,
        listen,
        database: options.database.map_or_else(in_own_folder, Ok)?,
        tls,
        authentication,
        events_per_second: check_given(
            "events-per-second",
            standard(options.events_per_second, EVENTS_PER_SECOND),
            "1 to 1000000",
            per_second,
        )?,
        keep_sightings: SignedDuration::from_hours(
            24 * check_given(
                "keep-sightings",
                standard(options.keep_sightings, KEEP_SIGHTINGS_DAYS),
                "1 to 36500 days",
                |text| text.parse::<i64>().ok().filter(|days| (1..=36_500).contains(days)),
            )?,
        ),
        intake: options.intake.map(check_intake).transpose()?,
        intake_access: options.intake_access,
        registry_list: options.registry_list,
        trusted_proxies: options.trusted_proxies.into_iter().map(check_network).collect::<Result<_, _>>()?,
        audit_log: options.audit_log,
    })
}

/// A network, or one address.
fn check_network(value: String) -> Result<IpNet, ConfigError> {
    let one = || value.parse::<IpAddr>().ok().map(IpNet::from);
    let network = value.parse().ok().or_else(one).map(|network: IpNet| network.trunc());
    network.ok_or(ConfigError::Value {
        option: "trusted-proxies",
        value,
        expected: "networks or addresses, like 10.0.0.0/8,2001:db8::7",
    })
}

fn check_intake(value: String) -> Result<FeedUrl, ConfigError> {
    let expected = "mqtts://HOST/TOPIC or mqtt://HOST/TOPIC";
    let url = value.parse().ok().filter(|url: &FeedUrl| matches!(url.protocol(), Protocol::Mqtt { .. }));
    url.ok_or(ConfigError::Value { option: "intake", value, expected })
}

/// The file in the data folder.
fn in_own_folder() -> Result<String, ConfigError> {
    let path = in_data_folder("service.sqlite", "database")?;
    path.into_os_string().into_string().map_err(|_| ConfigError::NoDataFolder { option: "database" })
}

fn needs(option: &'static str, needed: &'static str, why: &'static str) -> ConfigError {
    ConfigError::Needs { option, needed, why }
}

/// Loopback of IPv4 also where it is written in IPv6.
fn is_this_host(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut ServeOptions)) -> Option<String> {
        let mut options = ServeOptions { database: Some("s.sqlite".to_owned()), ..Default::default() };
        change(&mut options);
        check_serve(None, options).err().map(|error| error.to_string())
    }

    #[test]
    fn nothing_is_open_beyond_this_host_unless_somebody_says_so() {
        let listen = |address: &str| Some(Text(address.to_owned()));
        let with_tls = |options: &mut ServeOptions| {
            (options.tls_certificate, options.tls_key) = (Some("c.pem".into()), Some("k.pem".into()));
        };
        for here in ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(refused(|options| options.listen = listen(here)), None, "{here}");
            let open = refused(|options| (options.listen, options.without_authentication) = (listen(here), Some(true)));
            assert_eq!(open, None, "{here}");
        }
        for beyond in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[::ffff:192.0.2.1]:80"] {
            let error = refused(|options| options.listen = listen(beyond)).expect("no TLS");
            assert!(error.contains("--tls-certificate"), "{error}");
            let error = refused(|options| {
                with_tls(options);
                (options.listen, options.without_authentication) = (listen(beyond), Some(true));
            });
            assert!(error.expect("no authentication").contains("--insecure-beyond-this-host"));
            let secure = refused(|options| {
                with_tls(options);
                options.listen = listen(beyond);
            });
            assert_eq!(secure, None);
            let insecure = refused(|options| {
                (options.without_authentication, options.insecure_beyond_this_host) = (Some(true), Some(true));
                options.listen = listen(beyond);
            });
            assert_eq!(insecure, None);
        }
    }

    #[test]
    fn what_is_half_or_out_of_range_is_refused() {
        let text = |text: &str| Some(Text(text.to_owned()));
        assert!(refused(|options| options.tls_key = Some("k".into())).is_some_and(|e| e.contains("go together")));
        assert!(refused(|options| options.tls_certificate = Some("c".into())).is_some());
        for bad in ["localhost", "127.0.0.1", ":80", "127.0.0.1:65536"] {
            assert!(refused(|options| options.listen = text(bad)).is_some_and(|e| e.starts_with("--listen")), "{bad}");
        }
        for bad in ["https://a/b", "mqtt://", "a/b"] {
            let error = refused(|options| options.intake = Some(bad.to_owned()));
            assert!(error.is_some_and(|error| error.starts_with("--intake")), "{bad}");
        }
        for bad in ["10.0.0.0/33", "proxy", "", "10.0.0.0/8/8"] {
            let error = refused(|options| options.trusted_proxies = vec!["10.0.0.1".to_owned(), bad.to_owned()]);
            assert!(error.is_some_and(|error| error.starts_with("--trusted-proxies")), "{bad}");
        }
        assert_eq!(refused(|options| options.trusted_proxies = vec!["10.1.2.3/8".to_owned(), "::1".to_owned()]), None);
        for bad in ["0", "-1", "1e3", "1000001"] {
            assert!(refused(|options| options.events_per_second = text(bad)).is_some(), "{bad}");
        }
        for bad in ["0", "-1", "36501", "a week"] {
            assert!(refused(|options| options.keep_sightings = text(bad)).is_some(), "{bad}");
        }
    }
}
