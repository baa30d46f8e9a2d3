"""Programs that `bazel run` and `bazel test` start: the OCI tool with its arguments already given.

The program is a link to the tool, so no shell stands between Bazel and it; the arguments are the target's `args`.
"""

load(":service_image_info.bzl", "ServiceImageInfo")

visibility("//build/util/...")

_ATTRIBUTES = {
    "data": attr.label_list(
        allow_files = True,
        doc = "What the arguments name, by `$(rootpath)`.",
    ),
    # Built for the machine that builds: it is the one that runs it, and the one build serves actions, push and load.
    "_image": attr.label(
        cfg = "exec",
        default = "//tools/image",
        doc = "The OCI tool.",
        executable = True,
    ),
}

def _executable(ctx):
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = executable, target_file = ctx.executable._image, is_executable = True)
    runfiles = ctx.runfiles(ctx.files.data)
    runfiles = runfiles.merge_all([data[DefaultInfo].default_runfiles for data in ctx.attr.data])
    return DefaultInfo(executable = executable, runfiles = runfiles)

def _image_command_impl(ctx):
    providers = [_executable(ctx)]
    if ctx.attr.service:
        providers.append(ctx.attr.service[ServiceImageInfo])
    return providers

image_command = rule(
    implementation = _image_command_impl,
    attrs = _ATTRIBUTES | {
        "service": attr.label(
            doc = "The service whose ServiceImageInfo the target hands on, so that several can be put together.",
            providers = [ServiceImageInfo],
        ),
    },
    doc = "Runs a verb of the OCI tool.",
    executable = True,
)

def _image_test_impl(ctx):
    return [_executable(ctx)]

image_test = rule(
    implementation = _image_test_impl,
    attrs = _ATTRIBUTES,
    doc = "Passes when a verb of the OCI tool exits with 0.",
    test = True,
)
