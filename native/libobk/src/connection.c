/* The Unix socket to the dedup-worker. The socket never blocks; every wait is a poll() with a limit, restarted after EINTR,
 * because Oracle uses signals and timers of its own in this process. */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(ADY_SOCKET_PATH_BYTES == sizeof(((struct sockaddr_un *)0)->sun_path), "socket paths fit the address");

#define NO_DEADLINE INT64_MAX

#define HINT_RUNS "check that adyton-dedup-worker runs on this host"
#define HINT_WAITS "it lives: its log says what it waits for, most likely the object store"

int64_t monotonic_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void connection_drop(struct connection *connection)
{
  if (connection->fd >= 0)
    close(connection->fd);
  connection->fd = -1;
  if (connection->link == LINK_OPEN)
    connection->link = LINK_LOST;
}

/* Ends the connection for good. What the worker itself reported before is a better explanation than the loss, so it stays. */
static void lose_with_hint(struct connection *connection, const char *code, const char *what, const char *hint)
{
  connection_drop(connection);
  connection->link = LINK_LOST;
  if (connection->failed)
    return;
  connection->failed = true;
  failure_set(&connection->failure, SBT_FAILED,
              "%s: the Adyton dedup-worker %s while %s%s | HINT: %s (socket %s)", code, what, connection->activity,
              connection->subject, hint, connection->socket_path);
}

static void lose(struct connection *connection, const char *code, const char *what)
{
  lose_with_hint(connection, code, what, HINT_RUNS);
}

static void lose_by_errno(struct connection *connection)
{
  char what[96];
  int number = errno;
  if (number == EPIPE || number == ECONNRESET) {
    lose(connection, "ADY_SBT_CONNECTION_LOST", "closed the connection");
    return;
  }
  snprintf(what, sizeof what, "could not be reached any more (errno %d)", number);
  lose(connection, "ADY_SBT_CONNECTION_LOST", what);
}

static void lose_by_violation(struct connection *connection, const char *what)
{
  lose(connection, "ADY_SBT_PROTOCOL", what);
}

/* Nothing at all came any more, or signs of life and no answer: whoever looks for the cause begins at another place. */
static void lose_by_silence(struct connection *connection)
{
  char what[64];
  snprintf(what, sizeof what, "gave no sign of life for %d s", ADY_SILENCE_LIMIT_MS / 1000);
  lose(connection, "ADY_SBT_WORKER_SILENT", what);
}

static void lose_by_deadline(struct connection *connection)
{
  lose_with_hint(connection, "ADY_SBT_ANSWER_LATE", "did not answer in time", HINT_WAITS);
}

/* Waits for `events` until `deadline` or until the connection has been silent for too long. False: lost. */
static bool wait_for(struct connection *connection, short events, int64_t deadline, short *happened)
{
  for (;;) {
    int64_t now = monotonic_ms();
    int64_t silence_ends = connection->progress_ms + ADY_SILENCE_LIMIT_MS;
    int64_t until = deadline < silence_ends ? deadline : silence_ends;
    if (now >= until) {
      if (until == silence_ends)
        lose_by_silence(connection);
      else
        lose_by_deadline(connection);
      return false;
    }
    struct pollfd wanted = {.fd = connection->fd, .events = events, .revents = 0};
    int ready = poll(&wanted, 1, (int)(until - now));
    if (ready > 0) {
      *happened = wanted.revents;
      return true;
    }
    if (ready < 0 && errno != EINTR) {
      lose_by_errno(connection);
      return false;
    }
  }
}

enum take_kind { TAKE_SOME, TAKE_NOTHING, TAKE_LOST };

/* One recv(): whatever has arrived, up to `length` (> 0) bytes. */
static enum take_kind take_bytes(struct connection *connection, void *buffer, size_t length, size_t *got)
{
  for (;;) {
    ssize_t count = recv(connection->fd, buffer, length, MSG_DONTWAIT);
    if (count > 0) {
      connection->progress_ms = monotonic_ms();
      *got = (size_t)count;
      return TAKE_SOME;
    }
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return TAKE_NOTHING;
    if (count == 0)
      lose(connection, "ADY_SBT_CONNECTION_LOST", "closed the connection");
    else
      lose_by_errno(connection);
    return TAKE_LOST;
  }
}

/* Reads exactly `length` bytes, waiting for them. */
static bool receive(struct connection *connection, unsigned char *buffer, size_t length, int64_t deadline)
{
  size_t have = 0;
  while (have < length) {
    size_t got = 0;
    short happened = 0;
    enum take_kind taken = take_bytes(connection, buffer + have, length - have, &got);
    if (taken == TAKE_LOST)
      return false;
    if (taken == TAKE_NOTHING && !wait_for(connection, POLLIN, deadline, &happened))
      return false;
    have += got;
  }
  return true;
}

/* Judges a complete header: magic, version, length, order. */
static bool accept_header(struct connection *connection, struct frame_header *header)
{
  connection->header_have = 0;
  if (!frame_decode_header(connection->header, header)) {
    lose_by_violation(connection, "sent something that is not a frame");
    return false;
  }
  if (header->version != FRAME_VERSION) {
    lose_by_violation(connection, "speaks another protocol version (install libobk.so and the worker from the same release)");
    return false;
  }
  uint32_t expected = frame_next_sequence(connection->received_sequence);
  if (header->length > ADY_PAYLOAD_BYTES_MAX || header->sequence != expected) {
    lose_by_violation(connection, "sent a frame with a wrong length or out of order");
    return false;
  }
  connection->received_sequence = expected;
  return true;
}

/* The next header, if all of it has arrived. */
static enum take_kind take_header(struct connection *connection, struct frame_header *header)
{
  while (connection->header_have < FRAME_HEADER_BYTES) {
    size_t got = 0;
    enum take_kind taken = take_bytes(connection, connection->header + connection->header_have,
                                      FRAME_HEADER_BYTES - connection->header_have, &got);
    if (taken != TAKE_SOME)
      return taken;
    connection->header_have += (uint32_t)got;
  }
  return accept_header(connection, header) ? TAKE_SOME : TAKE_LOST;
}

static bool wait_header(struct connection *connection, struct frame_header *header, int64_t deadline)
{
  for (;;) {
    short happened = 0;
    enum take_kind taken = take_header(connection, header);
    if (taken != TAKE_NOTHING)
      return taken == TAKE_SOME;
    if (!wait_for(connection, POLLIN, deadline, &happened))
      return false;
  }
}

/* Reads an ERROR payload. One that answers `request` goes to `error`; an unasked one (0) is kept as the connection's failure. */
static enum answer_kind take_error(struct connection *connection, const struct frame_header *header, uint32_t request,
                                   int64_t deadline, struct failure *error)
{
  const char *text = "";
  if (header->length > sizeof connection->control) {
    lose_by_violation(connection, "sent an error that is too long");
    return ANSWER_LOST;
  }
  if (!receive(connection, connection->control, header->length, deadline))
    return ANSWER_LOST;
  struct payload_reader payload = {.at = connection->control, .left = header->length, .bad = false};
  uint32_t answers = get_u32(&payload);
  uint32_t code = get_u32(&payload);
  size_t length = get_string(&payload, &text);
  if (payload.bad || payload.left != 0 || code == 0 || (answers != 0 && answers != request)) {
    lose_by_violation(connection, "sent a malformed error");
    return ANSWER_LOST;
  }
  if (answers != 0) {
    failure_set_text(error, code, text, length);
    return ANSWER_ERROR;
  }
  if (!connection->failed)
    failure_set_text(&connection->failure, code, text, length);
  connection->failed = true;
  return ANSWER_GOOD;
}

bool connection_check(struct connection *connection)
{
  for (;;) {
    struct frame_header header;
    enum take_kind taken = take_header(connection, &header);
    if (taken != TAKE_SOME)
      return taken == TAKE_NOTHING;
    if (header.type == FRAME_KEEPALIVE && header.length == 0)
      continue;
    if (header.type != FRAME_ERROR) {
      lose_by_violation(connection, "sent an answer to nothing");
      return false;
    }
    if (take_error(connection, &header, 0, NO_DEADLINE, NULL) != ANSWER_GOOD)
      return false;
  }
}

void connection_begin(struct connection *connection, const char *activity, const char *subject)
{
  connection->activity = activity;
  size_t length = utf8_cut(subject, strlen(subject), sizeof connection->subject - 1);
  memcpy(connection->subject, subject, length);
  connection->subject[length] = '\0';
  connection->progress_ms = monotonic_ms();
}

/* A worker that refuses us says so and closes; by the time a send fails its words are waiting to be read. */
static void lose_after_last_words(struct connection *connection)
{
  int number = errno;
  if (!connection->streaming && !connection_check(connection))
    return;
  errno = number;
  lose_by_errno(connection);
}

bool connection_send(struct connection *connection, enum frame_type type, const void *payload, size_t length, bool watch)
{
  unsigned char head[FRAME_HEADER_BYTES];
  connection->sent_sequence = frame_next_sequence(connection->sent_sequence);
  struct frame_header header = {.version = FRAME_VERSION,
                                .type = (uint8_t)type,
                                .length = (uint32_t)length,
                                .sequence = connection->sent_sequence};
  frame_encode_header(head, &header);
  size_t sent = 0;
  while (sent < sizeof head + length) {
    size_t in_head = sent < sizeof head ? sent : sizeof head;
    size_t in_body = sent - in_head;
    struct iovec parts[2] = {
        {.iov_base = head + in_head, .iov_len = sizeof head - in_head},
        {.iov_base = (unsigned char *)(uintptr_t)payload + in_body, .iov_len = length - in_body},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = length == 0 ? 1 : 2};
    ssize_t count = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent += (size_t)count;
      connection->progress_ms = monotonic_ms();
      continue;
    }
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      lose_after_last_words(connection);
      return false;
    }
    short happened = 0;
    if (!wait_for(connection, (short)(watch ? POLLOUT | POLLIN : POLLOUT), NO_DEADLINE, &happened))
      return false;
    /* A frame once begun is always finished: the worker reads on after an error, and would lose its place otherwise. */
    if (watch && (happened & POLLIN) != 0 && !connection_check(connection))
      return false;
  }
  return true;
}

/* Throws away what is left of DATA frames: RMAN closed a piece before its end. */
static bool discard(struct connection *connection, uint32_t length, int64_t deadline)
{
  while (length > 0) {
    uint32_t part = length < sizeof connection->control ? length : (uint32_t)sizeof connection->control;
    if (!receive(connection, connection->control, part, deadline))
      return false;
    length -= part;
  }
  return true;
}

static enum answer_kind take_answer(struct connection *connection, const struct frame_header *header, int64_t deadline,
                                    struct answer *answer)
{
  unsigned char *memory = connection->control;
  if (header->length > sizeof connection->control) {
    memory = malloc(header->length);
    if (memory == NULL) {
      lose(connection, "ADY_SBT_OUT_OF_MEMORY", "sent a long answer for which the server process has no memory");
      return ANSWER_LOST;
    }
    answer->allocated = memory;
  }
  if (!receive(connection, memory, header->length, deadline)) {
    free(answer->allocated);
    answer->allocated = NULL;
    return ANSWER_LOST;
  }
  answer->payload = (struct payload_reader){.at = memory, .left = header->length, .bad = false};
  return ANSWER_GOOD;
}

enum answer_kind connection_wait(struct connection *connection, enum frame_type expected, int64_t limit_ms, bool discard_data,
                                 struct answer *answer, struct failure *error)
{
  int64_t deadline = monotonic_ms() + limit_ms;
  *answer = (struct answer){.payload = {.at = NULL, .left = 0, .bad = false}, .allocated = NULL};
  if (!discard(connection, connection->data_left, deadline))
    return ANSWER_LOST;
  connection->data_left = 0;
  for (;;) {
    struct frame_header header;
    if (!wait_header(connection, &header, deadline))
      return ANSWER_LOST;
    if (header.type == (uint8_t)expected)
      return take_answer(connection, &header, deadline, answer);
    if (header.type == FRAME_KEEPALIVE && header.length == 0)
      continue;
    if (header.type == FRAME_ERROR) {
      enum answer_kind kind = take_error(connection, &header, connection->sent_sequence, deadline, error);
      if (kind != ANSWER_GOOD)
        return kind;
      continue;
    }
    if (!discard_data || (header.type != FRAME_DATA && header.type != FRAME_DATA_END)) {
      lose_by_violation(connection, "sent an answer to another question");
      return ANSWER_LOST;
    }
    if (!discard(connection, header.length, deadline))
      return ANSWER_LOST;
  }
}

/* The next frame of a stream of DATA; sets data_left, data_ended or failed. False: lost. */
static bool next_data(struct connection *connection)
{
  struct frame_header header;
  if (!wait_header(connection, &header, NO_DEADLINE))
    return false;
  if (header.type == FRAME_DATA) {
    connection->data_left = header.length;
    return true;
  }
  if (header.type == FRAME_DATA_END && header.length == 0) {
    connection->data_ended = true;
    return true;
  }
  if (header.type == FRAME_KEEPALIVE && header.length == 0)
    return true;
  if (header.type == FRAME_ERROR)
    return take_error(connection, &header, 0, NO_DEADLINE, NULL) == ANSWER_GOOD;
  lose_by_violation(connection, "sent something else than the data of the piece");
  return false;
}

enum data_kind connection_read(struct connection *connection, unsigned char *buffer, size_t length, size_t *got)
{
  *got = 0;
  while (*got < length && !connection->data_ended) {
    if (connection->failed)
      return DATA_FAILED;
    if (connection->data_left == 0) {
      if (!next_data(connection))
        return DATA_FAILED;
      continue;
    }
    size_t missing = length - *got;
    size_t part = connection->data_left < missing ? connection->data_left : missing;
    if (!receive(connection, buffer + *got, part, NO_DEADLINE))
      return DATA_FAILED;
    connection->data_left -= (uint32_t)part;
    *got += part;
  }
  return *got == length ? DATA_FILLED : DATA_ENDED;
}

/* Starts connecting; true when connected. False with errno EAGAIN: the worker's accept queue is full. */
static bool try_connect(int fd, const char *socket_path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
  return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EISCONN;
}

bool connection_open(struct connection *connection, const char *socket_path)
{
  snprintf(connection->socket_path, sizeof connection->socket_path, "%s", socket_path);
  connection_begin(connection, "connecting", "");
  int64_t deadline = monotonic_ms() + ADY_CONNECT_LIMIT_MS;
  connection->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool connected = connection->fd >= 0 && try_connect(connection->fd, socket_path);
  while (!connected && connection->fd >= 0 && (errno == EAGAIN || errno == EINTR) && monotonic_ms() < deadline) {
    poll(NULL, 0, ADY_CONNECT_RETRY_MS);
    connected = try_connect(connection->fd, socket_path);
  }
  if (connected) {
    connection->link = LINK_OPEN;
    return true;
  }
  int number = errno;
  connection_drop(connection);
  const char *why = number == ENOENT         ? "the socket does not exist"
                    : number == ECONNREFUSED ? "nobody listens on the socket"
                    : number == EACCES       ? "the operating system user of this server process may not use the socket"
                    : number == EAGAIN       ? "the worker does not accept connections"
                                             : "the connection failed";
  failure_set(&connection->failure, SBT_FAILED,
              "ADY_SBT_WORKER_UNREACHABLE: cannot reach the Adyton dedup-worker: %s (errno %d) | HINT: check that "
              "adyton-dedup-worker runs on this host (socket %s)",
              why, number, connection->socket_path);
  return false;
}
