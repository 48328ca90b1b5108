#!/bin/sh
# Called by cargo in place of rustc: adds LLVM's coverage instrumentation to
# the project's own crates only. The foreign ones would take most of an hour.
case " $* " in
*" --crate-name deconflict_"*)
    exec "$@" --cfg fuzzing -Cpasses=sancov-module \
        -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
*) exec "$@" ;;
esac
