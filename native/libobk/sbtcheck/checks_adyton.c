/* What Adyton's library promises beyond the interface: clear words about its environment, its trace, its simulated errors, and
 * how it behaves when the worker fails. The last group needs a worker that fails on purpose, so it runs only when asked for:
 * handles tell such a worker what to do (…-fail-write, …-fail-close, …-fail-read, …-drop). */
#include "checks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 16384

/* Sets or (NULL) unsets a variable for a while. */
struct borrowed {
  const char *name;
  char *before;
};

static struct borrowed borrow(const char *name, const char *value)
{
  const char *now = getenv(name);
  struct borrowed borrowed = {.name = name, .before = now == NULL ? NULL : strdup(now)};
  if (value == NULL)
    unsetenv(name);
  else
    setenv(name, value, 1);
  return borrowed;
}

static void give_back(struct borrowed *borrowed)
{
  if (borrowed->before == NULL)
    unsetenv(borrowed->name);
  else
    setenv(borrowed->name, borrowed->before, 1);
  free(borrowed->before);
}

/* sbtinit2 must fail with 7501 and a text that holds `code` and `detail`; then sbtend must work. */
static bool init2_fails(struct library *library, const char *code, const char *detail)
{
  struct client client;
  ady_kv in[] = {{INIT2_IN_END, NULL}};
  ady_kv *out = NULL;
  const char *text = "";
  REQUIRE(client_create(&client, library));
  int result = library->call->init2(client.context, 0, in, &out);
  unsigned long given = client_error(&client, &text);
  bool good = result == -1 && given == SBT_FAILED && strstr(text, code) != NULL && strstr(text, detail) != NULL;
  if (good)
    note("%.200s", text);
  else
    fail("sbtinit2 returned %d, %lu '%s' instead of %s … %s", result, given, text, code, detail);
  client_finish(&client);
  return good;
}

bool check_environment_missing(struct library *library)
{
  static const char *const names[] = {"ADY_SOCK", "ADY_TOKEN_FILE", "ADY_RUN", "ADY_CHANNEL"};
  bool good = true;
  for (size_t i = 0; good && i < sizeof names / sizeof names[0]; i++) {
    struct borrowed missing = borrow(names[i], i % 2 == 0 ? NULL : " \n");
    good = init2_fails(library, "ADY_SBT_PARAMETER_MISSING", names[i]);
    give_back(&missing);
  }
  return good;
}

bool check_environment_trimmed(struct library *library)
{
  struct client client;
  char value[1024];
  const char *now = getenv("ADY_SOCK");
  snprintf(value, sizeof value, " \t%s \r\n", now == NULL ? "" : now);
  struct borrowed padded = borrow("ADY_SOCK", value);
  bool good = client_begin(&client, library);
  if (good)
    client_finish(&client);
  give_back(&padded);
  return good;
}

bool check_no_socket(struct library *library)
{
  struct borrowed elsewhere = borrow("ADY_SOCK", "/nonexistent/adyton.sock");
  bool good = init2_fails(library, "ADY_SBT_WORKER_UNREACHABLE", "/nonexistent/adyton.sock");
  give_back(&elsewhere);
  return good;
}

/* Writes a token file with the given mode and points ADY_TOKEN_FILE at it while sbtinit2 fails. */
static bool with_token(struct library *library, const char *token, mode_t mode, const char *code)
{
  char file[] = "/tmp/sbtcheck-token-XXXXXX";
  int fd = mkstemp(file);
  EXPECT(fd >= 0, "cannot create a token file");
  bool good = write(fd, token, strlen(token)) == (ssize_t)strlen(token) && fchmod(fd, mode) == 0;
  close(fd);
  struct borrowed other = borrow("ADY_TOKEN_FILE", file);
  good = good && init2_fails(library, code, "");
  give_back(&other);
  unlink(file);
  return good;
}

bool check_bad_token(struct library *library)
{
  /* The words are the worker's own, so only their presence can be checked. */
  return with_token(library, "not-the-token\n", 0600, "ADY_");
}

bool check_exposed_token(struct library *library)
{
  return with_token(library, "whatever", 0640, "ADY_SBT_TOKEN_EXPOSED") && with_token(library, "whatever", 0604, "ADY_SBT_TOKEN_EXPOSED") &&
         with_token(library, " \n", 0600, "ADY_SBT_TOKEN_UNREADABLE");
}

static bool simulated_write(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  static unsigned char block[BLOCK];
  const ady_fptr *call = library->call;
  fresh_handle(handle, "simulated");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 4, 1) &&
              must_fail(&client, call->write2(client.context, 0, block), SBT_FAILED, "the fifth sbtwrite2") &&
              close_piece(&client, SBT_CLOSE_ABORT) && open_write(&client, handle, BLOCK) &&
              write_blocks(&client, BLOCK, 0, 6, 1) && close_piece(&client, 0) && remove_piece(&client, handle);
  client_finish(&client);
  return good;
}

static bool simulated_close(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  struct piece_info info = {.found = true};
  fresh_handle(handle, "simulated");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 4, 1) &&
              must_fail(&client, library->call->close2(client.context, 0), SBT_FAILED, "the first sbtclose2") &&
              look_up(&client, handle, &info);
  client_finish(&client);
  REQUIRE(good);
  EXPECT(!info.found, "the piece exists although sbtclose2 failed");
  return true;
}

bool check_simulated_errors(struct library *library)
{
  struct borrowed simulation = borrow("ADY_SBT_SIM_ERROR", " sbtwrite2:5 ");
  bool good = simulated_write(library);
  setenv("ADY_SBT_SIM_ERROR", "sbtclose2:1", 1);
  good = good && simulated_close(library);
  setenv("ADY_SBT_SIM_ERROR", "sbtinit2:1", 1);
  good = good && init2_fails(library, "ADY_SBT_SIMULATED", "ADY_SBT_SIM_ERROR");
  give_back(&simulation);
  return good;
}

static bool trace_is_good(const char *file)
{
  static char content[65536];
  char token[512] = "";
  FILE *trace = fopen(file, "r");
  EXPECT(trace != NULL, "there is no trace file");
  size_t length = fread(content, 1, sizeof content - 1, trace);
  fclose(trace);
  content[length] = '\0';
  static const char *const calls[] = {"sbtinit2", "sbtbackup", "sbtwrite2", "sbtclose2", "sbtinfo2", "sbtrestore", "sbtcommand", "sbtend"};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    EXPECT(strstr(content, calls[i]) != NULL, "the trace does not mention %s", calls[i]);
  EXPECT(strstr(content, "-> -1 7502") != NULL, "the trace does not show the error");
  const char *token_file = getenv("ADY_TOKEN_FILE");
  FILE *secret = token_file == NULL ? NULL : fopen(token_file, "r");
  if (secret != NULL) {
    if (fscanf(secret, "%511s", token) != 1)
      token[0] = '\0';
    fclose(secret);
  }
  EXPECT(token[0] == '\0' || strstr(content, token) == NULL, "the trace holds the token");
  return true;
}

bool check_trace(struct library *library)
{
  char file[] = "/tmp/sbtcheck-trace-XXXXXX";
  char handle[SBT_HANDLE_BYTES];
  char command[128];
  struct client client;
  struct piece_info info;
  struct borrowed none = borrow("ADY_SBT_TRACE", file);
  int fd = mkstemp(file);
  setenv("ADY_SBT_TRACE", file, 1);
  snprintf(command, sizeof command, "ENV=(ADY_SBT_TRACE=%s)", file);
  fresh_handle(handle, "trace");
  bool good = fd >= 0 && client_begin(&client, library);
  if (good) {
    good = library->call->command(client.context, 0, command) == 0 && open_write(&client, handle, BLOCK) &&
           write_blocks(&client, BLOCK, 0, 1, 1) && close_piece(&client, 0) && look_up(&client, handle, &info) &&
           remove_piece(&client, handle) &&
           must_fail(&client, library->call->restore(client.context, 0, handle, BLOCK), SBT_NOT_FOUND, "sbtrestore of a removed piece");
    client_finish(&client);
  }
  give_back(&none);
  good = good && trace_is_good(file);
  if (fd >= 0)
    close(fd);
  unlink(file);
  return good;
}

/* What the worker's own error text must contain when it fails on purpose. */
static const char *expected_text(void)
{
  const char *text = getenv("SBTCHECK_EXPECT");
  return text == NULL ? "" : text;
}

/* Writes until it fails; false when thousands of blocks went through. */
static bool write_until_failure(struct client *client)
{
  static unsigned char block[BLOCK];
  for (int i = 0; i < 100000; i++)
    if (client->library->call->write2(client->context, 0, block) != 0)
      return true;
  fail("100000 blocks were written without an error");
  return false;
}

static bool error_text_is(struct client *client, const char *wanted)
{
  const char *text = "";
  unsigned long code = client_error(client, &text);
  EXPECT(code == SBT_FAILED && strstr(text, wanted) != NULL, "the error is %lu '%s' and does not mention '%s'", code, text, wanted);
  note("%.250s", text);
  return true;
}

/* After the worker gave up a piece the channel must be usable for the next one. */
static bool next_piece_works(struct client *client, const char *failed_handle)
{
  char handle[SBT_HANDLE_BYTES];
  struct piece_info info;
  fresh_handle(handle, "next");
  REQUIRE(look_up(client, failed_handle, &info));
  EXPECT(!info.found, "the failed piece is found");
  REQUIRE(open_write(client, handle, BLOCK) && write_blocks(client, BLOCK, 0, 3, 1) && close_piece(client, 0));
  return remove_piece(client, handle);
}

bool check_worker_error(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  static unsigned char block[BLOCK];
  fresh_handle(handle, "fail-write");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_until_failure(&client) && error_text_is(&client, expected_text()) &&
              must_fail(&client, library->call->write2(client.context, 0, block), SBT_FAILED, "sbtwrite2 after the failure") &&
              must_fail(&client, library->call->close2(client.context, 0), SBT_FAILED, "sbtclose2 after the failure") &&
              error_text_is(&client, expected_text()) && next_piece_works(&client, handle) && open_write(&client, handle, BLOCK) &&
              write_until_failure(&client) && close_piece(&client, SBT_CLOSE_ABORT) && next_piece_works(&client, handle);
  client_finish(&client);
  return good;
}

bool check_close_error(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "fail-close");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 3, 1) &&
              must_fail(&client, library->call->close2(client.context, 0), SBT_FAILED, "sbtclose2") &&
              error_text_is(&client, expected_text()) && close_piece(&client, SBT_CLOSE_ABORT) && next_piece_works(&client, handle);
  client_finish(&client);
  return good;
}

static bool read_until_failure(struct client *client)
{
  static unsigned char block[BLOCK];
  for (int i = 0; i < 100000; i++)
    if (client->library->call->read2(client->context, 0, block) != 0)
      return true;
  fail("100000 blocks were read without an error");
  return false;
}

bool check_read_error(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  static unsigned char block[BLOCK];
  fresh_handle(handle, "fail-read");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 400, 1) && close_piece(&client, 0) &&
              open_read(&client, handle, BLOCK) && read_until_failure(&client) && error_text_is(&client, expected_text()) &&
              must_fail(&client, library->call->read2(client.context, 0, block), SBT_FAILED, "sbtread2 after the failure") &&
              close_piece(&client, 0) && remove_piece(&client, handle);
  client_finish(&client);
  return good;
}

/* Once lost, every call fails with 7501, and sbtend works. */
static bool stays_lost(struct client *client)
{
  static unsigned char block[BLOCK];
  char handle[] = "any";
  char *names[] = {handle, NULL};
  ady_kv *list = NULL;
  ady_kv object[] = {{OBJECT_END, NULL}};
  const ady_fptr *call = client->library->call;
  REQUIRE(must_fail(client, call->write2(client->context, 0, block), SBT_FAILED, "sbtwrite2 after the loss"));
  REQUIRE(must_fail(client, call->close2(client->context, SBT_CLOSE_ABORT), SBT_FAILED, "sbtclose2 after the loss"));
  REQUIRE(must_fail(client, call->info2(client->context, 0, names, &list), SBT_FAILED, "sbtinfo2 after the loss"));
  REQUIRE(must_fail(client, call->remove2(client->context, 0, names), SBT_FAILED, "sbtremove2 after the loss"));
  REQUIRE(must_fail(client, call->backup(client->context, 0, handle, object, BLOCK, 0, 1, 0), SBT_FAILED, "sbtbackup after the loss"));
  REQUIRE(must_fail(client, call->restore(client->context, 0, handle, BLOCK), SBT_FAILED, "sbtrestore after the loss"));
  REQUIRE(must_fail(client, call->command(client->context, 0, handle), SBT_FAILED, "sbtcommand after the loss"));
  return error_text_is(client, expected_text());
}

bool check_connection_lost(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "drop");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_until_failure(&client) && error_text_is(&client, expected_text()) &&
              stays_lost(&client);
  client_finish(&client);
  return good;
}

bool check_connection_lost_reading(struct library *library)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "later-drop");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 400, 1) && close_piece(&client, 0) &&
              open_read(&client, handle, BLOCK) && read_until_failure(&client) && error_text_is(&client, expected_text()) &&
              stays_lost(&client);
  client_finish(&client);
  return good;
}
