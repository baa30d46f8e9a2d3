//! The control-api service: takes deployment requests, keeps them until they are carried out, and hands them to workers.
//! How one is carried out is the worker's business.

mod config;
mod deployment;
mod queue;
mod routes;
mod tables;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service, Store};

use crate::queue::Queue;

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// [`Error::Store`], [`Error::Service`] when the queue cannot be read, and what [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let store = Store::open(&config.store, service.identity.name, tables::create, &service.health)?;
    let queue = Queue::new(store, service.clock.clone(), config.rules, &service.metrics)
        .map_err(|problem| Error::service("read the queue", problem))?;
    let routes = routes::router(queue, &config.token);
    service.serve(routes).await
}
