//! An HTTP proxy that tunnels: whatever host it is asked for, it leads to one server of the test.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A running proxy.
pub struct Tunnel {
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    /// Leads to the server at `upstream`, and lets in only who sends this `Proxy-Authorization`, if one is named.
    pub fn to(upstream: &str, authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (upstream, seen) = (upstream.to_owned(), Arc::clone(&log));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (upstream, seen) = (upstream.clone(), Arc::clone(&seen));
                std::thread::spawn(move || client.and_then(|client| serve(&client, &upstream, authorization, &seen)));
            }
        });
        Self { address, log }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it was asked for: `CONNECT HOST:PORT`.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(
    mut client: &TcpStream,
    upstream: &str,
    authorization: Option<&str>,
    log: &Mutex<Vec<String>>,
) -> io::Result<()> {
    // Nothing follows the head before it is answered, so that the buffer holds nothing of the tunnel's.
    let mut lines = BufReader::new(client).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    log.lock().unwrap().push(first.trim_end_matches(" HTTP/1.1").to_owned());
    let sent = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    let sent: Vec<String> = sent.collect();
    if authorization.is_some_and(|wanted| !sent.iter().any(|one| one == wanted)) {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    }
    let server = TcpStream::connect(upstream)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let there = std::thread::spawn(move || {
        let copied = io::copy(&mut from_client, &mut to_server);
        to_server.shutdown(Shutdown::Write).and(copied)
    });
    io::copy(&mut &server, &mut client)?;
    client.shutdown(Shutdown::Both)?;
    there.join().unwrap().map(drop)
}
