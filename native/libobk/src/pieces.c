/* Questions about pieces by name: sbtinfo2 and sbtremove2. Long lists go to the worker in portions, so that each portion is
 * answered within the request limit. */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Elements of the answer per name, at most: name, method, creation time, label, share, order, comment. */
#define ELEMENTS_PER_NAME 7

/* What the elements of one name point to. */
struct info_record {
  unsigned long method;
  unsigned long share;
  unsigned long order;
  time_t created;
  char label[SBT_LABEL_BYTES];
  char comment[SBT_COMMENT_BYTES];
};

/* The answer of sbtinfo2 while it is built, in one piece of memory: the list, the records, the names. */
struct info_list {
  ady_kv *element;
  struct info_record *record;
  char *name;
};

/* Counts the names and their bytes; false and an error when a name or their number is out of range. */
static bool measure(struct session *session, char **names, size_t *count, size_t *bytes)
{
  *count = 0;
  *bytes = 0;
  while (names != NULL && names[*count] != NULL) {
    size_t length = session_handle_length(session, names[*count]);
    if (length == 0)
      return false;
    *bytes += length + 1;
    *count += 1;
    if (*count > ADY_NAMES_MAX) {
      session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID", "more than 65536 pieces were asked for in one call");
      return false;
    }
  }
  return true;
}

/* Sends one portion of the names and waits for its answer. */
static enum answer_kind ask(struct session *session, enum frame_type question, char **names, size_t count, struct answer *answer)
{
  struct connection *connection = &session->connection;
  size_t capacity = 4 + count * (SBT_HANDLE_BYTES + 2);
  void *memory = malloc(capacity);
  if (memory == NULL) {
    session_fail(session, SBT_FAILED, "ADY_SBT_OUT_OF_MEMORY", "the server process has no memory for the question");
    return ANSWER_ERROR;
  }
  struct payload_writer payload = payload_into(memory, capacity);
  put_u32(&payload, (uint32_t)count);
  for (size_t i = 0; i < count; i++)
    put_string(&payload, names[i], strlen(names[i]));
  connection_begin(connection, question == FRAME_INFO ? "looking up piece " : "removing piece ", names[0]);
  bool sent = connection_send(connection, question, memory, payload.length, false);
  free(memory);
  enum answer_kind kind = ANSWER_LOST;
  if (sent)
    kind = connection_wait(connection, question == FRAME_INFO ? FRAME_INFO_LIST : FRAME_REMOVED, ADY_REQUEST_LIMIT_MS, false,
                           answer, &session->error);
  if (kind == ANSWER_LOST)
    session_fail_by_worker(session);
  session->pending = kind != ANSWER_GOOD;
  return kind;
}

static void add(struct info_list *list, unsigned long tag, void *value)
{
  *list->element++ = (ady_kv){.tag = tag, .val = value};
}

static void copy_text(char *to, size_t size, struct payload_reader *payload)
{
  const char *text = "";
  size_t length = get_string(payload, &text);
  length = utf8_cut(text, length, size - 1);
  memcpy(to, text, length);
  to[length] = '\0';
}

/* Adds the elements of one name. The name itself comes first, exactly as RMAN gave it. */
static void add_piece(struct info_list *list, const char *name, struct payload_reader *payload)
{
  size_t name_bytes = strlen(name) + 1;
  memcpy(list->name, name, name_bytes);
  add(list, INFO_NAME, list->name);
  list->name += name_bytes;
  if (get_u8(payload) == 0) {
    add(list, INFO_NOT_FOUND, NULL);
    return;
  }
  struct info_record *record = list->record++;
  *record = (struct info_record){
      .method = INFO_METHOD_STREAM, .share = INFO_SHARE_MULTIPLE, .order = INFO_ORDER_RANDOM, .created = (time_t)get_u64(payload)};
  get_u64(payload); /* bytes: for the worker's other callers, the interface has no place for it */
  copy_text(record->label, sizeof record->label, payload);
  copy_text(record->comment, sizeof record->comment, payload);
  add(list, INFO_METHOD, &record->method);
  add(list, INFO_CREATED, &record->created);
  add(list, INFO_LABEL, record->label);
  add(list, INFO_SHARE, &record->share);
  add(list, INFO_ORDER, &record->order);
  add(list, INFO_COMMENT, record->comment);
}

static bool add_portion(struct session *session, struct info_list *list, char **names, size_t count)
{
  struct answer answer;
  if (ask(session, FRAME_INFO, names, count, &answer) != ANSWER_GOOD)
    return false;
  bool good = get_u32(&answer.payload) == count;
  for (size_t i = 0; good && i < count; i++)
    add_piece(list, names[i], &answer.payload);
  good = good && !answer.payload.bad && answer.payload.left == 0;
  free(answer.allocated);
  if (!good)
    session_fail(session, SBT_FAILED, "ADY_SBT_PROTOCOL",
                 "the Adyton dedup-worker sent a malformed list of pieces | HINT: install libobk.so and the worker from the same release");
  return good;
}

static bool idle(struct session *session)
{
  if (session->piece == PIECE_NONE)
    return true;
  session_fail(session, SBT_FAILED, "ADY_SBT_CALL_ORDER", "the call came while a piece is open");
  return false;
}

int pieces_info(struct session *session, char **names, ady_kv **info)
{
  size_t count = 0;
  size_t name_bytes = 0;
  free(session->info);
  session->info = NULL;
  if (info == NULL)
    return session_fail(session, SBT_FAILED, "ADY_SBT_ARGUMENT_INVALID", "sbtinfo2 was called without a place for its answer");
  if (!idle(session) || !measure(session, names, &count, &name_bytes))
    return -1;
  size_t list_bytes = (count * ELEMENTS_PER_NAME + 1) * sizeof(ady_kv);
  char *memory = malloc(list_bytes + count * sizeof(struct info_record) + name_bytes);
  if (memory == NULL)
    return session_fail(session, SBT_FAILED, "ADY_SBT_OUT_OF_MEMORY", "the server process has no memory for the list of pieces");
  struct info_list list = {.element = (void *)memory,
                           .record = (void *)(memory + list_bytes),
                           .name = memory + list_bytes + count * sizeof(struct info_record)};
  for (size_t at = 0; at < count; at += ADY_NAMES_PER_REQUEST) {
    size_t portion = count - at < ADY_NAMES_PER_REQUEST ? count - at : ADY_NAMES_PER_REQUEST;
    if (!add_portion(session, &list, names + at, portion)) {
      free(memory);
      return -1;
    }
  }
  add(&list, INFO_END, NULL);
  session->info = memory;
  *info = (void *)memory;
  return 0;
}

int pieces_remove(struct session *session, char **names)
{
  size_t count = 0;
  size_t name_bytes = 0;
  if (!idle(session) || !measure(session, names, &count, &name_bytes))
    return -1;
  for (size_t at = 0; at < count; at += ADY_NAMES_PER_REQUEST) {
    struct answer answer;
    size_t portion = count - at < ADY_NAMES_PER_REQUEST ? count - at : ADY_NAMES_PER_REQUEST;
    if (ask(session, FRAME_REMOVE, names + at, portion, &answer) != ANSWER_GOOD)
      return -1;
    free(answer.allocated);
  }
  return 0;
}
