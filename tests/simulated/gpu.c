/* A libnvidia-ml.so.1 whose every reading is a pure function of CLOCK_MONOTONIC and of two shared files: the
 * machine (SIM_GPU names it; gpu.py writes it) and each GPU's power edges (truth.py writes them). Without
 * SIM_GPU it behaves as a machine without a driver. The structures are those of gpu.py and truth.py. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9 };
enum { ENERGY = 83, POWER_AVERAGE = 185, POWER_INSTANT = 186, TYPE_UINT = 1, TYPE_ULL = 3 };
enum { GPUS = 8, FAULTS = 8 };
#define NS_PER_S 1000000000LL

struct edge { int64_t t_ns, power_mw; double before_mj; };
struct edges { int64_t count; struct edge edge[]; };
struct fault { int64_t from_ns, to_ns, code; };
struct gpu {
    char name[96], uuid[96], mig_uuid[96], edges_path[512];
    int64_t period_ns, phase_ns, sampled_ns, power_window_ns, average_window_ns, latency_ns, lag_ns;
    int64_t started_ns, reset_ns, has_counter, has_instant, mig_mode, limit_mw, architecture, seed;
    double noise;
    struct fault fault[FAULTS];
};
struct machine { int64_t count; struct gpu gpu[GPUS]; };
struct field { uint32_t id, scope; int64_t timestamp_us, latency_us; int32_t type, result; uint64_t value; };
struct pci { char legacy[16]; uint32_t domain, bus, device, device_id, subsystem_id; char bus_id[32]; };

static struct machine *machine;
static const struct edges *edges[GPUS];

static void *map(const char *path, int protection) {
    struct stat status;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status) < 0) return NULL;
    void *at = mmap(NULL, status.st_size, protection, MAP_SHARED, fd, 0);
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- truth: joules between two instants ---- */

static double drawn_mj(const struct edges *table, int64_t t_ns) {
    int64_t low = 0, high = table->count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (table->edge[middle].t_ns <= t_ns) low = middle + 1; else high = middle;
    }
    if (low == 0) return 0;
    const struct edge *last = &table->edge[low - 1];
    return last->before_mj + (double)last->power_mw * (t_ns - last->t_ns) / NS_PER_S;
}

static double between_mj(const struct edges *table, int64_t from_ns, int64_t to_ns) {
    return drawn_mj(table, to_ns) - drawn_mj(table, from_ns);
}

/* ---- the meter: when the counter moves, how much of the time it looks, its noise ---- */

static uint64_t scrambled(uint64_t x) { /* splitmix64 */
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static double noise_factor(const struct gpu *gpu, int64_t tick_ns) {
    if (gpu->noise == 0) return 1;
    uint64_t a = scrambled((uint64_t)tick_ns ^ scrambled((uint64_t)gpu->seed)), b = scrambled(a);
    double u = ((a >> 11) + 1) / 9007199254740993.0, v = (b >> 11) / 9007199254740992.0;
    return 1 + gpu->noise * sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static int64_t last_tick_ns(const struct gpu *gpu, int64_t t_ns) {
    int64_t since = (t_ns - gpu->phase_ns) % gpu->period_ns;
    return t_ns - (since < 0 ? since + gpu->period_ns : since);
}

static uint64_t counter_mj(const struct gpu *gpu, const struct edges *table, int64_t t_ns) {
    int64_t origin_ns = gpu->reset_ns && t_ns >= gpu->reset_ns ? gpu->reset_ns : gpu->started_ns;
    int64_t tick_ns = last_tick_ns(gpu, t_ns), period_ns = gpu->period_ns, sampled_ns = gpu->sampled_ns;
    if (tick_ns <= origin_ns) return 0;
    if (gpu->noise == 0 && sampled_ns == period_ns) return (uint64_t)between_mj(table, origin_ns, tick_ns);
    int64_t at_ns = last_tick_ns(gpu, origin_ns) + period_ns;
    double counted_mj = between_mj(table, origin_ns, at_ns);
    for (at_ns += period_ns; at_ns <= tick_ns; at_ns += period_ns)
        counted_mj += between_mj(table, at_ns - sampled_ns, at_ns) * period_ns / sampled_ns * noise_factor(gpu, at_ns);
    return (uint64_t)counted_mj;
}

static uint32_t power_mw(const struct gpu *gpu, const struct edges *table, int64_t t_ns, int64_t window_ns) {
    int64_t tick_ns = last_tick_ns(gpu, t_ns);
    double mean_mw = between_mj(table, tick_ns - window_ns, tick_ns) * NS_PER_S / window_ns;
    return (uint32_t)(mean_mw * noise_factor(gpu, tick_ns) + 0.5);
}

/* ---- handles, faults, latency ---- */

static struct gpu *gpu_of(const void *handle) {
    for (int i = 0; machine && i < machine->count; i++)
        if (handle == &machine->gpu[i] || handle == machine->gpu[i].mig_uuid) return &machine->gpu[i];
    return NULL;
}

static int is_mig(const void *handle) { return gpu_of(handle) && handle != gpu_of(handle); }

static int fault_at(const struct gpu *gpu, int64_t t_ns) {
    for (int i = 0; i < FAULTS; i++)
        if (gpu->fault[i].code && gpu->fault[i].from_ns <= t_ns && t_ns < gpu->fault[i].to_ns) return gpu->fault[i].code;
    return OK;
}

static int64_t read_instant_ns(const struct gpu *gpu) {
    struct timespec wait = {gpu->latency_ns / NS_PER_S, gpu->latency_ns % NS_PER_S};
    if (gpu->latency_ns) nanosleep(&wait, NULL);
    return clock_ns(CLOCK_MONOTONIC);
}

static int read_field(const void *handle, int64_t now_ns, uint32_t id, uint64_t *value) {
    const struct gpu *gpu = gpu_of(handle);
    if (!machine) return UNINITIALIZED;
    if (!gpu) return INVALID_ARGUMENT;
    if (is_mig(handle)) return NOT_SUPPORTED; /* energy and power are those of a whole GPU */
    if (fault_at(gpu, now_ns)) return fault_at(gpu, now_ns);
    const struct edges *table = edges[gpu - machine->gpu];
    now_ns -= gpu->lag_ns;
    if (id == ENERGY && gpu->has_counter) *value = counter_mj(gpu, table, now_ns);
    else if (id == POWER_INSTANT && gpu->has_instant) *value = power_mw(gpu, table, now_ns, gpu->power_window_ns);
    else if (id == POWER_AVERAGE) *value = power_mw(gpu, table, now_ns, gpu->average_window_ns);
    else return NOT_SUPPORTED;
    return OK;
}

static int copy(const char *text, char *to, uint32_t size) {
    snprintf(to, size, "%s", text);
    return OK;
}

/* ---- what clients call ---- */

int nvmlInit(void) {
    const char *path = getenv("SIM_GPU");
    machine = path && *path ? map(path, PROT_READ) : NULL;
    for (int i = 0; machine && i < machine->count; i++)
        if (!(edges[i] = map(machine->gpu[i].edges_path, PROT_READ))) machine = NULL;
    return machine ? OK : DRIVER_NOT_LOADED;
}
int nvmlInit_v2(void) { return nvmlInit(); }
int nvmlInitWithFlags(uint32_t flags) { (void)flags; return nvmlInit(); }
int nvmlShutdown(void) { return machine ? OK : UNINITIALIZED; }

const char *nvmlErrorString(int code) { return code == OK ? "Success" : "Simulated error"; }
int nvmlSystemGetDriverVersion(char *to, uint32_t size) { return copy("999.00", to, size); }
int nvmlSystemGetNVMLVersion(char *to, uint32_t size) { return copy("13.999.00", to, size); }

int nvmlDeviceGetCount_v2(uint32_t *count) {
    if (!machine) return UNINITIALIZED;
    *count = (uint32_t)machine->count;
    return OK;
}
int nvmlDeviceGetCount(uint32_t *count) { return nvmlDeviceGetCount_v2(count); }

int nvmlDeviceGetHandleByIndex_v2(uint32_t index, void **handle) {
    if (!machine || index >= machine->count) return machine ? INVALID_ARGUMENT : UNINITIALIZED;
    *handle = &machine->gpu[index];
    return OK;
}
int nvmlDeviceGetHandleByIndex(uint32_t index, void **handle) { return nvmlDeviceGetHandleByIndex_v2(index, handle); }

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    for (int i = 0; machine && i < machine->count; i++) {
        if (!strcmp(uuid, machine->gpu[i].uuid)) *handle = &machine->gpu[i];
        else if (*machine->gpu[i].mig_uuid && !strcmp(uuid, machine->gpu[i].mig_uuid)) *handle = machine->gpu[i].mig_uuid;
        else continue;
        return OK;
    }
    return machine ? NOT_FOUND : UNINITIALIZED;
}

int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(const void *mig, void **handle) {
    *handle = gpu_of(mig);
    return is_mig(mig) ? OK : INVALID_ARGUMENT;
}

int nvmlDeviceIsMigDeviceHandle(const void *handle, uint32_t *answer) { *answer = is_mig(handle); return OK; }

int nvmlDeviceGetIndex(const void *handle, uint32_t *index) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    *index = (uint32_t)(gpu_of(handle) - machine->gpu);
    return OK;
}

int nvmlDeviceGetName(const void *handle, char *to, uint32_t size) {
    return gpu_of(handle) ? copy(gpu_of(handle)->name, to, size) : INVALID_ARGUMENT;
}

int nvmlDeviceGetUUID(const void *handle, char *to, uint32_t size) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    return copy(is_mig(handle) ? gpu_of(handle)->mig_uuid : gpu_of(handle)->uuid, to, size);
}

int nvmlDeviceGetPciInfo_v3(const void *handle, struct pci *pci) {
    uint32_t index;
    if (nvmlDeviceGetIndex(handle, &index) != OK) return INVALID_ARGUMENT;
    memset(pci, 0, sizeof *pci);
    pci->bus = index + 1;
    snprintf(pci->legacy, sizeof pci->legacy, "0000:%02X:00.0", pci->bus);
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", pci->bus);
    return OK;
}

int nvmlDeviceGetMigMode(const void *handle, uint32_t *current, uint32_t *pending) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    if (gpu_of(handle)->mig_mode < 0) return NOT_SUPPORTED;
    *current = *pending = (uint32_t)gpu_of(handle)->mig_mode;
    return OK;
}

int nvmlDeviceGetArchitecture(const void *handle, uint32_t *architecture) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    *architecture = (uint32_t)gpu_of(handle)->architecture;
    return OK;
}

int nvmlDeviceGetTotalEnergyConsumption(const void *handle, unsigned long long *energy_mj) {
    uint64_t value = 0;
    int64_t now_ns = gpu_of(handle) ? read_instant_ns(gpu_of(handle)) : 0;
    int result = read_field(handle, now_ns, ENERGY, &value);
    *energy_mj = value;
    return result;
}

int nvmlDeviceGetPowerUsage(const void *handle, uint32_t *power) {
    uint64_t value = 0;
    int64_t now_ns = gpu_of(handle) ? read_instant_ns(gpu_of(handle)) : 0;
    int result = read_field(handle, now_ns, POWER_AVERAGE, &value);
    *power = (uint32_t)value;
    return result;
}

int nvmlDeviceGetFieldValues(const void *handle, int count, struct field *fields) {
    int64_t asked_ns = clock_ns(CLOCK_MONOTONIC);
    int64_t now_ns = gpu_of(handle) ? read_instant_ns(gpu_of(handle)) : asked_ns;
    if (!machine) return UNINITIALIZED;
    for (int i = 0; i < count; i++) {
        struct field *field = &fields[i];
        field->value = 0;
        field->result = read_field(handle, now_ns, field->id, &field->value);
        field->type = field->id == ENERGY ? TYPE_ULL : TYPE_UINT;
        field->timestamp_us = clock_ns(CLOCK_REALTIME) / 1000;
        field->latency_us = (now_ns - asked_ns) / 1000;
    }
    return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(const void *handle, uint32_t *limit) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    *limit = (uint32_t)gpu_of(handle)->limit_mw;
    return *limit ? OK : NOT_SUPPORTED;
}
int nvmlDeviceGetPowerManagementLimit(const void *handle, uint32_t *limit) {
    return nvmlDeviceGetEnforcedPowerLimit(handle, limit);
}
int nvmlDeviceGetPowerManagementDefaultLimit(const void *handle, uint32_t *limit) {
    return nvmlDeviceGetEnforcedPowerLimit(handle, limit);
}

int nvmlDeviceGetMemoryInfo(const void *handle, unsigned long long total_free_used[3]) {
    if (!gpu_of(handle)) return INVALID_ARGUMENT;
    total_free_used[0] = total_free_used[1] = 80ULL << 30;
    total_free_used[2] = 0;
    return OK;
}

/* ---- asked for by other profilers, and of no consequence for energy ---- */

int nvmlDeviceGetTemperature(const void *handle, int sensor, uint32_t *celsius) {
    (void)sensor;
    *celsius = 40;
    return gpu_of(handle) ? OK : INVALID_ARGUMENT;
}

int nvmlDeviceGetUtilizationRates(const void *handle, uint32_t gpu_memory[2]) {
    gpu_memory[0] = gpu_memory[1] = 0;
    return gpu_of(handle) ? OK : INVALID_ARGUMENT;
}

int nvmlDeviceGetComputeMode(const void *handle, int *mode) {
    *mode = 0;
    return gpu_of(handle) ? OK : INVALID_ARGUMENT;
}

int nvmlDeviceGetComputeRunningProcesses_v3(const void *handle, uint32_t *count, void *processes) {
    (void)processes;
    *count = 0;
    return gpu_of(handle) ? OK : INVALID_ARGUMENT;
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(const void *handle, uint32_t *count, void *processes) {
    return nvmlDeviceGetComputeRunningProcesses_v3(handle, count, processes);
}
