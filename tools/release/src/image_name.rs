//! What the image of a release is called.

use services::CLI;

use crate::publish;
use crate::tag::Tag;

/// Where `service_image` publishes, unless a service says otherwise.
const REPOSITORIES: &str = "ghcr.io/unkeyed";

/// Where the images of a service go.
#[must_use]
pub fn repository(service: &str) -> String {
    format!("{REPOSITORIES}/{service}")
}

/// The image that a tag becomes: `ghcr.io/unkeyed/api:v1.4.0`. None for the command line client.
#[must_use]
pub fn of(tag: &Tag) -> Option<String> {
    (tag.service() != CLI).then(|| format!("{}:{}", repository(tag.service()), tag.version()))
}

/// The same in another registry, where one is named.
///
/// # Errors
/// When the registry's name is none.
pub fn at(registry: Option<&str>, tag: &Tag) -> Result<Option<String>, oci::Error> {
    let Some(registry) = registry.filter(|_| tag.service() != CLI) else { return Ok(of(tag)) };
    let repository = publish::repository(&repository(tag.service()), Some(registry))?;
    Ok(Some(format!("{repository}:{}", tag.version())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_images_and_the_client_has_none() {
        let image = |tag: &str, registry| at(registry, &Tag::parse(tag.as_ref()).unwrap());
        let expected = "ghcr.io/unkeyed/api:v1.4.0-rc.1";
        assert_eq!(image("api/v1.4.0-rc.1", None).unwrap().as_deref(), Some(expected));
        let elsewhere = image("api/v1.4.0", Some("localhost:5000/team")).unwrap();
        assert_eq!(elsewhere.as_deref(), Some("localhost:5000/team/api:v1.4.0"));
        assert!(image("api/v1.4.0", Some("a b")).is_err());
        assert_eq!(image("cli/v1.4.0", Some("localhost:5000")).unwrap(), None);
    }
}
