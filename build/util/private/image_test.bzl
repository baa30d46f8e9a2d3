"""The test of an image: `image check` with a file that says what the image promises."""

load(":image_program.bzl", "IMAGE_PROGRAM_ATTRS", "image_program")

visibility("//build/util/...")

# What pkg_tar gives every file, in seconds since the epoch: 2000-01-01.
_MTIME = 946684800

def _image_test_impl(ctx):
    ctx.actions.write(ctx.outputs.contract, json.encode_indent({
        "base_layouts": [base.short_path for base in ctx.files.bases],
        "binary": "/" + ctx.attr.binary_name,
        "labels": ctx.attr.labels,
        "mtime": _MTIME,
        "platforms": ctx.attr.platforms,
        "required_labels": ctx.attr.required_labels,
        "stamped": ctx.attr.stamped,
        "user": ctx.attr.user,
    }) + "\n")
    runfiles = ctx.runfiles([ctx.outputs.contract] + ctx.files.bases + ctx.files.data)

    # A base's blobs are links to what it was made of.
    runfiles = runfiles.merge_all([base[DefaultInfo].default_runfiles for base in ctx.attr.bases])
    return [image_program(ctx, runfiles)]

image_test = rule(
    implementation = _image_test_impl,
    attrs = IMAGE_PROGRAM_ATTRS | {
        "bases": attr.label_list(
            allow_files = True,
            doc = "The base images, one a platform: the image's first layers are theirs.",
        ),
        "binary_name": attr.string(
            doc = "The one file above the base, without its slash.",
            mandatory = True,
        ),
        "contract": attr.output(
            doc = "The JSON file with what the image promises. Named by `--contract` in `args`.",
            mandatory = True,
        ),
        "data": attr.label_list(
            allow_files = True,
            doc = "The image, which `args` name by `$(rootpath)`.",
        ),
        "labels": attr.string_dict(
            doc = "Labels with exactly these values.",
        ),
        "platforms": attr.string_list(
            doc = "Exactly the platforms of the index, such as `linux/amd64`.",
            mandatory = True,
        ),
        "required_labels": attr.string_list(
            doc = "Labels that are there and not empty.",
        ),
        "stamped": attr.bool(
            doc = "Whether the creation time is a commit's; else it is the epoch.",
        ),
        "user": attr.string(
            doc = "The numeric user of the image's process.",
            mandatory = True,
        ),
    },
    doc = "Passes when an image keeps what it promises.",
    test = True,
)
