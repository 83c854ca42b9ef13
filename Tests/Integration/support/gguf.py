# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes small GGUF files: valid ones, and such as are wrong in one way."""

import os
import struct

UINT32, STRING, ARRAY = 4, 8, 9
F32 = 0
ALIGNMENT = 32


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def encode(name="demo", magic=b"GGUF", version=3, tensors=None, keys=None, data_offset=0):
    """The bytes of a file with one tensor of 4 x 8 floats. `tensors` and `keys` lie about the counts."""
    values = [
        _string("general.architecture") + struct.pack("<I", STRING) + _string("llama"),
        _string("general.name") + struct.pack("<I", STRING) + _string(name),
        _string("general.alignment") + struct.pack("<II", UINT32, ALIGNMENT),
    ]
    tensor = _string("token_embd.weight") + struct.pack("<IQQIQ", 2, 8, 4, F32, data_offset)
    counts = (1 if tensors is None else tensors, len(values) if keys is None else keys)
    head = magic + struct.pack("<IQQ", version, *counts) + b"".join(values) + tensor
    padding = -len(head) % ALIGNMENT
    return head + bytes(padding) + struct.pack("<32f", *range(32))


def _with(keys, data=bytes(ALIGNMENT), tensor="t"):
    """A file with these encoded keys and one tensor of 8 floats."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys)) + b"".join(keys)
    head += _string(tensor) + struct.pack("<IQIQ", 1, 8, F32, 0)
    return head + bytes(-len(head) % ALIGNMENT) + data


def of_kind(kind):
    """A file whose general.type says that it is something else than a model."""
    return _with([_string("general.type") + struct.pack("<I", STRING) + _string(kind)])


def part(number, count):
    """A part of a split model, counted from 1, with one tensor."""
    keys = [
        _string("split.no") + struct.pack("<IH", 2, number - 1), _string("split.count") + struct.pack("<IH", 2, count),
        _string("split.tensors.count") + struct.pack("<Ii", 5, count)]
    return _with(keys, tensor=f"t{number}")


def write_large(path, size, name="demo"):
    """A file with one tensor of about `size` bytes. They are a hole: it takes no disk, and no time."""
    rows = size // 32
    values = [
        _string("general.architecture") + struct.pack("<I", STRING) + _string("llama"),
        _string("general.name") + struct.pack("<I", STRING) + _string(name),
    ]
    tensor = _string("token_embd.weight") + struct.pack("<IQQIQ", 2, 8, rows, F32, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(values)) + b"".join(values) + tensor
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as file:
        file.write(head)
        file.truncate(len(head) + -len(head) % ALIGNMENT + rows * 32)
    os.replace(fresh, path)


def vocabulary(count):
    """A file with a tensor of no data whose header has so many tokens, of 16 bytes each with their length."""
    key = _string("tokenizer.ggml.tokens") + struct.pack("<IIQ", ARRAY, STRING, count)
    tensor = _string("t") + struct.pack("<IQIQ", 1, 0, F32, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + key + _string("a token!") * count + tensor + bytes(2 * ALIGNMENT)


def many_tensors(count):
    """A file with so many tensors that have no data."""
    rest = struct.pack("<IQIQ", 1, 0, F32, 0)
    tensors = b"".join(_string(f"blk.{number}.ffn_down_exps.weight") + rest for number in range(count))
    return b"GGUF" + struct.pack("<IQQ", 3, count, 0) + tensors + bytes(ALIGNMENT)


def corruptions():
    """What can be wrong with a file, by name."""
    good = encode()
    return {
        "24 bytes of nothing": b"GGUF" + struct.pack("<IQQ", 3, 0, 0),
        "an adapter": of_kind("adapter"),
        "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n",
        "a web page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "a part of a split model": part(1, 2),
        "empty": b"",
        "no magic": encode(magic=b"GGML"),
        "version 1": encode(version=1),
        "cut in the header": good[:20],
        "cut in the tensor data": good[:-1],
        "more keys than there are": encode(keys=1 << 60),
        "more tensors than there are": encode(tensors=1 << 40),
        "a tensor past the end": encode(data_offset=1 << 20),
    }


def put(path, data):
    """Puts the file in place in one step: a file that is mapped must not change under its reader."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    os.replace(fresh, path)


def write(path, **keywords):
    put(path, encode(**keywords))
