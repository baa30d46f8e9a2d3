"""One golden case: the image with its attributes, and the comparison of its digest."""

load("@bazel_skylib//rules:diff_test.bzl", "diff_test")
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index")

_RULES = {
    "oci_image": oci_image,
    "oci_image_index": oci_image_index,
}

def golden_case(*, name, rule, attributes):
    """Declares the image of a golden case and the test `<name>_test` of its digest.

    Args:
      name: of the case.
      rule: `oci_image` or `oci_image_index`.
      attributes: the macro's arguments, as attrs.json has them.
    """
    _RULES[rule](name = name, **attributes)
    diff_test(
        name = name + "_test",
        file1 = ":{}.digest".format(name),
        file2 = "@golden_cases//:{}.digest".format(name),
    )
