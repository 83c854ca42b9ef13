// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// One connection of a client of grpc.health.v1.Health, by hand: it costs little, so that the server's cost is what is seen.
#ifndef PEER_H
#define PEER_H
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

struct peer {
    int descriptor;
    SSL *tls; // or NULL
    int next_stream;
    // The frame that is being read.
    uint8_t head[9];
    uint8_t answer[7], ping[8]; // the first bytes of the last DATA and PING
    size_t head_length, payload_left, payload_length;
    // What has come.
    int has_settings;
    long messages; // DATA frames with a message
    size_t bytes;  // of them
    long ended;    // streams
    // What has to be sent: acknowledgements.
    uint8_t owed[512];
    size_t owed_length;
};

#define CHECK "/grpc.health.v1.Health/Check"
#define WATCH "/grpc.health.v1.Health/Watch"

// Connects to 127.0.0.1; with a context over TLS, and with a session as one that is resumed.
void peer_open(struct peer *peer, int port, SSL_CTX *context, SSL_SESSION *session);
// Sends the calls' bytes at once; the first of a connection has the preface before it. An empty name each.
void peer_call(struct peer *peer, const char *path, int count);
// Opens the connection's window for as many answers as anyone asks for.
void peer_widen(struct peer *peer);
// Reads once, and counts what came. 0 at the end of the connection, -1 when there is nothing now.
int peer_read(struct peer *peer);
// Reads until so many streams have ended.
void peer_wait_ended(struct peer *peer, long count);
// The last message said SERVING.
int peer_is_serving(const struct peer *peer);
void peer_send_owed(struct peer *peer);
void peer_close(struct peer *peer);
_Noreturn void fail(const char *what);
#endif
