#!/usr/bin/env bash
# The embedded Hadoop.  mini-hadoop.sh start|stop|status [--dir D] [--nodes N] [--memory-mb M] [--vcores V]
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)
node "$root/scripts/build.mjs" --if-missing >&2
exec node "$root/dist/mini/mini-hadoop.js" "$@"
