"""The macro `service_image`: from a rust_binary to an image that can be pushed, loaded and tested."""

load("@rules_oci//oci:defs.bzl", "oci_image_index_rule", "oci_image_rule")
load("@rules_pkg//pkg:tar.bzl", "pkg_tar")
load(":image_config.bzl", "LABEL_PREFIX", "STAMPED_LABELS", "image_config")
load(":image_test.bzl", "image_test")
load(":platform_binary.bzl", "platform_binary")
load(":service_command.bzl", "service_command")

visibility("//build/util/...")

_REGISTRY = "ghcr.io/unkeyed"
_LOCAL_PREFIX = "unkey"
_SOURCE = "https://github.com/unkeyed/unkey"

# distroless' user `nonroot`, by number: Kubernetes' runAsNonRoot cannot verify a name.
_USER = "65532"

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
        compressor = Label("//tools/image_build:image_build_binary"),
        compressor_args = "compress",
        extension = "tar.gz",
        files = {":{}_binary_{}".format(name, suffix): binary_name},
        mode = "0755",
        owner = "0.0",
        package_dir = "/",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    # The rule, because the macro of the same name adds four targets to each image that nothing here needs.
    oci_image_rule(
        name = "{}_{}".format(name, suffix),
        base = _BASES[architecture],
        created = ":{}_created.txt".format(name),
        entrypoint = ":{}_entrypoint.txt".format(name),
        labels = ":{}_labels.txt".format(name),
        tars = [":{}_layer_{}".format(name, suffix)],
        user = _USER,
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

    labels = labels | {
        LABEL_PREFIX + "description": description,
        LABEL_PREFIX + "source": source,
        LABEL_PREFIX + "title": title,
    }
    image_config(
        name = name + "_config",
        binary_name = binary_name,
        created = name + "_created.txt",
        entrypoint = name + "_entrypoint.txt",
        fixed_labels = labels,
        labels = name + "_labels.txt",
        stamped = select({_STAMPED: True, "//conditions:default": False}),
        tags = ["manual"],
        version_key = _version_key(title),
        visibility = ["//visibility:private"],
    )
    for architecture in _BASES:
        _platform_image(
            name = name,
            architecture = architecture,
            binary = binary,
            binary_name = binary_name,
            visibility = visibility,
        )
    oci_image_index_rule(
        name = name,
        images = [":{}_linux_{}".format(name, architecture) for architecture in _BASES],
        visibility = visibility,
    )
    _commands(
        name = name,
        title = title,
        repository = repository,
        local_tag = local_tag,
        visibility = visibility,
    )
    _contract_test(name = name, binary_name = binary_name, labels = labels, visibility = visibility)

def _commands(*, name, title, repository, local_tag, visibility):
    """Push and load of one service."""
    prefix = "" if name == "image" else name + "_"
    for verb in ["push", "load"]:
        spec = "{}_{}.json".format(name, verb)
        service_command(
            name = prefix + verb,
            args = [verb, "--spec", "$(rootpath :{})".format(spec)],
            image = ":" + name,
            local_tag = local_tag,
            repository = repository,
            service = title,
            spec = spec,
            visibility = visibility,
        )

def _contract_test(*, name, binary_name, labels, visibility):
    contract = name + "_contract.json"
    image_test(
        name = name + "_test",
        size = "small",
        args = ["check", "$(rootpath :{})".format(name), "--contract", "$(rootpath :{})".format(contract)],
        bases = _BASES.values(),
        binary_name = binary_name,
        contract = contract,
        data = [":" + name],
        labels = labels,
        platforms = ["linux/" + architecture for architecture in _BASES],
        required_labels = STAMPED_LABELS,
        stamped = select({_STAMPED: True, "//conditions:default": False}),
        user = _USER,
        visibility = visibility,
    )
