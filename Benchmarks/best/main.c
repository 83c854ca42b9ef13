// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// best_server [--loops N] [--tls-cert FILE --tls-key FILE] PORT: the yardstick for a health server. It answers
// grpc.health.v1.Health at 127.0.0.1 for "" and "best", Check and Watch, and does nothing that this does not need: no limits, no timeouts,
// no log. SIGUSR2 switches between SERVING and NOT_SERVING.
#define _GNU_SOURCE
#include "health.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define LOOPS 64

struct loop {
    int epoll, changes; // an eventfd, which is written to when the status is another
    struct connection *connections;
    struct pool pool;
    struct output output;
    uint8_t input[1 << 16];
};

struct connection {
    int descriptor;
    int is_started; // by its loop, at its first bytes
    int is_ending;  // after what is left to be sent
    uint32_t events;
    SSL *tls;
    struct health health;
    struct connection *next, **before; // of its loop, from its start on
    uint8_t *left; // what the kernel did not take
    size_t left_length;
};

static struct loop loops[LOOPS];
static int loop_count = 1, listener;
static SSL_CTX *tls_context;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void end_connection(struct connection *connection) {
    if (connection->is_started) {
        *connection->before = connection->next;
        if (connection->next) connection->next->before = connection->before;
        health_end(&connection->health);
    }
    if (connection->tls) {
        // So that its session may be resumed.
        SSL_set_shutdown(connection->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(connection->tls);
    }
    close(connection->descriptor);
    free(connection->left);
    free(connection);
}

// Bytes read, 0 when there are none now, -1 at the end.
static ssize_t receive(struct connection *connection, uint8_t *bytes, size_t room) {
    if (!connection->tls) {
        ssize_t count = recv(connection->descriptor, bytes, room, 0);
        return count > 0 ? count : count < 0 && errno == EAGAIN ? 0 : -1;
    }
    int count = SSL_read(connection->tls, bytes, (int)room);
    if (count > 0) return count;
    int error = SSL_get_error(connection->tls, count);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

// Bytes written, 0 when the kernel takes none now, -1 at the end.
static ssize_t transmit(struct connection *connection, const uint8_t *bytes, size_t length) {
    if (!connection->tls) {
        ssize_t count = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
        return count >= 0 ? count : errno == EAGAIN ? 0 : -1;
    }
    int count = SSL_write(connection->tls, bytes, (int)length);
    if (count > 0) return count;
    int error = SSL_get_error(connection->tls, count);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

// 0, or -1 at the end of the connection.
static int send_left(struct connection *connection) {
    size_t sent = 0;
    ssize_t count = 1;
    while (sent < connection->left_length && count > 0) {
        count = transmit(connection, connection->left + sent, connection->left_length - sent);
        if (count < 0) return -1;
        sent += (size_t)count;
    }
    connection->left_length -= sent;
    memmove(connection->left, connection->left + sent, connection->left_length);
    return 0;
}

// Gathers all frames that nghttp2 has, and sends them at once. 0, or -1 at the end of the connection.
static int flush(struct loop *loop, struct connection *connection) {
    int more = 1;
    while (more && connection->left_length == 0) {
        loop->output.length = 0;
        if ((more = health_fill(&connection->health)) < 0) return -1;
        size_t length = loop->output.length, sent = 0;
        while (sent < length) {
            ssize_t count = transmit(connection, loop->output.bytes + sent, length - sent);
            if (count < 0) return -1;
            if (count == 0) break;
            sent += (size_t)count;
        }
        if (sent < length) {
            uint8_t *left = realloc(connection->left, length - sent);
            if (!left) return -1;
            memcpy(left, loop->output.bytes + sent, length - sent);
            connection->left = left;
            connection->left_length = length - sent;
        }
    }
    return connection->left_length == 0 && (connection->is_ending || health_is_over(&connection->health)) ? -1 : 0;
}

static int read_all(struct loop *loop, struct connection *connection) {
    do {
        ssize_t count = receive(connection, loop->input, sizeof loop->input);
        if (count < 0) return -1;
        if (count == 0) return 0;
        if (health_receive(&connection->health, loop->input, (size_t)count) < 0) {
            connection->is_ending = 1;
            return 0;
        }
    } while (connection->tls && SSL_has_pending(connection->tls));
    return 0;
}

// Sends what there is, and waits for what is needed next.
static int finish(struct loop *loop, struct connection *connection) {
    if (flush(loop, connection) < 0) return -1;
    uint32_t events = connection->left_length > 0 ? EPOLLOUT : EPOLLIN;
    if (events != connection->events) {
        struct epoll_event event = {.events = events, .data.ptr = connection};
        epoll_ctl(loop->epoll, EPOLL_CTL_MOD, connection->descriptor, &event);
        connection->events = events;
    }
    return 0;
}

// 0, or -1 at the end of the connection. A peer that does not read is not read from.
static int serve(struct loop *loop, struct connection *connection) {
    if (!connection->is_started) {
        connection->is_started = 1;
        connection->next = loop->connections;
        connection->before = &loop->connections;
        if (connection->next) connection->next->before = &connection->next;
        loop->connections = connection;
        if (health_start(&connection->health, &loop->pool, &loop->output) != 0) return -1;
    }
    if (connection->left_length > 0 && send_left(connection) < 0) return -1;
    if (connection->left_length == 0 && !connection->is_ending && read_all(loop, connection) < 0) return -1;
    if (connection->tls && !SSL_is_init_finished(connection->tls)) return 0;
    return finish(loop, connection);
}

static void tell_watches(struct loop *loop) {
    uint64_t count;
    if (read(loop->changes, &count, sizeof count) < 0) return;
    for (struct connection *connection = loop->connections; connection; connection = connection->next) {
        if (connection->tls && !SSL_is_init_finished(connection->tls)) continue;
        health_status_changed(&connection->health);
        // One that fails is ended by its own event, which may be among those that this round has still to serve.
        finish(loop, connection);
    }
}

static void accept_all(void) {
    static int next;
    int descriptor, on = 1;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) fail("connection");
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection->descriptor = descriptor;
        connection->events = EPOLLIN;
        if (tls_context) {
            connection->tls = SSL_new(tls_context);
            SSL_set_fd(connection->tls, descriptor);
            SSL_set_accept_state(connection->tls);
        }
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        // From here on it is its loop's.
        if (epoll_ctl(loops[next++ % loop_count].epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll");
    }
}

static void *run(void *argument) {
    struct loop *loop = argument;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(loop->epoll, events, EVENTS, -1);
        for (int index = 0; index < count; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!connection)
                accept_all();
            else if ((void *)connection == loop)
                tell_watches(loop);
            else if (serve(loop, connection) < 0)
                end_connection(connection);
        }
    }
    return NULL;
}

static int choose_h2(SSL *tls, const unsigned char **out, unsigned char *length, const unsigned char *offered,
                     unsigned int offered_length, void *user) {
    (void)tls, (void)user;
    static const unsigned char ours[] = "\2h2";
    int found = SSL_select_next_proto((unsigned char **)out, length, ours, 3, offered, offered_length);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void prepare_tls(const char *certificate, const char *key) {
    tls_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls_context, TLS1_2_VERSION);
    SSL_CTX_set_options(tls_context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                      | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(tls_context, choose_h2, NULL);
    SSL_CTX_set_num_tickets(tls_context, 1);
    if (SSL_CTX_use_certificate_chain_file(tls_context, certificate) != 1
        || SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "best_server: cannot read %s and %s\n", certificate, key);
        exit(1);
    }
}

static void listen_at(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) fail("listen");
}

static void switch_status(int signal) {
    (void)signal;
    const uint64_t one = 1;
    health_set_status(3 - health_status());
    for (int number = 0; number < loop_count; number++)
        if (write(loops[number].changes, &one, sizeof one) < 0) _exit(1);
}

int main(int count, char **arguments) {
    const char *certificate = NULL, *key = NULL;
    int index = 1;
    for (; index + 1 < count; index += 2) {
        if (strcmp(arguments[index], "--loops") == 0) loop_count = atoi(arguments[index + 1]);
        else if (strcmp(arguments[index], "--tls-cert") == 0) certificate = arguments[index + 1];
        else if (strcmp(arguments[index], "--tls-key") == 0) key = arguments[index + 1];
        else break;
    }
    if (index + 1 != count || loop_count < 1 || loop_count > LOOPS || !certificate != !key) {
        fprintf(stderr, "usage: best_server [--loops N] [--tls-cert FILE --tls-key FILE] PORT\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    if (certificate) prepare_tls(certificate, key);
    health_prepare();
    listen_at(atoi(arguments[index]));
    for (int number = 0; number < loop_count; number++) {
        pool_start(&loops[number].pool);
        if ((loops[number].epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll");
        if ((loops[number].changes = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) fail("eventfd");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &loops[number]};
        epoll_ctl(loops[number].epoll, EPOLL_CTL_ADD, loops[number].changes, &event);
    }
    signal(SIGUSR2, switch_status);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(loops[0].epoll, EPOLL_CTL_ADD, listener, &event);
    for (int number = 1; number < loop_count; number++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, &loops[number]) != 0) fail("thread");
    }
    run(&loops[0]);
}
