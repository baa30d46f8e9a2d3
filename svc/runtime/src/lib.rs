//! What every service shares, so that a service is its own configuration, its own routes and a `run`.
//!
//! Owns how a service is configured, logs, answers for its health, serves HTTP and stops. Knows no service, no clap
//! and no terminal: the command line lives in `util`, and what a service does lives in its own crate.
//!
//! A service hands `util::run_service_command!` a function of this shape:
//!
//! ```
//! use runtime::{Problems, Service, ServiceConfig};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct ConfigFile {
//!     store: String,
//! }
//!
//! struct Config {
//!     store: std::path::PathBuf,
//! }
//!
//! impl ServiceConfig for Config {
//!     type File = ConfigFile;
//!     const DEFAULT_PORT: u16 = 8060;
//!     const EXAMPLE: &str = "store = \"/var/lib/vault\"\n";
//!
//!     fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
//!         if file.store.is_empty() {
//!             problems.refuse("store", "must not be empty");
//!         }
//!         Some(Self { store: file.store.into() })
//!     }
//! }
//!
//! async fn run(service: Service, config: Config) -> Result<(), runtime::Error> {
//!     let opened = service.health.hold();
//!     std::fs::create_dir_all(&config.store)
//!         .map_err(|source| runtime::Error::service(format!("open the store `{}`", config.store.display()), source))?;
//!     opened.release();
//!     service.serve(axum::Router::new()).await
//! }
//! ```
//!
//! A worker without an API serves an empty router for its health beside its own loop:
//! `tokio::try_join!(work(service.shutdown.clone()), service.serve(Router::new()))`.

mod bearer;
mod build_info;
mod client;
mod clock;
mod config;
mod domain;
mod environment;
mod error;
mod health;
mod healthcheck;
mod host_port;
mod instance_id;
mod json_body;
mod limits;
mod logging;
mod metrics;
mod problems;
mod refusal;
mod region;
mod routes;
mod secret;
mod server;
mod service;
mod settings;
mod shutdown;
mod small_file;
pub mod store;

pub use bearer::require_bearer;
pub use build_info::BuildInfo;
pub use client::{Answer, Call, Client, ClientError, ClientProblem, Upstream, UpstreamFile};
pub use clock::{Clock, SystemClock, TestClock};
pub use config::{Loaded, ServiceConfig, load, parse};
pub use domain::{Domain, InvalidDomain};
pub use error::Error;
pub use health::{Dependency, Health, Hold, State};
pub use healthcheck::healthcheck;
pub use host_port::{HostPort, InvalidHostPort};
pub use instance_id::{InstanceId, InvalidInstanceId};
pub use json_body::JsonBody;
pub use limits::{Limits, in_range};
pub use logging::{InvalidLogFilter, LogFilter, LogFormat, LoggingSettings, start_logging};
pub use metrics::{IntCounter, IntCounterVec, IntGauge, Metrics};
pub use problems::{Problem, Problems};
pub use refusal::Refusal;
pub use region::{InvalidRegion, Region};
pub use secret::{Secret, SecretError, SecretSource};
pub use server::{Bound, Handshake, Plain};
pub use service::{Identity, Service, run};
pub use settings::{Settings, parse_listen, parse_store};
pub use shutdown::{Shutdown, Trigger};
pub use small_file::{read_small, read_small_text};
pub use store::{Store, StoreError, StoreProblem};
