// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The kernel drops a signal for the first process of a container that it neither blocks nor handles: one that comes before
// the program's first instructions of ours would be lost. So a wrapper blocks them here, in a constructor, when it is the first
// process; what has come is found by its signal descriptor. In a module of its own: no other program may do this.
#define _GNU_SOURCE
#include "CFirstProcess.h"
#include "../CLinux/include/CLinux.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Signals 32 and 33 are the C library's own.
#define OWN ((uint64_t)3 << 31)

// A check with a flag of its kind and no other: it looks at no signals, which is half of its system calls.
int clinux_starts_none(int argc, char **argv) {
    static const char *const kinds[] = {"--http", "--tcp", "--redis", "--postgres", "--grpc"};
    if (argc != 3) return 0;
    for (unsigned index = 0; index < sizeof kinds / sizeof *kinds; index++)
        if (strcmp(argv[1], kinds[index]) == 0) return 1;
    return 0;
}

// After that of CLinux, which keeps what was blocked at the start; before Swift's runtime.
__attribute__((constructor(102))) static void hold_signals(int argc, char **argv) {
    if (getpid() != 1) return;
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--") != 0) continue;
        uint64_t set = ~OWN;
        syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof set);
        return;
    }
}
