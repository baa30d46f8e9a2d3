"""The facade: rules_oci's `oci_image` and `oci_image_index`, and the rules behind them.

Pushing and loading are not here: `service_image` brings its own, which rules_oci has no counterpart for.
"""

load("//oci/private:image.bzl", _oci_image_rule = "oci_image")
load("//oci/private:image_index.bzl", _oci_image_index_rule = "oci_image_index")
load("//oci/private:image_index_macro.bzl", _oci_image_index = "oci_image_index")
load("//oci/private:image_macro.bzl", _oci_image = "oci_image")

oci_image = _oci_image
oci_image_index = _oci_image_index
oci_image_index_rule = _oci_image_index_rule
oci_image_rule = _oci_image_rule
