// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a plain probe does, in C over nghttp2 and nothing else: the yardstick for grpc_health_probe.
// probe_baseline -addr HOST:PORT (an IPv4 address); exit code 0 when the answer is SERVING, else 1.
// Built with -DTLS it is the yardstick for -tls, over OpenSSL: -addr HOST:PORT -tls -tls-ca-cert FILE.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#ifdef TLS
#include <openssl/ssl.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The one call of this process.
struct call {
    size_t sent;         // octets of the request message that nghttp2 has taken
    uint8_t message[16]; // the answer's body so far
    size_t received;
    int status_ok; // the trailers had grpc-status 0
    int closed;
};

static const uint8_t request[5]; // an empty message: not compressed, length 0

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                            uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)session, (void)stream, (void)user;
    struct call *call = source->ptr;
    size_t count = sizeof request - call->sent;
    if (count > length) count = length;
    memcpy(buffer, request + call->sent, count);
    call->sent += count;
    if (call->sent == sizeof request) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *user) {
    (void)session, (void)flags, (void)stream;
    struct call *call = user;
    if (length > sizeof call->message - call->received) return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(call->message + call->received, data, length);
    call->received += length;
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user) {
    (void)session, (void)frame, (void)flags;
    struct call *call = user;
    if (name_length == 11 && memcmp(name, "grpc-status", 11) == 0)
        call->status_ok = value_length == 1 && value[0] == '0';
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user) {
    (void)session, (void)stream, (void)error;
    ((struct call *)user)->closed = 1;
    return 0;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int connect_to(const char *address) {
    const char *colon = strrchr(address, ':');
    char host[64];
    if (!colon || (size_t)(colon - address) >= sizeof host) fail("-addr");
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = 0;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &peer.sin_addr) != 1) fail("-addr");
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (descriptor < 0) fail("socket");
    if (connect(descriptor, (struct sockaddr *)&peer, sizeof peer) != 0) fail("connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

#ifdef TLS
static SSL *tls;

// A client that verifies the server's certificate for its address, as the probe does.
static void start_tls(int descriptor, const char *address, const char *file) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char host[64] = "";
    memcpy(host, address, strcspn(address, ":"));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\2h2", 3);
    if (SSL_CTX_load_verify_file(context, file) != 1) fail("-tls-ca-cert");
    tls = SSL_new(context);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host);
    SSL_set_fd(tls, descriptor);
    if (SSL_connect(tls) != 1) fail("SSL_connect");
}

static void send_all(int descriptor, const uint8_t *data, size_t length) {
    (void)descriptor;
    if (SSL_write(tls, data, (int)length) != (int)length) fail("SSL_write");
}

static ssize_t receive(int descriptor, uint8_t *buffer, size_t length) {
    (void)descriptor;
    return SSL_read(tls, buffer, (int)length);
}
#else
static void send_all(int descriptor, const uint8_t *data, size_t length) {
    if (send(descriptor, data, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

static ssize_t receive(int descriptor, uint8_t *buffer, size_t length) {
    return recv(descriptor, buffer, length, 0);
}
#endif

// Everything that nghttp2 has to say, in one send.
static void flush(nghttp2_session *session, int descriptor) {
    uint8_t buffer[4096];
    size_t length = 0;
    const uint8_t *data;
    ssize_t count;
    while ((count = nghttp2_session_mem_send(session, &data)) > 0) {
        if (length + (size_t)count > sizeof buffer) fail("buffer");
        memcpy(buffer + length, data, (size_t)count);
        length += (size_t)count;
    }
    if (length) send_all(descriptor, buffer, length);
}

#define FIELD(name, value) \
    { (uint8_t *)name, (uint8_t *)value, sizeof name - 1, strlen(value), NGHTTP2_NV_FLAG_NONE }

int main(int count, char **arguments) {
#ifdef TLS
    const int expected = 6;
    const char *scheme = "https";
#else
    const int expected = 3;
    const char *scheme = "http";
#endif
    if (count != expected || strcmp(arguments[1], "-addr") != 0) {
        fprintf(stderr, "usage: probe_baseline -addr HOST:PORT [-tls -tls-ca-cert FILE]\n");
        return 1;
    }
    int descriptor = connect_to(arguments[2]);
#ifdef TLS
    start_tls(descriptor, arguments[2], arguments[5]);
#endif
    struct call call = {0};
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (nghttp2_session_client_new(&session, callbacks, &call) != 0) fail("session");

    nghttp2_nv fields[] = {
        FIELD(":method", "POST"),
        FIELD(":scheme", scheme),
        FIELD(":path", "/grpc.health.v1.Health/Check"),
        FIELD(":authority", arguments[2]),
        FIELD("te", "trailers"),
        FIELD("content-type", "application/grpc"),
        FIELD("user-agent", "probe_baseline"),
        FIELD("grpc-timeout", "1S"),
    };
    nghttp2_data_provider body = {.source.ptr = &call, .read_callback = read_request};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
    nghttp2_submit_request(session, NULL, fields, sizeof fields / sizeof *fields, &body, NULL);
    flush(session, descriptor);
    while (!call.closed) {
        uint8_t buffer[4096];
        ssize_t length = receive(descriptor, buffer, sizeof buffer);
        if (length <= 0) fail("recv");
        if (nghttp2_session_mem_recv(session, buffer, (size_t)length) < 0) fail("HTTP/2");
        if (!call.closed) flush(session, descriptor);
    }
    static const uint8_t serving[7] = {0, 0, 0, 0, 2, 8, 1};
    int good = call.status_ok && call.received == 7 && memcmp(call.message, serving, 7) == 0;
    fputs(good ? "status: SERVING\n" : "not SERVING\n", stderr);
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
    close(descriptor);
    return !good;
}
