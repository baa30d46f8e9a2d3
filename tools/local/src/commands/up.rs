//! `local up`: starts the services from their images, shows them, tries them.

use local::compose::{Compose, Container, Service};
use local::ports;
use terminal::{Exit, Failure, Table, stdout};

/// Runs the verb.
pub fn run(compose: &Compose) -> Result<Exit, Failure> {
    let services = compose.services()?;
    ports::expect_free(&services, &compose.containers()?)?;
    compose.expect_images(&services)?;
    let started = compose.up();
    // Also where one of them is not healthy: it is the one to look at.
    stdout::print(&format!("{}\n", table(&services, &compose.containers()?)))?;
    started?;
    super::smoke::run(compose)
}

fn table(services: &[Service], containers: &[Container]) -> String {
    let mut table = Table::new(&["service", "ports of 127.0.0.1", "state"]);
    for service in services {
        let container = containers.iter().find(|container| container.service == service.name);
        let state = match container {
            None => "no container".to_owned(),
            Some(Container { state, health, .. }) if health.is_empty() => state.clone(),
            Some(Container { state, health, .. }) => format!("{state}, {health}"),
        };
        let ports: Vec<String> = service.ports.iter().map(ToString::to_string).collect();
        table.push(vec![service.name.clone(), ports.join(" "), state]);
    }
    table.render()
}
