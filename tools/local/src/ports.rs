//! Which ports of this machine the services need, and whether they are free.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::compose::{Container, Service};

/// A port that somebody else listens on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("port {port} of this machine, where `{service}` would be reached, is taken")]
pub struct PortTaken {
    /// The port.
    pub port: u16,
    /// Who needs it.
    pub service: String,
}

impl PortTaken {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("stop what listens there: `ss --listening --tcp --processes 'sport = :{}'` names it", self.port)
    }
}

/// Fails at the first port that is taken by anybody but the services' own containers.
///
/// # Errors
/// [`PortTaken`].
pub fn expect_free(services: &[Service], containers: &[Container]) -> Result<(), PortTaken> {
    let is_running = |service: &Service| {
        containers.iter().any(|container| container.service == service.name && container.state == "running")
    };
    for service in services.iter().filter(|service| !is_running(service)) {
        if let Some(&port) = service.ports.iter().find(|port| is_taken(**port)) {
            return Err(PortTaken { port, service: service.name.clone() });
        }
    }
    Ok(())
}

fn is_taken(port: u16) -> bool {
    // Any other error is Docker's to tell: it knows why it cannot publish a port.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_unless_by_the_service_itself() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let services = [Service { name: "api".to_owned(), image: String::new(), ports: vec![port] }];
        let container =
            |state: &str| Container { service: "api".to_owned(), state: state.to_owned(), health: String::new() };
        let taken = PortTaken { port, service: "api".to_owned() };
        assert_eq!(expect_free(&services, &[]), Err(taken.clone()));
        assert_eq!(expect_free(&services, &[container("exited")]), Err(taken));
        assert_eq!(expect_free(&services, &[container("running")]), Ok(()));
        drop(listener);
        assert_eq!(expect_free(&services, &[]), Ok(()));
    }
}
