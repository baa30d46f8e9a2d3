"""A small text file with the values of the workspace status in it, or with fixed ones in an unstamped build."""

visibility("//build/util/...")

def _stamped_file_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".txt")
    if not ctx.attr.stamped:
        ctx.actions.write(output, ctx.attr.unstamped)
        return [DefaultInfo(files = depset([output]))]
    template = ctx.actions.declare_file(ctx.label.name + ".template.txt")
    ctx.actions.write(template, ctx.attr.template)
    arguments = ctx.actions.args()
    arguments.add("stamp")
    arguments.add("--status", ctx.info_file)
    arguments.add("--template", template)
    arguments.add("--output", output)
    ctx.actions.run(
        arguments = [arguments],
        executable = ctx.executable._image,
        inputs = [ctx.info_file, template],
        mnemonic = "ImageStamp",
        outputs = [output],
        progress_message = "Stamping %{label}",
    )
    return [DefaultInfo(files = depset([output]))]

stamped_file = rule(
    implementation = _stamped_file_impl,
    attrs = {
        "stamped": attr.bool(
            doc = "Whether to stamp: a select() on `//build/util/private:stamped`, because a rule cannot see --stamp.",
            mandatory = True,
        ),
        "template": attr.string(
            doc = "The content when stamped: `{STABLE_COMMIT}` and the like are replaced by the workspace status.",
            mandatory = True,
        ),
        "unstamped": attr.string(
            doc = "The content when not stamped: the same at every commit.",
            mandatory = True,
        ),
        "_image": attr.label(
            cfg = "exec",
            default = "//tools/image",
            doc = "The OCI tool.",
            executable = True,
        ),
    },
    doc = "Writes a file that depends on the commit only in a stamped build.",
)
