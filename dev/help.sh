#!/usr/bin/env bash
# Shows what there is to make: the recipe of `make help`.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS=$'\t' read -r name text; do
  printf '  %-15s %s\n' "$name" "$text"
done
cat <<'END'

Variables of push and oci-load:
  SERVICE='api vault'            only these services; unset: all of them

Variables of push, registry-status and registry-stop:
  REGISTRY_PORT=5000             port of the registry on this machine

Variables of push:
  REGISTRY=ghcr.io/unkeyed       registry and prefix; unset: one on this machine, started if need be
  TAG=v1.2.3                     version tag; unset: a tag made from the content

Variables of release:
  ARGS='plan api'                what the release tool is to do; ARGS=--help shows all of it

Variables of rehearse and cli-release:
  TAG=cli/v1.2.3                 the tag whose release is rehearsed; api/v1.2.3 is one of a service
  KEEP=folder                    where what was published stays: packages of npm, files of the release; unset: nowhere

Variables of new-service:
  NAME=billing-api               small letters, digits and `-`
  DESCRIPTION='Bills customers'  what it does, in one line; unset: "The <name> service"

Variables of dev:
  SERVICE=api                    which service
  PORT=17070                     where it listens; unset: the port in dev/config
  CONFIG=file                    its configuration; unset: the one of dev/config, led to what `make up` runs

Variables of down:
  VOLUMES=1                      also remove what the services have stored

Variables of bench:
  RUNS=5                         how often each is measured
  COLD=1                         also a push from nothing

Variables of cache-login:
  MODE=read-write                or read-only, or release: the cache that only releases write
  CACHE=https://...              another cache than the one in .bazelrc

Variables of lint:
  PART=workflows                 or tidy, shell, starlark, kubernetes, rust, dependencies; unset: all of them

Variables of fuzz:
  TARGET=layout                  only this target; unset: all, one after the other
  SECONDS=60                     how long each target runs
  INPUT=file                     run TARGET once, with what an earlier run kept
END
