#!/usr/bin/env bash
# Runs npm, of one version for everybody: what `release publish` runs. Registry and login are npm's own matter.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/program.sh" npm "$@"
