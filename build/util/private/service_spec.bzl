"""The JSON file that tells `image push` and `image load` which services there are and where their layouts lie."""

load(":service_image_info.bzl", "ServiceImageInfo")

visibility("//build/util/...")

def _service_spec_impl(ctx):
    infos = [service[ServiceImageInfo] for service in ctx.attr.services]
    output = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(output, json.encode_indent({
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
    runfiles = ctx.runfiles([output] + [info.index for info in infos])
    runfiles = runfiles.merge_all([service[DefaultInfo].default_runfiles for service in ctx.attr.services])
    return [DefaultInfo(files = depset([output]), runfiles = runfiles)]

service_spec = rule(
    implementation = _service_spec_impl,
    attrs = {
        "services": attr.label_list(
            doc = "The services, in the order in which they are pushed and reported.",
            mandatory = True,
            providers = [ServiceImageInfo],
        ),
    },
    doc = "Describes services to the OCI tool.",
)

def _service_impl(ctx):
    index = ctx.attr.image
    return [
        DefaultInfo(
            files = index[DefaultInfo].files,
            runfiles = index[DefaultInfo].default_runfiles,
        ),
        ServiceImageInfo(
            index = ctx.file.image,
            local_tag = ctx.attr.local_tag,
            repository = ctx.attr.repository,
            service = ctx.attr.service,
        ),
    ]

service = rule(
    implementation = _service_impl,
    attrs = {
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
    doc = "Names an image index: the one place where a service's names meet its bytes.",
    provides = [ServiceImageInfo],
)
