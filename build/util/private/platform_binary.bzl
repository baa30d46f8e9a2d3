"""Builds a binary for one platform, always optimised, whatever the command line says."""

visibility("//build/util/...")

def _release_transition_impl(_settings, attr):
    return {
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:copt": [],
        "//command_line_option:features": [],
        "//command_line_option:platforms": str(attr.platform),
        "//command_line_option:strip": "sometimes",
    }

# A release must not depend on who builds it: flags of the command line that reach code generation are reset,
# not only the platform.
_release_transition = transition(
    implementation = _release_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
        "//command_line_option:features",
        "//command_line_option:platforms",
        "//command_line_option:strip",
    ],
)

def _platform_binary_impl(ctx):
    # A transition makes the attribute a list, even when it leads to one configuration only.
    binary = ctx.attr.binary[0]
    files = binary[DefaultInfo].files.to_list()
    if len(files) != 1:
        fail("{}: `binary` is `{}`, which makes {} files: give a rust_binary, or any target with one file".format(
            ctx.label,
            binary.label,
            len(files),
        ))
    return [DefaultInfo(files = depset(files))]

platform_binary = rule(
    implementation = _platform_binary_impl,
    attrs = {
        "binary": attr.label(
            cfg = _release_transition,
            doc = "The binary, built for `platform`.",
            mandatory = True,
        ),
        "platform": attr.label(
            doc = "The platform that the binary is built for, such as `//build/util/platforms:linux_amd64`.",
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
            doc = "Bazel up to 7 asks for it wherever a rule has a transition.",
        ),
    },
    doc = "Builds one binary for one platform in release mode.",
)
