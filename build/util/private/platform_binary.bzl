"""Builds a binary for one platform, always optimised, whatever the command line says."""

visibility("//build/util/...")

# A release must not depend on who builds it: what the command line can set and reaches the bytes of a program has the value
# here that it has where nobody sets it. Settings of rules_rust: those that every supported version of it has.
_VALUES = {
    "//command_line_option:compilation_mode": "opt",
    "//command_line_option:conlyopt": [],
    "//command_line_option:copt": [],
    "//command_line_option:cxxopt": [],
    "//command_line_option:features": [],
    "//command_line_option:linkopt": [],
    "//command_line_option:per_file_copt": [],
    "//command_line_option:strip": "sometimes",
    "@rules_rust//rust/settings:experimental_link_std_dylib": False,
    "@rules_rust//rust/settings:experimental_per_crate_rustc_flag": [],
    "@rules_rust//rust/settings:experimental_use_cc_common_link": False,
    "@rules_rust//rust/settings:experimental_use_global_allocator": False,
    "@rules_rust//rust/settings:extra_rustc_flag": [],
    "@rules_rust//rust/settings:extra_rustc_flags": [],
    "@rules_rust//rust/settings:no_std": "off",
    "@rules_rust//rust/settings:rename_first_party_crates": False,
    "@rules_rust//rust/settings:toolchain_generated_sysroot": True,
}

def _release_transition_impl(_settings, attr):
    return _VALUES | {"//command_line_option:platforms": str(attr.platform)}

_release_transition = transition(
    implementation = _release_transition_impl,
    inputs = [],
    outputs = _VALUES.keys() + ["//command_line_option:platforms"],
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

    # By the target's name: those for two platforms are files of one name, and can then lie beside each other.
    link = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = link, target_file = files[0])
    return [DefaultInfo(files = depset([link]))]

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
