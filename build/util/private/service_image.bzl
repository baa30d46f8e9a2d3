"""The macro `service_image`: from a rust_binary to an image that can be pushed, loaded and tested."""

load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index")
load("@rules_pkg//pkg:tar.bzl", "pkg_tar")
load(":image_command.bzl", "image_command", "image_test")
load(":image_contract.bzl", "image_contract")
load(":platform_binary.bzl", "platform_binary")
load(":service_spec.bzl", "service", "service_spec")
load(":stamped_file.bzl", "stamped_file")

visibility("//build/util/...")

_REGISTRY = "ghcr.io/unkeyed"
_LOCAL_PREFIX = "unkey"
_SOURCE = "https://github.com/unkeyed/unkey"

# distroless' user `nonroot`, by number: Kubernetes' runAsNonRoot cannot verify a name.
_USER = "65532"

_LABEL = "org.opencontainers.image."

_BASES = {
    "amd64": Label("@distroless_static_linux_amd64"),
    "arm64": Label("@distroless_static_linux_arm64_v8"),
}

_STAMPED = Label("//build/util/private:stamped")

def _version_key(title):
    """The key of a service's version in the workspace status: each service has its own, so that one build can release several."""
    return "STABLE_VERSION_" + "".join([
        character if character.isalnum() else "_"
        for character in title.upper().elems()
    ])

def service_rustc_env(*, service = None):
    """The `rustc_env` of a service's rust_binary: version, commit and commit time, in a stamped build.

    rules_rust fills in the values; without --stamp the braces stay, and the program calls itself `dev`.

    Args:
      service: the service's name. Default: the last folder of the package.

    Returns:
      A dict for `rustc_env`; the rust_binary also needs `stamp = -1`.
    """
    service = service or native.package_name().split("/")[-1]
    if not service:
        fail("service_rustc_env in the root package: give `service`, such as `api`")
    return {
        "UNKEY_COMMIT": "{STABLE_COMMIT}",
        "UNKEY_COMMIT_TIME": "{STABLE_COMMIT_TIME}",
        "UNKEY_VERSION": "{" + _version_key(service) + "}",
    }

def _check(name, binary, description, repository):
    if not name.replace("_", "").replace("-", "").isalnum():
        fail("service_image: `name` is `{}`: use letters, digits, `_` and `-`, such as `image`".format(name))
    if not binary:
        fail("service_image `{}`: `binary` is missing, give the label of a rust_binary".format(name))
    if not description:
        fail("service_image `{}`: `description` is empty, write what the service does in one line".format(name))
    last = repository.split("/")[-1]
    if "@" in repository or ":" in last:
        fail("service_image `{}`: `repository` is `{}`: leave the tag or digest out, push takes it as --tag".format(name, repository))
    if "/" not in repository:
        fail("service_image `{}`: `repository` is `{}`: begin it with a registry, such as `{}/{}`".format(name, repository, _REGISTRY, repository))

def _labels(*, name, title, description, source, extra):
    """The stamped labels and creation time of an image; returns the labels that are the same in every build."""
    fixed = dict(extra)
    fixed[_LABEL + "description"] = description
    fixed[_LABEL + "source"] = source
    fixed[_LABEL + "title"] = title
    lines = ["{}={}".format(key, fixed[key]) for key in sorted(fixed)]
    stamped_lines = [
        _LABEL + "created={STABLE_COMMIT_TIME}",
        _LABEL + "revision={STABLE_COMMIT}",
        _LABEL + "version={" + _version_key(title) + "}",
    ]
    unstamped_lines = [
        _LABEL + "created=1970-01-01T00:00:00Z",
        _LABEL + "revision=dev",
        _LABEL + "version=dev",
    ]
    stamped = select({_STAMPED: True, "//conditions:default": False})
    stamped_file(
        name = name + "_labels",
        stamped = stamped,
        tags = ["manual"],
        template = "\n".join(lines + stamped_lines),
        unstamped = "\n".join(lines + unstamped_lines),
        visibility = ["//visibility:private"],
    )
    stamped_file(
        name = name + "_created",
        stamped = stamped,
        tags = ["manual"],
        template = "{STABLE_COMMIT_TIME}",
        unstamped = "1970-01-01T00:00:00Z",
        visibility = ["//visibility:private"],
    )
    return fixed

def _platform_image(*, name, architecture, binary, binary_name, visibility):
    """One platform's binary, layer and image."""
    suffix = "linux_" + architecture
    platform_binary(
        name = "{}_binary_{}".format(name, suffix),
        binary = binary,
        platform = Label("//build/util/platforms:" + suffix),
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    pkg_tar(
        name = "{}_layer_{}".format(name, suffix),
        # Python's gzip takes over a second for a service, and its bytes depend on the machine's zlib.
        compressor = Label("//tools/image"),
        compressor_args = "compress",
        extension = "tar.gz",
        files = {":{}_binary_{}".format(name, suffix): binary_name},
        mode = "0755",
        owner = "0.0",
        package_dir = "/",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    oci_image(
        name = "{}_{}".format(name, suffix),
        base = _BASES[architecture],
        created = ":{}_created".format(name),
        entrypoint = ["/" + binary_name],
        labels = ":{}_labels".format(name),
        tars = [":{}_layer_{}".format(name, suffix)],
        user = _USER,
        visibility = visibility,
    )

def _commands(*, name, prefix, title, repository, local_tag, visibility):
    """Push and load of one service."""
    service(
        name = name + "_service",
        image = ":" + name,
        local_tag = local_tag,
        repository = repository,
        service = title,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    service_spec(
        name = name + "_spec",
        services = [":{}_service".format(name)],
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    for verb in ["push", "load"]:
        image_command(
            name = prefix + verb,
            args = [verb, "--spec", "$(rootpath :{}_spec)".format(name)],
            data = [":{}_spec".format(name)],
            service = ":{}_service".format(name),
            visibility = visibility,
        )

def service_image(
        *,
        name,
        binary,
        description,
        repository = None,
        local_tag = None,
        binary_name = None,
        labels = {},
        source = _SOURCE,
        visibility = ["//visibility:public"]):
    """Builds a service's multi-arch image on distroless, with push, load and a test of its contract.

    A function, not a symbolic macro: Bazel 7 has none. With `*` and checks first, moving to macro() is a small step.

    Args:
      name: the index's name, `image` by convention. Any other name also prefixes push, load and the test.
      binary: label of the rust_binary. It is built for linux/amd64 and linux/arm64, static, optimised and stripped.
      description: one line for people: what the service does. Becomes a label of the image.
      repository: where releases go, without a tag. Default: `ghcr.io/unkeyed/<last folder of the package>`.
      local_tag: name in a local Docker. Default: `unkey/<last folder of the package>:dev`.
      binary_name: file name in the image's root and the entrypoint. Default: the last folder of the package.
      labels: more labels of the image, name to value.
      source: URL of the repository, for the label of that name.
      visibility: of the targets below.

    Targets created:
      `:<name>_linux_amd64`, `:<name>_linux_arm64`: one oci_image a platform.
      `:<name>`: the oci_image_index over both.
      `:push`: `bazel run` publishes the index, `-- --tag vX.Y.Z` names the version.
      `:load`: `bazel run` puts the image of the daemon's platform into Docker.
      `:<name>_test`: holds the real index against the image contract.
      Where `name` is not `image`: `:<name>_push` and `:<name>_load`.
    """
    title = native.package_name().split("/")[-1]
    if not title and not (repository and local_tag and binary_name):
        fail("service_image `{}` is in the root package: give `repository`, `local_tag` and `binary_name`".format(name))
    repository = repository or "{}/{}".format(_REGISTRY, title)
    local_tag = local_tag or "{}/{}:dev".format(_LOCAL_PREFIX, title)
    binary_name = binary_name or title
    title = title or repository.split("/")[-1]
    _check(name, binary, description, repository)

    fixed = _labels(name = name, title = title, description = description, source = source, extra = labels)
    for architecture in _BASES:
        _platform_image(
            name = name,
            architecture = architecture,
            binary = binary,
            binary_name = binary_name,
            visibility = visibility,
        )
    oci_image_index(
        name = name,
        images = [":{}_linux_{}".format(name, architecture) for architecture in _BASES],
        visibility = visibility,
    )
    _commands(
        name = name,
        prefix = "" if name == "image" else name + "_",
        title = title,
        repository = repository,
        local_tag = local_tag,
        visibility = visibility,
    )
    _contract_test(name = name, binary_name = binary_name, labels = fixed, visibility = visibility)

def _contract_test(*, name, binary_name, labels, visibility):
    image_contract(
        name = name + "_contract",
        bases = _BASES.values(),
        binary_name = binary_name,
        labels = labels,
        platforms = ["linux/" + architecture for architecture in _BASES],
        required_labels = [_LABEL + key for key in ["created", "revision", "version"]],
        stamped = select({_STAMPED: True, "//conditions:default": False}),
        tags = ["manual"],
        user = _USER,
        visibility = ["//visibility:private"],
    )
    image_test(
        name = name + "_test",
        size = "small",
        args = ["check", "$(rootpath :{})".format(name), "--contract", "$(rootpath :{}_contract)".format(name)],
        data = [":" + name, ":{}_contract".format(name)],
        visibility = visibility,
    )
