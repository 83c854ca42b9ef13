// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What stands in for functions that are linked, but never needed. `vitals_nothing` does by scripts/static.ld.
#define _GNU_SOURCE
#include "CSlim.h"

// With --wrap=OPENSSL_cpuid_setup this runs in its place. OpenSSL asks the processor what it can do before main, by an instruction
// that a virtual machine has to answer: some 35 microseconds of each run, most of which use no TLS. It asks again when it is used
// for the first time (OPENSSL_init_crypto), and that call goes through.
extern void __real_OPENSSL_cpuid_setup(void) __attribute__((weak));
void __wrap_OPENSSL_cpuid_setup(void);

void __wrap_OPENSSL_cpuid_setup(void) {
    static int calls;
    if (calls++ > 0) __real_OPENSSL_cpuid_setup();
}

#ifdef VITALS_SLIM
#include <sched.h>

// The answer of what has nothing to do, or knows nothing.
int vitals_nothing(void) { return 0; }

// Processors that this process may use.
int vitals_processors(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? count : 1;
}

#ifndef VITALS_EMBEDDED
// For CommandLine, which Vitals does not use: the runtime's own way reads /proc/self/maps before main, in every run.
static int count;
static char **words;

__attribute__((constructor)) static void keep(int argc, char **argv) {
    count = argc;
    words = argv;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *length) {
    *length = count;
    return words;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **other, int length) {
    count = length;
    words = other;
}
#endif
#endif
