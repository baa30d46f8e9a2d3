"""The macro `service_images`: every service of a repository behind one push and one load."""

load(":service_command.bzl", "services_command")

visibility("//build/util/...")

def service_images(*, name, services, visibility = ["//visibility:public"]):
    """Puts services together, so that one Bazel invocation builds them and one process moves them.

    A function, not a symbolic macro: Bazel 7 has none.

    Args:
      name: of the description that push and load share.
      services: labels of the services' `:push` targets, in the order in which they are reported.
      visibility: of push and load.

    Targets created:
      `:push`: publishes every service, `-- --service NAME` only some.
      `:load`: puts every service into Docker.
    """
    if not services:
        fail("service_images `{}`: `services` is empty, give the `:push` targets of the services".format(name))
    for verb in ["push", "load"]:
        spec = "{}_{}.json".format(name, verb)
        services_command(
            name = verb,
            args = [verb, "--spec", "$(rootpath :{})".format(spec)],
            services = services,
            spec = spec,
            visibility = visibility,
        )
