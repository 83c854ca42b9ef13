// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The generated codecs, and the initialisers that protoc-c only offers as macros.
#ifndef VITALS_CPROTOS_H
#define VITALS_CPROTOS_H

#include "grpc/health/v1/health.pb-c.h"
#include "inference/inference.pb-c.h"
#include "sarai/skills/skills.pb-c.h"
#include "spiffe/workload/workload.pb-c.h"

#endif
