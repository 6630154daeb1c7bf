/* The optional trace (ADY_SBT_TRACE): one line per call, for the day when RMAN and the worker tell different stories. It never
 * holds the token, and nothing that goes wrong with it can fail a backup. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void trace_close(struct session *session)
{
  if (session->trace_fd >= 0)
    close(session->trace_fd);
  session->trace_fd = -1;
}

void trace_open(struct session *session, const char *file)
{
  trace_close(session);
  session->trace_fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0600);
}

void trace_call(struct session *session, int result, const char *detail)
{
  if (session->trace_fd < 0)
    return;
  int number = errno;
  char line[SBT_ERROR_TEXT_BYTES + 512];
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  int length = snprintf(line, sizeof line - 1,
                        "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ pid=%ld channel=%s %s piece='%s' block=%" PRIu64 "%s%s -> %d",
                        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                        (int)(now.tv_nsec / 1000000), (long)session->pid, session->channel, call_name(session->call),
                        session->handle, session->blocks, detail == NULL ? "" : " ", detail == NULL ? "" : detail, result);
  size_t have = strnlen(line, sizeof line - 1);
  if (length > 0 && result != 0)
    snprintf(line + have, sizeof line - 1 - have, " %lu %s", session->error.code, session->error.text);
  have = strnlen(line, sizeof line - 1);
  line[have] = '\n';
  ssize_t written = write(session->trace_fd, line, have + 1);
  (void)written;
  errno = number;
}
