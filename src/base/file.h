/* Files: whole reads, durable writes, folders. Every path below a folder is opened relative to its descriptor without following links. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file to *b, at most max bytes (more is ERR_DATA). Missing: ERR_NOINPUT. */
int file_read(const char *path, size_t max, struct buf *b, struct err *e);

/* A secret: O_NOFOLLOW, regular, owned by the caller or root, no access for group and others (waived under $CREDENTIALS_DIRECTORY),
 * at most 4096 bytes; one final newline dropped. All complaints are ERR_CONFIG, a missing file ERR_NOINPUT. */
int file_read_secret(const char *path, struct buf *b, struct err *e);

/* Writes all bytes, looping over short writes and EINTR. ERR_IO. */
int file_write_all(int fd, const void *p, size_t n, struct err *e);

/* Durable replacement: temporary file beside it, write, fsync, rename, fsync of the folder. */
int file_replace_at(int dirfd, const char *name, const void *p, size_t n, mode_t mode, struct err *e);

/* Creates a new file (O_EXCL), writes, fsyncs file and folder. An existing file: ERR_CANTCREAT. */
int file_create(const char *path, const void *p, size_t n, mode_t mode, struct err *e);

/* Opens a folder as descriptor. ERR_CANTCREAT. */
int file_open_dir(const char *path, struct err *e);
int file_open_dir_at(int dirfd, const char *name, struct err *e);
/* mkdir -p with the mode for new folders, fsyncing each parent of a new one. */
int file_make_dirs(const char *path, mode_t mode, struct err *e);
/* mkdir in a folder, fine when it is there already (a real folder, no link); fsyncs dirfd. Returns its descriptor or -1. */
int file_make_dir_at(int dirfd, const char *name, mode_t mode, struct err *e);
int file_sync_dir(int dirfd, struct err *e);
/* Removes name below dirfd with all it holds; never follows links; missing is fine. */
int file_remove_tree_at(int dirfd, const char *name, struct err *e);
/* Calls f with the path (relative to dirfd, '/' between) of every regular file below, in byte order. */
int file_walk_at(int dirfd, int (*f)(void *ctx, const char *rel, struct err *e), void *ctx, struct err *e);

/* dir + "/" + name; name alone when it is absolute or dir is NULL or empty. Owned by caller, NULL when out of memory. */
char *file_join(const char *dir, const char *name);

#endif
