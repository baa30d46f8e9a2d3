//! The API service: its configuration and its routes. How it is configured, stops and reports its health is
//! `runtime`'s.

mod config;
mod routes;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

/// Serves the API until a shutdown is requested.
///
/// # Errors
///
/// What [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let routes = routes::router(&service.clock, config);
    service.serve(routes).await
}
