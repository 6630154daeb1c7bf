#!/usr/bin/env bash
# A throw-away Ceph object gateway (S3) on loopback, so that our S3 client is tested against a server that is not ours.
# One monitor, one manager, one object store in memory, one gateway; nothing survives `stop`.
#   ceph-rgw.sh start DIR PORT   installs Debian's packages when missing (as root), boots, prints ENDPOINT=, ACCESS=, SECRET=
#   ceph-rgw.sh stop DIR         ends exactly the processes that `start` began for DIR
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
umask 077

access=ADYTONCONTRACT
secret=contractSecret0123456789abcdefABCDEF0123
store_bytes=2147483648
boot_seconds_max=120

say() { echo "ceph-rgw: $*" >&2; }
die() { say "error: $*"; exit 1; }

install_packages() {
  local program missing=0
  for program in radosgw radosgw-admin ceph ceph-mon ceph-osd ceph-mgr monmaptool; do
    command -v "$program" >/dev/null || missing=1
  done
  ((missing)) || return 0
  command -v apt-get >/dev/null && [[ $(id -u) == 0 ]] || { say 'not installed, and only root on Debian can install it'; exit 3; }
  say 'installing radosgw ceph-mon ceph-osd ceph-mgr'
  (
    umask 022
    export DEBIAN_FRONTEND=noninteractive
    apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
    packages=(radosgw ceph-mon ceph-osd ceph-mgr)
    "${apt[@]}" install --no-install-recommends "${packages[@]}" ||
      { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${packages[@]}"; }
  ) </dev/null >"$dir/log/apt.out" 2>&1 || die "apt-get could not install them, see $dir/log/apt.out"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

write_conf() {
  cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $(</proc/sys/kernel/random/uuid)
mon host = [v1:127.0.0.1:$mon_port]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
keyring = $dir/keyring
run dir = $dir
crash dir = $dir/crash
admin socket =
pid file =
log file = $dir/log/\$type.log
mon cluster log file = $dir/log/cluster.log
mon data = $dir/mon
mon data avail warn = 2
mon data avail crit = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mgr data = $dir/mgr
mgr initial modules =
osd data = $dir/osd
osd objectstore = memstore
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
memstore device bytes = $store_bytes
paxos propose interval = 0.05
[client.rgw]
log file = $dir/log/rgw.log
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 32
rgw enable ops log = false
rgw enable usage log = false
CONF
}

# The process of a pid file, if it still is one that was started with this directory's configuration.
running() {
  local pid
  [[ -s $dir/pid/$1 ]] && pid=$(<"$dir/pid/$1") && grep -qzF -- "$dir/ceph.conf" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

spawn() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$dir/log/$name.out" 2>&1 &
  echo $! >"$dir/pid/$name"
}

# Repeats a command until it succeeds or the time is up: a monitor this young sometimes refuses.
eventually() {
  until timeout 20 "$@" >>"$dir/log/setup.out" 2>&1; do
    ((SECONDS < deadline)) || die "'$*' did not succeed in time, see $dir/log"
    sleep 0.2
  done
}

start() {
  [[ $dir =~ ^[A-Za-z0-9_./-]+$ ]] || die "a directory without blanks, not $dir"
  [[ -z $(ls -A "$dir" 2>/dev/null) ]] || die "$dir is not empty"
  mkdir -p "$dir"/{pid,log,crash,mon,mgr,osd,rgw}
  install_packages
  deadline=$((SECONDS + boot_seconds_max))
  mon_port=$(free_port)
  write_conf
  trap 'code=$?; ((code == 0)) || stop' EXIT
  local conf=(-c "$dir/ceph.conf") uuid
  monmaptool --create --fsid "$(sed -n 's/^fsid = //p' "$dir/ceph.conf")" --addv a "[v1:127.0.0.1:$mon_port]" "$dir/monmap" >"$dir/log/setup.out" 2>&1
  ceph-mon "${conf[@]}" -i a --mkfs --monmap "$dir/monmap" >>"$dir/log/setup.out" 2>&1
  spawn mon ceph-mon "${conf[@]}" -i a -f
  spawn mgr ceph-mgr "${conf[@]}" -i x -f
  uuid=$(</proc/sys/kernel/random/uuid)
  eventually ceph "${conf[@]}" osd new "$uuid"
  ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$uuid" >>"$dir/log/setup.out" 2>&1
  spawn osd ceph-osd "${conf[@]}" -i 0 -f
  eventually ceph "${conf[@]}" osd crush add osd.0 1.0 root=default host=contract
  eventually bash -c 'ceph -c "$1" osd stat | grep -q " 1 up"' - "$dir/ceph.conf"
  eventually radosgw-admin "${conf[@]}" --name client.rgw user create --uid contract --display-name contract --access-key "$access" --secret-key "$secret"
  spawn rgw radosgw "${conf[@]}" --name client.rgw -f
  eventually bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' - "$port"
  say 'ready'
  printf 'ENDPOINT=http://127.0.0.1:%s\nACCESS=%s\nSECRET=%s\n' "$port" "$access" "$secret"
}

stop() {
  local name pid i
  for name in rgw osd mgr mon; do
    pid=$(running "$name") || continue
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

dir=$(realpath -m -- "${2:?usage: ceph-rgw.sh start DIR PORT | stop DIR}")
case ${1:-} in
  start) port=${3:?port}; start ;;
  stop) stop ;;
  *) die 'usage: ceph-rgw.sh start DIR PORT | stop DIR' ;;
esac
