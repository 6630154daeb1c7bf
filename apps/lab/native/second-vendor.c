/*
 * The library of another vendor: what else may hang on a database that a backup product looks after. Pieces are files in the directory
 * that VENDOR_STORE names; VENDOR_POLICY goes into their comment. Its manners are those seen of libraries in the field: pieces lie on a
 * tape (one user, in order), a piece it does not have is error 7501 to a restore and no error at all to a removal.
 * It shares no code with the product's library, nor with the one that the lab's own specs use to make calls fail.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct { unsigned long tag; void *value; } item;
typedef struct { int code; int os; } init_error;

enum { NAME_BYTES = 512, PATH_BYTES = 4096, TEXT_BYTES = 256, ITEMS_PER_NAME = 7 };
enum { FAILED = 7501, EXISTS = 7503, END_OF_FILE = 7504 };
enum { END_OF_LIST = 9999, ABORT = 1 };

typedef struct {
  FILE *piece;
  int writing;
  size_t block_bytes;
  char path[PATH_BYTES];
  unsigned long code;
  char text[TEXT_BYTES];
  char comment[80];
  item *found;
} session;

static int refuse(session *s, unsigned long code, const char *what) {
  s->code = code;
  snprintf(s->text, sizeof s->text, "VND-%lu: %s", code, what);
  return -1;
}

/* '/' in a name would be a directory: it becomes '='. */
static void place(const char *name, char *path) {
  const char *store = getenv("VENDOR_STORE");
  int used = snprintf(path, PATH_BYTES, "%s/", store == NULL ? "." : store);
  for (; *name != 0 && used < PATH_BYTES - 1; name++) path[used++] = *name == '/' ? '=' : *name;
  path[used] = 0;
}

static int is_there(const char *name) {
  char path[PATH_BYTES];
  struct stat status;
  place(name, path);
  return stat(path, &status) == 0;
}

static int vnd_init2(void *context, unsigned long flags, item *in, item **out) {
  (void)flags; (void)in; (void)out;
  ((session *)context)->code = 0;
  return 0;
}

static int open_piece(session *s, char *name, size_t block_bytes, const char *mode) {
  s->code = 0;
  if (s->piece != NULL) return refuse(s, FAILED, "a piece is open already");
  place(name, s->path);
  s->piece = fopen(s->path, mode);
  if (s->piece == NULL) return refuse(s, FAILED, strerror(errno));
  s->block_bytes = block_bytes;
  s->writing = *mode == 'w';
  return 0;
}

static int vnd_backup(void *context, unsigned long flags, char *name, item *object, size_t block_bytes, size_t max,
                      unsigned int copy, unsigned int pool) {
  (void)flags; (void)object; (void)max; (void)copy; (void)pool;
  if (is_there(name)) return refuse(context, EXISTS, "there is an image of that name");
  return open_piece(context, name, block_bytes, "w");
}

static int vnd_restore(void *context, unsigned long flags, char *name, size_t block_bytes) {
  (void)flags;
  return open_piece(context, name, block_bytes, "r");
}

static int vnd_write2(void *context, unsigned long flags, void *block) {
  session *s = context;
  (void)flags;
  if (fwrite(block, 1, s->block_bytes, s->piece) == s->block_bytes) return 0;
  return refuse(s, FAILED, strerror(errno));
}

static int vnd_read2(void *context, unsigned long flags, void *block) {
  session *s = context;
  (void)flags;
  if (fread(block, 1, s->block_bytes, s->piece) > 0) return 0;
  return refuse(s, END_OF_FILE, "end of image");
}

static int vnd_close2(void *context, unsigned long flags) {
  session *s = context;
  s->code = 0;
  if (s->piece == NULL) return refuse(s, FAILED, "no image is open");
  int failed = fclose(s->piece) != 0;
  s->piece = NULL;
  if (s->writing && (flags & ABORT)) unlink(s->path);
  return failed ? refuse(s, FAILED, "the image could not be closed") : 0;
}

static item *describe(session *s, item *next, char *name) {
  static unsigned long single_user = 1, sequential = 1, stream = 1;
  *next++ = (item){ 1, name };
  if (!is_there(name)) {
    *next++ = (item){ 8, NULL };
    return next;
  }
  *next++ = (item){ 2, &stream };
  *next++ = (item){ 5, "VOL001" };
  *next++ = (item){ 6, &single_user };
  *next++ = (item){ 7, &sequential };
  *next++ = (item){ 9, s->comment };
  return next;
}

static int vnd_info2(void *context, unsigned long flags, char **names, item **out) {
  session *s = context;
  (void)flags;
  s->code = 0;
  size_t count = 0;
  while (names[count] != NULL) count++;
  const char *policy = getenv("VENDOR_POLICY");
  snprintf(s->comment, sizeof s->comment, "policy=%s", policy == NULL ? "none" : policy);
  free(s->found);
  s->found = calloc(ITEMS_PER_NAME * count + 1, sizeof(item));
  if (s->found == NULL) return refuse(s, FAILED, "out of memory");
  item *next = s->found;
  for (size_t i = 0; i < count; i++) next = describe(s, next, names[i]);
  *next = (item){ END_OF_LIST, NULL };
  *out = s->found;
  return 0;
}

static int vnd_remove2(void *context, unsigned long flags, char **names) {
  (void)flags;
  ((session *)context)->code = 0;
  for (; *names != NULL; names++) {
    char path[PATH_BYTES];
    place(*names, path);
    if (unlink(path) != 0 && errno != ENOENT) return refuse(context, FAILED, strerror(errno));
  }
  return 0;
}

static int vnd_command(void *context, unsigned long flags, char *text) {
  (void)flags; (void)text;
  ((session *)context)->code = 0;
  return 0;
}

static int vnd_error(void *context, unsigned long flags, unsigned long *code, char **native, char **utf8) {
  session *s = context;
  (void)flags;
  *code = s->code;
  *native = *utf8 = s->text;
  return 0;
}

static int vnd_end(void *context, unsigned long flags) {
  session *s = context;
  (void)flags;
  if (s->piece != NULL) vnd_close2(context, ABORT);
  free(s->found);
  s->found = NULL;
  return 0;
}

static int no_proxy(void) { return -1; }

int sbtinit(init_error *error, item *in, item **out) {
  static unsigned long api = 0x0200, context_bytes = sizeof(session), version = 0x07060001;
  static void *calls[21] = { vnd_backup, vnd_close2, vnd_command, vnd_end,     vnd_error,  vnd_info2,
                             vnd_init2,  vnd_read2,  vnd_remove2, vnd_restore, vnd_write2 };
  static item facts[] = { { 4, &api }, { 5, "Second Vendor MML 7.6.0.1" }, { 6, calls },
                          { 7, &context_bytes }, { 8, &version }, { 1, NULL } };
  (void)in;
  for (int i = 11; i < 21; i++) calls[i] = no_proxy;
  error->code = error->os = 0;
  *out = facts;
  return 0;
}

/* Version 1 of the interface: must exist, is never called. */
int sbtopen(void) { return -1; }
int sbtclose(void) { return -1; }
int sbtread(void) { return -1; }
int sbtwrite(void) { return -1; }
int sbtremove(void) { return -1; }
int sbtinfo(void) { return -1; }
