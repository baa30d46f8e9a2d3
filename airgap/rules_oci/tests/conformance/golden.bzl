"""Repositories out of tools/image_build/tests/golden: the base images that were pulled, and the cases with their attributes and digests."""

_BASES = ["base_docker_linux_amd64", "base_linux_amd64", "base_linux_arm64"]

def _golden_folder(repository_ctx):
    # conformance, tests, rules_oci, airgap: the repository is four folders up.
    repository = repository_ctx.path(Label("//:MODULE.bazel")).dirname.dirname.dirname.dirname.dirname
    return repository.get_child("tools").get_child("image_build").get_child("tests").get_child("golden")

def _base_impl(repository_ctx):
    name = repository_ctx.attr.base
    layout = _golden_folder(repository_ctx).get_child("inputs").get_child("pulled").get_child(name)
    repository_ctx.symlink(layout, "layout")
    repository_ctx.file("BUILD.bazel", """\
filegroup(
    name = "{}",
    srcs = ["layout"],
    visibility = ["//visibility:public"],
)
""".format(name))

_base = repository_rule(
    implementation = _base_impl,
    attrs = {"base": attr.string(doc = "The folder in golden/inputs/pulled, and the target's name.", mandatory = True)},
    doc = "A base image as oci.pull lays it out.",
)

def _cases_impl(repository_ctx):
    cases = {}
    for folder in _golden_folder(repository_ctx).get_child("cases").readdir():
        cases[folder.basename] = json.decode(repository_ctx.read(folder.get_child("attrs.json")))
        repository_ctx.symlink(folder.get_child("digest"), folder.basename + ".digest")
    repository_ctx.file("cases.bzl", "CASES = {}\n".format(repr(cases)))
    repository_ctx.file("BUILD.bazel", 'exports_files(glob(["*.digest"]))\n')

_cases = repository_rule(
    implementation = _cases_impl,
    doc = "Every golden case: attributes as a Starlark dict, digests as files.",
)

def _golden_impl(_module_ctx):
    for name in _BASES:
        _base(name = name, base = name)
    _cases(name = "golden_cases")

golden = module_extension(
    implementation = _golden_impl,
    doc = "The golden images as repositories.",
)
