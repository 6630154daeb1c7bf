/* One piece, written or read. Blocks go between Oracle's buffer and the socket without a copy in between, so the library's memory
 * does not depend on sizes or on how slow the network is: where the worker is full, sbtwrite2 waits. */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the object list of sbtbackup tells about the database. */
struct object_facts {
  const char *database_name;
  size_t database_name_length;
  uint64_t dbid;
};

static struct object_facts object_facts_of(const ady_kv *object)
{
  struct object_facts facts = {.database_name = "", .database_name_length = 0, .dbid = 0};
  for (size_t i = 0; object != NULL && i < ADY_LIST_ELEMENTS_MAX && object[i].tag != OBJECT_END; i++) {
    if (object[i].val == NULL)
      continue;
    if (object[i].tag == OBJECT_DATABASE_NAME) {
      facts.database_name = object[i].val;
      facts.database_name_length = strnlen(facts.database_name, SBT_DATABASE_NAME_BYTES - 1);
    } else if (object[i].tag == OBJECT_DBID) {
      facts.dbid = *(const unsigned long *)object[i].val;
    }
    /* OBJECT_FILE_TYPE is left alone: whether its value is a number or points to one is not known for certain. */
  }
  return facts;
}

/* The checks that backup and restore share; the length of the handle, or 0 and an error. */
static size_t check_open(struct session *session, const char *handle, size_t block_size)
{
  if (session->piece != PIECE_NONE) {
    session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "a piece is open already; a session has one at a time");
    return 0;
  }
  if (block_size < 1 || block_size > ADY_PAYLOAD_BYTES_MAX) {
    session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID",
                 "the block size must lie between 1 byte and 4 MiB | HINT: use BLKSIZE=1048576 in PARMS");
    return 0;
  }
  size_t length = session_handle_length(session, handle);
  if (length > 0) {
    size_t shown = utf8_cut(handle, length, sizeof session->handle - 1);
    memcpy(session->handle, handle, shown);
    session->handle[shown] = '\0';
    session->blocks = 0;
  }
  return length;
}

static int finish_open(struct session *session, enum frame_type type, const unsigned char *memory,
                       const struct payload_writer *payload, enum piece_state opened)
{
  struct connection *connection = &session->connection;
  struct answer answer;
  connection->failed = false;
  connection_begin(connection, type == FRAME_OPEN_WRITE ? "creating piece " : "opening piece ", session->handle);
  if (!connection_send(connection, type, memory, payload->length, false))
    return session_fail_by_worker(session);
  enum answer_kind kind =
      connection_wait(connection, FRAME_OPENED, ADY_REQUEST_LIMIT_MS, false, &answer, &session->error);
  if (session_settle(session, kind, &answer) != 0)
    return -1;
  session->piece = opened;
  session->writing = opened == PIECE_WRITING;
  connection->data_left = 0;
  connection->data_ended = false;
  connection->streaming = opened == PIECE_READING;
  return 0;
}

int piece_backup(struct session *session, const char *handle, const ady_kv *object, size_t block_size, unsigned int copy_no)
{
  unsigned char memory[SBT_HANDLE_BYTES + 64];
  struct payload_writer payload = payload_into(memory, sizeof memory);
  size_t length = check_open(session, handle, block_size);
  if (length == 0)
    return -1;
  struct object_facts facts = object_facts_of(object);
  session->block_bytes = (uint32_t)block_size;
  put_u32(&payload, session->block_bytes);
  put_u32(&payload, copy_no);
  put_u64(&payload, facts.dbid);
  put_string(&payload, facts.database_name, facts.database_name_length);
  put_string(&payload, handle, length);
  return finish_open(session, FRAME_OPEN_WRITE, memory, &payload, PIECE_WRITING);
}

int piece_restore(struct session *session, const char *handle, size_t block_size)
{
  unsigned char memory[SBT_HANDLE_BYTES + 64];
  struct payload_writer payload = payload_into(memory, sizeof memory);
  size_t length = check_open(session, handle, block_size);
  if (length == 0)
    return -1;
  session->block_bytes = (uint32_t)block_size;
  put_u32(&payload, session->block_bytes);
  put_string(&payload, handle, length);
  return finish_open(session, FRAME_OPEN_READ, memory, &payload, PIECE_READING);
}

/* After the worker has given up the piece every further block is refused with the same words. */
static int give_up(struct session *session)
{
  session->piece = PIECE_FAILED;
  return session_fail_by_worker(session);
}

int piece_write(struct session *session, const void *block)
{
  struct connection *connection = &session->connection;
  if (session->piece == PIECE_FAILED && session->writing)
    return session_fail_by_worker(session);
  if (session->piece != PIECE_WRITING)
    return session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "sbtwrite2 was called without a piece open for writing");
  if (block == NULL)
    return session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID", "sbtwrite2 was called without a buffer");
  connection_begin(connection, "writing piece ", session->handle);
  if (!connection_check(connection) || connection->failed)
    return give_up(session);
  if (!connection_send(connection, FRAME_DATA, block, session->block_bytes, true) || connection->failed)
    return give_up(session);
  session->blocks++;
  return 0;
}

int piece_read(struct session *session, void *block)
{
  struct connection *connection = &session->connection;
  size_t got = 0;
  if (session->piece == PIECE_FAILED && !session->writing)
    return session_fail_by_worker(session);
  if (session->piece != PIECE_READING)
    return session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "sbtread2 was called without a piece open for reading");
  if (block == NULL)
    return session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID", "sbtread2 was called without a buffer");
  connection_begin(connection, "reading piece ", session->handle);
  switch (connection_read(connection, block, session->block_bytes, &got)) {
  case DATA_FAILED:
    return give_up(session);
  case DATA_ENDED:
    if (got == 0)
      return session_fail(session, SBT_END_OF_FILE, "ADY_SBT_END_OF_PIECE", "all blocks of the piece have been read");
    break;
  case DATA_FILLED:
    break;
  }
  session->blocks++;
  return 0;
}

/* Forgets the open piece; the session can take the next one. */
static void piece_forget(struct session *session)
{
  session->piece = PIECE_NONE;
  session->writing = false;
  session->connection.streaming = false;
  session->connection.data_left = 0;
  session->connection.data_ended = false;
  if (session->connection.link == LINK_OPEN)
    session->connection.failed = false;
}

void piece_discard(struct session *session, int64_t limit_ms)
{
  struct connection *connection = &session->connection;
  struct answer answer;
  struct failure ignored;
  if (session->piece == PIECE_NONE)
    return;
  connection_begin(connection, "giving up piece ", session->handle);
  bool watch = session->writing;
  if (connection_send(connection, FRAME_ABORT, NULL, 0, watch) &&
      connection_wait(connection, FRAME_ABORTED, limit_ms, !session->writing, &answer, &ignored) == ANSWER_GOOD)
    free(answer.allocated);
  piece_forget(session);
}

/* Closes a piece for good. A written one must be durable and findable before 0 is returned: RMAN then records it. */
static int finish_close(struct session *session)
{
  struct connection *connection = &session->connection;
  struct answer answer;
  bool writing = session->writing;
  connection_begin(connection, "closing piece ", session->handle);
  enum answer_kind kind = ANSWER_LOST;
  if (connection_send(connection, FRAME_CLOSE, NULL, 0, writing))
    kind = connection_wait(connection, FRAME_CLOSED, writing ? ADY_CLOSE_LIMIT_MS : ADY_REQUEST_LIMIT_MS, !writing, &answer,
                           &session->error);
  piece_forget(session);
  return session_settle(session, kind, &answer);
}

int piece_close(struct session *session, unsigned long flags)
{
  bool abort = (flags & SBT_CLOSE_ABORT) != 0;
  bool simulated = session_simulates(session);
  if (session->piece == PIECE_NONE) {
    /* RMAN may abort after a close that failed; there is nothing left to discard. */
    if (abort && !simulated)
      return 0;
    return simulated ? -1 : session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "sbtclose2 was called without an open piece");
  }
  if (session->piece != PIECE_FAILED && !abort && !simulated)
    return finish_close(session);
  /* A failed piece that was written cannot be closed well: RMAN must not record it. */
  bool fails = simulated || (session->piece == PIECE_FAILED && session->writing && !abort);
  struct failure reason = simulated ? session->error : session->connection.failure;
  piece_discard(session, ADY_REQUEST_LIMIT_MS);
  if (!fails)
    return session->connection.link == LINK_OPEN ? 0 : session_fail_by_worker(session);
  session->error = reason;
  session->pending = true;
  return -1;
}
