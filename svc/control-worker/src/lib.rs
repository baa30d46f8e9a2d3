//! The control-worker service: takes deployments from control-api and has krane carry them out. What is carried out may be
//! carried out again, after a failure at any moment: every step leads to the same state when it is repeated.

mod attempt;
mod config;
mod control_api;
mod krane;
mod worker;

use axum::Router;
pub use config::{Config, ConfigFile};
use runtime::{Client, Error, Service};
use tokio::task::JoinSet;

use crate::worker::Worker;

/// Works until a shutdown is requested.
///
/// # Errors
///
/// What [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let (control_api, krane) = (Client::new(config.control_api), Client::new(config.krane));
    control_api.watch(&service);
    krane.watch(&service);
    let worker = Worker::new(&service, control_api, krane);
    let mut workers = JoinSet::new();
    for _ in 0..config.workers {
        workers.spawn(worker.clone().run());
    }
    let work = async {
        workers.join_all().await;
        Ok(())
    };
    tokio::try_join!(work, service.serve(Router::new())).map(drop)
}
