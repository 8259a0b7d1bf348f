#include "send.h"

#include "gzip.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers below this size are not worth compressing. */
#define GZIP_FROM 1024

static void compress_body(struct answer *a)
{
    struct buf out = {0};
    if (a->bomb) {
        buf_room(&a->body, a->bomb);
        memset(a->body.p + a->body.n, ' ', a->bomb);
        a->body.n += a->bomb;
    }
    gzip_pack(&out, a->body.p, a->body.n);
    buf_free(&a->body);
    a->body = out;
}

/* A body that is handed out in pieces, or not to its end. */
struct source {
    char *p;
    size_t n;                  /* bytes that are sent */
    size_t at_a_time;
    int64_t pause_ms;
    bool clean;                /* ends as if it were complete */
    bool endless;
};

static ssize_t produce(void *cls, uint64_t pos, char *out, size_t max)
{
    struct source *s = cls;
    if (s->endless && pos >= s->n) {
        memset(out, ' ', max);
        return (ssize_t)max;
    }
    if (pos >= s->n)
        return s->clean ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
    size_t k = s->n - (size_t)pos;
    if (k > max)
        k = max;
    if (s->at_a_time && k > s->at_a_time)
        k = s->at_a_time;
    if (pos)
        http_nap(s->pause_ms);
    memcpy(out, s->p + pos, k);
    return (ssize_t)k;
}

static void release(void *cls)
{
    struct source *s = cls;
    free(s->p);
    free(s);
}

static struct MHD_Response *build(struct answer *a)
{
    if (a->kept)
        return MHD_create_response_from_buffer(a->kept->n, a->kept->p, MHD_RESPMEM_PERSISTENT);
    if (a->carry == CARRY_WHOLE)
        return MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_MUST_FREE);
    struct source *s = xcalloc(1, sizeof *s);
    *s = (struct source){.p = a->body.p, .n = a->body.n};
    uint64_t size = a->body.n;
    if (a->carry == CARRY_DRIP) {
        s->at_a_time = a->cut;
        s->pause_ms = a->drip_ms;
    } else if (a->carry == CARRY_ENDLESS) {
        s->endless = true;
        size = MHD_SIZE_UNKNOWN;
    } else {
        s->n = a->cut < s->n ? a->cut : s->n;
        s->clean = a->carry == CARRY_CUT_DELIMITED;
        if (a->carry != CARRY_CUT)
            size = MHD_SIZE_UNKNOWN;
    }
    struct MHD_Response *resp = MHD_create_response_from_callback(size, 16384, produce, s, release);
    /* HTTP/1.0 knows no chunks: the end of the connection is the only end of the body. */
    if (resp && a->carry == CARRY_CUT_DELIMITED)
        MHD_set_response_options(resp, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return resp;
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        p += k;
        n -= (size_t)k;
    }
}

static int socket_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void drop(struct answer *a)
{
    for (size_t i = 0; i < a->n_headers; i++) {
        free(a->headers[i].name);
        free(a->headers[i].value);
    }
    free(a->headers);
    free(a->raw);
}

enum MHD_Result send_answer(struct MHD_Connection *c, const struct request *r, struct answer *a)
{
    int fd = socket_of(c);
    if (a->reset && fd >= 0) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    if (a->carry == CARRY_RAW && fd >= 0)
        write_all(fd, a->raw, strlen(a->raw));
    if (a->carry == CARRY_CLOSE || a->carry == CARRY_RAW) {
        buf_free(&a->body);
        drop(a);
        return MHD_NO;
    }
    if (a->kept && a->kept_gzip)
        http_header(a, "Content-Encoding", "gzip");
    else if ((r->gzip && !a->plain && a->body.n > GZIP_FROM) || a->bomb) {
        compress_body(a);
        http_header(a, "Content-Encoding", "gzip");
    }
    struct MHD_Response *resp = build(a);
    for (size_t i = 0; resp && i < a->n_headers; i++)
        MHD_add_response_header(resp, a->headers[i].name, a->headers[i].value);
    if (resp && (a->carry == CARRY_CUT_DELIMITED || a->carry == CARRY_CUT))
        MHD_add_response_header(resp, "Connection", "close");
    drop(a);
    if (!resp)
        return MHD_NO;
    enum MHD_Result rc = MHD_queue_response(c, (unsigned)a->status, resp);
    MHD_destroy_response(resp);
    return rc;
}
