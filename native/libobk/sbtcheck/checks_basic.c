/* What any usable library does: the calls of Oracle's own test program. */
#include "checks.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool check_initialise_twice(struct library *library)
{
  const ady_fptr *before = library->call;
  struct library again = *library;
  REQUIRE(library_initialise(&again));
  EXPECT(again.call == before && again.context_bytes == library->context_bytes, "the second sbtinit returned something else");
  EXPECT(before->backup && before->close2 && before->command && before->end && before->error && before->info2 && before->init2 &&
             before->read2 && before->remove2 && before->restore && before->write2,
         "a slot of the function table is empty");
  return true;
}

bool check_allocate_release(struct library *library)
{
  struct client client;
  REQUIRE(client_begin(&client, library));
  client_finish(&client);
  return true;
}

bool check_command(struct library *library)
{
  struct client client;
  char text[] = "some text that no library knows";
  REQUIRE(client_begin(&client, library));
  int result = library->call->command(client.context, 0, text);
  if (result != 0)
    fail("sbtcommand returned %d", result);
  client_finish(&client);
  return true;
}

static bool write_and_find(struct client *client, const char *handle, size_t block_bytes, uint64_t count)
{
  struct piece_info info;
  REQUIRE(open_write(client, handle, block_bytes));
  REQUIRE(write_blocks(client, block_bytes, 0, count, block_bytes));
  REQUIRE(close_piece(client, 0));
  REQUIRE(look_up(client, handle, &info));
  EXPECT(info.found, "the piece is not found right after it was closed");
  EXPECT(info.label[0] != '\0', "the piece has no label (RMAN: ORA-27193)");
  note("%llu blocks of %zu bytes; label '%s', comment '%s'", (unsigned long long)count, block_bytes, info.label, info.comment);
  return true;
}

static bool read_and_remove(struct client *client, const char *handle, size_t block_bytes, uint64_t count)
{
  static unsigned char block[1 << 20];
  const ady_fptr *call = client->library->call;
  struct piece_info info;
  REQUIRE(open_read(client, handle, block_bytes));
  REQUIRE(read_blocks(client, block_bytes, 0, count, block_bytes));
  REQUIRE(must_fail(client, call->read2(client->context, 0, block), SBT_END_OF_FILE, "sbtread2 after the last block"));
  REQUIRE(must_fail(client, call->read2(client->context, 0, block), SBT_END_OF_FILE, "sbtread2 once more"));
  REQUIRE(close_piece(client, 0));
  REQUIRE(remove_piece(client, handle));
  REQUIRE(look_up(client, handle, &info));
  EXPECT(!info.found, "the piece is still found after it was removed");
  return true;
}

static bool round_trip(struct library *library, size_t block_bytes, uint64_t count)
{
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "round-trip");
  REQUIRE(client_begin(&client, library));
  bool good = write_and_find(&client, handle, block_bytes, count);
  client_finish(&client);
  REQUIRE(good);
  REQUIRE(client_begin(&client, library));
  good = read_and_remove(&client, handle, block_bytes, count);
  client_finish(&client);
  return good;
}

bool check_round_trip_16k(struct library *library)
{
  return round_trip(library, 16384, 100);
}

bool check_round_trip_256k(struct library *library)
{
  return round_trip(library, 262144, 16);
}

bool check_round_trip_1m(struct library *library)
{
  return round_trip(library, 1048576, 8);
}

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool check_throughput(struct library *library)
{
  static unsigned char block[1 << 20];
  const int count = 512;
  struct client client;
  char handle[SBT_HANDLE_BYTES];
  fresh_handle(handle, "throughput");
  fill_block(block, sizeof block, 7, 7);
  REQUIRE(client_begin(&client, library));
  double begun = seconds_now();
  bool good = open_write(&client, handle, sizeof block);
  for (int i = 0; good && i < count; i++) {
    memcpy(block, &i, sizeof i); /* no two blocks are equal */
    good = library->call->write2(client.context, 0, block) == 0;
  }
  good = good && close_piece(&client, 0);
  double written = seconds_now();
  good = good && open_read(&client, handle, sizeof block);
  for (int i = 0; good && i < count; i++)
    good = library->call->read2(client.context, 0, block) == 0;
  good = good && close_piece(&client, 0);
  double read = seconds_now();
  good = good && remove_piece(&client, handle);
  client_finish(&client);
  EXPECT(good, "a call failed");
  note("written with %.0f MiB/s, read with %.0f MiB/s", count / (written - begun), count / (read - written));
  return true;
}
