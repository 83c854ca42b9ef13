// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// A library in place of NVIDIA's libnvidia-ml.so.1, for tests of the check of kind gpu: it plays what the file NVML_SCENARIO
// says, which it reads anew at each call. A line is NAME=VALUE:
//   devices=2                  how many there are
//   FUNCTION=15                what a function returns; FUNCTION.1=15 for one device
//   FUNCTION.1=hang            it never returns; `crash` for a segmentation fault
//   temperature.0=95           a number of a device; field.230.1=2 for one of nvmlDeviceGetFieldValues
//   xid=3:1:79                 the third event: device 1 has Xid 79; told once, to a queue that was made before
//   delay=1500                 milliseconds that nvmlInit_v2 takes
//   say=text                   written to standard error by nvmlInit_v2
// With -DOLD it lacks what drivers before 450 lack, with -DBROKEN nvmlInit_v2.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALL 64

static char devices[ALL];
static char is_lost[ALL];
static int users, last_event;

// The value of a name; NULL when the scenario has none. The next call overwrites it.
static const char *value(const char *name) {
    static char line[256];
    const char *path = getenv("NVML_SCENARIO");
    FILE *file = path ? fopen(path, "r") : NULL;
    const char *found = NULL;
    size_t length = strlen(name);
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, name, length) == 0 && line[length] == '=') found = line + length + 1;
    }
    if (file) fclose(file);
    return found;
}

static int act(const char *name, int device) {
    char full[128];
    snprintf(full, sizeof full, device < 0 ? "%s" : "%s.%d", name, device);
    const char *what = value(full);
    if (!what) return device < 0 ? 0 : act(name, -1);
    if (strcmp(what, "hang") == 0) for (;;) pause();
    if (strcmp(what, "crash") == 0) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    return atoi(what);
}

// What a function of a device returns at its beginning. A lost device stays lost until the library is shut down.
static int enter(const char *name, void *device) {
    if (!users) return 1;
    int index = device ? (int)((char *)device - devices) : -1;
    if (index >= 0 && is_lost[index]) return 15;
    int result = act(name, index);
    if (result == 15 && index >= 0) is_lost[index] = 1;
    return result;
}

static int number(const char *name, void *device, uint64_t *to) {
    char full[128];
    snprintf(full, sizeof full, "%s.%d", name, (int)((char *)device - devices));
    const char *text = value(full);
    if (!text) return 3;
    *to = strtoull(text, NULL, 0);
    return 0;
}

static int number32(const char *name, void *device, uint32_t *to) {
    uint64_t wide = 0;
    int result = number(name, device, &wide);
    *to = (uint32_t)wide;
    return result;
}

static uint32_t device_count(void) {
    const char *text = value("devices");
    return text ? (uint32_t)atoi(text) : 0;
}

#define BEGIN(device) int result = enter(__func__, device); if (result) return result

#ifndef BROKEN
int nvmlInit_v2(void) {
    const char *delay = value("delay");
    if (delay) usleep(1000u * (unsigned)atoi(delay));
    const char *words = value("say");
    if (words) dprintf(2, "%s\n", words);
    int result = act("nvmlInit_v2", -1);
    if (result) return result;
    if (users++ == 0) memset(is_lost, 0, sizeof is_lost);
    return 0;
}
#endif

int nvmlShutdown(void) {
    BEGIN(NULL);
    users--;
    return 0;
}

int nvmlSystemGetDriverVersion(char *text, uint32_t size) {
    BEGIN(NULL);
    snprintf(text, size, "550.54.15");
    return 0;
}

int nvmlDeviceGetCount_v2(uint32_t *count) {
    BEGIN(NULL);
    *count = device_count();
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(uint32_t index, void **device) {
    if (index >= device_count()) return 2;
    *device = &devices[index];
    return enter(__func__, *device);
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    uint32_t index = 0;
    if (sscanf(uuid, "GPU-%u", &index) != 1 || index >= device_count()) return 6;
    *device = &devices[index];
    return enter(__func__, *device);
}

int nvmlDeviceGetIndex(void *device, uint32_t *index) {
    BEGIN(device);
    *index = (uint32_t)((char *)device - devices);
    return 0;
}

int nvmlDeviceGetUUID(void *device, char *text, uint32_t size) {
    BEGIN(device);
    snprintf(text, size, "GPU-%d", (int)((char *)device - devices));
    return 0;
}

int nvmlDeviceGetName(void *device, char *text, uint32_t size) {
    BEGIN(device);
    snprintf(text, size, "NVIDIA \x1b[31m L4 \xff");
    return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, uint64_t *memory) {
    BEGIN(device);
    memory[0] = 24ull << 30;
    if (number("memory", device, &memory[2])) memory[2] = 1ull << 30;
    memory[1] = memory[0] - memory[2];
    return 0;
}

int nvmlDeviceGetUtilizationRates(void *device, uint32_t *used) {
    BEGIN(device);
    return number32("utilisation", device, &used[0]);
}

int nvmlDeviceGetTemperature(void *device, uint32_t sensor, uint32_t *degrees) {
    BEGIN(device);
    return sensor ? 2 : number32("temperature", device, degrees);
}

int nvmlDeviceGetTemperatureThreshold(void *device, uint32_t which, uint32_t *degrees) {
    BEGIN(device);
    *degrees = 92;
    return which == 1 ? 0 : 2;
}

#ifdef OLD
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, uint64_t *reasons) {
#else
int nvmlDeviceGetCurrentClocksEventReasons(void *device, uint64_t *reasons) {
#endif
    BEGIN(device);
    return number("reasons", device, reasons);
}

#ifndef OLD
struct field {
    uint32_t field, scope;
    int64_t timestamp, latency;
    uint32_t type;
    int32_t result;
    uint64_t bits;
};

int nvmlDeviceGetFieldValues(void *device, int count, struct field *fields) {
    BEGIN(device);
    for (int index = 0; index < count; index++) {
        char name[32];
        snprintf(name, sizeof name, "field.%u", fields[index].field);
        // The rest of the bits belongs to nobody.
        fields[index].bits = 0xdeadbeef00000000;
        uint32_t low = 0;
        fields[index].result = number32(name, device, &low);
        fields[index].type = 1;
        memcpy(&fields[index].bits, &low, sizeof low);
    }
    return 0;
}
#endif

static int event(int *device, uint64_t *xid) {
    int sequence = 0;
    unsigned long long code = 0;
    const char *text = value("xid");
    if (!text || sscanf(text, "%d:%d:%llu", &sequence, device, &code) != 3) return 0;
    *xid = code;
    return sequence;
}

int nvmlEventSetCreate(void **set) {
    BEGIN(NULL);
    static int made;
    int device;
    uint64_t xid;
    last_event = event(&device, &xid);
    *set = &made;
    return 0;
}

int nvmlEventSetFree(void *set) {
    (void)set;
    BEGIN(NULL);
    return 0;
}

int nvmlDeviceGetSupportedEventTypes(void *device, uint64_t *types) {
    BEGIN(device);
    *types = 0xf;
    return 0;
}

int nvmlDeviceRegisterEvents(void *device, uint64_t types, void *set) {
    (void)set;
    BEGIN(device);
    return types == 8 ? 0 : 2;
}

struct event {
    void *device;
    uint64_t type, data;
    uint32_t gpu_instance, compute_instance;
};

#ifdef OLD
int nvmlEventSetWait(void *set, struct event *to, uint32_t milliseconds) {
#else
int nvmlEventSetWait_v2(void *set, struct event *to, uint32_t milliseconds) {
#endif
    (void)set, (void)milliseconds;
    BEGIN(NULL);
    int device = 0;
    uint64_t xid = 0;
    int sequence = event(&device, &xid);
    if (sequence <= last_event) return 10;
    last_event = sequence;
    *to = (struct event){.device = &devices[device], .type = 8, .data = xid};
    return 0;
}
