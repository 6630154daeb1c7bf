/* sbtcheck's side of the interface: loads a library and calls it as Oracle's server process does. */
#ifndef SBTCHECK_CLIENT_H
#define SBTCHECK_CLIENT_H

#include "sbt_abi.h"

#include <stdbool.h>
#include <stdint.h>

/* A loaded library and what its sbtinit returned. */
struct library {
  void *loaded;
  int (*sbtinit)(ady_v1err *, ady_kv *, ady_kv **);
  const ady_fptr *call;
  unsigned long context_bytes;
  unsigned long api_version;
  unsigned long library_version;
  const char *description;
};

/* One channel: a context of the size the library asked for. */
struct client {
  const struct library *library;
  void *context;
  bool initialised;
};

/* What sbtinfo2 told about one piece. */
struct piece_info {
  bool found;
  bool complete; /* label, comment, method, share and order were there */
  long created_at;
  char label[SBT_LABEL_BYTES];
  char comment[SBT_COMMENT_BYTES];
};

/* Why the running check failed; empty while it has not. */
extern char failure_reason[2048];
/* What the running check has to tell besides ok. */
extern char remark[256];
/* Set by -handle: the beginning of all piece handles. */
extern const char *handle_prefix;

void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define EXPECT(condition, ...)                                                                                               \
  do {                                                                                                                       \
    if (!(condition)) {                                                                                                      \
      fail(__VA_ARGS__);                                                                                                     \
      return false;                                                                                                          \
    }                                                                                                                        \
  } while (0)
#define REQUIRE(condition)                                                                                                   \
  do {                                                                                                                       \
    if (!(condition))                                                                                                        \
      return false;                                                                                                          \
  } while (0)

bool library_load(struct library *library, const char *path);

/* Fills `library` from sbtinit; false when something that Oracle needs is missing. */
bool library_initialise(struct library *library);

/* A zero-filled context; with `init2` the channel is ready. */
bool client_create(struct client *client, const struct library *library);
bool client_begin(struct client *client, const struct library *library);
void client_finish(struct client *client);

/* sbterror after a call that returned -1: the code, 0 when there is none. `text` may be NULL. */
unsigned long client_error(struct client *client, const char **text);

/* Calls that must succeed. */
bool open_write(struct client *client, const char *handle, size_t block_bytes);
bool open_read(struct client *client, const char *handle, size_t block_bytes);
bool write_blocks(struct client *client, size_t block_bytes, uint64_t first, uint64_t count, uint64_t seed);
bool read_blocks(struct client *client, size_t block_bytes, uint64_t first, uint64_t count, uint64_t seed);
bool close_piece(struct client *client, unsigned long flags);
bool look_up(struct client *client, const char *handle, struct piece_info *info);
bool remove_piece(struct client *client, const char *handle);

/* A call returned `result`: it must be -1 and sbterror must give `code`. */
bool must_fail(struct client *client, int result, unsigned long code, const char *what);

/* Reads the list that sbtinfo2 returned for `count` names, checking its shape on the way. */
bool read_info(const ady_kv *list, char **names, size_t count, struct piece_info *infos);

/* A handle nobody has used before: <prefix>/<process>-<time>-<counter>-<suffix>. */
const char *fresh_handle(char handle[SBT_HANDLE_BYTES], const char *suffix);

/* Bytes that depend on seed and block number, and differ everywhere. */
void fill_block(unsigned char *block, size_t bytes, uint64_t seed, uint64_t number);

#endif
