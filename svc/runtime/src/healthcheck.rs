//! Asks the running service of a configuration whether it is ready: what a container's health check runs, where there is
//! no shell and no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::Method;
use tokio::runtime::Builder;

use crate::client::{Call, Client, Upstream};
use crate::error::Error;
use crate::settings::Settings;

/// Asks `/health/ready` on the configured address of this machine, once.
///
/// # Errors
///
/// [`Error::NotReady`] when the service does not answer or answers that it is not ready; [`Error::AsyncRuntime`].
pub fn healthcheck(settings: &Settings) -> Result<(), Error> {
    let address = reachable(settings.listen);
    let upstream = Upstream::at("service", address);
    let executor = Builder::new_current_thread().enable_all().build().map_err(Error::AsyncRuntime)?;
    let asked = executor.block_on(Client::new(upstream).send_once(&Call::new(Method::GET, "/health/ready")));
    asked.map(drop).map_err(|error| Error::NotReady { address, source: Box::new(error.problem) })
}

/// Where a service that listens on every address is reached from the same machine.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_reached_by_the_loopback() {
        let cases =
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1"), ("[::2]:1", "[::2]:1")];
        for (listen, expected) in cases {
            assert_eq!(reachable(listen.parse().expect("an address")).to_string(), expected);
        }
    }
}
