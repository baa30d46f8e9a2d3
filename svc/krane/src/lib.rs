//! The krane service: holds what is to be deployed, compares it with what is reported, and serves the routes that follow.
//! It starts and stops nothing.

mod config;
mod deployment;
mod routes;
mod state;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

use crate::state::State;

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// That the state cannot be opened, and what [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let state = State::open(&config.store, &service.health)?;
    service.serve(routes::router(state, &config.token)).await
}
