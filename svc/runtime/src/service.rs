//! One running service: what its `run` is given, and the frame that it runs in.

use std::sync::Arc;

use axum::Router;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Builder;
use tracing::{info, warn};

use crate::build_info::BuildInfo;
use crate::clock::{Clock, SystemClock};
use crate::config::Loaded;
use crate::environment;
use crate::error::Error;
use crate::health::{Health, Hold};
use crate::instance_id::InstanceId;
use crate::metrics::Metrics;
use crate::routes;
use crate::server::{Bound, Plain};
use crate::settings::Settings;
use crate::shutdown::{self, Shutdown};

/// Which service, in which build.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The service's name, such as `api`.
    pub name: &'static str,
    /// The build that runs.
    pub build: BuildInfo,
}

/// What a service's `run` is given.
#[derive(Debug)]
pub struct Service {
    /// Which service, in which build.
    pub identity: Identity,
    /// This instance.
    pub instance_id: InstanceId,
    /// The shared part of the configuration.
    pub settings: Settings,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Take a hold for each part that starts late, and name what the service depends on.
    pub health: Health,
    /// What the service counts.
    pub metrics: Metrics,
    /// For loops of its own that have to end.
    pub shutdown: Shutdown,
    /// Taken before `run` starts, so that no other part's hold can be the last before the port is bound.
    pub(crate) listening: Hold,
}

impl Service {
    fn new(identity: Identity, settings: Settings, shutdown: Shutdown) -> Self {
        let health = Health::default();
        Self {
            identity,
            instance_id: InstanceId::choose(settings.instance_id.clone(), environment::host_name().as_deref()),
            settings,
            clock: Arc::new(SystemClock),
            listening: health.hold(),
            health,
            metrics: Metrics::default(),
            shutdown,
        }
    }

    /// `routes` with those that every service has (health, version, metrics, refusals), within the configured limits.
    ///
    /// # Panics
    ///
    /// When `routes` hold one of those paths.
    pub fn router(&self, routes: Router) -> Router {
        routes::router(self, routes)
    }

    /// Serves `routes` and what [`Service::router`] adds on the configured address until a shutdown was requested and every request
    /// that was accepted before it is answered. The service is ready when this has bound the address and every hold
    /// has been released.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    ///
    /// # Panics
    ///
    /// As [`Service::router`].
    pub async fn serve(self, routes: Router) -> Result<(), Error> {
        let routes = self.router(routes);
        let bound = Bound::bind(self.settings.listen)?;
        self.serve_bound(bound, routes).await;
        Ok(())
    }

    /// Serves finished routes on the address that decides readiness: what a service needs that binds several, or that
    /// wraps its routes.
    pub async fn serve_bound(self, bound: Bound, routes: Router) {
        self.listening.release();
        bound.serve(routes, Plain, self.settings.limits, self.shutdown).await;
    }
}

/// Runs a service until it ends or is told to: `SIGTERM` or `SIGINT` begins a drain, which the grace period or a second
/// signal cuts short.
///
/// # Errors
///
/// What `run` returned, [`Error::GraceExceeded`], [`Error::SecondSignal`], or that the process cannot be set up.
pub fn run<C, F, R>(identity: Identity, loaded: Loaded<C>, run: F) -> Result<(), Error>
where
    F: FnOnce(Service, C) -> R,
    R: Future<Output = Result<(), Error>>,
{
    raise_file_limit();
    let executor = Builder::new_multi_thread().enable_all().build().map_err(Error::AsyncRuntime)?;
    let result = executor.block_on(async {
        // Before anything else: a container's first process ignores a signal that it has no handler for.
        let signals = shutdown::listen()?;
        let (trigger, shutdown) = Shutdown::channel();
        let service = Service::new(identity, loaded.settings, shutdown);
        info!(
            service = identity.name,
            version = identity.build.version,
            commit = identity.build.commit,
            instance_id = %service.instance_id,
            "starting"
        );
        let drain = shutdown::Drain { trigger, health: service.health.clone(), grace: service.settings.shutdown_grace };
        shutdown::supervise(drain, signals, run(service, loaded.config)).await
    });
    // Tasks that a cut-short drain left behind must not hold up the exit.
    executor.shutdown_background();
    if result.is_ok() {
        info!("stopped");
    }
    result
}

/// Each connection is a file descriptor, and the limit that a process begins with is made for `select`, which nothing
/// here uses.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, "cannot raise the limit of open files");
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A service that listens on a free port of the loopback and that nothing shuts down.
    pub(crate) fn service() -> Service {
        service_with(Shutdown::channel().1)
    }

    /// The same with a shutdown of the caller's.
    pub(crate) fn service_with(shutdown: Shutdown) -> Service {
        let file = toml::from_str("instance_id = \"here\"\nlisten = \"127.0.0.1:0\"").expect("right types");
        let settings = Settings::check(file, 7070, &mut crate::Problems::default()).expect("valid");
        let build = BuildInfo::from_stamps(None, None, None);
        Service::new(Identity { name: "test", build }, settings, shutdown)
    }

    #[test]
    fn ready_only_after_the_address_is_bound() {
        let service = service();
        service.health.hold().release();
        assert_eq!(service.health.state(), crate::State::Starting);
        assert_eq!(service.instance_id.as_str(), "here");
    }
}
