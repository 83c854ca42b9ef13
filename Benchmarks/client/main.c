// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What h2load does not do, as a client of a health server on a port of this machine:
//   bench_client connect PORT COUNT plain|full|resumed [PATH]
//       COUNT connections, one after the other, with a Check each; over TLS with a full handshake, or with one that resumes the
//       connection before. Prints the median and the 90th percentile of a connection's microseconds. With a path, any answer of
//       seven bytes there is right: a server of files.
//   bench_client crowd PORT CONNECTIONS WATCHES
//       Connections with WATCHES calls of Watch each; without one, each has made a Check. Prints `ready`, then does what lines
//       say, and prints a number for each:
//       flip PID        SIGUSR2 to the server, which changes the status: microseconds until the last Watch has been told
//       beside PID MS   the same, with Checks beside it for so long: microseconds of the slowest, of the 99th
//                       percentile, and of the median; without a signal when PID is 0
//       It ends with its input. Exit code 1, and a line, as soon as an answer is wrong; 3 when the server resumes nothing.
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define PATIENCE 60000 // ms

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static SSL_SESSION *latest;

static int keep_session(SSL *tls, SSL_SESSION *session) {
    (void)tls;
    SSL_SESSION_free(latest);
    latest = session;
    return 1;
}

static SSL_CTX *make_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\2h2", 3);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    return context;
}

static void connect_one(int port, SSL_CTX *context, int resumes, const char *path) {
    struct peer peer;
    SSL_SESSION *session = resumes ? latest : NULL;
    peer_open(&peer, port, context, session);
    int was_resumed = context && SSL_session_reused(peer.tls);
    if (was_resumed != (session != NULL)) {
        fprintf(stderr, "bench client: the connection was %sresumed\n", was_resumed ? "" : "not ");
        exit(3);
    }
    peer_call(&peer, path ? path : CHECK, 1);
    peer_wait_ended(&peer, 1);
    if (path ? peer.messages != 1 || peer.bytes != sizeof peer.answer : !peer_is_serving(&peer)) fail("the answer is wrong");
    peer_close(&peer);
}

static int connect_all(int port, int count, const char *kind, const char *path) {
    SSL_CTX *context = strcmp(kind, "plain") == 0 ? NULL : make_context();
    int resumes = strcmp(kind, "resumed") == 0;
    double *times = calloc((size_t)count, sizeof *times);
    if (resumes) connect_one(port, context, 0, path);
    if (resumes && !latest) {
        fprintf(stderr, "bench client: the server sends no ticket\n");
        return 3;
    }
    for (int index = 0; index < count; index++) {
        double start = now();
        connect_one(port, context, resumes, path);
        times[index] = now() - start;
    }
    qsort(times, (size_t)count, sizeof *times, ascending);
    printf("%.1f %.1f\n", times[count / 2], times[count * 9 / 10]);
    return 0;
}

struct crowd {
    int port, count, watches, epoll;
    struct peer *peers;
};

// Until each has got so many messages.
static void wait_for_messages(struct crowd *crowd, long messages) {
    int left = 0;
    for (int index = 0; index < crowd->count; index++) left += crowd->peers[index].messages < messages;
    while (left > 0) {
        struct epoll_event events[256];
        int count = epoll_wait(crowd->epoll, events, 256, PATIENCE);
        if (count <= 0) fail("the messages");
        for (int index = 0; index < count; index++) {
            struct peer *peer = events[index].data.ptr;
            int was_short = peer->messages < messages;
            if (peer_read(peer) == 0) fail("a connection ended");
            peer_send_owed(peer);
            left -= was_short && peer->messages >= messages;
        }
    }
}

static long messages_so_far(const struct crowd *crowd) { return crowd->peers[0].messages; }

// Some at a time: a server that is told of all at once would refuse those that its backlog does not hold.
static void gather(struct crowd *crowd) {
    crowd->peers = calloc((size_t)crowd->count, sizeof *crowd->peers);
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int index = 0; index < crowd->count; index++) {
        struct peer *peer = &crowd->peers[index];
        peer_open(peer, crowd->port, NULL, NULL);
        if (crowd->watches > 0) {
            // All but one when the server's SETTINGS are known: some servers take a hundred calls only then.
            peer_call(peer, WATCH, 1);
            while (peer->messages < 1 || !peer->has_settings)
                if (peer_read(peer) != 1) fail("the first message");
            peer_send_owed(peer);
            peer_call(peer, WATCH, crowd->watches - 1);
        } else {
            peer_call(peer, CHECK, 1);
            peer_wait_ended(peer, 1);
            peer_send_owed(peer);
        }
        fcntl(peer->descriptor, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, peer->descriptor, &event);
    }
    wait_for_messages(crowd, crowd->watches > 0 ? crowd->watches : 1);
}

static void flip(struct crowd *crowd, pid_t server) {
    long before = messages_so_far(crowd);
    double start = now();
    if (kill(server, SIGUSR2) != 0) fail("the server");
    wait_for_messages(crowd, before + crowd->watches);
    printf("%.1f\n", now() - start);
}

// Checks on a connection of their own; the crowd reads afterwards, and so does not take the core from them.
static void beside(struct crowd *crowd, pid_t server, double milliseconds) {
    static double times[1 << 20];
    size_t count = 0;
    struct peer peer;
    long before = messages_so_far(crowd);
    peer_open(&peer, crowd->port, NULL, NULL);
    peer_call(&peer, CHECK, 1);
    peer_widen(&peer);
    peer_wait_ended(&peer, 1);
    peer_send_owed(&peer);
    double start = now(), end = start + milliseconds * 1e3, time = start;
    if (server && kill(server, SIGUSR2) != 0) fail("the server");
    while (time < end && count < sizeof times / sizeof *times) {
        peer_call(&peer, CHECK, 1);
        peer_wait_ended(&peer, (long)count + 2);
        peer_send_owed(&peer);
        double later = now();
        times[count++] = later - time;
        time = later;
    }
    peer_close(&peer);
    if (server) wait_for_messages(crowd, before + crowd->watches);
    qsort(times, count, sizeof *times, ascending);
    printf("%.1f %.1f %.1f\n", times[count - 1], times[count * 99 / 100], times[count / 2]);
}

static int run_crowd(struct crowd *crowd) {
    char line[64];
    int server;
    double milliseconds;
    gather(crowd);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "flip %d", &server) == 1) flip(crowd, server);
        else if (sscanf(line, "beside %d %lf", &server, &milliseconds) == 2) beside(crowd, server, milliseconds);
        else fail(line);
    }
    return 0;
}

int main(int count, char **arguments) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *mode = count > 4 ? arguments[1] : "";
    if (strcmp(mode, "connect") == 0)
        return connect_all(atoi(arguments[2]), atoi(arguments[3]), arguments[4], count > 5 ? arguments[5] : NULL);
    if (strcmp(mode, "crowd") == 0 && count == 5) {
        struct crowd crowd = {.port = atoi(arguments[2]), .count = atoi(arguments[3]), .watches = atoi(arguments[4])};
        return run_crowd(&crowd);
    }
    fprintf(stderr, "usage: bench_client connect PORT COUNT plain|full|resumed [PATH]\n"
                    "       bench_client crowd PORT CONNECTIONS WATCHES\n");
    return 1;
}
