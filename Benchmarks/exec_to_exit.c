// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// exec_to_exit RUNS PROGRAM_A PROGRAM_B ARGUMENT...: runs both programs with the same arguments in turns,
// from posix_spawn to the end of wait, and prints for each: median and 90th percentile in microseconds,
// largest resident set in KiB. Exit code 1 as soon as a run fails.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

struct program {
    char *path;
    double *times; // microseconds
    long resident; // KiB
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void run(struct program *program, int index, char **arguments,
                const posix_spawn_file_actions_t *actions) {
    pid_t child;
    int status;
    struct rusage usage;
    double start = now();
    if (posix_spawn(&child, program->path, actions, NULL, arguments, environ) != 0
        || wait4(child, &status, 0, &usage) != child) {
        perror(program->path);
        exit(1);
    }
    program->times[index] = now() - start;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s: run %d ended with wait status %d\n", program->path, index, status);
        exit(1);
    }
    if (usage.ru_maxrss > program->resident) program->resident = usage.ru_maxrss;
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    int runs = count > 3 ? atoi(arguments[1]) : 0;
    if (runs < 1) {
        fprintf(stderr, "usage: exec_to_exit RUNS PROGRAM_A PROGRAM_B ARGUMENT...\n");
        return 1;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    struct program programs[2];
    for (int which = 0; which < 2; which++)
        programs[which] = (struct program){arguments[2 + which], calloc((size_t)runs, sizeof(double)), 0};
    // In turns, and each goes first as often as the other.
    for (int index = 0; index < runs; index++) {
        for (int turn = 0; turn < 2; turn++) {
            struct program *program = &programs[(index + turn) % 2];
            arguments[3] = program->path;
            run(program, index, arguments + 3, &actions);
        }
    }
    for (int which = 0; which < 2; which++) {
        struct program *program = &programs[which];
        qsort(program->times, (size_t)runs, sizeof(double), ascending);
        printf("%.1f %.1f %ld\n", program->times[runs / 2], program->times[runs * 9 / 10],
               program->resident);
    }
    return 0;
}
