# shellcheck shell=bash
# What the scripts that drive real clients share; they source it. It makes $work, a folder that goes when they end, and ends whoever is in $started.

work=$(mktemp -d)
started=()
passed=0

cleanup() {
  local pid
  # One that has ended by itself is no failure: `|| true`.
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

ok() { passed=$((passed + 1)); printf 'ok  %s\n' "$1"; }
skip() { printf 'SKIPPED  %s\n' "$1"; [ -z "${SKIPPED_PARTS:-}" ] || printf '%s\n' "$1" >>"$SKIPPED_PARTS"; }
die() { printf 'FAILED  %s\n' "$1" >&2; tail -n 20 "$work"/*.err >&2 || true; exit 1; }
expect() { # what, command…
  local what=$1; shift
  "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; die "$what"; }
  ok "$what"
}
refuse() { # what, pattern of the message, command…
  local what=$1 pattern=$2; shift 2
  if "$@" >"$work/out" 2>&1; then cat "$work/out" >&2; die "$what: it was allowed"; fi
  grep -qiE -- "$pattern" "$work/out" || { cat "$work/out" >&2; die "$what: refused with another message"; }
  ok "$what"
}
# A port that was free a moment ago: bound and let go by the kernel's own choice.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_ready() { # command…: what was started last must live until then
  for _ in $(seq 200); do
    "$@" >/dev/null 2>&1 && return
    kill -0 "${started[-1]}" 2>/dev/null || die "it ended before it was ready"
    sleep 0.05
  done
  return 1
}
