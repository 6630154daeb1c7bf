/*
 * A media-management library for specs: pieces are files in the directory named by BACKUP_DIR.
 * DISK_SBT_FAIL="call:n" makes the n-th call of that name (counted per process, from 1) fail with 7501;
 * DISK_SBT_FAIL_NAME limits that to pieces whose name contains the text. DISK_SBT_EXIT="call:n" ends the process there.
 * DISK_SBT_TRACE names a file to which every call is appended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct { unsigned long tag; void *val; } pair;
typedef struct { int code; int os; } v1_error;

enum { NAME_MAX_BYTES = 512, INFO_MAX = 1024 };

typedef struct {
  unsigned long magic;
  FILE *file;
  int writing;
  size_t block;
  char name[NAME_MAX_BYTES];
  unsigned long code;
  char text[1024];
  pair *info;
} state;

static const unsigned long MAGIC = 0x6469736b73627431UL;

static void trace(const char *call, const char *name) {
  const char *path = getenv("DISK_SBT_TRACE");
  if (path == NULL) return;
  FILE *out = fopen(path, "a");
  if (out == NULL) return;
  fprintf(out, "%ld %s %s\n", (long)getpid(), call, name);
  fclose(out);
}

static int fail(state *s, unsigned long code, const char *text) {
  s->code = code;
  snprintf(s->text, sizeof s->text, "DISKSBT-%lu: %s", code, text);
  return -1;
}

static int due(const char *variable, const char *call) {
  static struct { char key[64]; int count; } counters[32];
  const char *wish = getenv(variable);
  if (wish == NULL) return 0;
  const char *colon = strchr(wish, ':');
  if (colon == NULL || strlen(call) != (size_t)(colon - wish) || strncmp(wish, call, strlen(call)) != 0) return 0;
  char key[64];
  snprintf(key, sizeof key, "%s/%s", variable, call);
  for (int i = 0; i < 32; i++) {
    if (counters[i].key[0] == 0) snprintf(counters[i].key, sizeof key, "%s", key);
    if (strcmp(counters[i].key, key) == 0) return ++counters[i].count == atoi(colon + 1);
  }
  return 0;
}

static int enter(state *s, const char *call) {
  s->code = 0;
  trace(call, s->name);
  const char *only = getenv("DISK_SBT_FAIL_NAME");
  if (only != NULL && strstr(s->name, only) == NULL) return 0;
  if (due("DISK_SBT_EXIT", call)) _exit(9);
  if (due("DISK_SBT_FAIL", call)) {
    char text[128];
    snprintf(text, sizeof text, "simulated failure of %s", call);
    return fail(s, 7501, text);
  }
  return 0;
}

static void path_of(const char *name, char *out, size_t size) {
  const char *directory = getenv("BACKUP_DIR");
  int n = snprintf(out, size, "%s/", directory == NULL ? "." : directory);
  for (const char *c = name; *c != 0 && (size_t)n + 1 < size; c++) out[n++] = *c == '/' ? '!' : *c;
  out[n] = 0;
}

static int d_init2(void *ctx, unsigned long flags, pair *in, pair **out) {
  state *s = ctx;
  (void)flags; (void)in; (void)out;
  if (s->magic != MAGIC) { memset(s, 0, sizeof *s); s->magic = MAGIC; }
  return enter(s, "init2");
}

static int d_backup(void *ctx, unsigned long flags, char *name, pair *object, size_t block, size_t max,
                    unsigned int copy, unsigned int pool) {
  state *s = ctx;
  char path[2048];
  struct stat st;
  (void)flags; (void)object; (void)max; (void)copy; (void)pool;
  snprintf(s->name, sizeof s->name, "%s", name);
  if (enter(s, "backup")) return -1;
  path_of(name, path, sizeof path);
  if (stat(path, &st) == 0) return fail(s, 7503, "the piece exists already");
  strncat(path, ".part", sizeof path - strlen(path) - 1);
  s->file = fopen(path, "w");
  if (s->file == NULL) return fail(s, 7501, strerror(errno));
  s->writing = 1;
  s->block = block;
  return 0;
}

static int d_write2(void *ctx, unsigned long flags, void *buf) {
  state *s = ctx;
  (void)flags;
  if (enter(s, "write2")) return -1;
  if (fwrite(buf, 1, s->block, s->file) != s->block) return fail(s, 7501, strerror(errno));
  return 0;
}

static int d_close2(void *ctx, unsigned long flags) {
  state *s = ctx;
  char path[2048], part[2060];
  if (enter(s, flags & 1 ? "abort" : "close2")) return -1;
  if (s->file == NULL) return fail(s, 7501, "nothing is open");
  fclose(s->file);
  s->file = NULL;
  if (!s->writing) return 0;
  s->writing = 0;
  path_of(s->name, path, sizeof path);
  snprintf(part, sizeof part, "%s.part", path);
  if (flags & 1) { unlink(part); return 0; }
  if (rename(part, path) != 0) return fail(s, 7501, strerror(errno));
  return 0;
}

static int d_restore(void *ctx, unsigned long flags, char *name, size_t block) {
  state *s = ctx;
  char path[2048];
  (void)flags;
  snprintf(s->name, sizeof s->name, "%s", name);
  if (enter(s, "restore")) return -1;
  path_of(name, path, sizeof path);
  s->file = fopen(path, "r");
  if (s->file == NULL) return fail(s, 7502, "no such piece");
  s->writing = 0;
  s->block = block;
  return 0;
}

static int d_read2(void *ctx, unsigned long flags, void *buf) {
  state *s = ctx;
  (void)flags;
  if (enter(s, "read2")) return -1;
  size_t got = fread(buf, 1, s->block, s->file);
  if (got == 0) return fail(s, 7504, "end of file");
  return 0;
}

static int d_info2(void *ctx, unsigned long flags, char **names, pair **info) {
  static unsigned long one = 1, two = 2;
  state *s = ctx;
  (void)flags;
  size_t count = 0;
  while (names[count] != NULL) count++;
  if (count == 1) snprintf(s->name, sizeof s->name, "%s", names[0]);
  if (enter(s, "info2")) return -1;
  if (count > INFO_MAX) return fail(s, 7501, "too many names");
  free(s->info);
  s->info = calloc(8 * count + 1, sizeof(pair));
  pair *p = s->info;
  for (size_t i = 0; i < count; i++) {
    char path[2048];
    struct stat st;
    path_of(names[i], path, sizeof path);
    *p++ = (pair){ 1, names[i] };
    if (stat(path, &st) != 0) { *p++ = (pair){ 8, NULL }; continue; }
    *p++ = (pair){ 2, &one };
    *p++ = (pair){ 5, "spec-disk" };
    *p++ = (pair){ 6, &two };
    *p++ = (pair){ 7, &two };
    *p++ = (pair){ 9, "kept in a directory" };
  }
  *p = (pair){ 9999, NULL };
  *info = s->info;
  return 0;
}

static int d_remove2(void *ctx, unsigned long flags, char **names) {
  state *s = ctx;
  (void)flags;
  if (enter(s, "remove2")) return -1;
  for (size_t i = 0; names[i] != NULL; i++) {
    char path[2048];
    path_of(names[i], path, sizeof path);
    if (unlink(path) != 0) return fail(s, 7502, "no such piece");
  }
  return 0;
}

static int d_command(void *ctx, unsigned long flags, char *cmd) {
  (void)flags; (void)cmd;
  return enter(ctx, "command");
}

static int d_error(void *ctx, unsigned long flags, unsigned long *code, char **native, char **utf8) {
  state *s = ctx;
  (void)flags;
  if (s->code == 0) return -1;
  *code = s->code;
  *native = s->text;
  *utf8 = s->text;
  return 0;
}

static int d_end(void *ctx, unsigned long flags) {
  state *s = ctx;
  (void)flags;
  if (s->magic != MAGIC) return 0;
  if (s->file != NULL) d_close2(ctx, 1);
  free(s->info);
  s->info = NULL;
  return enter(s, "end");
}

static int no_proxy(void) { return -1; }

int sbtinit(v1_error *error, pair *in, pair **out) {
  static unsigned long api = 0x0200, size = sizeof(state), version = 0x01020304;
  static void *table[21] = { d_backup, d_close2, d_command, d_end, d_error, d_info2, d_init2, d_read2, d_remove2, d_restore, d_write2 };
  static pair list[] = { { 4, &api }, { 5, "Disk library for specs" }, { 6, table }, { 7, &size }, { 8, &version }, { 1, NULL } };
  (void)in;
  for (int i = 11; i < 21; i++) table[i] = no_proxy;
  error->code = 0;
  error->os = 0;
  *out = list;
  return 0;
}

int sbtopen(void) { return -1; }
int sbtclose(void) { return -1; }
int sbtread(void) { return -1; }
int sbtwrite(void) { return -1; }
int sbtremove(void) { return -1; }
int sbtinfo(void) { return -1; }
