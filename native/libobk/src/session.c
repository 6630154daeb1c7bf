/* The life of a session: init2 greets the worker, every call passes session_enter, end says good-bye. */
#include "session.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void forget(struct session *session)
{
  memset(session, 0, sizeof *session);
  session->connection.fd = -1;
  session->trace_fd = -1;
}

int session_fail(struct session *session, unsigned long code, const char *code_name, const char *what)
{
  failure_set(&session->error, code, "%s: %s", code_name, what);
  session->pending = true;
  return -1;
}

int session_fail_by_worker(struct session *session)
{
  session->error = session->connection.failure;
  session->pending = true;
  return -1;
}

int session_settle(struct session *session, enum answer_kind kind, struct answer *answer)
{
  switch (kind) {
  case ANSWER_GOOD:
    free(answer->allocated);
    return 0;
  case ANSWER_ERROR:
    session->pending = true;
    return -1;
  case ANSWER_LOST:
    break;
  }
  return session_fail_by_worker(session);
}

size_t session_handle_length(struct session *session, const char *handle)
{
  size_t length = handle == NULL ? 0 : strnlen(handle, SBT_HANDLE_BYTES);
  if (length >= 1 && length < SBT_HANDLE_BYTES)
    return length;
  session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID",
               "a piece handle has 1 to 511 bytes | HINT: shorten the FORMAT of the backup");
  return 0;
}

bool session_simulates(struct session *session)
{
  struct simulation *simulation = &session->simulation;
  if (simulation->call != session->call || ++simulation->seen != simulation->at)
    return false;
  session_fail(session, SBT_FAILED, "ADY_SBT_SIMULATED",
               "this call fails because ADY_SBT_SIM_ERROR asks for it | HINT: unset ADY_SBT_SIM_ERROR");
  return true;
}

bool session_enter(struct session *session, enum sbt_call call)
{
  if (session->magic != SESSION_MAGIC) {
    forget(session);
    session->magic = SESSION_MAGIC;
    session->pid = getpid();
  }
  session->call = call;
  session->pending = false;
  if (session->pid != getpid()) {
    /* A forked copy shares the socket: one byte from here would ruin the parent's session. */
    session_fail(session, SBT_FAILED, "ADY_SBT_OTHER_PROCESS", "this session belongs to another process");
    return false;
  }
  if (session->connection.link == LINK_LOST) {
    session_fail_by_worker(session);
    session->error.code = SBT_FAILED;
    return false;
  }
  if (session->connection.link == LINK_NONE && call != CALL_INIT) {
    session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "the call came before a successful sbtinit2");
    return false;
  }
  /* A simulated failure of sbtclose2 must also discard the piece, so piece_close asks for it itself. */
  return call == CALL_CLOSE || call == CALL_INIT || !session_simulates(session);
}

int session_leave(struct session *session, int result, const char *detail)
{
  trace_call(session, result, detail);
  return result;
}

/* Tells the worker who we are; the answer comes when the run's grant has been checked. */
static bool greet(struct session *session, const struct settings *settings)
{
  unsigned char memory[ADY_RUN_BYTES + ADY_CHANNEL_BYTES + ADY_TOKEN_BYTES + 128];
  struct payload_writer payload = payload_into(memory, sizeof memory);
  struct answer answer;
  put_u32(&payload, (uint32_t)session->pid);
  put_string(&payload, settings->run, strlen(settings->run));
  put_string(&payload, settings->token, strlen(settings->token));
  put_string(&payload, settings->channel, strlen(settings->channel));
  put_string(&payload, ADY_LIBRARY_VERSION, strlen(ADY_LIBRARY_VERSION));
  connection_begin(&session->connection, "greeting it", "");
  bool sent = connection_send(&session->connection, FRAME_HELLO, memory, payload.length, false);
  wipe(memory, sizeof memory);
  enum answer_kind kind = !sent ? ANSWER_LOST
                                : connection_wait(&session->connection, FRAME_WELCOME, ADY_REQUEST_LIMIT_MS, false, &answer,
                                                  &session->connection.failure);
  if (kind == ANSWER_GOOD)
    free(answer.allocated);
  return kind == ANSWER_GOOD;
}

static void read_optional_settings(struct session *session)
{
  char value[ADY_FILE_NAME_BYTES];
  if (session->trace_fd < 0 && setting_optional("ADY_SBT_TRACE", value, sizeof value))
    trace_open(session, value);
  if (session->simulation.call == CALL_NONE && setting_optional("ADY_SBT_SIM_ERROR", value, sizeof value))
    simulation_parse(&session->simulation, value, strlen(value));
}

static bool connect_and_greet(struct session *session)
{
  struct settings settings;
  bool good = settings_read(&settings, &session->connection.failure);
  if (good) {
    memcpy(session->channel, settings.channel, sizeof session->channel);
    good = connection_open(&session->connection, settings.socket_path) && greet(session, &settings);
  }
  wipe(&settings, sizeof settings);
  return good;
}

int session_init(struct session *session)
{
  if (session->connection.link == LINK_OPEN)
    return 0;
  read_optional_settings(session);
  if (session_simulates(session))
    return -1;
  if (connect_and_greet(session))
    return 0;
  /* A refused session can be tried again with better settings: it is not a lost one. */
  session_fail_by_worker(session);
  struct failure reason = session->error;
  connection_drop(&session->connection);
  memset(&session->connection, 0, sizeof session->connection);
  session->connection.fd = -1;
  session->error = reason;
  return -1;
}

/* One `name=value` of SEND 'ENV=(…)'. Only what concerns this library is used; the environment of the process is left alone. */
static void apply_setting(struct session *session, const char *text, size_t length)
{
  static const char trace[] = "ADY_SBT_TRACE=";
  static const char simulate[] = "ADY_SBT_SIM_ERROR=";
  if (length > sizeof trace - 1 && memcmp(text, trace, sizeof trace - 1) == 0) {
    char file[SBT_COMMAND_BYTES];
    size_t file_length = length - (sizeof trace - 1);
    memcpy(file, text + sizeof trace - 1, file_length);
    file[file_length] = '\0';
    trace_open(session, file);
  } else if (length > sizeof simulate - 1 && memcmp(text, simulate, sizeof simulate - 1) == 0) {
    simulation_parse(&session->simulation, text + sizeof simulate - 1, length - (sizeof simulate - 1));
  }
}

static void apply_settings(struct session *session, const char *command, size_t length)
{
  static const char opening[] = "ENV=(";
  const size_t opening_length = sizeof opening - 1;
  if (length <= opening_length || memcmp(command, opening, opening_length) != 0 || command[length - 1] != ')')
    return;
  const char *at = command + opening_length;
  const char *end = command + length - 1;
  while (at < end) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma == NULL ? end : comma;
    apply_setting(session, at, (size_t)(stop - at));
    at = stop == end ? end : stop + 1;
  }
}

int session_command(struct session *session, const char *command)
{
  unsigned char memory[SBT_COMMAND_BYTES + 2];
  struct payload_writer payload = payload_into(memory, sizeof memory);
  struct answer answer;
  size_t length = command == NULL ? 0 : strnlen(command, SBT_COMMAND_BYTES);
  if (length >= SBT_COMMAND_BYTES)
    return session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID", "the text of SEND is longer than 511 bytes");
  if (session->piece != PIECE_NONE)
    return session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "sbtcommand was called while a piece is open");
  if (command != NULL)
    apply_settings(session, command, length);
  put_string(&payload, command, length);
  connection_begin(&session->connection, "passing on the text of SEND", "");
  if (!connection_send(&session->connection, FRAME_COMMAND, memory, payload.length, false))
    return session_fail_by_worker(session);
  enum answer_kind kind =
      connection_wait(&session->connection, FRAME_DONE, ADY_REQUEST_LIMIT_MS, false, &answer, &session->error);
  return session_settle(session, kind, &answer);
}

int session_end(struct session *session, unsigned long flags)
{
  if (session->magic != SESSION_MAGIC || session->pid != getpid())
    return 0;
  session->call = CALL_END;
  session->pending = false;
  bool simulated = session_simulates(session);
  bool abnormal = (flags & SBT_END_ABNORMAL) != 0;
  if (session->connection.link == LINK_OPEN && !abnormal) {
    piece_discard(session, ADY_END_LIMIT_MS);
    if (session->connection.link == LINK_OPEN)
      connection_send(&session->connection, FRAME_BYE, NULL, 0, false);
  }
  connection_drop(&session->connection);
  free(session->info);
  session->info = NULL;
  trace_call(session, simulated ? -1 : 0, abnormal ? "abnormal" : NULL);
  trace_close(session);
  struct failure error = session->error;
  forget(session);
  if (!simulated)
    return 0;
  session->magic = SESSION_MAGIC;
  session->pid = getpid();
  session->error = error;
  session->pending = true;
  return -1;
}
