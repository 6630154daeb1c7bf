/* Rules of the interface that a library can break without Oracle's test program noticing, and RMAN then fails at night. */
#include "checks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 16384

/* Runs `body` on a fresh channel and ends it. */
static bool with_client(struct library *library, bool (*body)(struct client *client))
{
  struct client client;
  REQUIRE(client_begin(&client, library));
  bool good = body(&client);
  client_finish(&client);
  return good;
}

static bool make_piece(struct client *client, const char *handle, uint64_t blocks)
{
  return open_write(client, handle, BLOCK) && write_blocks(client, BLOCK, 0, blocks, 1) && close_piece(client, 0);
}

static int try_backup(struct client *client, const char *handle)
{
  ady_kv object[] = {{OBJECT_END, NULL}};
  char name[SBT_HANDLE_BYTES + 8];
  snprintf(name, sizeof name, "%s", handle);
  return client->library->call->backup(client->context, 0, name, object, BLOCK, 0, 1, 0);
}

static int try_restore(struct client *client, const char *handle)
{
  char name[SBT_HANDLE_BYTES];
  snprintf(name, sizeof name, "%s", handle);
  return client->library->call->restore(client->context, 0, name, BLOCK);
}

static bool expect_found(struct client *client, const char *handle, bool found)
{
  struct piece_info info;
  REQUIRE(look_up(client, handle, &info));
  EXPECT(info.found == found, found ? "the piece is not found" : "the piece is found although it must not exist");
  return true;
}

static bool exists_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "exists");
  REQUIRE(make_piece(client, handle, 3));
  REQUIRE(must_fail(client, try_backup(client, handle), SBT_EXISTS, "sbtbackup of an existing piece"));
  REQUIRE(open_read(client, handle, BLOCK));
  REQUIRE(read_blocks(client, BLOCK, 0, 3, 1));
  REQUIRE(close_piece(client, 0));
  return remove_piece(client, handle);
}

bool check_exists(struct library *library)
{
  return with_client(library, exists_body);
}

static bool not_found_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "nowhere");
  char *names[] = {handle, NULL};
  REQUIRE(expect_found(client, handle, false));
  REQUIRE(must_fail(client, try_restore(client, handle), SBT_NOT_FOUND, "sbtrestore of an unknown piece"));
  int result = client->library->call->remove2(client->context, 0, names);
  return must_fail(client, result, SBT_NOT_FOUND, "sbtremove2 of an unknown piece");
}

bool check_not_found(struct library *library)
{
  return with_client(library, not_found_body);
}

static bool abort_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "abort");
  REQUIRE(open_write(client, handle, BLOCK));
  REQUIRE(write_blocks(client, BLOCK, 0, 20, 1));
  REQUIRE(close_piece(client, SBT_CLOSE_ABORT));
  REQUIRE(expect_found(client, handle, false));
  REQUIRE(make_piece(client, handle, 2));
  return remove_piece(client, handle);
}

bool check_abort(struct library *library)
{
  return with_client(library, abort_body);
}

static bool one_piece_body(struct client *client)
{
  char first[SBT_HANDLE_BYTES];
  char second[SBT_HANDLE_BYTES];
  static unsigned char block[BLOCK];
  const ady_fptr *call = client->library->call;
  fresh_handle(first, "first");
  fresh_handle(second, "second");
  REQUIRE(open_write(client, first, BLOCK));
  REQUIRE(write_blocks(client, BLOCK, 0, 2, 1));
  REQUIRE(must_fail(client, try_backup(client, second), SBT_FAILED, "sbtbackup on an open context"));
  REQUIRE(must_fail(client, try_restore(client, first), SBT_FAILED, "sbtrestore on an open context"));
  REQUIRE(must_fail(client, call->read2(client->context, 0, block), SBT_FAILED, "sbtread2 of a piece that is written"));
  REQUIRE(write_blocks(client, BLOCK, 2, 2, 1));
  REQUIRE(close_piece(client, 0));
  REQUIRE(must_fail(client, call->write2(client->context, 0, block), SBT_FAILED, "sbtwrite2 without a piece"));
  REQUIRE(must_fail(client, call->close2(client->context, 0), SBT_FAILED, "sbtclose2 without a piece"));
  REQUIRE(open_read(client, first, BLOCK));
  REQUIRE(read_blocks(client, BLOCK, 0, 4, 1));
  REQUIRE(close_piece(client, 0));
  REQUIRE(expect_found(client, second, false));
  return remove_piece(client, first);
}

bool check_one_piece(struct library *library)
{
  return with_client(library, one_piece_body);
}

static bool early_close_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "early-close");
  REQUIRE(make_piece(client, handle, 200));
  for (uint64_t blocks = 0; blocks < 3; blocks++) {
    REQUIRE(open_read(client, handle, BLOCK));
    REQUIRE(read_blocks(client, BLOCK, 0, blocks, 1));
    REQUIRE(close_piece(client, blocks == 2 ? SBT_CLOSE_ABORT : 0));
  }
  REQUIRE(expect_found(client, handle, true));
  return remove_piece(client, handle);
}

bool check_early_close(struct library *library)
{
  return with_client(library, early_close_body);
}

#define MANY 450

static bool many_names_body(struct client *client)
{
  static char handles[MANY][SBT_HANDLE_BYTES];
  static char *names[MANY + 1];
  static struct piece_info infos[MANY];
  ady_kv *list = NULL;
  for (size_t i = 0; i < MANY; i++)
    names[i] = (char *)(uintptr_t)fresh_handle(handles[i], "many-names");
  names[MANY] = NULL;
  REQUIRE(make_piece(client, handles[7], 1));
  REQUIRE(make_piece(client, handles[300], 1));
  EXPECT(client->library->call->info2(client->context, 0, names, &list) == 0, "sbtinfo2 failed");
  REQUIRE(read_info(list, names, MANY, infos));
  for (size_t i = 0; i < MANY; i++)
    EXPECT(infos[i].found == (i == 7 || i == 300), "name %zu of %d was %s", i, MANY, infos[i].found ? "found" : "not found");
  char *pair[] = {handles[7], handles[300], NULL};
  EXPECT(client->library->call->remove2(client->context, 0, pair) == 0, "sbtremove2 of two pieces failed");
  return expect_found(client, handles[300], false);
}

bool check_many_names(struct library *library)
{
  return with_client(library, many_names_body);
}

static bool long_handle_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES + 1];
  char shorter[SBT_HANDLE_BYTES];
  fresh_handle(shorter, "long");
  size_t length = strlen(shorter);
  memcpy(handle, shorter, length);
  for (size_t at = length; at < SBT_HANDLE_BYTES; at++)
    handle[at] = at % 40 == 0 ? '/' : 'x';
  handle[SBT_HANDLE_BYTES] = '\0';
  REQUIRE(must_fail(client, try_backup(client, handle), SBT_FAILED, "sbtbackup with a handle of 512 bytes"));
  handle[SBT_HANDLE_BYTES - 1] = '\0';
  REQUIRE(make_piece(client, handle, 2));
  REQUIRE(expect_found(client, handle, true));
  handle[SBT_HANDLE_BYTES - 2] = 'y';
  REQUIRE(expect_found(client, handle, false));
  handle[SBT_HANDLE_BYTES - 2] = 'x';
  return remove_piece(client, handle);
}

bool check_long_handle(struct library *library)
{
  return with_client(library, long_handle_body);
}

static bool init2_again_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  ady_kv in[] = {{INIT2_IN_END, NULL}};
  ady_kv *out = NULL;
  fresh_handle(handle, "init2-again");
  REQUIRE(open_write(client, handle, BLOCK));
  REQUIRE(write_blocks(client, BLOCK, 0, 2, 1));
  EXPECT(client->library->call->init2(client->context, 0, in, &out) == 0, "the second sbtinit2 failed");
  REQUIRE(write_blocks(client, BLOCK, 2, 2, 1));
  REQUIRE(close_piece(client, 0));
  REQUIRE(open_read(client, handle, BLOCK));
  REQUIRE(read_blocks(client, BLOCK, 0, 4, 1));
  REQUIRE(close_piece(client, 0));
  return remove_piece(client, handle);
}

bool check_init2_again(struct library *library)
{
  return with_client(library, init2_again_body);
}

static bool error_rules_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  char text[] = "text";
  char *native = NULL;
  char *utf8 = NULL;
  unsigned long code = 0;
  const ady_fptr *call = client->library->call;
  fresh_handle(handle, "nowhere");
  EXPECT(call->error(client->context, 0, &code, &native, &utf8) == -1, "sbterror returned an error before there was one");
  EXPECT(try_restore(client, handle) == -1, "sbtrestore of an unknown piece worked");
  for (int i = 0; i < 2; i++) {
    EXPECT(call->error(client->context, 0, &code, &native, &utf8) == 0 && code == SBT_NOT_FOUND, "sbterror gave %lu", code);
    EXPECT(native != NULL && utf8 != NULL && native[0] != '\0' && strcmp(native, utf8) == 0, "the two texts differ or are empty");
  }
  EXPECT(call->command(client->context, 0, text) == 0, "sbtcommand failed");
  EXPECT(call->error(client->context, 0, &code, &native, &utf8) == -1, "the error outlived a call that worked");
  return true;
}

bool check_error_rules(struct library *library)
{
  return with_client(library, error_rules_body);
}

bool check_before_init2(struct library *library)
{
  struct client client;
  static unsigned char block[BLOCK];
  char *names[] = {NULL};
  ady_kv *list = NULL;
  const ady_fptr *call = library->call;
  REQUIRE(client_create(&client, library));
  bool good = must_fail(&client, try_backup(&client, "x"), SBT_FAILED, "sbtbackup before sbtinit2") &&
              must_fail(&client, call->write2(client.context, 0, block), SBT_FAILED, "sbtwrite2 before sbtinit2") &&
              must_fail(&client, call->info2(client.context, 0, names, &list), SBT_FAILED, "sbtinfo2 before sbtinit2");
  client_finish(&client);
  return good;
}

bool check_end_without_init(struct library *library)
{
  struct client client;
  REQUIRE(client_create(&client, library));
  int zeroed = library->call->end(client.context, 0);
  int twice = library->call->end(client.context, 0);
  memset(client.context, 0xA5, library->context_bytes);
  int garbage = library->call->end(client.context, 0);
  int abnormal = library->call->end(client.context, SBT_END_ABNORMAL);
  free(client.context);
  EXPECT(zeroed == 0 && twice == 0 && garbage == 0 && abnormal == 0, "sbtend returned %d, %d, %d, %d", zeroed, twice, garbage, abnormal);
  return true;
}

static bool end_in_child_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  int status = 0;
  fresh_handle(handle, "end-in-child");
  REQUIRE(open_write(client, handle, BLOCK));
  REQUIRE(write_blocks(client, BLOCK, 0, 3, 1));
  pid_t child = fork();
  EXPECT(child >= 0, "fork failed");
  if (child == 0)
    _exit(client->library->call->end(client->context, SBT_END_ABNORMAL) == 0 ? 0 : 1);
  EXPECT(waitpid(child, &status, 0) == child && status == 0, "sbtend(abnormal) in the child failed");
  REQUIRE(write_blocks(client, BLOCK, 3, 3, 1));
  REQUIRE(close_piece(client, 0));
  REQUIRE(open_read(client, handle, BLOCK));
  REQUIRE(read_blocks(client, BLOCK, 0, 6, 1));
  REQUIRE(close_piece(client, 0));
  return remove_piece(client, handle);
}

bool check_end_in_child(struct library *library)
{
  return with_client(library, end_in_child_body);
}

static bool end_discards(struct library *library, unsigned long flags)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "end-discards");
  REQUIRE(client_begin(&client, library));
  bool good = open_write(&client, handle, BLOCK) && write_blocks(&client, BLOCK, 0, 3, 1);
  int result = library->call->end(client.context, flags);
  client_finish(&client);
  REQUIRE(good);
  EXPECT(result == 0, "sbtend with an open piece returned %d", result);
  REQUIRE(client_begin(&client, library));
  good = expect_found(&client, handle, false);
  client_finish(&client);
  return good;
}

bool check_end_discards(struct library *library)
{
  return end_discards(library, 0) && end_discards(library, SBT_END_ABNORMAL);
}

static bool interleave(struct client *one, struct client *two)
{
  char first[SBT_HANDLE_BYTES];
  char second[SBT_HANDLE_BYTES];
  fresh_handle(first, "channel-1");
  fresh_handle(second, "channel-2");
  REQUIRE(open_write(one, first, BLOCK) && open_write(two, second, BLOCK));
  for (uint64_t i = 0; i < 10; i++)
    REQUIRE(write_blocks(one, BLOCK, i, 1, 1) && write_blocks(two, BLOCK, i, 1, 2));
  REQUIRE(close_piece(one, 0) && close_piece(two, 0));
  REQUIRE(open_read(one, second, BLOCK) && open_read(two, first, BLOCK));
  for (uint64_t i = 0; i < 10; i++)
    REQUIRE(read_blocks(one, BLOCK, i, 1, 2) && read_blocks(two, BLOCK, i, 1, 1));
  REQUIRE(close_piece(one, 0) && close_piece(two, 0));
  return remove_piece(one, first) && remove_piece(two, second);
}

bool check_two_channels(struct library *library)
{
  struct client one;
  struct client two;
  REQUIRE(client_begin(&one, library));
  bool good = client_begin(&two, library);
  if (good) {
    good = interleave(&one, &two);
    client_finish(&two);
  }
  client_finish(&one);
  return good;
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
  (void)number;
  alarms++;
}

static bool interrupted_body(struct client *client)
{
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "interrupted");
  /* 48 MiB are more than the socket holds, so that waiting calls are hit as well. */
  REQUIRE(open_write(client, handle, 1 << 20) && write_blocks(client, 1 << 20, 0, 48, 1) && close_piece(client, 0));
  REQUIRE(open_read(client, handle, 1 << 20) && read_blocks(client, 1 << 20, 0, 48, 1) && close_piece(client, 0));
  return remove_piece(client, handle);
}

bool check_interrupted(struct library *library)
{
  struct sigaction action = {.sa_handler = count_alarm}; /* no SA_RESTART: every call is interrupted for real */
  struct sigaction before;
  const struct itimerval storm = {.it_interval = {.tv_usec = 500}, .it_value = {.tv_usec = 500}};
  const struct itimerval calm = {.it_interval = {.tv_usec = 0}, .it_value = {.tv_usec = 0}};
  alarms = 0;
  sigaction(SIGALRM, &action, &before);
  setitimer(ITIMER_REAL, &storm, NULL);
  bool good = with_client(library, interrupted_body);
  setitimer(ITIMER_REAL, &calm, NULL);
  sigaction(SIGALRM, &before, NULL);
  REQUIRE(good);
  EXPECT(alarms > 10, "only %d signals arrived", (int)alarms);
  note("survived %d signals", (int)alarms);
  return true;
}
