// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The socket headers belong to CLinux: without this line the first C module to include them would own them,
// and Embedded Swift would not find AF_INET in a file that imports CLinux alone.
#include "../CLinux/include/CLinux.h"
#include <ares.h>
