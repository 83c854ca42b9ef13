// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Nothing to call: what is linked with this holds the signals for a command that it runs as the first process.
#ifndef VITALS_CFIRSTPROCESS_H
#define VITALS_CFIRSTPROCESS_H
#endif
