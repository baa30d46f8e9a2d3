"""The facade of the image rules: all that a BUILD file of a service loads.

* `service_image`: one service, from its rust_binary to an image that can be pushed, loaded and tested.
* `service_images`: all services of a repository as one push and one load.
* `platform_binary`: one binary for one platform in release mode, for what is no service.
* `service_rustc_env`: `rustc_env` of a service's rust_binary, which stamps version and commit into it.
"""

load("//build/util/private:platform_binary.bzl", _platform_binary = "platform_binary")
load("//build/util/private:service_image.bzl", _service_image = "service_image", _service_rustc_env = "service_rustc_env")
load("//build/util/private:service_image_info.bzl", _ServiceImageInfo = "ServiceImageInfo")
load("//build/util/private:service_images.bzl", _service_images = "service_images")

ServiceImageInfo = _ServiceImageInfo
platform_binary = _platform_binary
service_image = _service_image
service_images = _service_images
service_rustc_env = _service_rustc_env
