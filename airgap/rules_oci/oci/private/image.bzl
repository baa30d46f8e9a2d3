"""The rule `oci_image`: one process of the `image` tool writes layout, digest and index.json."""

load(":layout_outputs.bzl", "EXECUTION_REQUIREMENTS", "LAYOUT_ATTRS", "declare_layout")
load(":resource_sets.bzl", "RESOURCE_SETS", "resource_set_for")

visibility("//oci/...")

_TAR_EXTENSIONS = [".tar", ".tgz", ".tar.gz", ".tzst", ".tar.zst"]

# Attributes that are files, in the order in which their flags are given.
_FILE_FLAGS = ["created", "entrypoint", "cmd", "exposed_ports", "volumes", "env", "labels", "annotations"]

def _check(ctx):
    if not ctx.attr.base and (not ctx.attr.os or not ctx.attr.architecture):
        fail("{}: 'os' and 'architecture' are mandatory when 'base' is unspecified.".format(ctx.label))
    if ctx.attr.base and (ctx.attr.os or ctx.attr.architecture or ctx.attr.variant):
        fail(("{}: 'os', 'architecture' and 'variant' come from the image provided by 'base' " +
              "and cannot be overridden.").format(ctx.label))

def _base_arguments(ctx, arguments):
    if ctx.attr.base:
        # The folder itself, not the files in it.
        arguments.add_all("--base", [ctx.file.base], expand_directories = False)
        return
    arguments.add("--os", ctx.attr.os)
    arguments.add("--architecture", ctx.attr.architecture)
    if ctx.attr.variant:
        arguments.add("--variant", ctx.attr.variant)

def _oci_image_impl(ctx):
    _check(ctx)
    inputs = list(ctx.files.tars)
    arguments = ctx.actions.args()
    arguments.use_param_file("@%s")
    arguments.set_param_file_format("multiline")
    arguments.add("assemble")
    layout, outputs = declare_layout(ctx, arguments)
    _base_arguments(ctx, arguments)
    for tar in ctx.files.tars:
        arguments.add("--layer", tar)

        # Only as an argument does a label have the name that the main repository knows it by.
        arguments.add("--created-by", tar.owner)
    for name in _FILE_FLAGS:
        file = getattr(ctx.file, name)
        if file:
            arguments.add("--" + name.replace("_", "-"), file)
            inputs.append(file)
    for name in ["user", "workdir"]:
        value = getattr(ctx.attr, name)
        if value:
            # One word, so that a value may begin with a dash.
            arguments.add(value, format = "--{}=%s".format(name))

    # The layout's blobs are links: to the tars, and through the base's to the base's tars.
    linked = ctx.runfiles(ctx.files.tars)
    transitive_inputs = []
    if ctx.attr.base:
        base = ctx.attr.base[DefaultInfo]
        linked = linked.merge_all([ctx.runfiles([ctx.file.base]), base.default_runfiles])
        transitive_inputs = [base.files, base.default_runfiles.files]
    ctx.actions.run(
        arguments = [arguments],
        executable = ctx.executable._image,
        execution_requirements = EXECUTION_REQUIREMENTS,
        inputs = depset(inputs, transitive = transitive_inputs),
        mnemonic = "OCIImage",
        outputs = outputs,
        progress_message = "OCI Image %{label}",
        resource_set = resource_set_for(ctx.attr.resource_set),
    )
    return [DefaultInfo(files = depset([layout]), runfiles = linked)]

oci_image = rule(
    implementation = _oci_image_impl,
    attrs = LAYOUT_ATTRS | {
        "annotations": attr.label(
            allow_single_file = True,
            doc = "File of `name=value` lines: annotations of the manifest.",
        ),
        "architecture": attr.string(doc = "CPU architecture in Go's names, such as `arm64`. Needed without `base`."),
        "base": attr.label(allow_single_file = True, doc = "The image to build on: a folder with an OCI layout."),
        "cmd": attr.label(allow_single_file = True, doc = "File with the default arguments, one a line."),
        "created": attr.label(allow_single_file = True, doc = "File with the creation time, RFC 3339."),
        "entrypoint": attr.label(allow_single_file = True, doc = "File with the program and its arguments, one a line."),
        "env": attr.label(allow_single_file = True, doc = "File of `KEY=VALUE` lines. `$KEY` is expanded from the base and earlier lines."),
        "exposed_ports": attr.label(allow_single_file = True, doc = "File with ports, comma-separated, such as `8080/tcp`."),
        "labels": attr.label(allow_single_file = True, doc = "File of `name=value` lines: labels of the config."),
        "os": attr.string(doc = "Operating system in Go's names, such as `linux`. Needed without `base`."),
        "resource_set": attr.string(
            default = "default",
            doc = "How much of the machine the action takes.",
            values = RESOURCE_SETS,
        ),
        "tars": attr.label_list(
            allow_files = _TAR_EXTENSIONS,
            doc = "The layers, lowest first.",
        ),
        "user": attr.string(doc = "User of the process, `user[:group]`, names or numbers."),
        "variant": attr.string(doc = "Variant of the architecture, such as `v8`."),
        "volumes": attr.label(allow_single_file = True, doc = "File with mount points, comma-separated."),
        "workdir": attr.string(doc = "Working directory of the process."),
    },
    doc = "Makes an image out of layers: a folder with an OCI layout whose blobs are links to them.",
)
