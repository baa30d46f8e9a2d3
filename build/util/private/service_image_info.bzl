"""What a service image is called and where it is: the provider between `service_image` and push and load."""

visibility("//build/util/...")

def _init(*, service, repository, local_tag, index):
    if not service:
        fail("ServiceImageInfo: `service` is empty, write the service's name, such as `api`")
    if not index.is_directory:
        fail("ServiceImageInfo of `{}`: `index` is the file `{}`, give the folder that oci_image_index makes".format(service, index.path))
    return {
        "index": index,
        "local_tag": local_tag,
        "repository": repository,
        "service": service,
    }

ServiceImageInfo, _new_service_image_info = provider(
    doc = "A service's multi-arch image and the names that it goes by.",
    fields = {
        "index": "(File) The OCI layout of the image index, a folder.",
        "local_tag": "(string) What the image is called in a local Docker, such as `unkey/api:dev`.",
        "repository": "(string) Where releases go, without a tag, such as `ghcr.io/unkeyed/api`.",
        "service": "(string) The service's name, such as `api`.",
    },
    init = _init,
)
