//! `image push` to addresses where no registry answers.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{push, stderr};
use crate::support::services::Services;
use parts::ports::free_address;

#[test]
fn an_address_without_a_server_is_told_and_not_waited_for_long() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let (address, started) = (free_address(), Instant::now());
    // Attempts enough for two minutes.
    let text = stderr(&push(&address, &spec, &["--tag", "v1.0.0", "--attempts", "1000"]).code(2));
    assert!(started.elapsed() < Duration::from_secs(30));
    for part in [
        &format!("cannot reach registry `{address}`"),
        "Connection refused",
        "attempt 2 of up to 1000",
        &format!("hint: is `{address}` running"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_server_of_another_protocol_is_told_by_its_name_at_once() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    for (greeting, name, schemes) in [
        (&b"SSH-2.0-OpenSSH_10.0\r\n"[..], "an SSH server", &["", "https://"][..]),
        (b"220 ready\r\n", "a mail or FTP server", &[""]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            // The tool may be gone before it has read this.
            listener.incoming().for_each(|stream| drop(stream.unwrap().write_all(greeting)));
        });
        for scheme in schemes {
            let text = stderr(&push(&format!("{scheme}{address}"), &spec, &["--tag", "v1.0.0"]).code(2));
            let told = format!("what answers for registry `{address}` is {name}\n\nhint: check host and port of");
            assert!(text.contains(&told) && !text.contains("attempt 2"), "{text}");
        }
    }
}
