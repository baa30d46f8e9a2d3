//! The control-api service.

mod config;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// What [`Service::serve`] returns.
pub async fn run(service: Service, _config: Config) -> Result<(), Error> {
    service.serve(axum::Router::new()).await
}
