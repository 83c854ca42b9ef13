// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Before each block; 16 bytes keep its alignment.
struct head {
    size_t class;
    struct head *next; // of those that are free
};

static size_t class_of(size_t size) {
    return size <= 32 ? 0 : (size_t)(59 - __builtin_clzll((unsigned long long)size - 1));
}

void *pool_take(struct pool *pool, size_t size) {
    size_t class = class_of(size);
    struct head *head;
    if (class < POOL_CLASSES && (head = pool->free[class])) {
        pool->free[class] = head->next;
        return head + 1;
    }
    if (size > SIZE_MAX / 2) return NULL;
    head = malloc(sizeof *head + (class < POOL_CLASSES ? (size_t)32 << class : size));
    if (!head) return NULL;
    head->class = class;
    return head + 1;
}

void pool_give(struct pool *pool, void *block) {
    if (!block) return;
    struct head *head = (struct head *)block - 1;
    if (head->class >= POOL_CLASSES) {
        free(head);
        return;
    }
    head->next = pool->free[head->class];
    pool->free[head->class] = head;
}

static void *take(size_t size, void *pool) { return pool_take(pool, size); }

static void give(void *block, void *pool) { pool_give(pool, block); }

static void *take_zeroed(size_t count, size_t size, void *pool) {
    if (size && count > SIZE_MAX / size) return NULL;
    void *block = pool_take(pool, count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

static void *resize(void *block, size_t size, void *pool) {
    if (!block) return pool_take(pool, size);
    struct head *head = (struct head *)block - 1;
    if (head->class < POOL_CLASSES) {
        size_t room = (size_t)32 << head->class;
        if (size <= room) return block;
        void *larger = pool_take(pool, size);
        if (!larger) return NULL;
        memcpy(larger, block, room);
        pool_give(pool, block);
        return larger;
    }
    // Never smaller again: its class would be another.
    if (class_of(size) < POOL_CLASSES) return block;
    head = realloc(head, sizeof *head + size);
    return head ? head + 1 : NULL;
}

void pool_start(struct pool *pool) {
    memset(pool->free, 0, sizeof pool->free);
    pool->functions = (nghttp2_mem){pool, take, give, take_zeroed, resize};
}
