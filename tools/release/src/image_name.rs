//! What the image of a release is called.

use services::CLI;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_images_and_the_client_has_none() {
        let image = |tag: &str| of(&Tag::parse(tag.as_ref()).unwrap());
        assert_eq!(image("api/v1.4.0-rc.1").unwrap(), "ghcr.io/unkeyed/api:v1.4.0-rc.1");
        assert_eq!(image("cli/v1.4.0"), None);
    }
}
