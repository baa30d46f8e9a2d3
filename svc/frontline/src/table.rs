//! Which hosts are deployed where: the routes that krane said last.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::uri::Authority;
use runtime::{Domain, HostPort, IntGauge, Metrics};
use serde::Deserialize;

/// The answer of krane's `GET /v1/routes`.
#[derive(Debug, Deserialize)]
pub(crate) struct Routes {
    /// Grows with each change.
    pub(crate) revision: u64,
    routes: Vec<HostRoute>,
}

#[derive(Debug, Deserialize)]
struct HostRoute {
    host: Domain,
    upstreams: Vec<HostPort>,
}

/// Where the requests for one host go.
#[derive(Debug)]
pub(crate) struct Route {
    upstreams: Vec<Authority>,
    /// How many requests have been sent there.
    turn: AtomicUsize,
}

/// The routes in use. A clone is the same table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    routes: Arc<RwLock<HashMap<String, Arc<Route>>>>,
    count: IntGauge,
}

impl Table {
    /// Without a route.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let count = metrics.gauge("frontline_routes", "Host names that are routed.");
        Self { routes: Arc::default(), count }
    }

    /// Uses these routes from the next request on.
    pub(crate) fn replace(&self, routes: Routes) {
        let routes: HashMap<_, _> = routes
            .routes
            .into_iter()
            .map(|route| (route.host.into(), Arc::new(Route::new(&route.upstreams))))
            .collect();
        self.count.set(i64::try_from(routes.len()).unwrap_or(i64::MAX));
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = routes;
    }

    /// The route of a host.
    pub(crate) fn find(&self, host: &Domain) -> Option<Arc<Route>> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).get(host.as_str()).cloned()
    }
}

impl Route {
    fn new(upstreams: &[HostPort]) -> Self {
        let upstreams = upstreams.iter().filter_map(|upstream| upstream.as_str().parse().ok()).collect();
        Self { upstreams, turn: AtomicUsize::new(0) }
    }

    /// Every upstream once; each call begins with the next one.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = &Authority> {
        let count = self.upstreams.len();
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        (0..count).map(move |offset| &self.upstreams[first.wrapping_add(offset) % count])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(json: &str) -> Routes {
        serde_json::from_str(json).expect("routes")
    }

    #[test]
    fn upstreams_come_in_turn_and_routes_replace_each_other() {
        let table = Table::new(&Metrics::default());
        let host = |name: &str| name.parse::<Domain>().expect("valid");
        table.replace(routes(r#"{"revision":1,"routes":[{"host":"a.test","upstreams":["a:1","[::1]:2","c:3"]}]}"#));
        let route = table.find(&host("A.TEST")).expect("routed");
        for expected in [["a:1", "[::1]:2", "c:3"], ["[::1]:2", "c:3", "a:1"], ["c:3", "a:1", "[::1]:2"]] {
            assert_eq!(route.in_turn().map(Authority::as_str).collect::<Vec<_>>(), expected);
        }
        assert_eq!(table.count.get(), 1);
        table.replace(routes(r#"{"revision":2,"routes":[{"host":"b.test","upstreams":[]}]}"#));
        assert!(table.find(&host("a.test")).is_none());
        assert_eq!(table.find(&host("b.test")).expect("routed").in_turn().count(), 0);
    }
}
