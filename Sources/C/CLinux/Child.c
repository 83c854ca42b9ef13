// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Programs that we start. Not in the probe, which starts none.
#define _GNU_SOURCE
#include "CLinux.h"

#ifndef VITALS_EMBEDDED
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

// Signals 1 to 64, as the kernel has a set of them.
#define SIGNALS 64
#define SET_SIZE 8

static uint64_t bit(int signal_number) { return (uint64_t)1 << (signal_number - 1); }

static uint64_t first_blocked;
static uint64_t first_ignored;

// Before Swift's runtime, or we, change any. The calls of the kernel: those of the C library hide signals 32 and 33. A program may
// say that this run starts no other.
__attribute__((constructor(101))) static void keep_signals(int argc, char **argv) {
    if (clinux_starts_none != NULL && clinux_starts_none(argc, argv)) return;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &first_blocked, SET_SIZE);
    for (int number = 1; number <= SIGNALS; number++) {
        // The handler's place comes first.
        uintptr_t action[8] = {0};
        syscall(SYS_rt_sigaction, number, NULL, action, SET_SIZE);
        if (action[0] == (uintptr_t)SIG_IGN) first_ignored |= bit(number);
    }
}

uint64_t clinux_first_blocked(void) { return first_blocked; }

uint64_t clinux_first_ignored(void) { return first_ignored; }

int clinux_pipe(int descriptors[2]) {
    if (pipe2(descriptors, O_CLOEXEC) != 0) return -1;
    // The flag is of one end: a program may expect that its output blocks.
    return fcntl(descriptors[0], F_SETFL, O_NONBLOCK);
}

// clone by the name that sanitizers leave alone: they would release locks of theirs in the child, and so in our memory.
extern int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

// A sanitizer would take what the child does for what its parent does: no instructions of its own, and calls of the kernel
// past the functions that it has put in place of the C library's.
#define IN_CHILD __attribute__((disable_sanitizer_instrumentation)) static

// What the kernel reads of a disposition that has no handler: the handler's place comes first, all else is 0.
IN_CHILD void reset_dispositions(uint64_t ignored) {
    for (int number = 1; number <= SIGNALS; number++) {
        uintptr_t action[8] = {ignored & bit(number) ? (uintptr_t)SIG_IGN : (uintptr_t)SIG_DFL};
        syscall(SYS_rt_sigaction, number, action, NULL, SET_SIZE);
    }
}

// The number, in decimal and ended by NUL; `text` has 12 bytes.
IN_CHILD void write_number(char *text, int number) {
    char digits[12];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0) *text++ = digits[--count];
    *text = '\0';
}

IN_CHILD int replace(int descriptor, int with) {
    // dup3 refuses a descriptor in place of itself.
    return descriptor == with ? 0 : (int)syscall(SYS_dup3, with, descriptor, 0);
}

IN_CHILD int replace_streams(int input, int output) {
    if (input < 0) input = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    if (input < 0 || replace(0, input) < 0 || replace(1, output) < 0 || replace(2, output) < 0) return -1;
    if (syscall(SYS_close_range, 3U, ~0U, 0) == 0) return 0;
    // Before Linux 5.9. All that are ours are closed by exec: this is for what our parent left open.
    for (int descriptor = 3; descriptor < 1024; descriptor++) syscall(SYS_close, descriptor);
    return 0;
}

// Runs in our memory, on a stack of its own, while the thread that started it waits: it allocates and locks nothing.
IN_CHILD int child(void *argument) {
    struct clinux_start *start = argument;
    int own = (int)syscall(SYS_getpid);
    reset_dispositions(start->ignored);
    int failed = (start->new_session ? syscall(SYS_setsid) : syscall(SYS_setpgid, 0, 0)) < 0;
    if (!failed && start->output >= 0) failed = replace_streams(start->input, start->output) != 0;
    // SIGTTOU is blocked here, so that it does not stop us. A terminal that is gone is no reason to fail.
    if (!failed && start->terminal >= 0) syscall(SYS_ioctl, start->terminal, TIOCSPGRP, &own);
    if (!failed) {
        if (start->process_text != NULL) write_number(start->process_text, own);
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &start->blocked, NULL, SET_SIZE);
        if (start->searches) execvpe(start->arguments[0], start->arguments, start->environment);
        else syscall(SYS_execve, start->arguments[0], start->arguments, start->environment);
        start->is_exec_error = 1;
    }
    start->error = errno;
    syscall(SYS_exit_group, 127);
    __builtin_unreachable();
}

int clinux_start(struct clinux_start *start) {
    // execvpe has the path, and for a script all arguments again, on its stack.
    size_t size = 64 << 10;
    for (char *const *word = start->arguments; *word != NULL; word++) size += sizeof *word;
    size = (size + 4095) & ~(size_t)4095;
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -1;
    uint64_t all = ~(uint64_t)0, before;
    start->error = start->is_exec_error = 0;
    // No handler of ours may run in the child. The kernel writes the number before the child runs.
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, SET_SIZE);
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD;
    int process = __clone(child, (char *)stack + size, flags, start, start->process);
    int error = process < 0 ? errno : start->error;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SET_SIZE);
    munmap(stack, size);
    errno = error;
    return error == 0 ? process : -1;
}

int clinux_load(const int *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }

int clinux_process_descriptor(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_ended_child(int process) {
    siginfo_t information = {0};
    if (waitid(process > 0 ? P_PID : P_ALL, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return information.si_pid;
}

int clinux_stop_change(int process) {
    siginfo_t information = {0};
    if (waitid(P_PID, (id_t)process, &information, WSTOPPED | WCONTINUED | WNOHANG) != 0) return -1;
    if (information.si_pid != process) return -1;
    return information.si_code == CLD_CONTINUED ? 0 : information.si_status;
}

int clinux_wait(int process, struct clinux_end *end) {
    struct rusage usage;
    int waited;
    do waited = wait4(process, &end->status, 0, &usage);
    while (waited < 0 && errno == EINTR);
    if (waited != process) return -1;
    end->user_microseconds = usage.ru_utime.tv_sec * (int64_t)1000000 + usage.ru_utime.tv_usec;
    end->system_microseconds = usage.ru_stime.tv_sec * (int64_t)1000000 + usage.ru_stime.tv_usec;
    end->peak_kilobytes = usage.ru_maxrss;
    return 0;
}

void clinux_keep_child_statuses(void) {
    if (clinux_is_signal_ignored(SIGCHLD)) signal(SIGCHLD, SIG_DFL);
}

int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int clinux_adopts_orphans(void) {
    int adopts = 0;
    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts != 0);
}

int clinux_terminal_group(int terminal) {
    pid_t group = -1;
    return ioctl(terminal, TIOCGPGRP, &group) == 0 ? group : -1;
}

int clinux_set_terminal_group(int terminal, int group) { return ioctl(terminal, TIOCSPGRP, &group); }
#endif
