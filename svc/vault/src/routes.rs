//! What the vault answers. None of these documents can be shown for debugging: they hold what callers want hidden.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runtime::{IntCounterVec, JsonBody, Metrics, Refusal, require_bearer};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::keyring::{Keyring, OpenError};

/// What a route may use.
#[derive(Debug)]
struct Context {
    keys: Keyring,
    /// The largest body that can come back for decryption.
    body_bytes: usize,
    /// By the key's id, so that it is seen when one has to be rotated.
    encryptions: IntCounterVec,
}

/// `POST /v1/encrypt`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plaintext {
    /// In base64.
    plaintext: String,
    /// Has to be the same for decryption; absent is empty.
    #[serde(default)]
    additional_data: String,
}

/// `POST /v1/decrypt` and `POST /v1/reencrypt`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ciphertext {
    ciphertext: String,
    #[serde(default)]
    additional_data: String,
}

/// The answer to an encryption.
#[derive(Serialize)]
struct Encrypted {
    ciphertext: String,
    key_id: String,
}

/// The answer to a decryption.
#[derive(Serialize)]
struct Decrypted {
    /// In base64.
    plaintext: String,
    key_id: String,
}

/// Every path of the vault. `body_bytes` is the limit of a request's body.
pub(crate) fn router(config: Config, body_bytes: usize, metrics: &Metrics) -> Router {
    let encryptions = metrics.counters("vault_encryptions_total", "Plaintexts that were encrypted.", &["key_id"]);
    let context = Context { keys: config.keys, body_bytes, encryptions };
    let routes = Router::new()
        .route("/v1/encrypt", post(encrypt))
        .route("/v1/decrypt", post(decrypt))
        .route("/v1/reencrypt", post(reencrypt));
    require_bearer(routes, &config.token).with_state(Arc::new(context))
}

async fn encrypt(
    State(context): State<Arc<Context>>,
    JsonBody(request): JsonBody<Plaintext>,
) -> Result<Json<Encrypted>, Refusal> {
    // The decoder's own message would tell a byte of the plaintext.
    let decoded = STANDARD.decode(&request.plaintext);
    let plaintext = decoded.map_err(|_| Refusal::bad_request("`plaintext` must be base64 with padding"))?;
    context.seal(&plaintext, request.additional_data)
}

async fn decrypt(
    State(context): State<Arc<Context>>,
    JsonBody(request): JsonBody<Ciphertext>,
) -> Result<Json<Decrypted>, Refusal> {
    let (plaintext, key) = context.keys.open(&request.ciphertext, &request.additional_data)?;
    Ok(Json(Decrypted { plaintext: STANDARD.encode(plaintext), key_id: key.id.to_string() }))
}

async fn reencrypt(
    State(context): State<Arc<Context>>,
    JsonBody(request): JsonBody<Ciphertext>,
) -> Result<Json<Encrypted>, Refusal> {
    let (plaintext, _) = context.keys.open(&request.ciphertext, &request.additional_data)?;
    context.seal(&plaintext, request.additional_data)
}

impl Context {
    fn seal(&self, plaintext: &[u8], additional_data: String) -> Result<Json<Encrypted>, Refusal> {
        let sealed = self.keys.seal(plaintext, &additional_data);
        let ciphertext = sealed.map_err(|error| Refusal::internal("encrypt", &error))?;
        let request = Ciphertext { ciphertext, additional_data };
        // A ciphertext is longer than its plaintext: nobody may be left with one that is too large to be sent back.
        let length = serde_json::to_vec(&request).map_err(|error| Refusal::internal("encrypt", &error))?.len();
        if length > self.body_bytes {
            let detail = "its ciphertext would be larger than `limits.body_bytes` of this service";
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let key_id = self.keys.newest().id.to_string();
        self.encryptions.with_label_values(&[&key_id]).inc();
        Ok(Json(Encrypted { ciphertext: request.ciphertext, key_id }))
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let status = match error {
            OpenError::Malformed | OpenError::Version => StatusCode::BAD_REQUEST,
            OpenError::UnknownKey(_) | OpenError::Changed => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::{self, Body};
    use axum::http::{Request, header};
    use runtime::Secret;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use crate::keyring::tests::key;

    const TOKEN: &str = "open sesame";

    /// A vault with keys of these names, the last of which is the newest.
    fn vault(ids: &[&str], body_bytes: usize) -> Router {
        let keys = ids.iter().map(|id| key(id, id.as_bytes()[0])).collect();
        let keys = Keyring::new(keys).expect("a keyring");
        let region = "local".parse().expect("a region");
        let config = Config { region, token: Secret::new(TOKEN.to_owned()), keys };
        router(config, body_bytes, &Metrics::default())
    }

    async fn ask(vault: &Router, path: &str, document: Value) -> (u16, Value) {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(document.to_string()));
        let response = vault.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// What the ciphertext of a document opens to.
    async fn open(vault: &Router, encrypted: &Value, additional_data: &str) -> (u16, Value) {
        let document = json!({"ciphertext": encrypted["ciphertext"], "additional_data": additional_data});
        ask(vault, "/v1/decrypt", document).await
    }

    #[tokio::test]
    async fn there_and_back_and_under_a_new_key() {
        let document = json!({"plaintext": "aHVudGVyMg==", "additional_data": "user 7"});
        let (status, before) = ask(&vault(&["a"], 1024), "/v1/encrypt", document).await;
        assert_eq!((status, &before["key_id"]), (200, &json!("a")));
        let both = vault(&["a", "b"], 1024);
        let opened = json!({"plaintext": "aHVudGVyMg==", "key_id": "a"});
        assert_eq!(open(&both, &before, "user 7").await, (200, opened));
        let document = json!({"ciphertext": before["ciphertext"], "additional_data": "user 7"});
        let (status, after) = ask(&both, "/v1/reencrypt", document).await;
        assert_eq!((status, &after["key_id"]), (200, &json!("b")));
        let rotated = vault(&["b"], 1024);
        let opened = json!({"plaintext": "aHVudGVyMg==", "key_id": "b"});
        assert_eq!(open(&rotated, &after, "user 7").await, (200, opened));
        let (status, refused) = open(&rotated, &before, "user 7").await;
        assert_eq!((status, &refused["detail"]), (422, &json!("unknown key id `a`")));
    }

    #[tokio::test]
    async fn no_additional_data_is_empty_additional_data() {
        let vault = vault(&["a"], 1024);
        let (_, encrypted) = ask(&vault, "/v1/encrypt", json!({"plaintext": ""})).await;
        assert_eq!(open(&vault, &encrypted, "").await, (200, json!({"plaintext": "", "key_id": "a"})));
    }

    #[tokio::test]
    async fn what_is_refused_and_how() {
        let vault = vault(&["a"], 1024);
        // 8 bytes, and so a ciphertext that can lose 4 characters and still be base64.
        let (_, encrypted) = ask(&vault, "/v1/encrypt", json!({"plaintext": "aHVudGVyMjI="})).await;
        let ciphertext = encrypted["ciphertext"].as_str().expect("text");
        let changed = "the ciphertext or its additional data is not what was encrypted";
        let malformed = "the ciphertext is not of the form `v1.KEY.DATA`, or is cut short";
        let cases = [
            (ciphertext.to_owned(), "user 8", 422, changed),
            (ciphertext.replacen(".a.", ".a.AAAA", 1), "", 422, changed),
            (ciphertext[..ciphertext.len() - 4].to_owned(), "", 422, changed),
            (ciphertext[..20].to_owned(), "", 400, malformed),
            (ciphertext.replacen("v1", "v2", 1), "", 400, "the ciphertext is of another version than `v1`"),
            (ciphertext.replacen(".a.", ".b.", 1), "", 422, "unknown key id `b`"),
        ];
        for (ciphertext, additional_data, status, detail) in cases {
            for path in ["/v1/decrypt", "/v1/reencrypt"] {
                let document = json!({"ciphertext": ciphertext, "additional_data": additional_data});
                let (answered, refused) = ask(&vault, path, document).await;
                assert_eq!((answered, &refused["detail"]), (status, &json!(detail)), "{path} {ciphertext}");
            }
        }
        for plaintext in ["hunter2", "aHVudGVyMg", "aHVudGVyMg==\n"] {
            let (status, refused) = ask(&vault, "/v1/encrypt", json!({"plaintext": plaintext})).await;
            assert_eq!((status, &refused["detail"]), (400, &json!("`plaintext` must be base64 with padding")));
        }
    }

    #[tokio::test]
    async fn what_is_encrypted_can_be_sent_back() {
        let vault = vault(&["a"], 1024);
        let document = |bytes: usize| json!({"plaintext": STANDARD.encode(vec![0; bytes])});
        let largest = 700;
        let (status, encrypted) = ask(&vault, "/v1/encrypt", document(largest)).await;
        assert_eq!(status, 200);
        let sent_back = json!({"ciphertext": encrypted["ciphertext"], "additional_data": ""}).to_string();
        assert!(sent_back.len() <= 1024 && sent_back.len() > 1000, "{}", sent_back.len());
        let (status, refused) = ask(&vault, "/v1/encrypt", document(largest + 28)).await;
        assert_eq!(status, 413);
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("limits.body_bytes")), "{refused}");
    }

    #[tokio::test]
    async fn each_path_wants_the_token() {
        for path in ["/v1/encrypt", "/v1/decrypt", "/v1/reencrypt"] {
            let request = Request::post(path).body(Body::from("{}")).expect("a request");
            assert_eq!(vault(&["a"], 1024).oneshot(request).await.expect("an answer").status(), 401, "{path}");
        }
    }
}
