#include "fault.h"
#include "form.h"
#include "http.h"
#include "keep.h"
#include "limit.h"
#include "list.h"
#include "log.h"
#include "order.h"
#include "route.h"
#include "store.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *workspace, *port_file, *log, *faults;
    unsigned port, rate_limit, rate_period, memory;
    size_t keep;
    int64_t latency;
    uint64_t seed;
    bool gzip;
};

static const char usage[] =
    "usage: sandbox --workspace FILE [--port N] [--port-file FILE] [--log FILE] [--faults FILE]\n"
    "               [--latency MS] [--rate-limit N [--rate-period SECONDS]] [--no-gzip] [--seed N] [--memory KIB] [--keep MIB]\n";

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"workspace", required_argument, NULL, 'w'}, {"port", required_argument, NULL, 'p'},
        {"port-file", required_argument, NULL, 'P'}, {"log", required_argument, NULL, 'l'},
        {"faults", required_argument, NULL, 'f'},    {"latency", required_argument, NULL, 'L'},
        {"rate-limit", required_argument, NULL, 'r'}, {"no-gzip", no_argument, NULL, 'g'},
        {"seed", required_argument, NULL, 's'},      {"memory", required_argument, NULL, 'm'},
        {"keep", required_argument, NULL, 'k'},      {"rate-period", required_argument, NULL, 'R'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct options){.gzip = true, .seed = 1, .rate_period = 60, .memory = 256};
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'w': o->workspace = optarg; break;
        case 'p': o->port = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'P': o->port_file = optarg; break;
        case 'l': o->log = optarg; break;
        case 'f': o->faults = optarg; break;
        case 'L': o->latency = strtoll(optarg, NULL, 10); break;
        case 'r': o->rate_limit = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'R': o->rate_period = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'k': o->keep = (size_t)strtoull(optarg, NULL, 10) << 20; break;
        case 'g': o->gzip = false; break;
        case 's': o->seed = strtoull(optarg, NULL, 10); break;
        case 'm': o->memory = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default: return false;
        }
    }
    return o->workspace && optind == argc && o->port < 65536;
}

/* Written whole or not at all: tests wait for the file to appear and read it at once. */
static bool write_port(const char *path, unsigned port)
{
    struct buf tmp = {0};
    buf_printf(&tmp, "%s.%ld", path, (long)getpid());
    FILE *f = fopen(tmp.p, "w");
    bool ok = f && fprintf(f, "%u\n", port) > 0;
    if (f)
        ok = fclose(f) == 0 && ok;
    ok = ok && rename(tmp.p, path) == 0;
    if (!ok)
        perror(path);
    buf_free(&tmp);
    return ok;
}

static void *wait_for_signal(void *set)
{
    int sig;
    sigwait(set, &sig);
    http_request_stop();
    return NULL;
}

int main(int argc, char **argv)
{
    static sigset_t set;
    struct options o;
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    form_seed(o.seed);
    limit_set(o.rate_limit, o.rate_period);
    keep_limit(o.keep);
    route_latency(o.latency);
    if (!store_load(o.workspace) || (o.faults && !fault_load(o.faults)))
        return 65;
    if (o.keep) {
        store.still = true;
        keep_snapshot();
    }
    if (!log_open(o.log)) {
        perror(o.log);
        return 73;
    }
    unsigned port = http_start(o.port, o.gzip, (size_t)o.memory << 10);
    if (!port) {
        perror("sandbox: cannot listen");
        return 71;
    }
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_signal, &set);
    pthread_detach(thread);
    int rc = o.port_file && !write_port(o.port_file, port) ? 73 : 0;
    if (!rc) {
        printf("http://127.0.0.1:%u/api/v1\n", port);
        fflush(stdout);
        http_wait_for_stop();
    }
    http_stop();
    log_close();
    fault_clear();
    list_free();
    keep_free();
    order_free();
    store_free();
    return rc;
}
