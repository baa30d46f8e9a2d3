//! Which ports of this machine the services need, and whether they are free.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;
use crate::compose::{Container, Service};

/// Fails at the first port that is taken by anybody but the services' own containers.
///
/// # Errors
/// [`Error::PortTaken`].
pub fn expect_free(services: &[Service], containers: &[Container]) -> Result<(), Error> {
    let is_running = |service: &Service| {
        containers.iter().any(|container| container.service == service.name && container.state == "running")
    };
    for service in services.iter().filter(|service| !is_running(service)) {
        if let Some(&port) = service.ports.iter().find(|port| is_taken(**port)) {
            return Err(Error::PortTaken { port, service: service.name.clone() });
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
        let taken = format!("port {port} of this machine, where `api` would be reached, is taken");
        for containers in [vec![], vec![container("exited")]] {
            assert_eq!(expect_free(&services, &containers).unwrap_err().to_string(), taken);
        }
        assert!(expect_free(&services, &[container("running")]).is_ok());
        drop(listener);
        assert!(expect_free(&services, &[]).is_ok());
    }
}
