//! The HTTP server: binds, says where, serves until a shutdown is requested, then waits for what is running. How long
//! it may wait is `shutdown`'s.

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::error::Error;
use crate::routes;
use crate::service::Service;

/// Serves `routes` and the shared ones on the configured address.
pub(crate) async fn serve(service: Service, routes: Router) -> Result<(), Error> {
    let (listener, address) = bind(service.settings.listen).await?;
    serve_on(listener, address, service, routes).await
}

/// A listener, and the address that it has in the end: not the configured one where that has port 0.
async fn bind(configured: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let refused = |source| Error::Listen { address: configured, source };
    let listener = TcpListener::bind(configured).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

async fn serve_on(listener: TcpListener, address: SocketAddr, service: Service, routes: Router) -> Result<(), Error> {
    let served = routes::router(&service, routes);
    service.listening.release();
    info!(%address, "listening");

    // Answers are small and written whole: waiting for more to send only delays them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            warn!(%error, "cannot send without delay");
        }
    });
    let shutdown = service.shutdown;
    axum::serve(listener, served)
        .with_graceful_shutdown(async move { shutdown.requested().await })
        .await
        .map_err(|source| Error::Serve { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Arc;
    use std::time::Duration;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use crate::service::tests::service_with;
    use crate::shutdown::{self, Trigger};

    /// A server with one slow path, `/slow`, that says when it is running and answers when it is let.
    struct Server {
        address: SocketAddr,
        trigger: Trigger,
        running: Arc<Notify>,
        answer: Arc<Notify>,
        ended: JoinHandle<Result<(), Error>>,
    }

    async fn start() -> Server {
        let (trigger, shutdown) = shutdown::channel();
        let service = service_with(shutdown);
        let (listener, address) = bind(service.settings.listen).await.expect("bound");
        let (running, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (says, waits) = (running.clone(), answer.clone());
        let slow = async move || {
            says.notify_one();
            waits.notified().await;
            "done"
        };
        let ended = tokio::spawn(serve_on(listener, address, service, Router::new().route("/slow", get(slow))));
        Server { address, trigger, running, answer, ended }
    }

    /// A connection that has sent `text`.
    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }

    async fn ends(ended: JoinHandle<Result<(), Error>>) {
        let ended = timeout(Duration::from_secs(30), ended).await.expect("ends in time");
        ended.expect("no panic").expect("no failure");
    }

    #[tokio::test]
    async fn a_running_request_is_answered_and_a_new_connection_refused() {
        let server = start().await;
        let mut stream = send(server.address, "GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
        server.running.notified().await;
        server.trigger.request();
        let refused = async {
            while TcpStream::connect(server.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), refused).await.expect("the listener closes");
        assert!(!server.ended.is_finished());
        server.answer.notify_one();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("an answer");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ndone"), "{response}");
        ends(server.ended).await;
    }

    #[tokio::test]
    async fn connections_without_a_request_do_not_hold_up_the_end() {
        let server = start().await;
        let silent = send(server.address, "").await;
        let mut kept_alive = send(server.address, "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n").await;
        let mut start_of_answer = [0; 15];
        kept_alive.read_exact(&mut start_of_answer).await.expect("an answer");
        assert_eq!(&start_of_answer, b"HTTP/1.1 200 OK");
        server.trigger.request();
        ends(server.ended).await;
        drop((silent, kept_alive));
    }

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let (_listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("bound");
        let error = bind(address).await.expect_err("in use");
        assert_eq!(error.to_string(), format!("cannot listen on `{address}`"));
    }
}
