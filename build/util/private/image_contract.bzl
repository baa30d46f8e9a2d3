"""The contract file that `image check` holds an image against."""

visibility("//build/util/...")

def _image_contract_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(output, json.encode_indent({
        "base_layouts": [base.short_path for base in ctx.files.bases],
        "binary": "/" + ctx.attr.binary_name,
        "labels": ctx.attr.labels,
        "platforms": ctx.attr.platforms,
        "required_labels": ctx.attr.required_labels,
        "stamped": ctx.attr.stamped,
        "user": ctx.attr.user,
    }) + "\n")
    runfiles = ctx.runfiles([output] + ctx.files.bases)
    runfiles = runfiles.merge_all([base[DefaultInfo].default_runfiles for base in ctx.attr.bases])
    return [DefaultInfo(files = depset([output]), runfiles = runfiles)]

image_contract = rule(
    implementation = _image_contract_impl,
    attrs = {
        "bases": attr.label_list(
            allow_files = True,
            doc = "The base images, one a platform: the image's first layers are theirs.",
        ),
        "binary_name": attr.string(
            doc = "The one file above the base, without its slash.",
            mandatory = True,
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
    doc = "Writes down what an image promises.",
)
