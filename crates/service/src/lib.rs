//! The registry service: takes events from many scanners, keeps each once, and shows the fleet.
//!
//! In: CloudEvents over HTTPS and from an MQTT broker. Out: cases, each of one transmitter that any number of scanners heard. Refuses to receive anything from the air, and to
//! judge cells: scanners do. Requests are answered by tokio's threads, which never wait for the database: one thread
//! writes events, one estimates places, a few others answer questions.

mod api;
pub mod audit;
mod background;
mod cases;
mod connections;
pub mod database;
mod estimate;
mod estimator;
mod event_writer;
pub mod events;
mod gate;
pub mod health;
mod intake;
mod metrics;
mod problem;
pub mod proxies;
mod readers;
mod retention;
mod slots;
mod tls;
pub mod tokens;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum_server::Handle;
use jiff::SignedDuration;
use thiserror::Error;
use tokio::{sync::broadcast, time};

use api::ApiState;
use audit::{Audit, AuditOutput};
use connections::Connections;
use database::{DatabaseAddress, DatabaseError};
use event_writer::EventWriter;
use gate::Gate;
use health::Health;
use intake::Intake;
use metrics::Metrics;
use proxies::TrustedProxies;
use readers::Readers;
use slots::Slots;

use cellwarden_feed::{FeedError, FeedUrl, access::Access};

/// How long requests under way may take when the service ends: longer than the database may take to answer.
const GRACE: Duration = Duration::from_secs(6);

/// How long what runs beside them may take after that.
const LAST_GRACE: Duration = Duration::from_millis(500);

/// How long a connection may be silent before its first request is there.
const FIRST_REQUEST: Duration = Duration::from_secs(15);

/// How long the head of any request may take to come in.
const HEAD: Duration = Duration::from_secs(15);

/// How often an end is looked for, and what is old forgotten.
const LOOK: Duration = Duration::from_millis(100);
const TIDY: Duration = Duration::from_secs(60);

/// Changes of cases that a slow listener may fall behind.
const LIVE: usize = 1024;

/// How the service runs.
pub struct ServiceOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Certificates and their key, PEM files; `None` is plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether tokens are asked for.
    pub authentication: bool,
    /// Events that a token may send a second.
    pub events_per_second: NonZeroU32,
    /// How long sightings are kept.
    pub keep_sightings: SignedDuration,
    /// Where the database is.
    pub database: DatabaseAddress,
    /// The broker below whose topic scanners publish, and what it asks of us.
    pub intake: Option<(FeedUrl, Access)>,
    /// The registered cell list that is handed out, with its signature beside it.
    pub list: Option<PathBuf>,
    /// Proxies whose word about who asks is taken.
    pub trusted_proxies: TrustedProxies,
    /// Where the audit log goes.
    pub audit: AuditOutput,
}

/// Why the service cannot run.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The address.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Certificates or key.
    #[error("{}: {what}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The database.
    #[error("{address}: {error}")]
    Database {
        /// The database.
        address: String,
        /// What it says.
        error: DatabaseError,
    },
    /// The broker.
    #[error("--intake: {0}")]
    Intake(#[from] FeedError),
    /// The system.
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
}

/// Serves until `stop` is set; `ready` is called with the address once requests are accepted.
///
/// # Errors
/// See [`ServiceError`].
pub fn run(options: ServiceOptions, stop: &AtomicBool, ready: impl FnOnce(SocketAddr)) -> Result<(), ServiceError> {
    let ServiceOptions {
        listen,
        tls,
        authentication,
        events_per_second,
        keep_sightings,
        database,
        intake,
        list,
        trusted_proxies,
        audit,
    } = options;
    // Before anything else: a service that cannot listen leaves nothing behind.
    let unbound = |error| ServiceError::Listen { address: listen, error };
    let listener = TcpListener::bind(listen).map_err(unbound)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let unusable = |error| ServiceError::Database { address: database.to_string(), error };
    let (metrics, health) = (Metrics::new(), Health::default());
    let readers = Readers::open(&database).map_err(unusable)?;
    let (live, _) = broadcast::channel(LIVE);
    let (event_writer, writer_thread) =
        EventWriter::start(database.open().map_err(unusable)?, metrics.clone(), health.clone(), live.clone());
    let changed_cases = live.clone();
    // Where nobody listens, nobody needs to know.
    let _estimator = estimator::start(database.open().map_err(unusable)?, move |case| drop(changed_cases.send(case)));
    let _retention = retention::start(database.open().map_err(unusable)?, keep_sightings);
    let gate = Arc::new(Gate::new(authentication.then(|| readers.clone()), events_per_second));
    let tls = tls.map(|(certificate, key)| tls::config(&certificate, &key)).transpose()?;

    let intake = intake.map(|(url, access)| Intake::new(&url, &access)).transpose()?;
    let (audit, list) = (Arc::new(Audit::new(audit, health.clone())), list.map(Arc::from));
    let listeners = Arc::new(Slots::new(api::LISTENERS, api::LISTENERS_OF_TOKEN));
    let only_this_host = !authentication && listen.ip().to_canonical().is_loopback();
    // A connection to PostgreSQL must not be dropped by tokio's threads, as it has a runtime of its own: the last owner of
    // the connections is this thread.
    let connections_of_requests = readers.clone();
    let shared = ApiState {
        gate: Arc::clone(&gate),
        event_writer,
        readers,
        metrics,
        health,
        audit,
        live,
        listeners,
        only_this_host,
        list,
        trusted_proxies: trusted_proxies.clone(),
    };
    let (paths, from_broker) = (api::paths(shared.clone()), intake.map(|intake| intake.run(shared)));
    let paths = paths.into_make_service_with_connect_info::<SocketAddr>();

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        from_broker.map(tokio::spawn);
        let handle = Handle::new();
        let watched = handle.clone();
        let connections = Connections::new(trusted_proxies);
        let server = axum_server::from_tcp(listener)?.handle(handle).http1_only();
        let mut server = server.first_request_timeout(FIRST_REQUEST);
        server.http_builder().http1().header_read_timeout(HEAD);
        let serving = async {
            match tls {
                Some(config) => {
                    server
                        .acceptor(axum_server::tls_rustls::RustlsAcceptor::new(config).acceptor(connections))
                        .serve(paths)
                        .await
                }
                None => server.acceptor(connections).serve(paths).await,
            }
        };
        ready(address);
        let watching = async {
            let mut tidied = time::Instant::now();
            while !stop.load(Ordering::Relaxed) {
                time::sleep(LOOK).await;
                if tidied.elapsed() > TIDY {
                    gate.tidy();
                    tidied = time::Instant::now();
                }
            }
            watched.graceful_shutdown(Some(GRACE));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = serving => served,
            () = watching => Ok(()),
        }
    });
    // With the last connection the last sender of events is gone, and the thread ends when it has written what it has.
    runtime.shutdown_timeout(LAST_GRACE);
    writer_thread.join();
    connections_of_requests.close();
    Ok(served?)
}
