// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Memory for one loop: what was freed is kept by its size and given again, so that a call costs no malloc.
#ifndef POOL_H
#define POOL_H
#include <nghttp2/nghttp2.h>
#include <stddef.h>

// Sizes of 32 bytes to 64 KiB, each twice the one before. What is larger is the library's.
#define POOL_CLASSES 12

struct pool {
    void *free[POOL_CLASSES];
    nghttp2_mem functions; // for nghttp2, of this pool
};

void pool_start(struct pool *pool);
void *pool_take(struct pool *pool, size_t size);
void pool_give(struct pool *pool, void *block);
#endif
