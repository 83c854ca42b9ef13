// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What `scripts/release` tells of a build, by way of Package.swift; and the notices of what is linked.
#include "CLinux.h"

#ifndef VITALS_COMMIT
#define VITALS_COMMIT "debug-build"
#endif
#ifndef VITALS_LIBRARIES
#define VITALS_LIBRARIES "not recorded (not built by scripts/release)"
#endif

const char *clinux_commit(void) { return VITALS_COMMIT; }

const char *clinux_libraries(void) { return VITALS_LIBRARIES; }

#pragma clang diagnostic ignored "-Wc23-extensions"
static const char notices[] = {
#embed "../../../NOTICE"
    , 0};

const char *clinux_notices(void) { return notices; }
