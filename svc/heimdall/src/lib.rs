//! The heimdall service: takes usage events, each counted once, and serves totals by key and UTC day. How it is
//! configured, stops and reports its health is `runtime`'s.

mod config;
mod day;
mod event;
mod ledger;
mod routes;
mod series;

pub use config::{Config, ConfigFile};
use runtime::{Error, Service};

use crate::ledger::Ledger;
use crate::routes::Context;
use crate::series::Series;

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// When the store cannot be opened or read, and what [`Service::serve`] returns.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let ledger = Ledger::open(&config.store, config.remember, &service.health)?;
    let totals = ledger.totals_by_key().map_err(|source| Error::service("read the totals", source))?;
    let series = Series::new(&service.metrics, totals);
    let routes = routes::router(Context::new(service.clock.clone(), ledger, series), &config.token);
    service.serve(routes).await
}
