"""Repositories with a base image: what rules_oci pulls from a registry, made from Debian packages of the airgap root."""

visibility("//oci/...")

# Where airgap/debian/inside/base.sh puts the root file systems.
_BASES = "/opt/airgap/base"

# Images that Debian's packages can stand in for, and the configuration that they carry.
_KNOWN_IMAGES = {
    "gcr.io/distroless/static-debian12": {
        "environment": {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        },
        "layer": "distroless_static",
        "platforms": ["linux/amd64", "linux/arm64/v8"],
        "user": "0",
        "workdir": "/",
    },
}

_CPUS = {
    "amd64": "x86_64",
    "arm64": "aarch64",
}

_IMAGE_BUILD = """\
load("@rules_oci//oci:defs.bzl", "oci_image")

package(default_visibility = ["//visibility:public"])

oci_image(
    name = "{name}",
    os = "{os}",
    architecture = "{architecture}",
    env = {environment},
    tars = ["base.tar.gz"],
    user = "{user}",
    variant = "{variant}",
    workdir = "{workdir}",
)
"""

_ALIAS_BUILD = """\
package(default_visibility = ["//visibility:public"])

alias(
    name = "{name}",
    actual = {actual},
)

exports_files(["digest.txt"])

filegroup(
    name = "digest",
    srcs = ["digest.txt"],
)
"""

def _bare(image):
    """The image without scheme, tag and digest."""
    bare = image.split("://")[-1].split("@")[0]
    head, _, last = bare.rpartition("/")
    return "{}/{}".format(head, last.split(":")[0]) if head else last.split(":")[0]

def _oci_pull_impl(repository_ctx):
    image = _bare(repository_ctx.attr.image)
    platform = repository_ctx.attr.platform
    known = _KNOWN_IMAGES.get(image)
    if not known:
        fail(("oci.pull: the airgap build reaches no registry, so it cannot pull `{}`. It makes {} out of Debian packages; " +
              "use one of these as the base, or build online (UNKEY_BAZEL=online).").format(image, ", ".join(_KNOWN_IMAGES)))
    if platform not in known["platforms"]:
        fail("oci.pull: the airgap build has `{}` for {}, not for `{}`: change `platforms`.".format(
            image,
            " and ".join(["`{}`".format(offered) for offered in known["platforms"]]),
            platform or "(no platform)",
        ))
    parts = platform.split("/")
    repository_ctx.symlink("{}/{}_{}.tar.gz".format(_BASES, known["layer"], parts[1]), "base.tar.gz")
    repository_ctx.file("BUILD.bazel", _IMAGE_BUILD.format(
        name = repository_ctx.attr.target_name,
        architecture = parts[1],
        environment = repr(known["environment"]),
        os = parts[0],
        user = known["user"],
        variant = parts[2] if len(parts) == 3 else "",
        workdir = known["workdir"],
    ))

oci_pull = repository_rule(
    implementation = _oci_pull_impl,
    attrs = {
        "digest": attr.string(doc = "The digest that the online build pins. What is made here has another one."),
        "image": attr.string(doc = "The image, with its registry.", mandatory = True),
        "platform": attr.string(doc = "`os/architecture[/variant]`, or nothing for an image that is no index."),
        "target_name": attr.string(doc = "The name of the target: the repository's apparent name.", mandatory = True),
    },
    doc = "One platform's base image.",
)

def _oci_alias_impl(repository_ctx):
    images = repository_ctx.attr.images
    if images.keys() == [""]:
        actual = repr("@{}".format(images[""]))
    else:
        choices = {
            "@platforms//cpu:" + _CPUS.get(platform.split("/")[1], platform.split("/")[1]): "@{}".format(name)
            for platform, name in images.items()
        }
        actual = "select({})".format(repr(choices))
    repository_ctx.file("digest.txt", repository_ctx.attr.digest)
    repository_ctx.file("BUILD.bazel", _ALIAS_BUILD.format(name = repository_ctx.attr.target_name, actual = actual))

oci_alias = repository_rule(
    implementation = _oci_alias_impl,
    attrs = {
        "digest": attr.string(doc = "Content of `:digest`."),
        "images": attr.string_dict(doc = "Platform to the apparent name of its repository.", mandatory = True),
        "target_name": attr.string(doc = "The name of the target: the repository's apparent name.", mandatory = True),
    },
    doc = "The image of the platform that is being built for.",
)
