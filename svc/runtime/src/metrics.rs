//! What a service counts, and the text in which Prometheus reads it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use prometheus::{Encoder as _, HistogramOpts, HistogramVec, Opts, Registry, TextEncoder, core::Collector};
pub use prometheus::{IntCounter, IntCounterVec, IntGauge};

use crate::refusal::Refusal;

/// The label of a request that no route took: its own path would make a series for every typing error.
const NO_ROUTE: &str = "other";

/// The counters of one service. A clone is the same counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl Default for Metrics {
    /// With the counters that every service has.
    ///
    /// # Panics
    ///
    /// Never: the names are constants.
    fn default() -> Self {
        let registry = Registry::new();
        let labels = ["method", "path", "status"];
        let requests = Opts::new("http_requests_total", "Requests that were answered.");
        let requests = register(&registry, IntCounterVec::new(requests, &labels));
        let seconds = HistogramOpts::new("http_request_duration_seconds", "From a request's head to its answer's.");
        let seconds = register(&registry, HistogramVec::new(seconds, &labels[..2]));
        Self { registry, requests, seconds }
    }
}

impl Metrics {
    /// A counter of the service's own, from 0.
    ///
    /// # Panics
    ///
    /// When the name is taken or no name of a metric.
    #[must_use]
    pub fn counter(&self, name: &str, help: &str) -> IntCounter {
        register(&self.registry, IntCounter::new(name, help))
    }

    /// Counters of the service's own, one for each combination of values of these labels.
    ///
    /// # Panics
    ///
    /// When the name is taken, or a name is not one of a metric or label.
    #[must_use]
    pub fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        register(&self.registry, IntCounterVec::new(Opts::new(name, help), labels))
    }

    /// A value of the service's own that goes up and down.
    ///
    /// # Panics
    ///
    /// When the name is taken or no name of a metric.
    #[must_use]
    pub fn gauge(&self, name: &str, help: &str) -> IntGauge {
        register(&self.registry, IntGauge::new(name, help))
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("the name of a metric");
    registry.register(Box::new(collector.clone())).expect("a name of its own");
    collector
}

/// `GET /metrics`.
pub(crate) async fn show(State(metrics): State<Metrics>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&metrics.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(error) => Refusal::internal("show the metrics", &error).into_response(),
    }
}

/// Counts a request by the route that took it.
pub(crate) async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let path = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    // A method is any word that a caller likes.
    let method = if method.as_str().len() <= 7 { method.as_str() } else { NO_ROUTE };
    metrics.requests.with_label_values(&[method, path, response.status().as_str()]).inc();
    metrics.seconds.with_label_values(&[method, path]).observe(begun.elapsed().as_secs_f64());
    response
}
