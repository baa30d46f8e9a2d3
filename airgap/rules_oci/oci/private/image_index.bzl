"""The rule `oci_image_index`: one process of the `image` tool writes layout, digest and index.json."""

load(":layout_outputs.bzl", "EXECUTION_REQUIREMENTS", "LAYOUT_ATTRS", "declare_layout")

visibility("//oci/...")

def _platforms_transition_impl(settings, attr):
    platforms = attr.platforms or settings["//command_line_option:platforms"]
    return [{"//command_line_option:platforms": str(platform)} for platform in platforms]

_platforms_transition = transition(
    implementation = _platforms_transition_impl,
    inputs = ["//command_line_option:platforms"],
    outputs = ["//command_line_option:platforms"],
)

def _oci_image_index_impl(ctx):
    if ctx.attr.platforms and len(ctx.attr.images) != len(ctx.attr.platforms):
        fail("{}: with 'platforms', 'images' names exactly one image, which is built for each of them; here it names {}.".format(
            ctx.label,
            len(ctx.attr.images) // len(ctx.attr.platforms),
        ))
    arguments = ctx.actions.args()
    arguments.add("index")
    layout, outputs = declare_layout(ctx, arguments)
    arguments.add_all(ctx.files.images, before_each = "--image", expand_directories = False)
    inputs = list(ctx.files.images)
    if ctx.file.annotations:
        arguments.add("--annotations", ctx.file.annotations)
        inputs.append(ctx.file.annotations)

    # What the images' blobs are links to is copied, so the index stands by itself.
    linked = [image[DefaultInfo].default_runfiles.files for image in ctx.attr.images]
    ctx.actions.run(
        arguments = [arguments],
        executable = ctx.executable._image,
        execution_requirements = EXECUTION_REQUIREMENTS,
        inputs = depset(inputs, transitive = linked),
        mnemonic = "OCIIndex",
        outputs = outputs,
        progress_message = "OCI Index %{label}",
    )
    return [DefaultInfo(files = depset([layout]))]

oci_image_index = rule(
    implementation = _oci_image_index_impl,
    attrs = LAYOUT_ATTRS | {
        "annotations": attr.label(
            allow_single_file = True,
            doc = "File of `name=value` lines: annotations of the index.",
        ),
        "images": attr.label_list(
            cfg = _platforms_transition,
            doc = "The images, in the order of the index. Exactly one where `platforms` is given.",
            mandatory = True,
        ),
        "platforms": attr.label_list(doc = "Platforms that the one image is built for."),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
            doc = "Bazel up to 7 asks for it wherever a rule has a transition.",
        ),
    },
    doc = "Makes a multi-platform image out of images: a folder with an OCI layout that stands by itself.",
)
