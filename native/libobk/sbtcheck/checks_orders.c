/* The orders of calls RMAN makes beyond Oracle's own test program: the restore of a set, the search for an autobackup. */
#include "checks.h"

#include <stdio.h>
#include <string.h>

enum { SET_PIECES = 3, PROBES = 256 };
static const size_t BLOCK_BYTES = 262144;

/* Looks up all pieces of the set in one call, then reads each to its end on the same context. */
static bool read_set(struct client *client, char handles[SET_PIECES][SBT_HANDLE_BYTES])
{
  static unsigned char block[262144];
  char *names[SET_PIECES + 1] = {handles[0], handles[1], handles[2], NULL};
  struct piece_info infos[SET_PIECES];
  ady_kv *list = NULL;
  const ady_fptr *call = client->library->call;
  EXPECT(call->info2(client->context, 0, names, &list) == 0, "sbtinfo2 of the set failed");
  REQUIRE(read_info(list, names, SET_PIECES, infos));
  for (int i = 0; i < SET_PIECES; i++) {
    EXPECT(infos[i].found, "piece %d of the set is not found", i + 1);
    REQUIRE(open_read(client, handles[i], BLOCK_BYTES));
    REQUIRE(read_blocks(client, BLOCK_BYTES, 0, 2, (uint64_t)i));
    REQUIRE(must_fail(client, call->read2(client->context, 0, block), SBT_END_OF_FILE, "sbtread2 after the last block"));
    REQUIRE(close_piece(client, 0));
  }
  EXPECT(call->remove2(client->context, 0, names) == 0, "sbtremove2 of the set failed");
  return true;
}

static bool make_set(struct client *client, char handles[SET_PIECES][SBT_HANDLE_BYTES])
{
  struct piece_info info;
  for (int i = 0; i < SET_PIECES; i++) {
    fresh_handle(handles[i], "set");
    REQUIRE(open_write(client, handles[i], BLOCK_BYTES));
    REQUIRE(write_blocks(client, BLOCK_BYTES, 0, 2, (uint64_t)i));
    REQUIRE(close_piece(client, 0));
    REQUIRE(look_up(client, handles[i], &info));
  }
  return true;
}

bool check_restore_set(struct library *library)
{
  static char handles[SET_PIECES][SBT_HANDLE_BYTES];
  struct client client;
  REQUIRE(client_begin(&client, library));
  bool good = make_set(&client, handles);
  client_finish(&client);
  REQUIRE(good);
  REQUIRE(client_begin(&client, library));
  good = read_set(&client, handles);
  client_finish(&client);
  return good;
}

/* RESTORE CONTROLFILE FROM AUTOBACKUP asks for every sequence of a day; none of them is there. */
bool check_autobackup_probe(struct library *library)
{
  static char handles[PROBES][SBT_HANDLE_BYTES];
  static char *names[PROBES + 1];
  static struct piece_info infos[PROBES];
  struct client client;
  ady_kv *list = NULL;
  for (int i = 0; i < PROBES; i++) {
    snprintf(handles[i], sizeof handles[i], "%s/c-4294967295-19990101-%02x", handle_prefix, (unsigned)(PROBES - 1 - i));
    names[i] = handles[i];
  }
  names[PROBES] = NULL;
  REQUIRE(client_begin(&client, library));
  int result = library->call->info2(client.context, 0, names, &list);
  bool good = result == 0 && read_info(list, names, PROBES, infos);
  for (int i = 0; good && i < PROBES; i++)
    if (infos[i].found) {
      fail("%s is said to exist", names[i]);
      good = false;
    }
  client_finish(&client);
  EXPECT(result == 0, "sbtinfo2 of 256 names that do not exist failed");
  return good;
}
