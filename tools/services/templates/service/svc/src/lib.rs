//! The {{ name }} service: its configuration and its routes. How it is configured, stops and reports its health is
//! `runtime`'s.

mod config;
mod routes;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// What [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    service.serve(routes::router(config)).await
}
