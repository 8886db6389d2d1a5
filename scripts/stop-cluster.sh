#!/usr/bin/env bash
# Stops the cluster that start-cluster.sh started with the same FLINK_CONF_DIR.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)
# Standard output is the command's alone.
[[ -e $root/dist/runtime.tgz ]] || node "$root/scripts/build.mjs" --if-missing >&2
exec node "$root/dist/client/standalone-cluster.js" stop "$@"
