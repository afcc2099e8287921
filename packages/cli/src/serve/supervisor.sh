#!/bin/sh
# Brings the daemon of one state directory back when it dies. A shell, because it waits for ever and a second
# Node would cost forty times its memory.
#
#   supervisor.sh STATE_DIR COMMAND...
#
# It ends when the daemon ends well (exit 0), when it must not run here (exit 2 or 4: another daemon has the
# directory), when it is told to (TERM, INT), or when the daemon never came up.
set -u
dir=$1
shift
socket=$dir/daemon.sock
log=$dir/daemon.log
child=

log_limit_kib=8192
never_up_limit=3
delay_tenths=1
delay_limit_tenths=50

resign() {
  [ "$(cat "$dir/supervisor.pid" 2>/dev/null)" = "$$" ] && rm -f "$dir/supervisor.pid"
  exit "$1"
}

forward() {
  trap '' TERM INT
  if [ -n "$child" ]; then
    kill -TERM "$child" 2>/dev/null
    wait "$child"
  fi
  resign 0
}
trap forward TERM INT
trap '' HUP

say() {
  echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) supervisor: $*" >>"$log"
}

# Only between two lives of the daemon: a log that is written to cannot be moved away under it.
bound_log() {
  size=$(du -k "$log" 2>/dev/null | cut -f1)
  [ "${size:-0}" -gt "$log_limit_kib" ] && mv -f "$log" "$log.1"
}

failures=0
was_up=no
while :; do
  bound_log
  began=$(date +%s)
  "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  wait "$child"
  code=$?
  child=
  case $code in 0 | 2 | 4) resign "$code" ;; esac
  lived=$(($(date +%s) - began))
  # A socket made since we began was listened on: a daemon that was killed cannot take it away.
  if [ "$socket" -nt "$dir/supervisor.pid" ] || [ "$lived" -ge 5 ]; then was_up=yes; fi
  if [ "$lived" -ge 30 ]; then
    failures=0
    delay_tenths=1
  fi
  failures=$((failures + 1))
  if [ "$was_up" = no ] && [ "$failures" -ge "$never_up_limit" ]; then
    say "the daemon did not come up in $failures tries (last exit code $code); giving up"
    resign "$code"
  fi
  say "the daemon ended with code $code after $lived s; started again in $((delay_tenths / 10)).$((delay_tenths % 10)) s"
  sleep "$((delay_tenths / 10)).$((delay_tenths % 10))" &
  child=$!
  wait "$child"
  child=
  delay_tenths=$((delay_tenths * 2))
  [ "$delay_tenths" -gt "$delay_limit_tenths" ] && delay_tenths=$delay_limit_tenths
done
