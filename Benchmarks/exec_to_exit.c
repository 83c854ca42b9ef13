// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// exec_to_exit RUNS PROGRAM,PROGRAM... ARGUMENT...: runs the programs with the same arguments in turns, from posix_spawn to the
// end of wait, and prints a line for each: median and 90th percentile in microseconds, largest resident set in KiB, fewest page
// faults. Exit code 1 as soon as a run fails.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define MOST 8 // programs

extern char **environ;

struct program {
    char *path;
    double *times; // microseconds
    long resident; // KiB
    long faults;
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
    if (index == 0 || usage.ru_minflt < program->faults) program->faults = usage.ru_minflt;
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    int runs = count > 2 ? atoi(arguments[1]) : 0, size = 0;
    struct program programs[MOST];
    if (runs < 1) {
        fprintf(stderr, "usage: exec_to_exit RUNS PROGRAM,PROGRAM... ARGUMENT...\n");
        return 1;
    }
    for (char *path = strtok(arguments[2], ","); path && size < MOST; path = strtok(NULL, ","))
        programs[size++] = (struct program){.path = path, .times = calloc((size_t)runs, sizeof(double))};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    // In turns, and each goes first as often as the others.
    for (int index = 0; index < runs; index++) {
        for (int turn = 0; turn < size; turn++) {
            struct program *program = &programs[(index + turn) % size];
            arguments[2] = program->path;
            run(program, index, arguments + 2, &actions);
        }
    }
    for (struct program *program = programs; program < programs + size; program++) {
        qsort(program->times, (size_t)runs, sizeof(double), ascending);
        printf("%.1f %.1f %ld %ld\n", program->times[runs / 2], program->times[runs * 9 / 10], program->resident,
               program->faults);
    }
    return 0;
}
