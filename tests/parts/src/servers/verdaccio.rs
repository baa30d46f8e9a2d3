//! A registry of npm packages: verdaccio on a free port, with a folder of its own, no other registry behind it, and one user.
//!
//! Clients talk to it through a proxy of the test, which writes down what was asked and can give other answers, or none: that is
//! the address that they get.

use std::fmt;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Response, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use ureq::Agent;

use crate::github::closed;
use crate::http::{self, Caller};
use crate::ports;
use crate::process::Process;

/// What a request is answered with.
pub type Answer = Response<Bytes>;

/// Everybody may read, and its user publish. Uplinks would be other registries.
const SETTINGS: &str = "\
storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
uplinks: {}
packages:
  '**':
    access: $all
    publish: $authenticated
    unpublish: $authenticated
max_body_size: 500mb
log: {type: stdout, level: warn}
web: {enable: false}
";

/// What belongs to a connection, and not to what goes over it.
const OF_CONNECTIONS: [HeaderName; 3] = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Replaces one answer: is given what makes the ordinary one, and returns what is sent; where that is none, the connection
/// ends without an answer.
type Replacement = Box<dyn FnOnce(&dyn Fn() -> Answer) -> Option<Answer> + Send>;

#[derive(Default)]
struct Known {
    requests: Vec<String>,
    /// By the beginning of a request.
    replacements: Vec<(String, Replacement)>,
}

struct Proxy {
    known: Mutex<Known>,
    /// Where verdaccio listens.
    address: String,
    agent: Agent,
}

/// A running verdaccio.
pub struct Verdaccio {
    proxy: Arc<Proxy>,
    address: String,
    token: String,
    runtime: Option<Runtime>,
    process: Process,
    /// Held to be removed.
    _folder: TempDir,
}

impl Verdaccio {
    /// Starts one by a script that runs the program whose name follows, as `dev/program.sh` does, and waits until it answers.
    pub fn start(script: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("verdaccio-").tempdir().expect("a folder");
        let settings = folder.path().join("settings.yaml");
        fs::write(&settings, SETTINGS).expect("written");
        let own = ports::free_address();
        let mut verdaccio = Command::new(script);
        verdaccio.args(["verdaccio", "--config"]).arg(settings).args(["--listen", &own]);
        let answers = || http::get(&own, "/-/ping").is_some_and(|(status, _)| status == 200);
        let process = Process::start(&mut verdaccio, &folder.path().join("log"), answers);
        let user = json!({"name": "publisher", "password": "a long password"});
        let user = Caller::new(&own, None).send("PUT", "/-/user/org.couchdb.user:publisher", &user).succeeded().json();
        let token = user["token"].as_str().expect("a token").to_owned();
        let agent = Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let proxy = Arc::new(Proxy { known: Mutex::default(), address: own, agent });
        let (address, runtime) = serve(&proxy);
        Self { proxy, address, token, runtime: Some(runtime), process, _folder: folder }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the user logs in with.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The configuration of an npm whose registry this is, logged in. It tries every request once: no test waits for minutes.
    pub fn npmrc(&self) -> String {
        let Self { address, token, .. } = self;
        format!("registry=http://{address}/\n//{address}/:_authToken={token}\nfetch-retries=0\n")
    }

    /// What clients have asked for so far, such as `PUT /@unkey/cli-linux-x64`.
    pub fn requests(&self) -> Vec<String> {
        self.proxy.known.lock().expect("known").requests.clone()
    }

    /// All that it knows of a package; none where it has none.
    pub fn package(&self, name: &str) -> Option<Value> {
        let answer = Caller::new(&self.proxy.address, None).ask("GET", &format!("/{}", name.replace('/', "%2f")));
        (answer.status != 404).then(|| answer.succeeded().json())
    }

    /// Replaces the answer to the next request that begins so, such as `PUT /@unkey/`. Several replacements of the same request
    /// take their turns.
    ///
    /// `replacement` can call its argument to have done what was asked; it returns the answer to send, or none to end the
    /// connection.
    pub fn next(
        &self,
        request: &str,
        replacement: impl FnOnce(&dyn Fn() -> Answer) -> Option<Answer> + Send + 'static,
    ) {
        self.proxy.known.lock().expect("known").replacements.push((request.to_owned(), Box::new(replacement)));
    }

    /// Answers the next request that begins so, without doing what was asked.
    pub fn answer_next(&self, request: &str, status: u16, reason: &str) {
        let answer = answer(status, reason);
        self.next(request, |_| Some(answer));
    }

    /// Ends it; nothing answers at its address any more.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.process.stop();
    }
}

impl fmt::Debug for Verdaccio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        formatter.debug_struct("Verdaccio").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Verdaccio {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An error as registries of npm packages tell it.
pub fn answer(status: u16, reason: &str) -> Answer {
    let body = Bytes::from(json!({"error": reason}).to_string());
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    answer.body(body).expect("an answer")
}

/// Lets the proxy listen on a free port.
fn serve(proxy: &Arc<Proxy>) -> (String, Runtime) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let address = listener.local_addr().expect("an address").to_string();
    let router = Router::new().fallback(exchange).with_state(Arc::clone(proxy));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        axum::serve(listener, router).await
    });
    (address, runtime)
}

async fn exchange(State(proxy): State<Arc<Proxy>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return closed() };
    // A replacement may wait, and what has begun is done to its end, also for a client that is gone.
    let answer = tokio::task::spawn_blocking(move || {
        let replacement = proxy.arrive(&parts);
        let ordinary = || proxy.forward(&parts, &body);
        match replacement {
            None => Some(ordinary()),
            Some(replacement) => replacement(&ordinary),
        }
    });
    answer.await.ok().flatten().map_or_else(closed, |answer| answer.map(Body::from))
}

impl Proxy {
    /// Writes a request down; the replacement of its answer, if there is one.
    fn arrive(&self, request: &Parts) -> Option<Replacement> {
        let asked = format!("{} {}", request.method, percent_decode_str(request.uri.path()).decode_utf8_lossy());
        let mut known = self.known.lock().expect("known");
        let due = known.replacements.iter().position(|(beginning, _)| asked.starts_with(beginning));
        known.requests.push(asked);
        due.map(|due| known.replacements.remove(due).1)
    }

    /// Verdaccio's answer. It makes addresses of packages by the request's own `Host`, so they lead through the proxy as well.
    fn forward(&self, request: &Parts, body: &Bytes) -> Answer {
        let path = request.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut forwarded =
            ureq::http::Request::builder().method(request.method.clone()).uri(format!("http://{}{path}", self.address));
        for (name, value) in between_connections(&request.headers) {
            forwarded = forwarded.header(name, value);
        }
        let answered = if body.is_empty() {
            self.agent.run(forwarded.body(()).expect("a request"))
        } else {
            self.agent.run(forwarded.body(body.as_ref()).expect("a request"))
        };
        let mut answered = answered.expect("verdaccio answers");
        let mut answer = Response::builder().status(answered.status());
        for (name, value) in between_connections(answered.headers()) {
            answer = answer.header(name, value);
        }
        let body = answered.body_mut().with_config().limit(u64::MAX).read_to_vec().expect("a whole answer");
        answer.body(body.into()).expect("an answer")
    }
}

fn between_connections(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &header::HeaderValue)> {
    headers.iter().filter(|(name, _)| !OF_CONNECTIONS.contains(name))
}
