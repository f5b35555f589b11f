// A terminal for a test: runs a program in a session of its own on a new pseudo-terminal, shows what it prints on standard output, and
// types what it reads from standard input: byte 3 is Ctrl-C, which the terminal turns into SIGINT for the whole foreground group.
// The exit code is the program's; 128 + N when a signal ended it.
//
//   gcc -O1 -o pty pty.c -lutil;  pty PROGRAM [ARGUMENT…]
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  int terminal;
  struct winsize size = {.ws_row = 40, .ws_col = 120};
  pid_t child = forkpty(&terminal, NULL, NULL, &size);
  if (child < 0) return perror("pty: forkpty"), 99;
  if (child == 0) {
    // A shell that was started in the background ignores these two, and what is ignored stays ignored in every child: a login does not.
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  struct pollfd ends[2] = {{.fd = terminal, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  char buffer[4096];
  for (;;) {
    if (poll(ends, 2, -1) < 0 && errno != EINTR) break;
    if (ends[1].revents) {
      ssize_t n = read(0, buffer, sizeof buffer);
      if (n <= 0) ends[1].fd = -1;
      else if (write(terminal, buffer, (size_t)n) != n) break;
    }
    if (ends[0].revents) {
      // The end of the last program on the terminal is an error here (EIO).
      ssize_t n = read(terminal, buffer, sizeof buffer);
      if (n <= 0) break;
      if (write(1, buffer, (size_t)n) != n) break;
    }
  }
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
