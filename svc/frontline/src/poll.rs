//! Asks krane for the routes, again and again. The last good ones stay in use while there is no answer, so that the
//! service depends on krane only until it has had the first.

use std::error::Error as StdError;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, header};
use runtime::{Call, Client, ClientError, Hold, Shutdown};
use tokio::time;
use tracing::{info, warn};

use crate::table::{Routes, Table};

/// Where routes come from, how often, and where they go.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) client: Client,
    pub(crate) table: Table,
    /// Between an answer and the next question.
    pub(crate) pause: Duration,
}

impl Poll {
    /// Asks until a shutdown is requested, and releases the hold with the first routes.
    pub(crate) async fn run(self, hold: Hold, shutdown: Shutdown) {
        let (mut hold, mut tag, mut has_failed) = (Some(hold), None, false);
        while !shutdown.is_requested() {
            match self.ask(&mut tag).await {
                Ok(()) => {
                    has_failed = false;
                    hold.take().into_iter().for_each(Hold::release);
                }
                Err(error) if !has_failed => {
                    has_failed = true;
                    let cause: &(dyn StdError + 'static) = &error;
                    warn!(error = cause, "no routes from krane, those before stay in use");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = time::sleep(self.pause) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Takes the routes over when they are others than those with `tag`.
    async fn ask(&self, tag: &mut Option<HeaderValue>) -> Result<(), ClientError> {
        let mut call = Call::new(Method::GET, "/v1/routes");
        if let Some(tag) = tag {
            call = call.header(header::IF_NONE_MATCH, tag.clone());
        }
        let answer = self.client.send_once(&call).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(());
        }
        let routes: Routes = answer.json()?;
        info!(revision = routes.revision, "routes from krane");
        self.table.replace(routes);
        *tag = answer.headers.get(header::ETAG).cloned();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::HeaderMap;
    use axum::response::{IntoResponse as _, Response};
    use axum::routing::get;
    use runtime::{Health, Metrics, State, Upstream};
    use tokio::net::TcpListener;

    /// Answers one question after the other as krane would: not at all, with routes, not at all, unchanged, with others.
    fn answer(number: usize, headers: &HeaderMap) -> Response {
        let routes = |revision: u64, host: &str| {
            let body = format!(r#"{{"revision":{revision},"routes":[{{"host":"{host}","upstreams":["a:1"]}}]}}"#);
            ([(header::ETAG, format!("\"{revision}\""))], body).into_response()
        };
        let known = headers.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
        match number {
            0 | 2 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            1 if known.is_none() => routes(1, "first.test"),
            3 if known == Some(b"\"1\"") => StatusCode::NOT_MODIFIED.into_response(),
            4 if known == Some(b"\"1\"") => "no routes".into_response(),
            _ => routes(2, "second.test"),
        }
    }

    #[tokio::test]
    async fn the_last_good_routes_stay_in_use_and_the_first_make_the_service_ready() {
        let (health, table) = (Health::default(), Table::new(&Metrics::default()));
        // What each question finds: whether the first host is routed, the second, and the service is ready.
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (looked, looked_health, looked_table) = (seen.clone(), health.clone(), table.clone());
        let krane = async move |headers: HeaderMap| {
            let has = |host: &str| looked_table.find(&host.parse().expect("valid")).is_some();
            let mut seen = looked.lock().expect("no panic");
            seen.push((has("first.test"), has("second.test"), looked_health.state() == State::Ready));
            answer(seen.len() - 1, &headers)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let krane = Router::new().route("/v1/routes", get(krane));
        tokio::spawn(async move { axum::serve(listener, krane).await });

        let poll = Poll { client: Client::new(Upstream::at("krane", address)), table, pause: Duration::from_millis(1) };
        let (trigger, shutdown) = Shutdown::channel();
        let running = tokio::spawn(poll.run(health.hold(), shutdown));
        while seen.lock().expect("no panic").len() < 7 {
            time::sleep(Duration::from_millis(1)).await;
        }
        trigger.request();
        time::timeout(Duration::from_mins(1), running).await.expect("it ends").expect("no panic");
        let (none, first, second) = ((false, false, false), (true, false, true), (false, true, true));
        assert_eq!(seen.lock().expect("no panic")[..7], [none, none, first, first, first, first, second]);
    }

    #[tokio::test]
    async fn the_service_is_not_ready_before_the_first_routes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        drop(listener);
        let (health, table) = (Health::default(), Table::new(&Metrics::default()));
        let client = Client::new(Upstream::at("krane", address));
        let poll = Poll { client, table, pause: Duration::from_millis(10) };
        let (trigger, shutdown) = Shutdown::channel();
        let running = tokio::spawn(poll.run(health.hold(), shutdown));
        time::sleep(Duration::from_millis(200)).await;
        assert_eq!(health.state(), State::Starting);
        trigger.request();
        running.await.expect("no panic");
        assert_eq!(health.state(), State::Starting);
    }
}
