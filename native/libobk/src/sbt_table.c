/* What Oracle sees: sbtinit with its table of 21 functions, and the six version-1 names that it wants to find but never calls.
 * Nothing else is visible. The static lists are written by nobody after loading. */
#include "session.h"
#include "version.h"

#include <string.h>

#define ADY_EXPORT __attribute__((visibility("default")))

static int call_backup(void *ctx, unsigned long flags, char *name, ady_kv *object, size_t block_size, size_t max_size,
                       unsigned int copy_no, unsigned int pool)
{
  struct session *session = ctx;
  (void)flags;
  (void)max_size;
  (void)pool;
  if (!session_enter(session, CALL_BACKUP))
    return session_leave(session, -1, NULL);
  return session_leave(session, piece_backup(session, name, object, block_size, copy_no), NULL);
}

static int call_close2(void *ctx, unsigned long flags)
{
  struct session *session = ctx;
  const char *detail = (flags & SBT_CLOSE_ABORT) != 0 ? "abort" : NULL;
  if (!session_enter(session, CALL_CLOSE))
    return session_leave(session, -1, detail);
  return session_leave(session, piece_close(session, flags), detail);
}

static int call_command(void *ctx, unsigned long flags, char *command)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_COMMAND))
    return session_leave(session, -1, NULL);
  return session_leave(session, session_command(session, command), NULL);
}

static int call_end(void *ctx, unsigned long flags)
{
  return session_end(ctx, flags);
}

static int call_error(void *ctx, unsigned long flags, unsigned long *code, char **native, char **utf8)
{
  struct session *session = ctx;
  (void)flags;
  if (session->magic != SESSION_MAGIC || !session->pending)
    return -1;
  if (code != NULL)
    *code = session->error.code;
  /* The same text for both: which of them RMAN prints is not known for certain. */
  if (native != NULL)
    *native = session->error.text;
  if (utf8 != NULL)
    *utf8 = session->error.text;
  return 0;
}

static int call_info2(void *ctx, unsigned long flags, char **names, ady_kv **info)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_INFO))
    return session_leave(session, -1, NULL);
  return session_leave(session, pieces_info(session, names, info), names == NULL ? NULL : names[0]);
}

static int call_init2(void *ctx, unsigned long flags, ady_kv *in, ady_kv **out)
{
  struct session *session = ctx;
  (void)flags;
  (void)in;
  (void)out;
  if (!session_enter(session, CALL_INIT))
    return session_leave(session, -1, NULL);
  return session_leave(session, session_init(session), NULL);
}

static int call_read2(void *ctx, unsigned long flags, void *buffer)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_READ))
    return session_leave(session, -1, NULL);
  return session_leave(session, piece_read(session, buffer), NULL);
}

static int call_remove2(void *ctx, unsigned long flags, char **names)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_REMOVE))
    return session_leave(session, -1, NULL);
  return session_leave(session, pieces_remove(session, names), names == NULL ? NULL : names[0]);
}

static int call_restore(void *ctx, unsigned long flags, char *name, size_t block_size)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_RESTORE))
    return session_leave(session, -1, NULL);
  return session_leave(session, piece_restore(session, name, block_size), NULL);
}

static int call_write2(void *ctx, unsigned long flags, void *buffer)
{
  struct session *session = ctx;
  (void)flags;
  if (!session_enter(session, CALL_WRITE))
    return session_leave(session, -1, NULL);
  return session_leave(session, piece_write(session, buffer), NULL);
}

/* Proxy copy is not offered (its tag is missing from the list below), so these slots only have to exist. */
static int no_proxy(void)
{
  return -1;
}

static ady_fptr functions = {
    .backup = call_backup,
    .close2 = call_close2,
    .command = call_command,
    .end = call_end,
    .error = call_error,
    .info2 = call_info2,
    .init2 = call_init2,
    .read2 = call_read2,
    .remove2 = call_remove2,
    .restore = call_restore,
    .write2 = call_write2,
    .proxy = {no_proxy, no_proxy, no_proxy, no_proxy, no_proxy, no_proxy, no_proxy, no_proxy, no_proxy, no_proxy},
};

static unsigned long api_version = SBT_API_VERSION;
static unsigned long context_bytes = sizeof(struct session);
static unsigned long library_version =
    (ADY_VERSION_MAJOR << 24) | (ADY_VERSION_MINOR << 16) | (ADY_VERSION_PATCH << 8);
static char description[] = "Adyton " ADY_LIBRARY_VERSION;

_Static_assert(sizeof description <= SBT_DESCRIPTION_BYTES, "RMAN prints at most 63 bytes of description");

static ady_kv properties[] = {
    {INIT_OUT_API_VERSION, &api_version},
    {INIT_OUT_DESCRIPTION, description},
    {INIT_OUT_FUNCTIONS, &functions},
    {INIT_OUT_CONTEXT_BYTES, &context_bytes},
    {INIT_OUT_LIBRARY_VERSION, &library_version},
    {INIT_OUT_END, NULL},
};

ADY_EXPORT int sbtinit(ady_v1err *error, ady_kv *in, ady_kv **out);
ADY_EXPORT int sbtopen(ady_v1err *error, char *name, unsigned long mode, size_t block_size, ady_kv *info);
ADY_EXPORT int sbtclose(ady_v1err *error, int handle, unsigned long flags);
ADY_EXPORT int sbtread(ady_v1err *error, int handle, char *buffer);
ADY_EXPORT int sbtwrite(ady_v1err *error, int handle, char *buffer);
ADY_EXPORT int sbtremove(ady_v1err *error, char *name, ady_kv *info);
ADY_EXPORT char **sbtinfo(ady_v1err *error, char *name, ady_kv *info);

int sbtinit(ady_v1err *error, ady_kv *in, ady_kv **out)
{
  (void)in;
  if (out == NULL) {
    if (error != NULL)
      *error = (ady_v1err){.oer = SBT_INIT_BAD_ARGUMENT, .oserr = 0};
    return -1;
  }
  *out = properties;
  return 0;
}

int sbtopen(ady_v1err *error, char *name, unsigned long mode, size_t block_size, ady_kv *info)
{
  (void)error, (void)name, (void)mode, (void)block_size, (void)info;
  return -1;
}

int sbtclose(ady_v1err *error, int handle, unsigned long flags)
{
  (void)error, (void)handle, (void)flags;
  return -1;
}

int sbtread(ady_v1err *error, int handle, char *buffer)
{
  (void)error, (void)handle, (void)buffer;
  return -1;
}

int sbtwrite(ady_v1err *error, int handle, char *buffer)
{
  (void)error, (void)handle, (void)buffer;
  return -1;
}

int sbtremove(ady_v1err *error, char *name, ady_kv *info)
{
  (void)error, (void)name, (void)info;
  return -1;
}

char **sbtinfo(ady_v1err *error, char *name, ady_kv *info)
{
  (void)error, (void)name, (void)info;
  return NULL;
}
