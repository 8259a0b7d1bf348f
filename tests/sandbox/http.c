#include "http.h"

#include "route.h"
#include "send.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static struct MHD_Daemon *daemon_;
static bool gzip_allowed;
static pthread_mutex_t stop_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stop_cond;
static bool stopping;

const char *http_param(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->n_params; i++) {
        if (strcasecmp(r->params[i].name, name) == 0)
            return r->params[i].value;
    }
    return NULL;
}

void http_header(struct answer *a, const char *name, const char *value)
{
    a->headers = xrealloc(a->headers, (a->n_headers + 1) * sizeof a->headers[0]);
    a->headers[a->n_headers].name = xstrdup(name);
    a->headers[a->n_headers++].value = xstrdup(value);
}

void http_header_int(struct answer *a, const char *name, int64_t v)
{
    struct buf b = {0};
    buf_int(&b, v);
    http_header(a, name, b.p);
    buf_free(&b);
}

void http_header_drop(struct answer *a, const char *name)
{
    size_t k = 0;
    for (size_t i = 0; i < a->n_headers; i++) {
        if (strcasecmp(a->headers[i].name, name) == 0) {
            free(a->headers[i].name);
            free(a->headers[i].value);
        } else {
            a->headers[k++] = a->headers[i];
        }
    }
    a->n_headers = k;
}

void http_error(struct answer *a, int status, const char *code, const char *description)
{
    a->status = status;
    a->body.n = 0;
    buf_puts(&a->body, "{\"code\":");
    buf_json(&a->body, code);
    buf_puts(&a->body, ",\"description\":");
    buf_json(&a->body, description);
    buf_puts(&a->body, ",\"link\":\"https://developers.awork.com\",\"traceId\":");
    const char *trace = "";
    for (size_t i = 0; i < a->n_headers; i++) {
        if (strcmp(a->headers[i].name, "trace-id") == 0)
            trace = a->headers[i].value;
    }
    buf_json(&a->body, trace);
    buf_putc(&a->body, '}');
}

void http_nap(int64_t ms)
{
    if (ms <= 0)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&stop_lock);
    while (!stopping && pthread_cond_timedwait(&stop_cond, &stop_lock, &until) == 0)
        ;
    pthread_mutex_unlock(&stop_lock);
}

void http_request_stop(void)
{
    pthread_mutex_lock(&stop_lock);
    stopping = true;
    pthread_cond_broadcast(&stop_cond);
    pthread_mutex_unlock(&stop_lock);
}

void http_wait_for_stop(void)
{
    pthread_mutex_lock(&stop_lock);
    while (!stopping)
        pthread_cond_wait(&stop_cond, &stop_lock);
    pthread_mutex_unlock(&stop_lock);
}

static enum MHD_Result collect(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct request *r = ctx;
    (void)kind;
    r->params = xrealloc(r->params, (r->n_params + 1) * sizeof r->params[0]);
    r->params[r->n_params].name = xstrdup(name);
    r->params[r->n_params++].value = xstrdup(value ? value : "");
    return MHD_YES;
}

static void complete(struct request *r, struct MHD_Connection *c, const char *path)
{
    struct buf b = {0};
    buf_puts(&b, path);
    size_t at = b.n;
    MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, collect, r);
    for (size_t i = 0; i < r->n_params; i++) {
        buf_putc(&b, i ? '&' : '?');
        buf_puts(&b, r->params[i].name);
        buf_putc(&b, '=');
        buf_puts(&b, r->params[i].value);
    }
    r->url = b.p;
    r->path = path;
    r->query = r->n_params ? b.p + at + 1 : b.p + at;
    r->auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    const char *enc = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding");
    r->gzip = gzip_allowed && enc && strstr(enc, "gzip");
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **ctx)
{
    (void)cls;
    (void)version;
    struct request *r = *ctx;
    if (!r) {
        r = xcalloc(1, sizeof *r);
        r->method = method;
        *ctx = r;
        return MHD_YES;
    }
    if (*size) {
        buf_put(&r->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    complete(r, c, path);
    struct answer a = {0};
    route_serve(r, &a);
    r->stop = a.stop;
    http_nap(a.delay_after_ms);
    return send_answer(c, r, &a);
}

static void on_done(void *cls, struct MHD_Connection *c, void **ctx, enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)c;
    (void)why;
    struct request *r = *ctx;
    if (!r)
        return;
    if (r->stop)
        http_request_stop();
    for (size_t i = 0; i < r->n_params; i++) {
        free(r->params[i].name);
        free(r->params[i].value);
    }
    free(r->params);
    free(r->url);
    buf_free(&r->body);
    free(r);
    *ctx = NULL;
}

unsigned http_start(unsigned port, bool gzip, size_t memory)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&stop_cond, &attr);
    pthread_condattr_destroy(&attr);
    gzip_allowed = gzip;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    daemon_ = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
                               (uint16_t)port, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &addr,
                               MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
                               MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (!daemon_)
        return 0;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : port;
}

void http_gzip(bool on)
{
    gzip_allowed = on;
}

void http_stop(void)
{
    if (daemon_)
        MHD_stop_daemon(daemon_);
    daemon_ = NULL;
}
