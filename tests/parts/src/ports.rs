//! Ports that nobody listens on.

use std::net::TcpListener;

/// A free port of 127.0.0.1. It is free when this returns; who needs it binds it at once.
pub fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// `127.0.0.1:PORT`, where nobody listens.
pub fn free_address() -> String {
    format!("127.0.0.1:{}", free())
}
