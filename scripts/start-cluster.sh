#!/usr/bin/env bash
# One JobManager and one TaskManager on this host, as FLINK_CONF_DIR says. Returns when their slots are there.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)
# Standard output is the command's alone.
[[ -e $root/dist/runtime.tgz ]] || node "$root/scripts/build.mjs" --if-missing >&2
exec node "$root/dist/client/standalone-cluster.js" start "$@"
