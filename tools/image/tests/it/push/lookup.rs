//! What the library reads of registries, as the release tool asks it: `resolve` and `lookup`.

use oci::reference::Repository;
use registry::{PublishedImage, RetryPolicy, lookup, resolve};
use release_tag::Version;
use terminal::progress::Silent;

use crate::push::push;
use crate::support::registry::on_each_registry;
use crate::support::server::{Answer, Ask, Server, reply};
use crate::support::services::Services;

/// What `resolve` and `lookup` make of a tag.
fn read(server: &Server, tag: &str) -> Result<(Option<String>, Option<PublishedImage>), registry::Error> {
    let repository: Repository = format!("{}/unkeyed/api", server.address()).parse().unwrap();
    let tag: Version = tag.parse().unwrap();
    let policy = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    let reading = async {
        let digest = resolve(&repository, &tag, &policy, &Silent).await?;
        let image = lookup(&repository, &tag, &policy, &Silent).await?;
        Ok((digest.map(|digest| digest.to_string()), image))
    };
    http_client::block_on(reading).unwrap()
}

#[test]
fn a_published_image_is_read_with_and_without_the_header_of_its_digest() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        push(registry.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).success();
        let knows_no_head: fn(&Ask) -> Answer = |ask| (ask.method == "HEAD").then(|| reply(404, &[], "")).flatten();
        for server in [
            Server::in_front_of(registry.address(), |_| None),
            Server::hiding(&["docker-content-digest"], registry.address(), |_| None),
            Server::in_front_of(registry.address(), knows_no_head),
        ] {
            let (digest, image) = read(&server, "v1.0.0").unwrap();
            let image = image.unwrap();
            assert_eq!((digest.unwrap(), image.digest.to_string()), (service.digest.clone(), service.digest.clone()));
            let platforms: Vec<_> = image.platforms.iter().map(|one| one.platform.as_str()).collect();
            assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
            assert!(matches!(read(&server, "v1.0.1"), Ok((None, None))));
        }
    });
}
