"""What makes a target a program that `bazel run` or `bazel test` starts: the OCI tool under the target's name.

The program is a link to the tool, so no shell stands between Bazel and it; the arguments are the target's `args`.
"""

visibility("//build/util/...")

IMAGE_PROGRAM_ATTRS = {
    # Built for the machine that builds: it is the one that runs it, and one build serves push, load, check and `bazel run`.
    "_image": attr.label(
        cfg = "exec",
        default = "//tools/image:image_binary",
        doc = "The OCI tool.",
        executable = True,
    ),
}

def image_program(ctx, runfiles):
    """The DefaultInfo of a rule with `IMAGE_PROGRAM_ATTRS`.

    Args:
        ctx: of the rule.
        runfiles: what the arguments name.

    Returns:
        The DefaultInfo, whose executable is the tool.
    """
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = executable, target_file = ctx.executable._image, is_executable = True)
    return DefaultInfo(executable = executable, files = depset([executable]), runfiles = runfiles)
