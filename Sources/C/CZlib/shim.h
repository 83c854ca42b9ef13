// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The C library's headers belong to CLinux (see CAres/shim.h).
#include "../CLinux/include/CLinux.h"
#include <zlib.h>

// Both are macros, which Swift does not import. 16 more than the window's bits asks for gzip (RFC 1952).
static inline int czlib_inflate_init_gzip(z_streamp stream) {
    return inflateInit2(stream, MAX_WBITS + 16);
}
static inline int czlib_deflate_init_gzip(z_streamp stream) {
    return deflateInit2(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY);
}
