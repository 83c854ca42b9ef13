// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

// Shows ThreadSanitizer what Swift's Mutex does when threads contend for it. The quick way through lock and unlock
// is compiled into our modules and instrumented there; the slow way (a futex) is in libswiftSynchronization, which is
// not, so each contended lock looked like a race. Preloaded, these two wrap that way with the happens-before edge.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// Of ThreadSanitizer, which is linked into the program; absent in programs that are not instrumented.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

SWIFT void lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF mutex) __asm__(UNLOCK_SLOW);

typedef SWIFT void LockSlow(uint32_t thread, SELF mutex);
typedef SWIFT void UnlockSlow(SELF mutex);
static LockSlow *real_lock_slow;
static UnlockSlow *real_unlock_slow;

// In a constructor: a lock taken while dlsym holds the linker's own locks could not wait.
__attribute__((constructor)) static void find(void) {
    real_lock_slow = (LockSlow *)dlsym(RTLD_NEXT, LOCK_SLOW);
    real_unlock_slow = (UnlockSlow *)dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

static void require(int found) {
    if (found) return;
    fputs("contended_mutex: this Swift runtime's Mutex has other symbols\n", stderr);
    abort();
}

SWIFT void lock_slow(uint32_t thread, SELF mutex) {
    require(real_lock_slow != NULL);
    real_lock_slow(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF mutex) {
    require(real_unlock_slow != NULL);
    if (__tsan_release) __tsan_release(mutex);
    real_unlock_slow(mutex);
}
