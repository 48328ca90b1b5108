#!/bin/sh
# Fuzzes every target for some seconds: fuzz/run.sh [SECONDS] [TARGET…]
#
# Needs a C++ compiler (for libFuzzer, which the libfuzzer-sys crate brings) and
# the stable toolchain; cargo-fuzz is not needed. Coverage comes from LLVM's pass
# for it, which stable rustc accepts. There are no sanitizers: the decoders
# are without unsafe code, and what is looked for are panics and broken promises.
set -eu

cd "$(dirname "$0")"
seconds=${1:-20}
[ $# -gt 0 ] && shift
targets=${*:-$(ls fuzz_targets | sed 's/\.rs$//')}

# Apart from the other builds, as everything is compiled for coverage.
build=${FUZZ_TARGET_DIR:-target}
RUSTC_WRAPPER="$PWD/rustc.sh" cargo build --release --target-dir "$build"

for target in $targets; do
    mkdir -p "corpus/$target" "artifacts/$target"
    seeds=""
    [ -d "seeds/$target" ] && seeds="seeds/$target"
    echo "== $target: $seconds s"
    # shellcheck disable=SC2086 # no seeds, no argument
    "$build/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=4096 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" $seeds
done
