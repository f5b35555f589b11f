// What plugins do when they are at their worst, one way for each name under which this program is started.
//
//   gcc -O1 -o crash_abort torture.c -ldl -DLIBRARY='"/path/to/libboom.so"';  gcc -O1 -shared -fPIC -DBOOM -o libboom.so torture.c
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef BOOM
void boom(void) { *(volatile int *)0 = 1; }
#else
#ifndef LIBRARY
#define LIBRARY "libboom.so"
#endif

static void crash_library(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW);
  if (!library) exit(90);
  ((void (*)(void))dlsym(library, "boom"))();
}

static int deeper(int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = (char)depth;
  return deeper(depth + 1) + frame[0];
}

// Tells when it has more than this many MiB, so that a test can count from there.
static void grow(long tell, long most, long pause_ms) {
  const size_t step = 4 << 20;
  for (long held = 0; most == 0 || held < most; held += 4) {
    char *block = malloc(step);
    if (!block) exit(91);
    memset(block, 1, step);
    if (tell > 0 && held <= tell && held + 4 > tell) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      fprintf(stderr, "crossed %lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    }
    if (pause_ms > 0) usleep((useconds_t)pause_ms * 1000);
  }
}

static void fork_bomb(void) {
  for (;;) fork();
}

// Every child leaves its parent's session and its own is gone at once: no group and no parent leads to them.
static void fork_escape(void) {
  for (int generation = 0; generation < 200; generation++) {
    if (fork() > 0) continue;
    setsid();
    if (fork() > 0) _exit(0);
    for (;;) pause();
  }
  for (;;) pause();
}

static void flood(int descriptor) {
  static char block[1 << 16];
  memset(block, 'x', sizeof block);
  for (size_t i = 127; i < sizeof block; i += 128) block[i] = '\n';
  for (long written = 0; written < 1L << 30;) {
    ssize_t count = write(descriptor, block, sizeof block);
    if (count < 0) exit(92);
    written += count;
  }
}

static void escape(void) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      clearenv();
      execl("/bin/sleep", "sleep", "600", (char *)0);
    }
    _exit(0);
  }
  wait(0);
  puts("\"left\"");
}

static void broken_pipe(void) {
  int ends[2];
  if (pipe(ends)) exit(93);
  close(ends[0]);
  if (write(ends[1], "x", 1) < 0) exit(94);
}

static void eats_descriptors(void) {
  int count = 0;
  while (open("/dev/null", O_RDONLY) >= 0) count++;
  printf("%d\n", count);
}

static void fills_output(void) {
  static char block[1 << 18];
  for (int i = 0;; i++) {
    char name[32];
    snprintf(name, sizeof name, "part-%d", i);
    int file = open(name, O_CREAT | O_WRONLY, 0644);
    for (int j = 0; j < 4; j++)
      if (write(file, block, sizeof block) < 0) exit(95);
    close(file);
    usleep(20000);
  }
}

static void large_file(void) {
  static char block[1 << 16];
  int file = open("large", O_CREAT | O_WRONLY, 0644);
  for (;;)
    if (write(file, block, sizeof block) < 0) exit(96);
}

int main(int argc, char **argv) {
  (void)argc;
  // Plugins are named t_WAY.
  const char *name = basename(argv[0]) + 2;
#define IS(text) if (!strcmp(name, text))
  IS("crash_library") crash_library();
  IS("crash_abort") abort();
  IS("crash_stack") return deeper(0);
  IS("grows_fast") grow(120, 0, 0);
  IS("grows_slowly") grow(0, 1000, 5);
  IS("grows_less") grow(0, 60, 5);
  IS("fork_bomb") fork_bomb();
  IS("fork_escape") fork_escape();
  IS("loops") for (;;);
  IS("burns") for (;;);
  IS("ignores_term") {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  IS("floods_output") flood(1);
  IS("floods_errors") flood(2);
  IS("closes_output") close(1);
  IS("makes_zombies") {
    for (int i = 0; i < 300; i++)
      if (fork() == 0) _exit(0);
    for (;;) pause();
  }
  IS("escapes") escape();
  IS("breaks_pipe") broken_pipe();
  IS("closes_three") {
    close(3);
    puts("\"three is closed\"");
  }
  IS("eats_descriptors") eats_descriptors();
  IS("fills_output") fills_output();
  IS("writes_large_file") large_file();
  return 0;
}
#endif
