# shellcheck shell=bash
# What bootstrap, start and test share. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The comment block at the head of the calling script, without its '# '.
usage() {
  sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$0"
}

# Prints a command in dry runs, otherwise runs it.
act() {
  if [[ ${dryRun:-0} == 1 ]]; then
    say "would run: $*"
  else
    "$@"
  fi
}

# Sets `cache`, the folder that keeps downloads: in the user's cache folder where that can be
# written, else beside the builds or among the temporary files. HOME may be unset, missing or
# read-only, as on some build machines.
chooseCache() {
  local home="" base
  if [[ -d ${HOME:-} ]]; then home=$HOME/.cache; fi
  for base in "${XDG_CACHE_HOME:-}" "$home" "$root/build/cache" "${TMPDIR:-/tmp}/cache-$UID"; do
    cache=$base/maquette
    if [[ $base == /* ]] && mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]]; then break; fi
  done
  export XDG_CACHE_HOME=$base  # so that every script and CMake look in the same place
  # ccache stops the compiler where it cannot write.
  if [[ -z $home || ! -w $home ]]; then export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}; fi
}

# How many compilers may run: one per core, but not more than one per 2 GB of free memory.
compileJobs() {
  local cores memory
  cores=$(nproc 2>/dev/null || echo 1)
  memory=$(awk '/^MemAvailable/ { print int($2 / 2000000) }' /proc/meminfo 2>/dev/null || true)
  if [[ -n $memory ]] && ((memory < cores)); then cores=$memory; fi
  ((cores >= 1)) || cores=1
  printf '%s\n' "$cores"
}

# build PRESET [TARGET...]: configures build/PRESET and builds it, all of it or the targets named.
build() {
  local preset=$1
  shift
  (
    cd "$root" || exit
    act cmake --preset "$preset"
    act cmake --build "build/$preset" --parallel "$(compileJobs)" ${1:+--target "$@"}
  )
}

chooseCache
