"""The module extension `oci`, with the tags of rules_oci's: `pull` and `toolchains`."""

load("//oci/private:pull.bzl", "oci_alias", "oci_pull")

def _oci_impl(module_ctx):
    root_repositories = []
    for module in module_ctx.modules:
        for pull in module.tags.pull:
            repositories = _pull(pull)
            if module.is_root:
                root_repositories.extend(repositories)
    return module_ctx.extension_metadata(
        root_module_direct_deps = root_repositories,
        root_module_direct_dev_deps = [],
    )

def _pull(pull):
    """Declares the repositories of one `oci.pull`; returns their names."""
    image = pull.image or "{}/{}".format(pull.registry, pull.repository)
    if bool(pull.image) == bool(pull.registry or pull.repository):
        fail("oci.pull `{}`: give either `image`, or `registry` and `repository`".format(pull.name))
    if not pull.digest and not pull.tag and "@" not in image:
        fail("oci.pull `{}`: pin `{}` by `digest = \"sha256:...\"`, or give a `tag`".format(pull.name, image))
    names = {platform: _repository_name(pull.name, platform) for platform in pull.platforms}
    for platform, name in names.items():
        oci_pull(name = name, digest = pull.digest, image = image, platform = platform, target_name = name)
    if not names:
        single = pull.name + "_single"
        oci_pull(name = single, digest = pull.digest, image = image, platform = "", target_name = single)
        names = {"": single}
    oci_alias(name = pull.name, digest = pull.digest, images = names, target_name = pull.name)
    return [pull.name] + names.values()

def _repository_name(name, platform):
    return "_".join([name] + platform.split("/"))

_pull_tag = tag_class(
    attrs = {
        "bazel_tags": attr.string_list(doc = "Tags for the generated targets. Not used here: nothing is fetched."),
        "config": attr.label(doc = "A Docker config.json. Not used here: nothing is fetched."),
        "digest": attr.string(doc = "The digest of the image or index, `sha256:...`."),
        "image": attr.string(doc = "The image, with its registry, such as `gcr.io/distroless/static-debian12`."),
        "name": attr.string(doc = "The repository's name.", mandatory = True),
        "platforms": attr.string_list(doc = "The platforms of an index, `os/architecture[/variant]`."),
        "registry": attr.string(doc = "The registry, in place of `image`."),
        "repository": attr.string(doc = "The repository in `registry`."),
        "reproducible": attr.bool(default = True, doc = "Whether an unpinned tag is worth a warning. Not used here."),
        "tag": attr.string(doc = "The tag, where there is no digest."),
        "www_authenticate_challenges": attr.string_dict(doc = "Challenges of registries. Not used here: nothing is fetched."),
    },
    doc = "Offers an image as a repository.",
)

_toolchains_tag = tag_class(
    attrs = {"name": attr.string(doc = "Has to be `oci`.", mandatory = True)},
    doc = "Toolchains of rules_oci: none are needed here, the `image` tool does their work.",
)

oci = module_extension(
    implementation = _oci_impl,
    doc = "Base images. The airgap build has those that the airgap root can make out of Debian packages.",
    tag_classes = {
        "pull": _pull_tag,
        "toolchains": _toolchains_tag,
    },
)
