"""What `oci_image` and `oci_image_index` have in common: the tool, the layout that it writes, and the files beside that."""

visibility("//oci/...")

LAYOUT_ATTRS = {
    "digest_output": attr.output(doc = "Where the digest of the manifest or index goes; the macro sets it."),
    "index_output": attr.output(doc = "Where a copy of index.json goes; the macro sets it."),
    "_image": attr.label(
        cfg = "exec",
        default = "@unkey//tools/image_build:image_build_binary",
        doc = "The OCI tool.",
        executable = True,
    ),
}

# The tool reads what its arguments name and nothing else, and a sandbox takes longer than it does. The conformance tests
# run these actions sandboxed, which shows an input that is not declared.
EXECUTION_REQUIREMENTS = {"no-sandbox": "1"}

def declare_layout(ctx, arguments):
    """Declares what the tool writes and names it in its arguments.

    Args:
        ctx: of a rule with `LAYOUT_ATTRS`.
        arguments: the tool's `Args`, with the verb in it.

    Returns:
        The layout's folder, and a list of it and the files beside it.
    """
    layout = ctx.actions.declare_directory(ctx.label.name)
    outputs = [layout]
    arguments.add_all("--output", [layout], expand_directories = False)
    for flag, output in [("--digest-output", ctx.outputs.digest_output), ("--index-output", ctx.outputs.index_output)]:
        if output:
            arguments.add(flag, output)
            outputs.append(output)
    return layout, outputs
