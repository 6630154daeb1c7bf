/* The context that Oracle hands to every call: all state of one channel, so that several channels can live in one process. */
#ifndef ADY_SESSION_H
#define ADY_SESSION_H

#include "connection.h"
#include "settings.h"

#include <sys/types.h>

/* Set by init2. With any other value nothing in the context is believed, whatever memory Oracle gave us. */
#define SESSION_MAGIC 0x4164796E53425432ULL

enum piece_state {
  PIECE_NONE,
  PIECE_WRITING,
  PIECE_READING,
  PIECE_FAILED /* the worker has given the piece up; RMAN must still close it */
};

struct session {
  uint64_t magic;
  pid_t pid;
  int trace_fd; /* -1: no trace */
  enum sbt_call call;
  enum piece_state piece;
  bool writing; /* the open piece was opened by sbtbackup */
  bool pending; /* `error` has not been cleared by a later call */
  uint32_t block_bytes;
  uint64_t blocks; /* moved so far in the open piece */
  void *info;      /* what the last sbtinfo2 returned; lives until the next one or sbtend */
  struct simulation simulation;
  struct failure error;
  char channel[ADY_CHANNEL_BYTES];
  char handle[ADY_SUBJECT_BYTES];
  struct connection connection;
};

_Static_assert(sizeof(struct session) <= ADY_CONTEXT_BYTES_MAX, "the context stays small");

/* Begins a call: finds the session, clears the last error, refuses calls that cannot work (no init2, another process, lost
 * connection) and calls that fail on purpose. False: the error is set. */
bool session_enter(struct session *session, enum sbt_call call);

/* Ends a call: writes the trace line and hands the result on. `detail` may be NULL. */
int session_leave(struct session *session, int result, const char *detail);

/* Sets the error and returns -1. */
int session_fail(struct session *session, unsigned long code, const char *code_name, const char *what);

/* Returns -1 with the reason for which the connection is lost or the worker has given up the piece. */
int session_fail_by_worker(struct session *session);

/* Ends a call with what its answer says: 0, or -1 with the error in place. The payload of a good answer is let go. */
int session_settle(struct session *session, enum answer_kind kind, struct answer *answer);

/* Checks the length of a handle (1 to 511 bytes); 0 and an error when it is out of range. */
size_t session_handle_length(struct session *session, const char *handle);

/* True when this is the call that ADY_SBT_SIM_ERROR counts; then the error is set. */
bool session_simulates(struct session *session);

int session_init(struct session *session);
int session_command(struct session *session, const char *command);
int session_end(struct session *session, unsigned long flags);

int piece_backup(struct session *session, const char *handle, const ady_kv *object, size_t block_size, unsigned int copy_no);
int piece_restore(struct session *session, const char *handle, size_t block_size);
int piece_write(struct session *session, const void *block);
int piece_read(struct session *session, void *block);
int piece_close(struct session *session, unsigned long flags);

/* Gives up the open piece, waiting at most `limit_ms` for the worker to agree. */
void piece_discard(struct session *session, int64_t limit_ms);

int pieces_info(struct session *session, char **names, ady_kv **info);
int pieces_remove(struct session *session, char **names);

void trace_open(struct session *session, const char *file);
void trace_close(struct session *session);
void trace_call(struct session *session, int result, const char *detail);

#endif
