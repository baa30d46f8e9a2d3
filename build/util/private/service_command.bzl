"""Programs that push and load services: a verb of the OCI tool with a file that describes them.

The file is an output of the target itself, so that `args` can name it and no second target is needed.
"""

load(":image_program.bzl", "IMAGE_PROGRAM_ATTRS", "image_program")
load(":service_image_info.bzl", "ServiceImageInfo")

visibility("//build/util/...")

_SPEC = {
    "spec": attr.output(
        doc = "The JSON file that says which services there are and where their layouts lie. Named by `--spec` in `args`.",
        mandatory = True,
    ),
}

def _program(ctx, infos):
    ctx.actions.write(ctx.outputs.spec, json.encode_indent({
        "services": [
            {
                # `bazel run` starts a program in its runfiles, so a short path is all that it needs.
                "layout": info.index.short_path,
                "local_tag": info.local_tag,
                "repository": info.repository,
                "service": info.service,
            }
            for info in infos
        ],
    }) + "\n")
    return image_program(ctx, ctx.runfiles([ctx.outputs.spec] + [info.index for info in infos]))

def _service_command_impl(ctx):
    info = ServiceImageInfo(
        index = ctx.file.image,
        local_tag = ctx.attr.local_tag,
        repository = ctx.attr.repository,
        service = ctx.attr.service,
    )
    return [_program(ctx, [info]), info]

service_command = rule(
    implementation = _service_command_impl,
    attrs = IMAGE_PROGRAM_ATTRS | _SPEC | {
        "image": attr.label(
            allow_single_file = True,
            doc = "The image index: an oci_image_index.",
            mandatory = True,
        ),
        "local_tag": attr.string(
            doc = "What the image is called in a local Docker, such as `unkey/api:dev`.",
            mandatory = True,
        ),
        "repository": attr.string(
            doc = "Where releases go, without a tag, such as `ghcr.io/unkeyed/api`.",
            mandatory = True,
        ),
        "service": attr.string(
            doc = "The service's name, such as `api`.",
            mandatory = True,
        ),
    },
    doc = "Runs a verb of the OCI tool on one service, and names that service's image to `services_command`.",
    executable = True,
    provides = [ServiceImageInfo],
)

def _services_command_impl(ctx):
    return [_program(ctx, [service[ServiceImageInfo] for service in ctx.attr.services])]

services_command = rule(
    implementation = _services_command_impl,
    attrs = IMAGE_PROGRAM_ATTRS | _SPEC | {
        "services": attr.label_list(
            doc = "The services' `:push` targets, in the order in which they are pushed and reported.",
            mandatory = True,
            providers = [ServiceImageInfo],
        ),
    },
    doc = "Runs a verb of the OCI tool on several services.",
    executable = True,
)
