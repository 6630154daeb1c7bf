#!/usr/bin/env bash
# Installs what only `make bench` needs: the two programs it compares with, and GNU time, which measures them. Does nothing where all of it
# is there.
set -euo pipefail

missing=()
command -v restic >/dev/null || missing+=(restic)
command -v borg >/dev/null || missing+=(borgbackup)
[[ -x /usr/bin/time ]] || missing+=(time)
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null || [[ $(id -u) != 0 ]]; then
  echo "The benchmarks need: ${missing[*]}. Install them, or run this as root on Debian." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null ||
  { apt-get -q -y update >/dev/null && apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null; }
