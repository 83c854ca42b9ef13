// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The generated codecs of gRPC's interoperability tests.
#ifndef VITALS_CTESTPROTOS_H
#define VITALS_CTESTPROTOS_H

#include "grpc/testing/messages.pb-c.h"

#endif
