// A disk that forgets. Preloaded into a program, it notes for every file below POWERLOSS_DIR what a power loss could take: the bytes that
// a write replaced, the length before, names that were made, moved or removed. A sync of a file, or of a directory for its names, makes
// what came before it safe. After kill -9, `powerloss LOG-DIRECTORY DIRECTORY` undoes whatever was not synced, newest first: the
// directory is then what a disk may hold that lost power at that moment.
//
//   gcc -shared -fPIC -O1 -o powerloss.so powerloss.c -ldl        the shim:  LD_PRELOAD, POWERLOSS_DIR, POWERLOSS_LOG
//   gcc -O1 -DPOWERLOSS_TOOL -o powerloss powerloss.c             the tool
//
// The log is written before the change that it describes: a process that is killed in between leaves a note about a change that did not
// happen, and undoing that changes nothing. Memory maps are not followed; SQLite maps its -shm file alone, which is made anew.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// A note: this head, then `name` bytes of text and `data` bytes of content.
struct note {
  uint32_t kind;    // one of the letters below
  uint32_t name;    // length of the name, or of "old\0new"
  uint64_t inode;   // of the file; of the directory for a sync of names
  uint64_t length;  // of the file before the change
  uint64_t offset;  // where the bytes that were replaced stood
  uint64_t data;    // how many there were
  uint64_t saved;   // number of the hard link that keeps a removed or replaced file, 0 = none
};

enum { CHANGED = 'P', SYNCED = 'S', CREATED = 'C', REMOVED = 'U', RENAMED = 'R' };

#ifndef POWERLOSS_TOOL

static char directory[PATH_MAX], log_directory[PATH_MAX];
static int log_fd = -1;
static uint64_t saved_files;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void fatal(const char *what) {
  dprintf(2, "powerloss: %s: %s\n", what, strerror(errno));
  _exit(99);
}

__attribute__((constructor)) static void start(void) {
  const char *dir = getenv("POWERLOSS_DIR"), *log = getenv("POWERLOSS_LOG");
  if (!dir || !log || !realpath(dir, directory) || !realpath(log, log_directory)) return;
  char path[PATH_MAX + 16];
  snprintf(path, sizeof path, "%s/notes", log_directory);
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) fatal(path);
}

// The absolute path of a name, when it is below the directory. The last part need not exist.
static int watched(int at, const char *name, char *path) {
  char joined[PATH_MAX], parent[PATH_MAX];
  if (log_fd < 0 || !name) return 0;
  if (name[0] == '/' || at == AT_FDCWD) {
    snprintf(joined, sizeof joined, "%s", name);
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t n = readlink(link, parent, sizeof parent - 1);
    if (n < 0) return 0;
    parent[n] = 0;
    if (snprintf(joined, sizeof joined, "%s/%s", parent, name) >= (int)sizeof joined) return 0;
  }
  char *slash = strrchr(joined, '/');
  if (!slash) return 0;
  *slash = 0;
  if (!realpath(joined[0] ? joined : "/", parent)) return 0;
  if (snprintf(path, PATH_MAX, "%s/%s", parent, slash + 1) >= PATH_MAX) return 0;
  size_t n = strlen(directory);
  return strncmp(path, directory, n) == 0 && path[n] == '/';
}

static int watched_fd(int fd) {
  char link[64], path[PATH_MAX];
  if (log_fd < 0 || fd < 3) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  size_t d = strlen(directory);
  return strncmp(path, directory, d) == 0 && (path[d] == '/' || path[d] == 0);
}

static void put(const void *bytes, size_t count) {
  while (count > 0) {
    ssize_t n = syscall(SYS_write, log_fd, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fatal("the log cannot be written");
    bytes = (const char *)bytes + n;
    count -= (size_t)n;
  }
}

static void append(struct note note, const char *name, const void *data) {
  char *whole = malloc(sizeof note + note.name + note.data);
  if (!whole) fatal("memory");
  memcpy(whole, &note, sizeof note);
  if (note.name) memcpy(whole + sizeof note, name, note.name);
  if (note.data) memcpy(whole + sizeof note + note.name, data, note.data);
  put(whole, sizeof note + note.name + note.data);
  free(whole);
}

// Notes what a write of `count` bytes at `offset`, or a cut to `offset`, is about to replace. The gate is held.
static void note_change(int fd, uint64_t offset, uint64_t count, int cut) {
  struct stat st;
  if (syscall(SYS_fstat, fd, &st) != 0 || !S_ISREG(st.st_mode)) return;
  uint64_t length = (uint64_t)st.st_size;
  uint64_t end = cut ? length : offset + count < length ? offset + count : length;
  uint64_t old = offset < end ? end - offset : 0;
  void *bytes = NULL;
  if (old > 0) {
    // The program's descriptor may be for writing alone.
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int reader = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    bytes = malloc(old);
    if (reader < 0 || !bytes) fatal("the old content cannot be read");
    for (uint64_t done = 0; done < old;) {
      ssize_t n = syscall(SYS_pread64, reader, (char *)bytes + done, old - done, offset + done);
      if (n <= 0) fatal("the old content is shorter than the file");
      done += (uint64_t)n;
    }
    syscall(SYS_close, reader);
  }
  append((struct note){.kind = CHANGED, .inode = st.st_ino, .length = length, .offset = offset, .data = old}, NULL, bytes);
  free(bytes);
}

// Keeps a file that is about to lose its name. 0 when there is none.
static uint64_t save(const char *path) {
  char kept[PATH_MAX + 32];
  uint64_t number = ++saved_files;
  snprintf(kept, sizeof kept, "%s/kept-%d-%llu", log_directory, (int)getpid(), (unsigned long long)number);
  return linkat(AT_FDCWD, path, AT_FDCWD, kept, 0) == 0 ? ((uint64_t)getpid() << 32) | number : 0;
}

static uint64_t size_of(const char *path) { return strlen(path) + 1; }

#define ENTER(condition) \
  int mine = !inside && (condition); \
  if (mine) { inside = 1; pthread_mutex_lock(&gate); }
#define LEAVE() \
  if (mine) { int kept_errno = errno; pthread_mutex_unlock(&gate); inside = 0; errno = kept_errno; }

static uint64_t position(int fd) {
  int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
  struct stat st;
  if (flags & O_APPEND) return syscall(SYS_fstat, fd, &st) == 0 ? (uint64_t)st.st_size : 0;
  off_t at = (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
  return at < 0 ? 0 : (uint64_t)at;
}

static uint64_t total(const struct iovec *parts, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  ENTER(watched_fd(fd));
  if (mine) note_change(fd, position(fd), count, 0);
  ssize_t n = real(fd, bytes, count);
  LEAVE();
  return n;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  ENTER(watched_fd(fd));
  if (mine) note_change(fd, position(fd), total(parts, count), 0);
  ssize_t n = real(fd, parts, count);
  LEAVE();
  return n;
}

#define PWRITE(name) \
  ssize_t name(int fd, const void *bytes, size_t count, off64_t offset) { \
    REAL(ssize_t, #name, int, const void *, size_t, off64_t); \
    ENTER(watched_fd(fd)); \
    if (mine) note_change(fd, (uint64_t)offset, count, 0); \
    ssize_t n = real(fd, bytes, count, offset); \
    LEAVE(); \
    return n; \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name) \
  ssize_t name(int fd, const struct iovec *parts, int count, off64_t offset) { \
    REAL(ssize_t, #name, int, const struct iovec *, int, off64_t); \
    ENTER(watched_fd(fd)); \
    if (mine) note_change(fd, (uint64_t)offset, total(parts, count), 0); \
    ssize_t n = real(fd, parts, count, offset); \
    LEAVE(); \
    return n; \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define FTRUNCATE(name) \
  int name(int fd, off64_t length) { \
    REAL(int, #name, int, off64_t); \
    ENTER(watched_fd(fd)); \
    if (mine) note_change(fd, (uint64_t)length, 0, 1); \
    int n = real(fd, length); \
    LEAVE(); \
    return n; \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define FALLOCATE(name) \
  int name(int fd, off64_t offset, off64_t length) { \
    REAL(int, #name, int, off64_t, off64_t); \
    ENTER(watched_fd(fd)); \
    if (mine) note_change(fd, UINT64_MAX / 2, 0, 1); \
    int n = real(fd, offset, length); \
    LEAVE(); \
    return n; \
  }
FALLOCATE(posix_fallocate)
FALLOCATE(posix_fallocate64)

// A file that an open makes, or cuts to nothing.
static void note_open(const char *path, int flags) {
  struct stat st;
  int exists = syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0;
  if (!exists && (flags & O_CREAT)) {
    append((struct note){.kind = CREATED, .name = (uint32_t)size_of(path)}, path, NULL);
  } else if (exists && (flags & O_TRUNC) && S_ISREG(st.st_mode)) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
      note_change(fd, 0, 0, 1);
      syscall(SYS_close, fd);
    }
  }
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
    va_end(rest); \
    char whole[PATH_MAX]; \
    ENTER((flags & (O_CREAT | O_TRUNC)) && watched(AT_FDCWD, path, whole)); \
    if (mine) note_open(whole, flags); \
    int fd = real(path, flags, mode); \
    LEAVE(); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int at, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
    va_end(rest); \
    char whole[PATH_MAX]; \
    ENTER((flags & (O_CREAT | O_TRUNC)) && watched(at, path, whole)); \
    if (mine) note_open(whole, flags); \
    int fd = real(at, path, flags, mode); \
    LEAVE(); \
    return fd; \
  }
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name) \
  int name(const char *path, mode_t mode) { \
    REAL(int, #name, const char *, mode_t); \
    char whole[PATH_MAX]; \
    ENTER(watched(AT_FDCWD, path, whole)); \
    if (mine) note_open(whole, O_CREAT | O_TRUNC); \
    int fd = real(path, mode); \
    LEAVE(); \
    return fd; \
  }
CREAT(creat)
CREAT(creat64)

static void note_unlink(const char *path) {
  uint64_t saved = save(path);
  if (saved) append((struct note){.kind = REMOVED, .name = (uint32_t)size_of(path), .saved = saved}, path, NULL);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  char whole[PATH_MAX];
  ENTER(watched(AT_FDCWD, path, whole));
  if (mine) note_unlink(whole);
  int n = real(path);
  LEAVE();
  return n;
}

int unlinkat(int at, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  char whole[PATH_MAX];
  ENTER(!(flags & AT_REMOVEDIR) && watched(at, path, whole));
  if (mine) note_unlink(whole);
  int n = real(at, path, flags);
  LEAVE();
  return n;
}

// Moves within the directory; what the move replaces is kept.
static void note_rename(const char *from, const char *to) {
  char both[2 * PATH_MAX];
  size_t a = size_of(from), b = size_of(to);
  memcpy(both, from, a);
  memcpy(both + a, to, b);
  append((struct note){.kind = RENAMED, .name = (uint32_t)(a + b), .saved = save(to)}, both, NULL);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  char a[PATH_MAX], b[PATH_MAX];
  ENTER(watched(AT_FDCWD, from, a) && watched(AT_FDCWD, to, b));
  if (mine) note_rename(a, b);
  int n = real(from, to);
  LEAVE();
  return n;
}

int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
  REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
  char a[PATH_MAX], b[PATH_MAX];
  ENTER(flags == 0 && watched(at, from, a) && watched(to_at, to, b));
  if (mine) note_rename(a, b);
  int n = real(at, from, to_at, to, flags);
  LEAVE();
  return n;
}

int renameat(int at, const char *from, int to_at, const char *to) { return renameat2(at, from, to_at, to, 0); }

// Content of a file, or names of a directory. The real sync is made too: this shim only remembers.
#define SYNC(name) \
  int name(int fd) { \
    REAL(int, #name, int); \
    ENTER(watched_fd(fd)); \
    int n = real(fd); \
    struct stat st; \
    if (mine && n == 0 && syscall(SYS_fstat, fd, &st) == 0) append((struct note){.kind = SYNCED, .inode = st.st_ino}, NULL, NULL); \
    LEAVE(); \
    return n; \
  }
SYNC(fsync)
SYNC(fdatasync)

#else  // the tool

static struct note *notes[1 << 22];
static size_t count;

static const char *name_of(const struct note *n) { return (const char *)(n + 1); }
static const char *data_of(const struct note *n) { return (const char *)(n + 1) + n->name; }

static void fatal(const char *what) {
  fprintf(stderr, "powerloss: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t inode_of(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? st.st_ino : 0;
}

static uint64_t parent_of(const char *path) {
  char parent[PATH_MAX];
  snprintf(parent, sizeof parent, "%s", path);
  *strrchr(parent, '/') = 0;
  return inode_of(parent);
}

// The file with this inode below a directory: names change, inodes stay.
static int find(const char *where, uint64_t inode, char *path) {
  DIR *dir = opendir(where);
  int found = 0;
  struct dirent *entry;
  while (dir && !found && (entry = readdir(dir))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char inner[PATH_MAX];
    snprintf(inner, sizeof inner, "%s/%s", where, entry->d_name);
    struct stat st;
    if (lstat(inner, &st) != 0) continue;
    if (S_ISDIR(st.st_mode)) found = find(inner, inode, path);
    else if (st.st_ino == inode) snprintf(path, PATH_MAX, "%s", inner), found = 1;
  }
  if (dir) closedir(dir);
  return found;
}

static void kept_name(char *path, const char *log, uint64_t saved) {
  snprintf(path, PATH_MAX, "%s/kept-%d-%llu", log, (int)(saved >> 32), (unsigned long long)(saved & 0xffffffff));
}

static void read_notes(const char *log) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/notes", log);
  FILE *file = fopen(path, "r");
  if (!file) fatal(path);
  struct note head;
  while (fread(&head, sizeof head, 1, file) == 1) {
    struct note *whole = malloc(sizeof head + head.name + head.data + 1);
    if (!whole) fatal("memory");
    *whole = head;
    // A note cut short is the last one: the change that it announces was never made.
    if (fread(whole + 1, 1, head.name + head.data, file) != head.name + head.data) break;
    if (count == sizeof notes / sizeof *notes) fatal("too many notes");
    notes[count++] = whole;
  }
  fclose(file);
}

// What the notes that were read so far, newest first, made safe: few files and directories, many syncs.
static uint64_t safe[4096];
static size_t safe_count;

static int is_safe(uint64_t inode) {
  for (size_t i = 0; i < safe_count; i++)
    if (safe[i] == inode) return 1;
  return 0;
}

static void make_safe(uint64_t inode) {
  if (is_safe(inode)) return;
  if (safe_count == sizeof safe / sizeof *safe) fatal("too many files");
  safe[safe_count++] = inode;
}

static void undo_change(const struct note *n, const char *dir, const char *log) {
  char path[PATH_MAX];
  // A file that was removed for good has nothing to undo.
  if (!find(dir, n->inode, path) && !find(log, n->inode, path)) return;
  int fd = open(path, O_WRONLY);
  if (fd < 0) fatal(path);
  if (n->data && pwrite(fd, data_of(n), n->data, (off_t)n->offset) != (ssize_t)n->data) fatal(path);
  if (ftruncate(fd, (off_t)n->length) != 0) fatal(path);
  close(fd);
}

static void undo_name(const struct note *n, const char *log) {
  char kept[PATH_MAX];
  const char *name = name_of(n);
  kept_name(kept, log, n->saved);
  if (n->kind == CREATED) unlink(name);
  if (n->kind == REMOVED && rename(kept, name) != 0) fatal(name);
  if (n->kind == RENAMED) {
    const char *to = name + strlen(name) + 1;
    if (rename(to, name) != 0 && errno != ENOENT) fatal(to);
    if (n->saved && rename(kept, to) != 0) fatal(to);
  }
}

// powerloss LOG DIRECTORY: rolls the directory back; prints how many changes and names were lost and how many syncs were seen.
int main(int argc, char **argv) {
  char dir[PATH_MAX], log[PATH_MAX];
  if (argc != 3 || !realpath(argv[1], log) || !realpath(argv[2], dir)) {
    fprintf(stderr, "usage: powerloss LOG-DIRECTORY DIRECTORY\n");
    return 2;
  }
  read_notes(log);
  size_t changes = 0, names = 0, syncs = 0, all = 0;
  for (size_t i = count; i-- > 0;) {
    const struct note *n = notes[i];
    if (n->kind == SYNCED) {
      syncs++;
      make_safe(n->inode);
    } else if (n->kind == CHANGED) {
      all++;
      if (!is_safe(n->inode)) undo_change(n, dir, log), changes++;
    } else if (!is_safe(parent_of(name_of(n)))) {
      undo_name(n, log);
      names++;
    }
  }
  printf("%zu changes, %zu lost; %zu names lost; %zu syncs\n", all, changes, names, syncs);
  return 0;
}

#endif
