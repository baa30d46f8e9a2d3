//! The frontline service: a reverse proxy that sends each request to a deployment by its host name. Where the
//! deployments are is krane's to say.

mod body;
mod certificates;
mod config;
mod headers;
mod poll;
mod proxy;
mod table;
#[cfg(test)]
mod testing;
mod tls;

pub use config::{Config, ConfigFile};
use runtime::{Bound, Client, Error, Service};

use crate::poll::Poll;
use crate::proxy::Proxy;
use crate::table::Table;

/// Serves until a shutdown is requested.
///
/// # Errors
///
/// That an address cannot be bound.
pub async fn run(service: Service, config: Config) -> Result<(), Error> {
    let table = Table::new(&service.metrics);
    let proxy = Proxy::new(table.clone(), &config, &service.metrics);
    let own = service.router(proxy::own_routes());
    let http = Bound::bind(service.settings.listen)?;
    let https = match config.tls {
        Some(tls) => Some((Bound::bind(tls.listen)?, tls.handshake)),
        None => None,
    };
    let poll = Poll { client: Client::new(config.krane), table, pause: config.poll };
    let poll = poll.run(service.health.hold(), service.shutdown.clone());
    let (limits, shutdown) = (service.settings.limits, service.shutdown.clone());
    let https_routes = proxy.clone().over(own.clone(), "https");
    let serve_https = async move {
        if let Some((bound, handshake)) = https {
            bound.serve(https_routes, handshake, limits, shutdown).await;
        }
    };
    tokio::join!(poll, serve_https, service.serve_bound(http, proxy.over(own, "http")));
    Ok(())
}
