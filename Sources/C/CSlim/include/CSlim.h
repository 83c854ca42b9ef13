// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Nothing to call: what takes the place of parts of libraries in the binaries that are shipped. Empty in all other builds.
#ifndef VITALS_CSLIM_H
#define VITALS_CSLIM_H
#endif
