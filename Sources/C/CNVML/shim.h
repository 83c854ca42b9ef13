// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The binary interface of NVML, the library of NVIDIA's driver: its header is in no package of Debian, and the library is
// loaded at run time only. Only what we read. Every function returns an int: 0, or one of NVML's errors.
#ifndef VITALS_CNVML_H
#define VITALS_CNVML_H

// The C library's other headers belong to CLinux (see CAres/shim.h).
#include "../CLinux/include/CLinux.h"
#include <dlfcn.h>

// Bytes (C: nvmlMemory_t).
struct cnvml_memory {
    uint64_t total, free, used;
};

// Per cent of the time of the last sample (C: nvmlUtilization_t).
struct cnvml_utilization {
    uint32_t gpu, memory;
};

// One number of a device (C: nvmlFieldValue_t). `type` says what `bits` are: a union in NVML.
struct cnvml_field {
    uint32_t field, scope;
    int64_t timestamp, latency;
    uint32_t type;
    int32_t result;
    uint64_t bits;
};

// What the driver tells of a device (C: nvmlEventData_t).
struct cnvml_event {
    void *device;
    uint64_t type, data;
    uint32_t gpu_instance, compute_instance;
};

_Static_assert(sizeof(struct cnvml_field) == 40 && sizeof(struct cnvml_event) == 32, "as in NVML");

#endif
