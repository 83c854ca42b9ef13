// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a plain check does, in C and nothing else: the yardstick for `healthcheck`.
//   oneshot_baseline --tcp ADDRESS:PORT        connects
//   oneshot_baseline --http http://ADDRESS:PORT/PATH   asks, and reads the status
// An IPv4 address each; five seconds for all of it. A line with the verdict; exit code 0 when it is healthy, else 1.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct timespec deadline;

static int left(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long milliseconds = (deadline.tv_sec - now.tv_sec) * 1000LL + (deadline.tv_nsec - now.tv_nsec) / 1000000;
    return milliseconds > 0 ? (int)milliseconds : 0;
}

static void say(const char *verdict, char **arguments) {
    char line[512];
    int length = snprintf(line, sizeof line, "%s %s %s\n", verdict, arguments[1] + 2, arguments[2]);
    if (write(STDOUT_FILENO, line, (size_t)length) < 0) _exit(1);
}

static void fail(const char *what, char **arguments) {
    say("unhealthy", arguments);
    perror(what);
    exit(1);
}

static void wait_for(int descriptor, short events, char **arguments) {
    struct pollfd entry = {.fd = descriptor, .events = events};
    if (poll(&entry, 1, left()) <= 0) fail("poll", arguments);
}

static int connect_to(const char *host, size_t length, int port, char **arguments) {
    char text[64] = "";
    if (length >= sizeof text) fail("address", arguments);
    memcpy(text, host, length);
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, text, &peer.sin_addr) != 1) fail("address", arguments);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, error = 0;
    socklen_t size = sizeof error;
    if (descriptor < 0) fail("socket", arguments);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, (struct sockaddr *)&peer, sizeof peer) == 0) return descriptor;
    if (errno != EINPROGRESS) fail("connect", arguments);
    wait_for(descriptor, POLLOUT, arguments);
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error != 0) fail("connect", arguments);
    return descriptor;
}

static void ask(int descriptor, const char *authority, size_t length, const char *path, char **arguments) {
    char buffer[16384];
    int size = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.1\r\nhost: %.*s\r\nuser-agent: baseline\r\naccept: */*\r\n\r\n",
                        *path ? path : "/", (int)length, authority);
    if (send(descriptor, buffer, (size_t)size, MSG_NOSIGNAL) != size) fail("send", arguments);
    size_t received = 0;
    // Until the head is whole.
    while (!memmem(buffer, received, "\r\n\r\n", 4)) {
        wait_for(descriptor, POLLIN, arguments);
        ssize_t count = recv(descriptor, buffer + received, sizeof buffer - received, 0);
        if (count <= 0) fail("recv", arguments);
        received += (size_t)count;
    }
    if (received < 12 || memcmp(buffer, "HTTP/1.", 7) != 0 || (buffer[9] != '2' && buffer[9] != '3')) {
        errno = EPROTO;
        fail("status", arguments);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 1;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += 5;
    int is_http = strcmp(arguments[1], "--http") == 0;
    const char *authority = arguments[2] + (is_http ? strlen("http://") : 0);
    size_t length = strcspn(authority, "/");
    const char *colon = memchr(authority, ':', length);
    if (!colon) fail("port", arguments);
    int descriptor = connect_to(authority, (size_t)(colon - authority), atoi(colon + 1), arguments);
    if (is_http) ask(descriptor, authority, length, authority + length, arguments);
    shutdown(descriptor, SHUT_WR);
    close(descriptor);
    say("healthy", arguments);
    return 0;
}
