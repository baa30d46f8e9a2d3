//! Asks services by their published ports.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{Method, Request};
use ureq::{Agent, AsSendBody};

use crate::Error;
use crate::compose::Service;

/// Far longer than an answer takes.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often is asked what is not there yet.
const PAUSE: Duration = Duration::from_millis(200);

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<Value>,
    pub(super) headers: &'a [(&'a str, &'a str)],
}

/// Who asks.
pub(super) struct Client {
    agent: Agent,
    ports: BTreeMap<String, u16>,
    authorization: String,
}

impl<'a> Question<'a> {
    /// A question without a body.
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, body: None, headers: &[] }
    }

    /// One that asks for a path.
    pub(super) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    /// One that hands something in.
    pub(super) fn post(path: &'a str, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    /// The same with other headers.
    pub(super) fn with_headers(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }
}

impl Client {
    pub(super) fn new(services: &[Service], token: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).proxy(None);
        let port = |service: &Service| Some((service.name.clone(), *service.ports.first()?));
        Self {
            agent: config.build().new_agent(),
            ports: services.iter().filter_map(port).collect(),
            authorization: format!("Bearer {token}"),
        }
    }

    /// The answer of a service; null where it has no body. Its status has to be a success.
    pub(super) fn ask(&self, service: &str, question: &Question) -> Result<Value, Error> {
        let port = self.ports.get(service).ok_or(Error::NoPort)?;
        let url = format!("http://127.0.0.1:{port}{}", question.path);
        let mut request = Request::builder().method(&question.method).uri(&url);
        request = request.header("authorization", &self.authorization);
        for (name, value) in question.headers {
            request = request.header(*name, *value);
        }
        let no_answer =
            |source: ureq::Error| Error::NoAnswer { method: question.method.clone(), url: url.clone(), source };
        let (status, body) = match &question.body {
            Some(body) => self.send(request.header("content-type", "application/json").body(body.to_string())),
            None => self.send(request.body(())),
        }
        .map_err(no_answer)?;
        if !(200..300).contains(&status) {
            return Err(Error::Status { method: question.method.clone(), url: url.clone(), status, body });
        }
        Ok(serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    fn send<B: AsSendBody>(
        &self,
        request: Result<Request<B>, ureq::http::Error>,
    ) -> Result<(u16, String), ureq::Error> {
        let mut answer = self.agent.run(request?)?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }
}

/// Tries until it succeeds, for so long.
pub(super) fn wait<T>(patience: Duration, mut try_once: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let deadline = Instant::now() + patience;
    loop {
        match try_once() {
            Err(last) if Instant::now() > deadline => return Err(Error::Late { patience, last: Box::new(last) }),
            Err(_) => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with these bytes; returns its port, and what was asked.
    fn serve(answer: &'static str) -> (u16, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        });
        (port, asked)
    }

    fn client(port: u16) -> Client {
        let service = Service { name: "api".to_owned(), image: String::new(), ports: vec![port] };
        Client::new(&[service], "secret")
    }

    #[test]
    fn a_question_has_the_token_and_its_headers() {
        let (port, asked) = serve("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"id\": \"1\"}");
        let headers = [("host", "smoke.localhost")];
        let answer = client(port).ask("api", &Question::get("/version").with_headers(&headers)).unwrap();
        assert_eq!(answer["id"], "1");
        let asked = asked.join().unwrap().to_lowercase();
        for line in ["get /version http/1.1\r\n", "authorization: bearer secret\r\n", "host: smoke.localhost\r\n"] {
            assert!(asked.contains(line), "{asked}");
        }
    }

    #[test]
    fn another_status_is_told_with_its_body() {
        let (port, _) = serve("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 8\r\n\r\nno store");
        let error = client(port).ask("api", &Question::new(Method::DELETE, "/v1/keys/1")).unwrap_err();
        let expected = format!("DELETE http://127.0.0.1:{port}/v1/keys/1 answered with 503: no store");
        assert_eq!(error.to_string(), expected);
        assert!(matches!(client(port).ask("vault", &Question::get("/")), Err(Error::NoPort)));
    }

    #[test]
    fn what_never_comes_is_told_with_the_last_error() {
        let error = wait::<()>(Duration::ZERO, || Err(Error::NoPort)).unwrap_err();
        assert!(matches!(error, Error::Late { last, .. } if matches!(*last, Error::NoPort)));
        let mut tries = 0;
        let third = wait(Duration::from_secs(9), || {
            tries += 1;
            if tries == 3 { Ok(tries) } else { Err(Error::NoPort) }
        });
        assert_eq!(third.unwrap(), 3);
    }
}
