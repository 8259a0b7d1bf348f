/* Requests and answers, and the daemon that carries them. */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include "buf.h"

#include <jansson.h>

struct param {
    char *name;
    char *value;
};

struct request {
    uint64_t n;                /* number among the API requests, from 1; 0 for control requests */
    const char *method;        /* borrowed from the daemon */
    char *url;                 /* decoded path with query, for the log */
    const char *path;          /* decoded path, without query */
    const char *query;         /* decoded query, "" when there is none */
    struct param *params;
    size_t n_params;
    struct buf body;
    const char *auth;          /* Authorization header or NULL */
    bool gzip;                 /* the client accepts it */
    bool stop;                 /* the program ends once this request is done */
};

enum carry { CARRY_WHOLE, CARRY_CLOSE, CARRY_CUT, CARRY_CUT_CHUNKED, CARRY_CUT_DELIMITED, CARRY_RAW, CARRY_ENDLESS, CARRY_DRIP };

struct answer {
    int status;
    struct buf body;
    const struct buf *kept;    /* instead of body: borrowed for as long as the program runs, compressed already when kept_gzip */
    bool kept_gzip;
    struct param *headers;
    size_t n_headers;
    enum carry carry;
    size_t cut;                /* CARRY_CUT*: bytes of the body that are sent; CARRY_DRIP: bytes at a time */
    int64_t drip_ms;
    int64_t delay_after_ms;
    bool reset;                /* the connection ends with RST instead of FIN */
    bool plain;                /* no gzip whatever the client accepts */
    size_t bomb;               /* bytes of white space to append inside a gzip body */
    bool stop;                 /* the program ends once this answer is out */
    char *raw;                 /* CARRY_RAW: text written to the socket instead of an answer */
};

/* The value of the first parameter of that name, or NULL. */
const char *http_param(const struct request *r, const char *name);
void http_header(struct answer *a, const char *name, const char *value);
void http_header_int(struct answer *a, const char *name, int64_t v);
void http_header_drop(struct answer *a, const char *name);
/* awork's error body. */
void http_error(struct answer *a, int status, const char *code, const char *description);

/* Starts listening on 127.0.0.1 and returns the port, 0 on failure. */
unsigned http_start(unsigned port, bool gzip, size_t memory);
void http_stop(void);
/* Whether answers are compressed for clients that accept it. */
void http_gzip(bool on);

/* Sleeps unless the program is asked to stop; never called with the mutex held. */
void http_nap(int64_t ms);
void http_request_stop(void);
void http_wait_for_stop(void);

#endif
