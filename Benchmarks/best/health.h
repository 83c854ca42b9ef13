// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// grpc.health.v1.Health on one connection, over nghttp2: bytes in, bytes out.
#ifndef HEALTH_H
#define HEALTH_H
#include "pool.h"

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>

// Bytes to be sent together, of all frames of one round of a loop.
struct output {
    uint8_t bytes[1 << 16];
    size_t length;
    int is_full; // a message waits for room
};

struct health {
    nghttp2_session *session;
    struct pool *pool;
    struct output *output;
    struct call *current; // whose headers are being read
    struct call *watches; // those of Watch
};

// The callbacks and options that all connections of a process share.
void health_prepare(void);
// What "" and "best" answer from now on: 1 is SERVING, 2 is NOT_SERVING.
void health_set_status(int status);
int health_status(void);

int health_start(struct health *health, struct pool *pool, struct output *output);
// 0, or -1 when the connection has to end after what is left to be sent.
int health_receive(struct health *health, const uint8_t *bytes, size_t length);
// The status is another: each Watch has a message to send.
void health_status_changed(struct health *health);
// Fills the output. 1 when there is more than it holds, 0 when all is in it, -1 on a failure.
int health_fill(struct health *health);
int health_is_over(struct health *health);
void health_end(struct health *health);
#endif
