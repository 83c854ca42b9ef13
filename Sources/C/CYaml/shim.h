// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The C library's headers belong to CLinux (see CAres/shim.h).
#include "../CLinux/include/CLinux.h"
#include <yaml.h>
