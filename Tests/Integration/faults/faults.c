// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a program under test (LD_PRELOAD): lets its calls fail, and its clocks jump, as a page says that a
// test shares with it. FAULTS names the file of the page; faults.py writes it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum call { SEND, RECV, ACCEPT, EPOLL_WAIT, EPOLL_CTL, POLL, CONNECT, MALLOC, CALLS };

// The calls from number `first` (from 1; 0 for none), `length` of them, fail with `error`, or move one byte: SHORT.
struct rule {
    uint32_t calls, hits, first, length;
    int32_t error;
};

enum { NONE = 0, SHORT = -1 };

struct page {
    int64_t realtime, monotonic;  // seconds that each clock is ahead
    struct rule rules[CALLS];
};

static struct page *page;

// Where the code stands whose allocations may fail: the program (which allocates for nghttp2) and the libraries in C.
// Swift's own runtime stops the process when memory is short, and means to.
static struct { uintptr_t start, end; } code[16];
static int code_count;

static int note_code(struct dl_phdr_info *info, size_t size, void *context) {
    static const char *const libraries[] = {"libssl", "libcrypto", "libnghttp2", "libprotobuf-c", "libz", "libcares"};
    int is_wanted = info->dlpi_name[0] == '\0';
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strstr(info->dlpi_name, libraries[i]) != NULL) is_wanted = 1;
    for (int i = 0; is_wanted && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        if (code_count == sizeof code / sizeof *code) abort();
        code[code_count].start = info->dlpi_addr + part->p_vaddr;
        code[code_count++].end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

__attribute__((constructor)) static void map_page(void) {
    dl_iterate_phdr(note_code, NULL);
    const char *path = getenv("FAULTS");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();  // a test without its faults must not pass
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort();
    close(file);
}

static int fault(enum call call) {
    if (page == NULL) return NONE;
    struct rule *rule = &page->rules[call];
    uint32_t number = __atomic_add_fetch(&rule->calls, 1, __ATOMIC_SEQ_CST);
    uint32_t first = __atomic_load_n(&rule->first, __ATOMIC_SEQ_CST);
    if (first == 0 || number < first || number - first >= rule->length) return NONE;
    __atomic_add_fetch(&rule->hits, 1, __ATOMIC_SEQ_CST);
    if (rule->error > 0) errno = rule->error;
    return rule->error;
}

static int lacks_memory(void *caller) {
    if (page == NULL) return 0;
    for (int i = 0; i < code_count; i++)
        if ((uintptr_t)caller >= code[i].start && (uintptr_t)caller < code[i].end) return fault(MALLOC) > 0;
    return 0;
}

void *malloc(size_t size) {
    extern void *__libc_malloc(size_t);
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    extern void *__libc_calloc(size_t, size_t);
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    extern void *__libc_realloc(void *, size_t);
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

char *strdup(const char *text) {
    extern char *__strdup(const char *);
    return lacks_memory(__builtin_return_address(0)) ? NULL : __strdup(text);
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
    int error = fault(SEND);
    if (error > 0) return -1;
    if (error == SHORT && count > 1) count = 1;
    return syscall(SYS_sendto, socket, bytes, count, flags, NULL, 0);
}

ssize_t recv(int socket, void *bytes, size_t count, int flags) {
    int error = fault(RECV);
    if (error > 0) return -1;
    if (error == SHORT && count > 1) count = 1;
    return syscall(SYS_recvfrom, socket, bytes, count, flags, NULL, NULL);
}

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags) {
    return fault(ACCEPT) > 0 ? -1 : syscall(SYS_accept4, socket, address, length, flags);
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout) {
    return fault(EPOLL_WAIT) > 0 ? -1 : syscall(SYS_epoll_pwait, epoll, events, count, timeout, NULL, 8);
}

int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event) {
    return fault(EPOLL_CTL) > 0 ? -1 : syscall(SYS_epoll_ctl, epoll, operation, descriptor, event);
}

int poll(struct pollfd *entries, nfds_t count, int timeout) {
    if (fault(POLL) > 0) return -1;
    struct timespec time = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
    return syscall(SYS_ppoll, entries, count, timeout < 0 ? NULL : &time, NULL, 8);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    return fault(CONNECT) > 0 ? -1 : syscall(SYS_connect, socket, address, length);
}

int clock_gettime(clockid_t clock, struct timespec *place) {
    int result = syscall(SYS_clock_gettime, clock, place);
    if (result != 0 || page == NULL) return result;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        place->tv_sec += __atomic_load_n(&page->realtime, __ATOMIC_SEQ_CST);
    } else if (clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID) {
        place->tv_sec += __atomic_load_n(&page->monotonic, __ATOMIC_SEQ_CST);
    }
    return 0;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place != NULL) *place = now.tv_sec;
    return now.tv_sec;
}
