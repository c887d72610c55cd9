/* A disk that keeps only what was synced, for LD_PRELOAD.
 *
 * Below POWERCUT_ROOT, fsync and fdatasync of a file copy its bytes to POWERCUT_SHADOW, and fsync of
 * a folder copies its list of names. Both are kept by inode (and birth, since inodes are used again),
 * so a file whose bytes were synced but whose name was not is lost, and a name without synced bytes
 * is an empty file: the strictest reading of POSIX. After the cut the test builds the folder again
 * from the shadow alone. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX], shadow[PATH_MAX];
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void key_of(int at, const char *path, int flags, char *key, unsigned *mode)
{
    struct statx found;
    key[0] = 0;
    *mode = 0;
    if (statx(at, path, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0) return;
    *mode = found.stx_mode;
    snprintf(key, 96, "%llu-%lld.%u", (unsigned long long)found.stx_ino,
             (long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
}

static void fail(const char *what)
{
    perror(what);
    abort();
}

static FILE *begin(const char *kind, const char *key, char *temporary, char *name)
{
    snprintf(name, PATH_MAX, "%.3800s/%s-%s", shadow, kind, key);
    snprintf(temporary, PATH_MAX, "%.3900s.new", name);
    FILE *out = fopen(temporary, "w");
    if (out == NULL) fail("powercut: shadow");
    return out;
}

static void end(FILE *out, const char *temporary, const char *name)
{
    if (fclose(out) != 0 || rename(temporary, name) != 0) fail("powercut: shadow");
}

static void keep_file(const char *link, const char *key)
{
    char temporary[PATH_MAX], name[PATH_MAX], buffer[1 << 16];
    FILE *out = begin("file", key, temporary, name);
    int in = open(link, O_RDONLY | O_CLOEXEC);
    if (in < 0) fail("powercut: open");
    ssize_t got;
    while ((got = read(in, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, (size_t)got, out);
    close(in);
    end(out, temporary, name);
}

static void keep_folder(const char *path, const char *key)
{
    char temporary[PATH_MAX], name[PATH_MAX], entry_key[96];
    unsigned mode;
    FILE *out = begin("folder", key, temporary, name);
    DIR *folder = opendir(path);
    if (folder == NULL) fail("powercut: opendir");
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        key_of(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW, entry_key, &mode);
        if (entry_key[0]) fprintf(out, "%s %s\n", entry_key, entry->d_name);
    }
    closedir(folder);
    end(out, temporary, name);
}

static void keep(int fd)
{
    char link[64], path[PATH_MAX], key[96];
    unsigned mode;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || root[0] == 0) return;
    path[length] = 0;
    size_t below = strlen(root);
    if (strncmp(path, root, below) != 0 || (path[below] != 0 && path[below] != '/')) return;
    key_of(fd, "", AT_EMPTY_PATH, key, &mode);
    if (S_ISDIR(mode)) keep_folder(path, key);
    else if (S_ISREG(mode)) keep_file(link, key);
}

static int synced(int fd, const char *name)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    pthread_mutex_lock(&one_at_a_time);
    int done = real(fd);
    if (done == 0) keep(fd);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

__attribute__((constructor)) static void start(void)
{
    char temporary[PATH_MAX], name[PATH_MAX], key[96];
    unsigned mode;
    const char *from = getenv("POWERCUT_ROOT"), *to = getenv("POWERCUT_SHADOW");
    if (from == NULL || to == NULL) return;
    snprintf(shadow, sizeof shadow, "%s", to);
    if (realpath(from, root) == NULL) fail("powercut: POWERCUT_ROOT");
    key_of(AT_FDCWD, root, 0, key, &mode);
    FILE *out = begin("root", "key", temporary, name);
    fprintf(out, "%s", key);
    end(out, temporary, name);
}
