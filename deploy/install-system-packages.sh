#!/usr/bin/env bash
# Installs what a bare Debian 12 lacks: a C compiler, make, and Redis. Does nothing where all of it is there.
set -euo pipefail

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null || [[ $(id -u) != 0 ]]; then
  echo "Adyton needs: ${missing[*]}. Install them, or run this as root on Debian." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Debian starts redis-server as a service after installing it; the stack starts its own on a free port, so none is wanted.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null ||
  { apt-get -q -y update >/dev/null && apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null; }
