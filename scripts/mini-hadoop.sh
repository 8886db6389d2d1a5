#!/usr/bin/env bash
# The embedded Hadoop.  mini-hadoop.sh start|stop|status [--dir D] [--nodes N] [--memory-mb M] [--vcores V]
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/.." && pwd)
[[ -e $root/dist/mini/mini-hadoop.js ]] || node "$root/scripts/build.mjs" --if-missing >&2
# Daemons outlive this command: no descriptor of its caller may go with them.
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  if ((fd > 2 && fd != 255)); then eval "exec $fd>&-"; fi
done
exec node "$root/dist/mini/mini-hadoop.js" "$@"
