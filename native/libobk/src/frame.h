/* Frames between this library and the dedup-worker: header, numbers, strings. The contract and the other side are in
 * libs/sbt/src/frame.ts. Nothing here touches a socket. */
#ifndef ADY_FRAME_H
#define ADY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAGIC 0xAD17u
#define FRAME_VERSION 1u
#define FRAME_HEADER_BYTES 12u

enum frame_type {
  FRAME_HELLO = 1,
  FRAME_WELCOME = 2,
  FRAME_OPEN_WRITE = 3,
  FRAME_OPEN_READ = 4,
  FRAME_OPENED = 5,
  FRAME_DATA = 6,
  FRAME_DATA_END = 7,
  FRAME_CLOSE = 8,
  FRAME_CLOSED = 9,
  FRAME_ABORT = 10,
  FRAME_ABORTED = 11,
  FRAME_INFO = 12,
  FRAME_INFO_LIST = 13,
  FRAME_REMOVE = 14,
  FRAME_REMOVED = 15,
  FRAME_COMMAND = 16,
  FRAME_DONE = 17,
  FRAME_ERROR = 18,
  FRAME_KEEPALIVE = 19,
  FRAME_BYE = 20
  /* 21 to 24, FENCE, FENCED, PROBE and PROBED, are the agent's. */
};

struct frame_header {
  uint8_t version;
  uint8_t type;
  uint32_t length;
  uint32_t sequence;
};

void frame_encode_header(unsigned char out[FRAME_HEADER_BYTES], const struct frame_header *header);

/* False when the magic number is wrong; every other field is for the caller to judge. */
bool frame_decode_header(const unsigned char in[FRAME_HEADER_BYTES], struct frame_header *header);

/* Sequence numbers count 1, 2, … per direction and step over 0, which means "nothing" where a frame names another one. */
uint32_t frame_next_sequence(uint32_t sequence);

/* Writes a payload into memory of fixed size; `overflow` tells that it did not fit. */
struct payload_writer {
  unsigned char *start;
  size_t length;
  size_t capacity;
  bool overflow;
};

struct payload_writer payload_into(void *memory, size_t capacity);
void put_u32(struct payload_writer *writer, uint32_t value);
void put_u64(struct payload_writer *writer, uint64_t value);
void put_string(struct payload_writer *writer, const char *text, size_t length); /* u16 length, then the bytes */

/* Reads a payload; `bad` tells that it ended too early, and everything read after that is 0 or empty. */
struct payload_reader {
  const unsigned char *at;
  size_t left;
  bool bad;
};

uint8_t get_u8(struct payload_reader *reader);
uint32_t get_u32(struct payload_reader *reader);
uint64_t get_u64(struct payload_reader *reader);
size_t get_string(struct payload_reader *reader, const char **text); /* points into the payload, not terminated */

#endif
