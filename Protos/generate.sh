#!/usr/bin/env bash
# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
#
# Writes protoc-c's output for every file under Protos below the folder given (default: the repository): into
# Sources/C/CProtos, and what only tests need (grpc/testing) into Tests/CTestProtos.
#
# protoc-c turns `string` into a NUL-terminated pointer, which would cut a name such as "readiness\0x" short
# and make it equal to "readiness". `bytes` is the same on the wire and carries its length, so the C code is
# generated from a copy in which every string field is a bytes field.
#
# A map of strings becomes what it is on the wire, repeated entries, since a key cannot be bytes. And protoc-c 1.4 does
# not know `optional` in proto3: it becomes a oneof of one field, which is the same on the wire, too.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find "$root/Sources/C/CProtos" "$root/Tests/CTestProtos" -name '*.pb-c.[ch]' -delete 2>/dev/null || true
mkdir -p "$work/in" "$work/out"
(cd Protos && find . -name '*.proto' | sort) | while read -r proto; do
    mkdir -p "$work/in/$(dirname "$proto")"
    sed -E -e 's/^( *)(repeated )?string ([a-z_]+ = )/\1\2bytes \3/' \
        -e 's/^( *)map<string, string> ([a-z_]+)( = .*)$/\1message Entry { bytes key = 1; bytes value = 2; } repeated Entry \2\3/' \
        -e 's/^( *)optional ([a-z0-9]+) ([a-z_]+)( = .*)$/\1oneof \3_presence { \2 \3\4 }/' \
        "Protos/$proto" > "$work/in/$proto"
done
(cd "$work/in" && find . -name '*.proto' | sort) | while read -r proto; do
    (cd "$work/in" && protoc-c --c_out="$work/out" "${proto#./}")
done
(cd "$work/out" && find . -name '*.pb-c.[ch]' | sort) | while read -r file; do
    case "$file" in
        ./grpc/testing/*) target=$root/Tests/CTestProtos ;;
        *) target=$root/Sources/C/CProtos ;;
    esac
    case "$file" in
        *.h) place="$target/include/${file#./}" ;;
        *.c) place="$target/${file#./}" ;;
    esac
    mkdir -p "$(dirname "$place")"
    cp "$work/out/$file" "$place"
done
