//! A proxy that breaks connections: below HTTP, where a server of [`crate::support::server`] cannot reach.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The connection is reset after this much of the body has arrived; nothing is passed on.
    Reset {
        after: usize,
    },
    /// It is read and never answered.
    Silence,
    /// It is passed on, and this many bytes are missing at the answer's end.
    Cut {
        bytes: usize,
    },
}

/// A running proxy.
pub struct Wire {
    address: String,
}

impl Wire {
    /// Stands in front of the server at `upstream`; `decide` is given `METHOD PATH?QUERY` and the length of the body.
    pub fn in_front_of(upstream: &str, decide: impl Fn(&str, usize) -> Fault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (upstream, decide) = (upstream.to_owned(), Arc::new(decide));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (upstream, decide) = (upstream.clone(), Arc::clone(&decide));
                // A client that goes away in the middle is what some tests are about.
                std::thread::spawn(move || client.and_then(|client| serve(&client, &upstream, decide.as_ref())));
            }
        });
        Self { address }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// One request, after which the connection ends: both sides are told so.
fn serve(client: &TcpStream, upstream: &str, decide: &dyn Fn(&str, usize) -> Fault) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let head = read_head(&mut reader)?;
    let Some(first) = head.first() else { return Ok(()) };
    let length = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let fault = decide(first.rsplit_once(' ').unwrap().0, length);
    match fault {
        Fault::Reset { after } => {
            // Closing a socket while bytes wait in it to be read resets the connection.
            assert!(after < length, "a body of {length} bytes cannot be cut at {after}");
            reader.read_exact(&mut vec![0; after])?;
            client.peek(&mut [0]).map(drop)
        }
        Fault::Silence => io::copy(&mut reader, &mut io::sink()).map(drop),
        Fault::None | Fault::Cut { .. } => {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let mut answer = ask(upstream, &head, &body)?;
            if let Fault::Cut { bytes } = fault {
                answer.truncate(answer.len() - bytes);
            }
            let mut client = client;
            client.write_all(&answer)?;
            client.shutdown(Shutdown::Both)
        }
    }
}

fn ask(upstream: &str, head: &[String], body: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream)?;
    let mut request = head.join("\r\n");
    request.push_str("\r\nconnection: close\r\n\r\n");
    server.write_all(request.as_bytes())?;
    server.write_all(body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

fn read_head(reader: &mut impl io::BufRead) -> io::Result<Vec<String>> {
    io::BufRead::lines(reader).take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).collect()
}

fn header<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
