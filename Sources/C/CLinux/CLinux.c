// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <limits.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

int clinux_errno(void) { return errno; }

const char *clinux_error_text(int error_number) {
    const char *text = strerrordesc_np(error_number);
    return text != NULL ? text : "unknown error";
}

int clinux_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(descriptor, address, length, flags);
}

int clinux_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

int clinux_terminal_width(int descriptor) {
    struct winsize size = {0};
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int clinux_drop_newcomers(int descriptor) {
    // The flags are in byte 13 of the TCP header: SYN without ACK is dropped.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = 5, .filter = filter};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// With an interface's name it finds its number (SIOCGIFINDEX), with its number its name (SIOCGIFNAME).
static int ask_for_interface(unsigned long request, struct ifreq *interface) {
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int result = ioctl(descriptor, request, interface);
    close(descriptor);
    return result;
}

unsigned int clinux_interface_number(const char *name) {
    struct ifreq interface = {0};
    size_t length = strlen(name);
    if (length >= IFNAMSIZ) return 0;
    memcpy(interface.ifr_name, name, length);
    return ask_for_interface(SIOCGIFINDEX, &interface) == 0 ? (unsigned int)interface.ifr_ifindex : 0;
}

int clinux_interface_name(unsigned int number, char *name) {
    struct ifreq interface = {.ifr_ifindex = (int)number};
    if (ask_for_interface(SIOCGIFNAME, &interface) != 0) return -1;
    memcpy(name, interface.ifr_name, IFNAMSIZ);
    return 0;
}

int clinux_open(const char *path, int flags, unsigned int mode) { return open(path, flags, mode); }

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_core_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return INT_MAX;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) soft = limit.rlim_cur;
    return soft > INT_MAX ? INT_MAX : (int)soft;
}

void *clinux_map_read_only(int descriptor, size_t length) {
    void *mapping = mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, 0);
    return mapping == MAP_FAILED ? NULL : mapping;
}

void clinux_give_way(int steps) {
    struct sched_param parameters = {0};
    // Both only ever lower it, which needs no privilege.
    if (sched_getscheduler(0) != SCHED_OTHER) sched_setscheduler(0, SCHED_OTHER, &parameters);
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + steps);
}

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int clinux_thread_id(void) { return gettid(); }

static sigset_t signal_set(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    return set;
}

int clinux_block_signals(const int *signals, int count) {
    sigset_t set = signal_set(signals, count);
    return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int clinux_signal_descriptor(const int *signals, int count) {
    sigset_t set = signal_set(signals, count);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void block_and_send_again(int signal_number, siginfo_t *information, void *context) {
    (void)information;
    sigaddset(&((ucontext_t *)context)->uc_sigmask, signal_number);
    kill(getpid(), signal_number);
}

void clinux_collect_signals(const int *signals, int count) {
    struct sigaction action = {.sa_sigaction = block_and_send_again, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    for (int i = 0; i < count; i++) sigaction(signals[i], &action, NULL);
}

void clinux_ignore_signal(int signal_number) { signal(signal_number, SIG_IGN); }

int clinux_is_signal_ignored(int signal_number) {
    struct sigaction action;
    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

// One is in force while the other is written.
static struct clinux_last_words all_words[2];
static struct clinux_last_words *volatile last_words;

// Says it only if it can be said at once: a reader that does not read must not keep a process alive.
static void say(int descriptor, const char *text) {
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    if (text == NULL || *text == '\0' || poll(&entry, 1, 0) != 1) return;
    ssize_t ignored = write(descriptor, text, strlen(text));
    (void)ignored;
}

static void exit_on_signal(int signal_number) {
    const struct clinux_last_words *all = last_words;
    const struct clinux_words *words = signal_number == SIGALRM ? &all->alarm
        : signal_number == SIGTERM ? &all->terminate : &all->interrupt;
    say(STDERR_FILENO, words->error);
    say(STDOUT_FILENO, words->output);
    _exit(all->status);
}

static void free_words(struct clinux_words words) {
    free(words.error);
    free(words.output);
}

void clinux_set_last_words(struct clinux_last_words words) {
    struct clinux_last_words *old = last_words;
    struct clinux_last_words *new = &all_words[old == &all_words[0]];
    *new = words;
    atomic_signal_fence(memory_order_release);
    last_words = new;
    if (old != NULL) {
        // The handler ends the process: it cannot be in the middle of the old words here.
        free_words(old->alarm);
        free_words(old->terminate);
        free_words(old->interrupt);
        return;
    }
    struct sigaction action = {.sa_handler = exit_on_signal};
    sigfillset(&action.sa_mask);
    const int signals[] = {SIGALRM, SIGTERM, SIGINT};
    for (int i = 0; i < 3; i++) sigaction(signals[i], &action, NULL);
    // The parent process may have blocked them.
    sigset_t set = signal_set(signals, 3);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void clinux_set_alarm(int64_t microseconds) {
    struct itimerval timer = {.it_value = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

#ifndef VITALS_EMBEDDED
// Before main, Swift's runtime looks for its own folder by /proc/self/exe, and aborts where there is no /proc. This
// variable is asked first. The constructor comes before the runtime's by its priority.
static int has_set_root;

__attribute__((constructor(101))) static void do_without_proc(void) {
    char byte;
    if (readlink("/proc/self/exe", &byte, 1) >= 0 || getenv("SWIFT_ROOT") != NULL) return;
    has_set_root = setenv("SWIFT_ROOT", "/", 0) == 0;
}

const char *clinux_own_variable(void) { return has_set_root ? "SWIFT_ROOT=" : NULL; }
#endif

// The probe and healthcheck are linked with --wrap=__tunables_init, so this runs in its place. The C library's compares each variable
// of the environment with 35 names, before main: an eighth of a run with 43 variables, and 700 are usual in a cluster, where each
// service adds seven. What it looks for are settings for who debugs the C library, such as GLIBC_TUNABLES.
void __wrap___tunables_init(char **environment) { (void)environment; }

static int argument_count;
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
}

int clinux_argument_count(void) { return argument_count; }

const char *clinux_argument(int index) {
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

const char *clinux_environment(int index) { return environ != NULL ? environ[index] : NULL; }
