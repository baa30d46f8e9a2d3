"""What the rules refuse at analysis, with the text that says why."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index")

def _refusal_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_refusal_test = analysistest.make(
    _refusal_test_impl,
    attrs = {"message": attr.string(doc = "What the error contains.", mandatory = True)},
    expect_failure = True,
)

def refusals_test_suite(*, name):
    """Declares a test for each refusal.

    Args:
      name: of the test suite.
    """
    oci_image(
        name = "no_platform",
        tags = ["manual"],
        tars = ["//in:cfg.tar"],
    )
    oci_image(
        name = "base_and_platform",
        architecture = "amd64",
        base = ":full",
        os = "linux",
        tags = ["manual"],
    )
    oci_image_index(
        name = "two_images_for_platforms",
        images = [
            ":full",
            "//sub:sub_image",
        ],
        platforms = [
            ":amd64",
            ":arm64",
        ],
        tags = ["manual"],
    )
    messages = {
        "base_and_platform": "come from the image provided by 'base'",
        "no_platform": "'os' and 'architecture' are mandatory when 'base' is unspecified",
        "two_images_for_platforms": "exactly one image",
    }
    for target, message in messages.items():
        _refusal_test(
            name = target + "_test",
            message = message,
            target_under_test = target,
        )
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in messages],
    )
