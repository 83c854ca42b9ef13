// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// wrapper_baseline -- COMMAND ARGUMENT...: the least that a wrapper does, and the yardstick for what `healthcheck` adds to a start:
// it forks, executes, waits, and ends with the command's exit code.
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int status;
    if (count < 3) {
        fprintf(stderr, "usage: wrapper_baseline -- COMMAND ARGUMENT...\n");
        return 127;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    while (child < 0 || waitpid(child, &status, 0) < 0)
        if (child < 0 || errno != EINTR) return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
