//! What answers where something else was expected: an SSH server, a mail server, TLS. Asked for only once an attempt has
//! failed, so that the error says what is there.

use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take to be connected to, and to say something.
const PATIENCE: Duration = Duration::from_secs(1);

/// A server that is no HTTP server, or not a plain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// It wants to be spoken to by TLS.
    Tls,
    /// It greets as RFC 4253, section 4.2, has it.
    Ssh,
    /// It greets as those of SMTP, IMAP, POP or FTP do.
    Mail,
}

impl fmt::Display for Stranger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tls => "a server that speaks TLS",
            Self::Ssh => "an SSH server",
            Self::Mail => "a mail or FTP server",
        })
    }
}

/// Who greets at `host:port`; nothing where that cannot be told. Nothing is sent.
pub async fn greeting(authority: &str) -> Option<Stranger> {
    recognize(&hear(&mut connect(authority).await?).await?)
}

/// Who answers at `host:port` to a plain request, where nobody greets; nothing where that cannot be told.
pub async fn answering(authority: &str) -> Option<Stranger> {
    let mut stream = connect(authority).await?;
    if let Some(greeting) = hear(&mut stream).await {
        return recognize(&greeting);
    }
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
    recognize(&hear(&mut stream).await?)
}

async fn connect(authority: &str) -> Option<TcpStream> {
    timeout(PATIENCE, TcpStream::connect(authority)).await.ok()?.ok()
}

/// The first that a server says, within its time; nothing when it says nothing.
async fn hear(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 512];
    let length = timeout(PATIENCE, stream.read(&mut bytes)).await.ok()?.ok()?;
    bytes.truncate(length);
    Some(bytes).filter(|bytes| !bytes.is_empty())
}

/// Whether an HTTP server's answer says that it wants TLS: Go's words and nginx's.
#[must_use]
pub fn asks_for_tls(answer: &str) -> bool {
    answer.contains("to an HTTPS server") || answer.contains("to HTTPS port")
}

fn recognize(bytes: &[u8]) -> Option<Stranger> {
    let starts = |greetings: &[&str]| greetings.iter().any(|greeting| bytes.starts_with(greeting.as_bytes()));
    // A fatal alert (RFC 8446, section 6), in a record of any version.
    if bytes.starts_with(&[0x15, 0x03]) || asks_for_tls(&String::from_utf8_lossy(bytes)) {
        return Some(Stranger::Tls);
    }
    if starts(&["SSH-"]) {
        return Some(Stranger::Ssh);
    }
    starts(&["220 ", "220-", "* OK", "+OK"]).then_some(Stranger::Mail)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn greetings() {
        let go = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        let nginx = "HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port";
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH_10.0p2\r\n"[..], Some(Stranger::Ssh)),
            (b"220 mail.example.org ESMTP\r\n", Some(Stranger::Mail)),
            (b"* OK IMAP4rev1\r\n", Some(Stranger::Mail)),
            (&[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46], Some(Stranger::Tls)),
            (go.as_bytes(), Some(Stranger::Tls)),
            (nginx.as_bytes(), Some(Stranger::Tls)),
            (b"HTTP/1.1 404 Not Found\r\n\r\n", None),
            (b"", None),
        ] {
            assert_eq!(recognize(bytes), expected, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_hear_a_greeting() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"SSH-2.0-x\r\n").unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap_or_default()
        });
        assert_eq!(greeting(&address).await, Some(Stranger::Ssh));
        assert_eq!(server.join().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_server_that_waits_is_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 18]).unwrap();
            stream.write_all(&[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]).unwrap();
        });
        assert_eq!(answering(&address).await, Some(Stranger::Tls));
        server.join().unwrap();
        assert_eq!(answering(&address).await, None);
    }
}
