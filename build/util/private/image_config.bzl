"""The files that an image's configuration is made of: entrypoint, labels and creation time.

All three are outputs of one target, which the images of all platforms share. Labels and time have values of the workspace
status in them, or fixed ones in an unstamped build.
"""

visibility("//build/util/...")

LABEL_PREFIX = "org.opencontainers.image."

# The keys of the labels that depend on the commit, with what they are in an unstamped build.
_UNSTAMPED = {
    "created": "1970-01-01T00:00:00Z",
    "revision": "dev",
    "version": "dev",
}

STAMPED_LABELS = [LABEL_PREFIX + key for key in _UNSTAMPED]

def _stamp(ctx, output, template):
    """Fills the values of the workspace status into a template."""
    file = ctx.actions.declare_file(output.basename + ".template", sibling = output)
    ctx.actions.write(file, template)
    arguments = ctx.actions.args()
    arguments.add("stamp")
    arguments.add("--status", ctx.info_file)
    arguments.add("--template", file)
    arguments.add("--output", output)
    ctx.actions.run(
        arguments = [arguments],
        executable = ctx.executable._image,
        inputs = [ctx.info_file, file],
        mnemonic = "ImageStamp",
        outputs = [output],
        progress_message = "Stamping %{output}",
    )

def _image_config_impl(ctx):
    values = _UNSTAMPED
    write = ctx.actions.write
    if ctx.attr.stamped:
        values = {
            "created": "{STABLE_COMMIT_TIME}",
            "revision": "{STABLE_COMMIT}",
            "version": "{" + ctx.attr.version_key + "}",
        }
        write = lambda output, template: _stamp(ctx, output, template)
    fixed = ctx.attr.fixed_labels
    lines = ["{}={}".format(key, fixed[key]) for key in sorted(fixed)]
    lines += ["{}{}={}".format(LABEL_PREFIX, key, value) for key, value in values.items()]
    write(ctx.outputs.labels, "\n".join(lines))
    write(ctx.outputs.created, values["created"])
    ctx.actions.write(ctx.outputs.entrypoint, "/" + ctx.attr.binary_name)
    return []

image_config = rule(
    implementation = _image_config_impl,
    attrs = {
        "binary_name": attr.string(
            doc = "The program in the image's root that is started.",
            mandatory = True,
        ),
        "created": attr.output(
            doc = "The creation time, RFC 3339: the commit's when stamped, else the epoch.",
            mandatory = True,
        ),
        "entrypoint": attr.output(
            doc = "The program and its arguments, one a line.",
            mandatory = True,
        ),
        "fixed_labels": attr.string_dict(
            doc = "Labels that are the same in every build, name to value.",
        ),
        "labels": attr.output(
            doc = "All labels, `name=value` lines.",
            mandatory = True,
        ),
        "stamped": attr.bool(
            doc = "Whether to stamp: a select() on `//build/util/private:stamped`, because a rule cannot see --stamp.",
            mandatory = True,
        ),
        "version_key": attr.string(
            doc = "The key of the service's version in the workspace status, such as `STABLE_VERSION_API`.",
            mandatory = True,
        ),
        "_image": attr.label(
            cfg = "exec",
            default = "//tools/image_build:image_build_binary",
            doc = "The OCI tool.",
            executable = True,
        ),
    },
    doc = "Writes files that depend on the commit only in a stamped build.",
)
