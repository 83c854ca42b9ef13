// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Programs that we start. Not in the probe, which starts none.
#define _GNU_SOURCE
#include "CLinux.h"

#ifndef VITALS_EMBEDDED
#include <spawn.h>
#include <sys/syscall.h>

extern char **environ;

int clinux_pipe(int descriptors[2]) {
    if (pipe2(descriptors, O_CLOEXEC) != 0) return -1;
    // The flag is of one end: a program may expect that its output blocks.
    return fcntl(descriptors[0], F_SETFL, O_NONBLOCK);
}

// 0, or an error number.
static int prepare(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions, int output) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, output, 2);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return error;
}

int clinux_spawn(const char *path, char *const arguments[], int output) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    pid_t process = -1;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    int error = prepare(&attributes, &actions, output);
    if (error == 0) error = posix_spawn(&process, path, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error == 0) return process;
    errno = error;
    return -1;
}

int clinux_process_descriptor(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_has_ended(int process) {
    siginfo_t information = {0};
    if (waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return information.si_pid == process;
}

void clinux_keep_child_statuses(void) {
    if (clinux_is_signal_ignored(SIGCHLD)) signal(SIGCHLD, SIG_DFL);
}
#endif
