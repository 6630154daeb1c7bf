/* Frames as bytes: little-endian by shifts, so that the code means the same on every host. */
#include "frame.h"

#include <string.h>

static void store(unsigned char *out, uint64_t value, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++)
    out[i] = (unsigned char)((value >> (8 * i)) & 0xFFu);
}

static uint64_t load(const unsigned char *in, size_t bytes)
{
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++)
    value |= (uint64_t)in[i] << (8 * i);
  return value;
}

void frame_encode_header(unsigned char out[FRAME_HEADER_BYTES], const struct frame_header *header)
{
  store(out, FRAME_MAGIC, 2);
  out[2] = header->version;
  out[3] = header->type;
  store(out + 4, header->length, 4);
  store(out + 8, header->sequence, 4);
}

bool frame_decode_header(const unsigned char in[FRAME_HEADER_BYTES], struct frame_header *header)
{
  header->version = in[2];
  header->type = in[3];
  header->length = (uint32_t)load(in + 4, 4);
  header->sequence = (uint32_t)load(in + 8, 4);
  return load(in, 2) == FRAME_MAGIC;
}

uint32_t frame_next_sequence(uint32_t sequence)
{
  return sequence == UINT32_MAX ? 1 : sequence + 1;
}

struct payload_writer payload_into(void *memory, size_t capacity)
{
  return (struct payload_writer){.start = memory, .length = 0, .capacity = capacity, .overflow = false};
}

static unsigned char *claim(struct payload_writer *writer, size_t bytes)
{
  if (writer->overflow || writer->capacity - writer->length < bytes) {
    writer->overflow = true;
    return NULL;
  }
  unsigned char *at = writer->start + writer->length;
  writer->length += bytes;
  return at;
}

static void put_number(struct payload_writer *writer, uint64_t value, size_t bytes)
{
  unsigned char *at = claim(writer, bytes);
  if (at != NULL)
    store(at, value, bytes);
}

void put_u32(struct payload_writer *writer, uint32_t value)
{
  put_number(writer, value, 4);
}

void put_u64(struct payload_writer *writer, uint64_t value)
{
  put_number(writer, value, 8);
}

void put_string(struct payload_writer *writer, const char *text, size_t length)
{
  if (length > UINT16_MAX) {
    writer->overflow = true;
    return;
  }
  put_number(writer, length, 2);
  unsigned char *at = claim(writer, length);
  if (at != NULL && length > 0)
    memcpy(at, text, length);
}

static const unsigned char *take(struct payload_reader *reader, size_t bytes)
{
  if (reader->bad || reader->left < bytes) {
    reader->bad = true;
    return NULL;
  }
  const unsigned char *at = reader->at;
  reader->at += bytes;
  reader->left -= bytes;
  return at;
}

static uint64_t get_number(struct payload_reader *reader, size_t bytes)
{
  const unsigned char *at = take(reader, bytes);
  return at == NULL ? 0 : load(at, bytes);
}

uint8_t get_u8(struct payload_reader *reader)
{
  return (uint8_t)get_number(reader, 1);
}

uint32_t get_u32(struct payload_reader *reader)
{
  return (uint32_t)get_number(reader, 4);
}

uint64_t get_u64(struct payload_reader *reader)
{
  return get_number(reader, 8);
}

size_t get_string(struct payload_reader *reader, const char **text)
{
  size_t length = (size_t)get_number(reader, 2);
  const unsigned char *at = take(reader, length);
  *text = at == NULL ? "" : (const char *)at;
  return at == NULL ? 0 : length;
}
