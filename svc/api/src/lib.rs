//! The API service: issues, verifies, lists and revokes API keys, and reports their use to heimdall. How it is
//! configured, stops and reports its health is `runtime`'s.

mod config;
mod key_text;
mod keys;
mod routes;
mod usage;

pub use config::{Config, ConfigFile};
use runtime::{Client, Error, Service};

use crate::keys::Keys;
use crate::routes::Context;

/// Serves the API until a shutdown is requested, then reports what is not reported yet.
///
/// # Errors
///
/// When the store cannot be opened, and what [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let keys = Keys::open(&config.store, &service.health)?;
    let started = config.heimdall.clone().map(|upstream| usage::start(Client::new(upstream), &service.metrics));
    let (reports, reporter) = started.unzip();
    let token = config.token.clone();
    let context = Context::new(service.clock.clone(), &service.metrics, config, keys, reports);
    let routes = routes::router(context, &token);
    service.serve(routes).await?;
    if let Some(reporter) = reporter {
        reporter.finish().await;
    }
    Ok(())
}
