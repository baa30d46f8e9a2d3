//! What is asked in each step, and what the answer has to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::http::Method;
use uuid::Uuid;

use super::client::{Client, Question, wait};
use super::{HOST, PATIENCE};
use crate::Error;

/// What goes through the vault.
const SECRET: &str = "what nobody else may read";

/// What the secret belongs to: without it, nobody decrypts.
const BELONGS_TO: &str = "smoke";

/// Where the deployment leads to: api, as the other containers reach it.
const UPSTREAM: &str = "api:7070";

/// A key that was issued.
pub(super) struct Key {
    pub(super) id: String,
    secret: String,
}

/// A deployment that was requested.
pub(super) struct Deployment {
    pub(super) id: String,
}

impl Key {
    /// As much of it as may be shown.
    pub(super) fn prefix(&self) -> String {
        self.secret.chars().take(8).collect()
    }
}

pub(super) fn issue(client: &Client) -> Result<Key, Error> {
    let answer = client.ask("api", &Question::post("/v1/keys", json!({"name": "smoke"})));
    let key = answer.and_then(|answer| Ok(Key { id: text(&answer, "id")?, secret: text(&answer, "key")? }));
    key.map_err(failed("api", "issue a key"))
}

pub(super) fn verify(client: &Client, key: &Key) -> Result<(), Error> {
    expect_code(client, key, "valid", "`code` should be `valid`")
        .map_err(failed("api", "verify the key that it has issued"))
}

/// How often heimdall says that the key was used.
pub(super) fn count(client: &Client, key: &Key) -> Result<u64, Error> {
    let path = format!("/v1/usage?key={}", key.id);
    let counted = wait(PATIENCE, || {
        let answer = client.ask("heimdall", &Question::get(&path))?;
        let count = answer["totals"][0]["count"].as_u64().filter(|count| *count > 0);
        count.ok_or(Error::Answer { answer, wanted: "the use of the key should be counted" })
    });
    counted.map_err(failed("heimdall", "count the use of the key"))
}

pub(super) fn revoke(client: &Client, key: &Key) -> Result<(), Error> {
    let path = format!("/v1/keys/{}", key.id);
    let revoked = client.ask("api", &Question::new(Method::DELETE, &path));
    revoked
        .and_then(|_| expect_code(client, key, "revoked", "`code` should be `revoked`"))
        .map_err(failed("api", "revoke the key"))
}

/// The id of the vault's key.
pub(super) fn vault(client: &Client) -> Result<String, Error> {
    through_vault(client).map_err(failed("vault", "give back what was encrypted"))
}

fn through_vault(client: &Client) -> Result<String, Error> {
    let plaintext = STANDARD.encode(SECRET);
    let body = json!({"plaintext": plaintext, "additional_data": BELONGS_TO});
    let encrypted = client.ask("vault", &Question::post("/v1/encrypt", body))?;
    let body = json!({"ciphertext": text(&encrypted, "ciphertext")?, "additional_data": BELONGS_TO});
    let decrypted = client.ask("vault", &Question::post("/v1/decrypt", body))?;
    if decrypted["plaintext"] != plaintext.as_str() {
        return Err(Error::Answer { answer: decrypted, wanted: "there should be the text that was encrypted" });
    }
    text(&decrypted, "key_id")
}

pub(super) fn request(client: &Client) -> Result<Deployment, Error> {
    let key = Uuid::new_v4().to_string();
    let body = json!({"host": HOST, "upstreams": [UPSTREAM], "replicas": 1});
    let headers = [("idempotency-key", key.as_str())];
    let answer = client.ask("control-api", &Question::post("/v1/deployments", body).with_headers(&headers));
    let deployment = answer.and_then(|answer| Ok(Deployment { id: text(&answer, "id")? }));
    deployment.map_err(failed("control-api", "take the request for a deployment"))
}

/// How the deployment went.
pub(super) fn wait_for_deployment(client: &Client, deployment: &Deployment) -> Result<String, Error> {
    let path = format!("/v1/deployments/{}", deployment.id);
    let carried = wait(PATIENCE, || {
        let answer = client.ask("control-api", &Question::get(&path))?;
        if answer["state"] == "succeeded" {
            return Ok(format!("succeeded at attempt {}", answer["attempts"]));
        }
        Err(Error::Answer { answer, wanted: "`state` should be `succeeded`" })
    });
    carried.map_err(failed("control-worker", "carry the deployment to krane"))
}

/// What krane wants.
pub(super) fn wanted(client: &Client, deployment: &Deployment) -> Result<String, Error> {
    let answer = client.ask("krane", &Question::get("/v1/deployments"));
    let is_known = answer.and_then(|answer| {
        let deployments = answer["deployments"].as_array().into_iter().flatten();
        let mut of_host = deployments.filter(|one| one["host"] == HOST);
        if of_host.any(|one| one["deployment"] == deployment.id.as_str()) {
            return Ok(format!("{HOST} -> {UPSTREAM}"));
        }
        Err(Error::Answer { answer, wanted: "the deployment should be listed" })
    });
    is_known.map_err(failed("krane", "know the deployment"))
}

/// Who answers behind the host name.
pub(super) fn reach(client: &Client) -> Result<String, Error> {
    let headers = [("host", HOST)];
    let reached = wait(PATIENCE, || {
        let answer = client.ask("frontline", &Question::get("/version").with_headers(&headers))?;
        match text(&answer, "service")?.as_str() {
            "api" => Ok(format!("api answers, version {}", text(&answer, "version")?)),
            _ => Err(Error::Answer { answer, wanted: "`service` should be `api`" }),
        }
    });
    reached.map_err(failed("frontline", "lead to the deployment"))
}

fn expect_code(client: &Client, key: &Key, code: &str, wanted: &'static str) -> Result<(), Error> {
    let answer = client.ask("api", &Question::post("/v1/keys/verify", json!({"key": key.secret})))?;
    if answer["code"] == code {
        return Ok(());
    }
    Err(Error::Answer { answer, wanted })
}

fn text(answer: &Value, name: &str) -> Result<String, Error> {
    let text = answer[name].as_str().map(str::to_owned);
    text.ok_or_else(|| Error::Answer { answer: answer.clone(), wanted: "a text is missing" })
}

fn failed(service: &'static str, step: &'static str) -> impl Fn(Error) -> Error {
    move |source| Error::Step { service, step, source: Box::new(source) }
}
