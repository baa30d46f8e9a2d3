"""`program`: a tool that people run, in the configuration of tools that actions run.

That configuration is optimised, and one build of a tool serves `bazel run`, tests, and the targets that run it under another name.
"""

visibility("//tools/...")

def _program_impl(ctx):
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = executable, target_file = ctx.executable.binary, is_executable = True)
    return DefaultInfo(executable = executable, files = depset([executable]))

program = rule(
    implementation = _program_impl,
    attrs = {
        "binary": attr.label(
            cfg = "exec",
            doc = "The program. It is built for the machine that builds, which is the one that runs it.",
            executable = True,
            mandatory = True,
        ),
    },
    doc = "Runs a program that is built as tools of actions are.",
    executable = True,
)
