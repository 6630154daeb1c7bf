/* The Unix socket to the dedup-worker: one per context, never blocking without a limit, never raising a signal.
 * A connection that failed once stays failed: the worker has discarded whatever was open, so nothing can be resumed on it. */
#ifndef ADY_CONNECTION_H
#define ADY_CONNECTION_H

#include "errors.h"
#include "frame.h"
#include "limits.h"

#include <stdint.h>

enum link_state { LINK_NONE, LINK_OPEN, LINK_LOST };

struct connection {
  enum link_state link;
  int fd; /* -1 unless link is LINK_OPEN */
  uint32_t sent_sequence;
  uint32_t received_sequence;
  uint32_t header_have; /* bytes of the next header that have arrived */
  uint32_t data_left;   /* bytes of the current DATA frame that have not been read */
  bool data_ended;      /* DATA_END has been seen */
  bool streaming;       /* a piece is being read: DATA frames arrive unasked */
  bool failed;          /* `failure` holds what the worker reported unasked, or why the connection was lost */
  int64_t progress_ms;  /* when the last byte moved in either direction, on the monotonic clock */
  unsigned char header[FRAME_HEADER_BYTES];
  unsigned char control[ADY_CONTROL_BYTES_MAX];
  char socket_path[ADY_SOCKET_PATH_BYTES];
  const char *activity; /* "writing piece": completes "… while …" in error texts */
  char subject[ADY_SUBJECT_BYTES];
  struct failure failure;
};

/* An answer's payload; `allocated` must be freed. It lies in the connection's control memory when it is short. */
struct answer {
  struct payload_reader payload;
  void *allocated;
};

enum answer_kind { ANSWER_GOOD, ANSWER_ERROR, ANSWER_LOST };
enum data_kind { DATA_FILLED, DATA_ENDED, DATA_FAILED };

int64_t monotonic_ms(void);

/* Connects within ADY_CONNECT_LIMIT_MS; on false `failure` says why. */
bool connection_open(struct connection *connection, const char *socket_path);

/* Names what is being done, for the texts of a loss; starts the silence clock. */
void connection_begin(struct connection *connection, const char *activity, const char *subject);

/* Takes in what the worker sent unasked, without waiting. False when the connection is lost. */
bool connection_check(struct connection *connection);

/* Sends one frame whole. `watch` also takes in unasked frames while the socket is full. False when the connection is lost. */
bool connection_send(struct connection *connection, enum frame_type type, const void *payload, size_t length, bool watch);

/* Waits up to `limit_ms` for the answer to the frame sent last. An ERROR that answers it goes to `error`; DATA frames on the way
 * are thrown away when `discard_data`. */
enum answer_kind connection_wait(struct connection *connection, enum frame_type expected, int64_t limit_ms, bool discard_data,
                                 struct answer *answer, struct failure *error);

/* Reads up to `length` bytes of DATA frames straight into `buffer`; `*got` is less than `length` only at the end or on failure. */
enum data_kind connection_read(struct connection *connection, unsigned char *buffer, size_t length, size_t *got);

/* Closes the socket without a word; the worker takes that as a lost connection. */
void connection_drop(struct connection *connection);

#endif
