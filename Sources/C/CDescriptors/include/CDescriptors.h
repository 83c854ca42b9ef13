// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the files of Protos/ define, for server reflection: written by Protos/generate.sh. In C because a Swift literal of
// so many bytes is built at run time; in a target of its own because the probe links none of it.
#ifndef VITALS_CDESCRIPTORS_H
#define VITALS_CDESCRIPTORS_H

#include <stddef.h>

// The bytes of a google.protobuf.FileDescriptorSet.
const void *cdescriptors_start(void);
size_t cdescriptors_count(void);

#endif
