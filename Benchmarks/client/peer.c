// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 20000 // ms

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };

void fail(const char *what) {
    fprintf(stderr, "bench client: %s: %s\n", what, errno ? strerror(errno) : "the server does not do this");
    exit(1);
}

static size_t put_frame(uint8_t *bytes, size_t length, int kind, int flags, int stream) {
    const uint8_t head[9] = {(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)kind,
                             (uint8_t)flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
                             (uint8_t)(stream >> 8), (uint8_t)stream};
    memcpy(bytes, head, sizeof head);
    return sizeof head;
}

// A literal field that is not indexed, and not Huffman-coded.
static size_t put_field(uint8_t *bytes, const char *name, const char *value) {
    size_t name_length = strlen(name), length = strlen(value);
    bytes[0] = 0;
    bytes[1] = (uint8_t)name_length;
    memcpy(bytes + 2, name, name_length);
    bytes[2 + name_length] = (uint8_t)length;
    memcpy(bytes + 3 + name_length, value, length);
    return 3 + name_length + length;
}

static size_t put_call(uint8_t *bytes, const char *path, int stream, int is_tls) {
    uint8_t block[256];
    size_t length = 0;
    block[length++] = 0x83; // :method POST
    block[length++] = is_tls ? 0x87 : 0x86;
    length += put_field(block + length, ":path", path);
    length += put_field(block + length, ":authority", "localhost");
    length += put_field(block + length, "content-type", "application/grpc");
    length += put_field(block + length, "te", "trailers");
    length += put_field(block + length, "user-agent", "grpc-c/1.0");
    size_t place = put_frame(bytes, length, HEADERS, 4, stream);
    memcpy(bytes + place, block, length);
    place += length;
    place += put_frame(bytes + place, 5, DATA, 1, stream);
    memset(bytes + place, 0, 5);
    return place + 5;
}

static void send_all(struct peer *peer, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = peer->tls ? SSL_write(peer->tls, bytes, (int)length)
                                  : send(peer->descriptor, bytes, length, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            struct pollfd entry = {.fd = peer->descriptor, .events = POLLOUT};
            if (poll(&entry, 1, PATIENCE) == 1) continue;
        }
        if (count <= 0) fail("send");
        bytes += count;
        length -= (size_t)count;
    }
}

void peer_open(struct peer *peer, int port, SSL_CTX *context, SSL_SESSION *session) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    *peer = (struct peer){.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .next_stream = 1};
    if (peer->descriptor < 0) fail("socket");
    struct timeval patience = {.tv_sec = PATIENCE / 1000};
    setsockopt(peer->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(peer->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(peer->descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    if (context) {
        peer->tls = SSL_new(context);
        SSL_set_fd(peer->tls, peer->descriptor);
        SSL_set_tlsext_host_name(peer->tls, "localhost");
        if (session) SSL_set_session(peer->tls, session);
        if (SSL_connect(peer->tls) != 1) {
            ERR_print_errors_fp(stderr);
            fail("handshake");
        }
    }
}

void peer_call(struct peer *peer, const char *path, int count) {
    static uint8_t bytes[1 << 16];
    size_t length = 0;
    if (peer->next_stream == 1) {
        static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        memcpy(bytes, preface, sizeof preface - 1);
        length = sizeof preface - 1;
        length += put_frame(bytes + length, 0, SETTINGS, 0, 0);
    }
    for (; count > 0; count--, peer->next_stream += 2) {
        length += put_call(bytes + length, path, peer->next_stream, peer->tls != NULL);
        if (length > sizeof bytes - 512 || count == 1) {
            send_all(peer, bytes, length);
            length = 0;
        }
    }
}

void peer_widen(struct peer *peer) {
    uint8_t bytes[13];
    size_t length = put_frame(bytes, 4, WINDOW_UPDATE, 0, 0);
    memcpy(bytes + length, "\x3F\xFF\x00\x00", 4);
    send_all(peer, bytes, sizeof bytes);
}

static void owe(struct peer *peer, size_t length, int kind, const uint8_t *payload) {
    if (length + 9 > sizeof peer->owed - peer->owed_length) fail("too many frames to acknowledge");
    peer->owed_length += put_frame(peer->owed + peer->owed_length, length, kind, 1, 0);
    if (length > 0) memcpy(peer->owed + peer->owed_length, payload, length);
    peer->owed_length += length;
}

static void end_frame(struct peer *peer) {
    int kind = peer->head[3], flags = peer->head[4];
    if (kind == SETTINGS && !(flags & 1)) {
        peer->has_settings = 1;
        owe(peer, 0, SETTINGS, NULL);
    }
    if (kind == PING && !(flags & 1)) owe(peer, sizeof peer->ping, PING, peer->ping);
    if (kind == RST_STREAM || kind == GOAWAY) fail(kind == GOAWAY ? "GOAWAY came" : "RST_STREAM came");
    if (kind == DATA && peer->payload_length > 0) peer->messages++, peer->bytes += peer->payload_length;
    if ((kind == HEADERS || kind == DATA) && flags & 1) peer->ended++;
    peer->head_length = 0;
}

// Keeps the first bytes of a message, and of a PING.
static void keep(struct peer *peer, const uint8_t *bytes, size_t count) {
    size_t place = peer->payload_length - peer->payload_left;
    uint8_t *kept = peer->head[3] == DATA ? peer->answer : peer->ping;
    size_t room = peer->head[3] == DATA ? sizeof peer->answer : peer->head[3] == PING ? sizeof peer->ping : 0;
    if (place < room) memcpy(kept + place, bytes, room - place < count ? room - place : count);
}

static void take(struct peer *peer, const uint8_t *bytes, size_t length) {
    while (length > 0 || (peer->head_length == 9 && peer->payload_left == 0)) {
        if (peer->head_length < 9) {
            size_t count = 9 - peer->head_length < length ? 9 - peer->head_length : length;
            memcpy(peer->head + peer->head_length, bytes, count);
            peer->head_length += count, bytes += count, length -= count;
            if (peer->head_length < 9) return;
            peer->payload_length = (size_t)peer->head[0] << 16 | (size_t)peer->head[1] << 8 | peer->head[2];
            peer->payload_left = peer->payload_length;
        }
        size_t count = peer->payload_left < length ? peer->payload_left : length;
        keep(peer, bytes, count);
        peer->payload_left -= count, bytes += count, length -= count;
        if (peer->payload_left == 0) end_frame(peer);
    }
}

int peer_read(struct peer *peer) {
    uint8_t bytes[1 << 14];
    ssize_t count;
    do {
        count = peer->tls ? SSL_read(peer->tls, bytes, sizeof bytes) : recv(peer->descriptor, bytes, sizeof bytes, 0);
        if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : 0;
        take(peer, bytes, (size_t)count);
    } while (peer->tls && SSL_pending(peer->tls) > 0);
    return 1;
}

void peer_wait_ended(struct peer *peer, long count) {
    while (peer->ended < count) {
        if (peer_read(peer) != 1) fail("the answer");
        if (peer->ended < count) peer_send_owed(peer);
    }
}

int peer_is_serving(const struct peer *peer) {
    static const uint8_t serving[7] = {0, 0, 0, 0, 2, 8, 1};
    return peer->messages > 0 && memcmp(peer->answer, serving, sizeof serving) == 0;
}

void peer_send_owed(struct peer *peer) {
    if (peer->owed_length > 0) send_all(peer, peer->owed, peer->owed_length);
    peer->owed_length = 0;
}

void peer_close(struct peer *peer) {
    if (peer->tls) {
        SSL_set_shutdown(peer->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(peer->tls);
    }
    close(peer->descriptor);
}
