"""A C toolchain for musl that serves rules_rust alone: CC, AR and CFLAGS for build scripts, and the linker.

It is no toolchain for cc_library: without Bazel's legacy features there are no compile or link flags beyond
the ones given here.
"""

load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "action_config", "feature", "flag_group", "flag_set", "tool")

_COMPILE_ACTIONS = ["c-compile", "c++-compile", "assemble", "preprocess-assemble"]
_LINK_ACTIONS = ["c++-link-executable", "c++-link-dynamic-library", "c++-link-nodeps-dynamic-library"]

def _musl_cc_config_impl(ctx):
    compiler = tool(path = ctx.attr.compiler)
    linker = tool(path = ctx.attr.linker)
    archiver = tool(path = ctx.attr.archiver)
    action_configs = [
        action_config(action_name = name, tools = [compiler])
        for name in _COMPILE_ACTIONS
    ] + [
        action_config(action_name = name, tools = [linker])
        for name in _LINK_ACTIONS
    ] + [
        action_config(action_name = "c++-link-static-library", tools = [archiver]),
        # rustc strips: nothing asks for this one, but Bazel wants every toolchain to have it.
        action_config(action_name = "strip", tools = [tool(path = "/usr/bin/true")]),
    ]

    # buildifier: disable=native-cc-common # built in up to Bazel 8; a load would be a dependency on rules_cc for one call
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        action_configs = action_configs,
        builtin_sysroot = None,
        compiler = "gcc",
        cxx_builtin_include_directories = [],
        features = [
            feature(name = "no_legacy_features", enabled = True),
            feature(name = "supports_pic", enabled = True),
            feature(name = "musl_headers", enabled = True, flag_sets = [
                flag_set(actions = _COMPILE_ACTIONS, flag_groups = [flag_group(flags = ctx.attr.copts)]),
            ]),
        ],
        host_system_name = "local",
        target_cpu = ctx.attr.triple.split("-")[0],
        target_libc = "musl",
        target_system_name = ctx.attr.triple,
        toolchain_identifier = ctx.attr.triple,
    )

musl_cc_config = rule(
    implementation = _musl_cc_config_impl,
    attrs = {
        "archiver": attr.string(
            default = "/usr/bin/ar",
            doc = "Path of `ar` in the airgap root.",
        ),
        "compiler": attr.string(
            doc = "Path of the C compiler in the airgap root.",
            mandatory = True,
        ),
        "copts": attr.string_list(
            doc = "Flags of every compilation: they replace the host's headers by musl's.",
        ),
        "linker": attr.string(
            doc = "Path of the linker, which rustc calls directly.",
            mandatory = True,
        ),
        "triple": attr.string(
            doc = "rustc's name of the target, such as `x86_64-unknown-linux-musl`.",
            mandatory = True,
        ),
    },
    doc = "Configures a C toolchain for one musl target.",
    provides = [CcToolchainConfigInfo],
)
