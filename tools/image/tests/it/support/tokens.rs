//! A token server for distribution's registry: signs what it asks for (distribution's token specification and RFC 7519), for
//! `octocat` with the password `hunter2` alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, SigningKey as _};
use reqwest::Url;
use serde_json::{Value, json};

use crate::support::server::{Ask, Server, reply};

/// Who signs, and for whom.
const ISSUER: &str = "tokens of the test";
const SERVICE: &str = "registry of the test";

/// How long a token is good for, in seconds.
const LIFETIME: u64 = 300;

/// A running token server.
pub struct Tokens {
    server: Server,
    certificate: PathBuf,
}

impl Tokens {
    /// Puts its certificate into `folder`.
    pub fn start(folder: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let signer = CertificateParams::new(vec!["tokens.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = folder.join("tokens.pem");
        std::fs::write(&certificate, signer.pem()).unwrap();
        let (key, signer) = (Arc::new(key), STANDARD.encode(signer.der()));
        let server = Server::start(move |ask| {
            if ask.header("authorization") != "Basic b2N0b2NhdDpodW50ZXIy" {
                return reply(401, &[], r#"{"details":"incorrect username or password"}"#);
            }
            let answer = json!({"token": token(&key, &signer, &access(ask)), "expires_in": LIFETIME});
            reply(200, &[("content-type", "application/json")], answer.to_string())
        });
        Self { server, certificate }
    }

    /// The settings by which a registry trusts it.
    pub fn settings(&self) -> String {
        format!(
            "auth:\n  token:\n    realm: http://{}/token\n    service: {SERVICE}\n    issuer: {ISSUER}\n    \
             rootcertbundle: {}\n",
            self.server.address(),
            self.certificate.display()
        )
    }
}

/// All that is asked for, by the scopes in the query: `repository:unkeyed/api:pull,push`.
fn access(ask: &Ask) -> Vec<Value> {
    let url = Url::parse(&format!("http://tokens.example{}", ask.path)).unwrap();
    let scopes = url.query_pairs().filter(|(key, _)| key == "scope").map(|(_, scope)| {
        let parts: Vec<_> = scope.split(':').collect();
        json!({"type": parts[0], "name": parts[1], "actions": parts[2].split(',').collect::<Vec<_>>()})
    });
    scopes.collect()
}

fn token(key: &KeyPair, signer: &str, access: &[Value]) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [signer]});
    let claims = json!({
        "iss": ISSUER, "aud": SERVICE, "sub": "octocat", "access": access,
        "iat": now, "nbf": now - 60, "exp": now + LIFETIME, "jti": now.to_string(),
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{claims}");
    let signature = fixed(&key.sign(text.as_bytes()).unwrap());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The two numbers of a signature in 32 bytes each, as RFC 7518 (section 3.4) wants them, out of their DER.
fn fixed(der: &[u8]) -> Vec<u8> {
    let end = 4 + usize::from(der[3]);
    let padded = |number: &[u8]| [&[0; 32], number].concat().split_off(number.len());
    [padded(&der[4..end]), padded(&der[end + 2..])].concat()
}
