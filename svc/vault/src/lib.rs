//! The vault service: encrypts and decrypts under named keys of its configuration, and keeps nothing.

mod config;
mod keyring;
mod routes;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

/// Serves the vault until a shutdown is requested.
///
/// # Errors
///
/// What [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let routes = routes::router(config, service.settings.limits.body_bytes, &service.metrics);
    service.serve(routes).await
}
