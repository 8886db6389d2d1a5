#!/usr/bin/env bash
# A session on YARN.  yarn-session.sh -n 2 -s 2 -jm 1024 -tm 1024 -d (yarn-session.sh --help)
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)
# Standard output is the command's alone.
[[ -e $root/dist/runtime.tgz ]] || node "$root/scripts/build.mjs" --if-missing >&2
exec node "$root/dist/client/yarn-session.js" "$@"
