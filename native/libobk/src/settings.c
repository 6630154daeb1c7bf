/* Settings from the environment. Blanks and line ends around a value are dropped: a PARMS string broken over two lines must not
 * make a file name that does not exist. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *trim(const char *text, size_t *length)
{
  while (*length > 0 && is_blank(text[0])) {
    text++;
    (*length)--;
  }
  while (*length > 0 && is_blank(text[*length - 1]))
    (*length)--;
  return text;
}

enum setting_state { SETTING_GOOD, SETTING_MISSING, SETTING_TOO_LONG };

static enum setting_state read_setting(const char *name, char *value, size_t size)
{
  const char *text = getenv(name);
  size_t length = text == NULL ? 0 : strlen(text);
  text = text == NULL ? "" : trim(text, &length);
  if (length == 0)
    return SETTING_MISSING;
  if (length >= size)
    return SETTING_TOO_LONG;
  memcpy(value, text, length);
  value[length] = '\0';
  return SETTING_GOOD;
}

bool setting_optional(const char *name, char *value, size_t size)
{
  return read_setting(name, value, size) == SETTING_GOOD;
}

static bool setting_required(const char *name, char *value, size_t size, struct failure *failure)
{
  switch (read_setting(name, value, size)) {
  case SETTING_GOOD:
    return true;
  case SETTING_MISSING:
    failure_set(failure, SBT_FAILED,
                "ADY_SBT_PARAMETER_MISSING: %s is not set | HINT: pass it in ALLOCATE CHANNEL … PARMS "
                "'SBT_LIBRARY=…,ENV=(ADY_SOCK=…,ADY_TOKEN_FILE=…,ADY_RUN=…,ADY_CHANNEL=…)'",
                name);
    return false;
  case SETTING_TOO_LONG:
    failure_set(failure, SBT_FAILED, "ADY_SBT_PARAMETER_INVALID: %s is longer than %zu bytes | HINT: shorten it", name,
                size - 1);
    return false;
  }
  return false;
}

/* fstat() by system call: newer C libraries bind the name to a version that older Oracle hosts do not have. */
static int file_status(int fd, struct stat *status)
{
  return (int)syscall(SYS_fstat, fd, status);
}

/* Whoever can read the token can write into the vault, so a file that others can open is not used at all. */
static bool may_use(int fd, const char *file, struct failure *failure)
{
  struct stat status;
  if (file_status(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    failure_set(failure, SBT_FAILED, "ADY_SBT_TOKEN_UNREADABLE: %.256s is not a regular file | HINT: check ADY_TOKEN_FILE", file);
    return false;
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    failure_set(failure, SBT_FAILED,
                "ADY_SBT_TOKEN_EXPOSED: the token file %.256s can be used by its group or by others (mode %03o) | HINT: chmod 600 "
                "the file, and use a new token",
                file, (unsigned)(status.st_mode & 0777));
    return false;
  }
  return true;
}

static ssize_t read_whole(int fd, char *buffer, size_t size)
{
  size_t have = 0;
  while (have < size) {
    ssize_t count = read(fd, buffer + have, size - have);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -1;
    if (count == 0)
      break;
    have += (size_t)count;
  }
  return (ssize_t)have;
}

static bool read_token(const char *file, char token[ADY_TOKEN_BYTES], struct failure *failure)
{
  /* O_NONBLOCK: a named pipe under this name must not hang the server process. */
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    failure_set(failure, SBT_FAILED,
                "ADY_SBT_TOKEN_UNREADABLE: cannot open the token file %.256s (errno %d) | HINT: it must exist and belong to the "
                "operating system user of the Oracle server process",
                file, errno);
    return false;
  }
  char content[ADY_TOKEN_BYTES];
  ssize_t count = may_use(fd, file, failure) ? read_whole(fd, content, sizeof content) : -2;
  close(fd);
  if (count == -2)
    return false;
  size_t length = count < 0 ? 0 : (size_t)count;
  const char *text = trim(content, &length);
  bool good = count >= 0 && (size_t)count < sizeof content && length > 0 && memchr(text, '\0', length) == NULL;
  if (good) {
    memcpy(token, text, length);
    token[length] = '\0';
  } else {
    failure_set(failure, SBT_FAILED, "ADY_SBT_TOKEN_UNREADABLE: %.256s holds no session token | HINT: check ADY_TOKEN_FILE", file);
  }
  wipe(content, sizeof content);
  return good;
}

bool settings_read(struct settings *settings, struct failure *failure)
{
  char token_file[ADY_FILE_NAME_BYTES];
  return setting_required("ADY_SOCK", settings->socket_path, sizeof settings->socket_path, failure) &&
         setting_required("ADY_TOKEN_FILE", token_file, sizeof token_file, failure) &&
         setting_required("ADY_RUN", settings->run, sizeof settings->run, failure) &&
         setting_required("ADY_CHANNEL", settings->channel, sizeof settings->channel, failure) &&
         read_token(token_file, settings->token, failure);
}

static const struct {
  enum sbt_call call;
  const char *name;
} CALLS[] = {
    {CALL_BACKUP, "sbtbackup"}, {CALL_CLOSE, "sbtclose2"}, {CALL_COMMAND, "sbtcommand"}, {CALL_END, "sbtend"},
    {CALL_INFO, "sbtinfo2"},    {CALL_INIT, "sbtinit2"},   {CALL_READ, "sbtread2"},      {CALL_REMOVE, "sbtremove2"},
    {CALL_RESTORE, "sbtrestore"}, {CALL_WRITE, "sbtwrite2"},
};

const char *call_name(enum sbt_call call)
{
  for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++)
    if (CALLS[i].call == call)
      return CALLS[i].name;
  return "sbt";
}

bool simulation_parse(struct simulation *simulation, const char *text, size_t length)
{
  const char *colon = memchr(text, ':', length);
  if (colon == NULL)
    return false;
  size_t name_length = (size_t)(colon - text);
  uint32_t at = 0;
  for (const char *digit = colon + 1; digit < text + length; digit++) {
    if (*digit < '0' || *digit > '9' || at > 100000000u)
      return false;
    at = at * 10 + (uint32_t)(*digit - '0');
  }
  for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
    if (strlen(CALLS[i].name) != name_length || memcmp(CALLS[i].name, text, name_length) != 0)
      continue;
    *simulation = (struct simulation){.call = CALLS[i].call, .at = at, .seen = 0};
    return at > 0;
  }
  return false;
}
