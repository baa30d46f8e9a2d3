//! Docker's contexts: which one is chosen, where its daemon is, and the TLS files that it has.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::tls::Tls;
use http_client::environment;
use oci::digest;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChosenContext {
    current_context: Option<String>,
}

/// The chosen context; the one named `default` stands for no context.
pub(super) fn name(folder: &Path) -> Option<String> {
    let chosen = || chosen(&std::fs::read(folder.join("config.json")).ok()?);
    let typed = environment::read(environment::DOCKER_CONTEXT).map(|name| name.to_string_lossy().into_owned());
    typed.or_else(chosen).filter(|name| !name.is_empty() && name != "default")
}

pub(super) fn chosen(config: &[u8]) -> Option<String> {
    serde_json::from_slice::<ChosenContext>(config).ok()?.current_context
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    endpoints: HashMap<String, Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    host: Option<String>,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// A context's address, and its TLS where it has files for it or says that they need not be looked at. Docker names its
/// folders after the digest of its name.
pub(super) fn read(folder: &Path, name: &str) -> Result<(String, Option<Tls>), crate::Error> {
    let hash = digest::of_bytes(name.as_bytes());
    let contexts = folder.join("contexts");
    let path = contexts.join("meta").join(hash.digest()).join("meta.json");
    let error = |reason: String| crate::Error::DockerContext { name: name.to_owned(), path: path.clone(), reason };
    let bytes = std::fs::read(&path).map_err(|source| error(source.to_string()))?;
    let (host, is_unverified) = endpoint(&bytes).map_err(error)?;
    Ok((host, Tls::of_context(&contexts.join("tls").join(hash.digest()).join("docker"), is_unverified)))
}

/// The host of a `meta.json`, and whether its certificate is left unverified.
pub(super) fn endpoint(meta: &[u8]) -> Result<(String, bool), String> {
    let meta: Meta = serde_json::from_slice(meta).map_err(|source| source.to_string())?;
    let endpoint = meta.endpoints.get("docker");
    let host = endpoint.and_then(|endpoint| endpoint.host.clone()).filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| "it names no docker host".to_owned())?;
    Ok((host, endpoint.is_some_and(|endpoint| endpoint.skip_tls_verify)))
}
