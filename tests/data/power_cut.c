/* Remembers what a power cut would take away: preloaded into a hub, it keeps for each file below CUT_BELOW what every write
 * has replaced, in a file below CUT_INTO, until the file is synced. Whoever cuts the power kills the hub and puts back what
 * those files hold (tests/it/power_cut.rs). With CUT_DEAF set, a sync is not believed.
 *
 * A record is the place, the length of what was there, the size of the file, and what was there; the numbers have 64 bits. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

/* The file that remembers for the file at a path; 0 if nobody asks for it. */
static int memory_of(const char *path, char *out, size_t size) {
    const char *below = getenv("CUT_BELOW"), *into = getenv("CUT_INTO");
    if (!below || !into || strncmp(path, below, strlen(below)) != 0) return 0;
    int n = snprintf(out, size, "%s/", into);
    snprintf(out + n, size - n, "%s", path);
    for (char *c = out + n; *c; c++) if (*c == '/') *c = '%';
    return 1;
}

static int path_of(int fd, char *out, size_t size) {
    char link[64];
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, size - 1);
    if (n <= 0) return 0;
    out[n] = 0;
    return 1;
}

static void keep(int fd, const void *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = syscall(SYS_write, fd, bytes, length);
        if (n <= 0) abort();
        bytes = (const char *)bytes + n;
        length -= n;
    }
}

/* Remembers what lies where something is about to be written. */
static void remember(int fd, off_t at, size_t length) {
    char path[4096], memory[8192];
    if (!path_of(fd, path, sizeof path) || !memory_of(path, memory, sizeof memory)) return;
    struct stat st;
    if (fstat(fd, &st) != 0) return;
    if (at < 0) at = st.st_size;
    uint64_t old = at >= st.st_size ? 0 : (uint64_t)(st.st_size - at);
    if (old > length) old = length;
    char *was = malloc(old ? old : 1);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (!was || from < 0 || pread(from, was, old, at) != (ssize_t)old) abort();
    close(from);
    int to = open(memory, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (to < 0) abort();
    uint64_t head[3] = {(uint64_t)at, old, (uint64_t)st.st_size};
    keep(to, head, sizeof head);
    keep(to, was, old);
    close(to);
    free(was);
}

static off_t place(int fd) {
    return fcntl(fd, F_GETFL) & O_APPEND ? -1 : lseek(fd, 0, SEEK_CUR);
}

static size_t length_of(const struct iovec *parts, int count) {
    size_t all = 0;
    for (int n = 0; n < count; n++) all += parts[n].iov_len;
    return all;
}

static void forget(int fd) {
    char path[4096], memory[8192];
    if (getenv("CUT_DEAF") || !path_of(fd, path, sizeof path)) return;
    if (memory_of(path, memory, sizeof memory)) truncate(memory, 0);
}

static int is_kept(int fd) {
    char path[4096], memory[8192];
    return path_of(fd, path, sizeof path) && memory_of(path, memory, sizeof memory);
}

#define TURN(type, before, call, after) \
    pthread_mutex_lock(&turn); before; type out = call; after; pthread_mutex_unlock(&turn); return out

ssize_t write(int fd, const void *from, size_t length) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next) next = real("write");
    if (!is_kept(fd)) return next(fd, from, length);
    TURN(ssize_t, remember(fd, place(fd), length), next(fd, from, length), );
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    static ssize_t (*next)(int, const struct iovec *, int);
    if (!next) next = real("writev");
    if (!is_kept(fd)) return next(fd, parts, count);
    TURN(ssize_t, remember(fd, place(fd), length_of(parts, count)), next(fd, parts, count), );
}
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) next = real("pwrite");
    TURN(ssize_t, remember(fd, at, length), next(fd, from, length, at), );
}
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) {
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next) next = real("pwrite64");
    TURN(ssize_t, remember(fd, at, length), next(fd, from, length, at), );
}
int ftruncate(int fd, off_t size) {
    static int (*next)(int, off_t);
    if (!next) next = real("ftruncate");
    TURN(int, remember(fd, size, SIZE_MAX), next(fd, size), );
}
int ftruncate64(int fd, off64_t size) {
    static int (*next)(int, off64_t);
    if (!next) next = real("ftruncate64");
    TURN(int, remember(fd, size, SIZE_MAX), next(fd, size), );
}
int fsync(int fd) {
    static int (*next)(int);
    if (!next) next = real("fsync");
    TURN(int, , next(fd), forget(fd));
}
int fdatasync(int fd) {
    static int (*next)(int);
    if (!next) next = real("fdatasync");
    TURN(int, , next(fd), forget(fd));
}
/* Names are on the disk at once: only what is in files is lost here. */
int rename(const char *from, const char *to) {
    static int (*next)(const char *, const char *);
    if (!next) next = real("rename");
    char memory[8192], other[8192];
    int both = memory_of(from, memory, sizeof memory) && memory_of(to, other, sizeof other);
    TURN(int, , next(from, to), if (both && syscall(SYS_rename, memory, other) != 0) syscall(SYS_unlink, other));
}
int unlinkat(int folder, const char *path, int flags) {
    static int (*next)(int, const char *, int);
    if (!next) next = real("unlinkat");
    char full[4096], memory[8192], link[64];
    ssize_t n = 0;
    if (*path != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        n = readlink(folder == AT_FDCWD ? "/proc/self/cwd" : link, full, sizeof full - 1);
        if (n < 0) n = 0;
    }
    snprintf(full + n, sizeof full - n, n ? "/%s" : "%s", path);
    int known = memory_of(full, memory, sizeof memory);
    TURN(int, , next(folder, path, flags), if (known) syscall(SYS_unlink, memory));
}
int unlink(const char *path) {
    static int (*next)(const char *);
    if (!next) next = real("unlink");
    char memory[8192];
    int known = memory_of(path, memory, sizeof memory);
    TURN(int, , next(path), if (known) syscall(SYS_unlink, memory));
}
