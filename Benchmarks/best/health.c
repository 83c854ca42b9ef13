// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
#include "health.h"

#include <string.h>

// The largest message of a request that is read: two bytes, and a name of at most so many.
#define LONGEST_NAME 128
#define LONGEST_FRAME (9 + (1 << 14)) // that we send
#define PREFIX 5 // of a gRPC message: whether it is compressed, and its length

enum target { OTHER, CHECK, WATCH };

// One call, from its first header to its end.
struct call {
    enum target target;
    int is_grpc, is_post;
    size_t length; // of the body so far; more than the room means too long
    uint8_t body[PREFIX + 2 + LONGEST_NAME];
    const uint8_t *answer; // the message to be sent
    size_t sent;           // of it
    // Of a Watch: whether its name is known, and its place in the connection's list.
    int is_known;
    int32_t stream;
    struct call *next, **before;
};

#define ANSWER 7
static const uint8_t answers[3][ANSWER] = {{0, 0, 0, 0, 2, 8, 1}, {0, 0, 0, 0, 2, 8, 2}, {0, 0, 0, 0, 2, 8, 3}};
#define UNKNOWN 3 // SERVICE_UNKNOWN
static int current_status = 1;

static nghttp2_session_callbacks *callbacks;
static nghttp2_option *options;

// Encoded once: neither is copied for an answer.
#define FIELD(name, value)                                                                   \
    {(uint8_t *)name, (uint8_t *)value, sizeof name - 1, sizeof value - 1,                   \
     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}
static const nghttp2_nv head[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc")};
static const nghttp2_nv trailers[] = {FIELD("grpc-status", "0")};
static const nghttp2_nv not_http2_grpc[] = {FIELD(":status", "415")};
#define FAILURE(code, text)                                                                  \
    {FIELD(":status", "200"), FIELD("content-type", "application/grpc"), FIELD("grpc-status", code), \
     FIELD("grpc-message", text)}
static const nghttp2_nv unknown_method[] = FAILURE("12", "unknown method");
static const nghttp2_nv unknown_name[] = FAILURE("5", "unknown service");
static const nghttp2_nv bad_message[] = FAILURE("13", "the request is not one HealthCheckRequest");
static const nghttp2_nv is_compressed[] = FAILURE("12", "compressed requests are not read");
static const nghttp2_nv too_long[] = FAILURE("8", "the request is too long");

void health_set_status(int status) { __atomic_store_n(&current_status, status, __ATOMIC_RELAXED); }

int health_status(void) { return __atomic_load_n(&current_status, __ATOMIC_RELAXED); }

static int has(const uint8_t *bytes, size_t length, const char *text, size_t count) {
    return length == count && memcmp(bytes, text, count) == 0;
}
#define IS(bytes, length, text) has(bytes, length, text, sizeof text - 1)

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct health *health = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    struct call *call = pool_take(health->pool, sizeof *call);
    if (!call) return NGHTTP2_ERR_CALLBACK_FAILURE;
    call->target = OTHER;
    call->is_grpc = call->is_post = 0;
    call->length = 0;
    call->before = NULL;
    health->current = call;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t length, uint8_t flags, void *user) {
    (void)session, (void)flags;
    struct call *call = ((struct health *)user)->current;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0; // trailers of a request
    switch (name_length) {
    case 5:
        if (memcmp(name, ":path", 5) == 0)
            call->target = IS(value, length, "/grpc.health.v1.Health/Check")   ? CHECK
                           : IS(value, length, "/grpc.health.v1.Health/Watch") ? WATCH
                                                                               : OTHER;
        break;
    case 7:
        if (memcmp(name, ":method", 7) == 0) call->is_post = IS(value, length, "POST");
        break;
    case 12:
        if (memcmp(name, "content-type", 12) == 0)
            call->is_grpc = length >= 16 && memcmp(value, "application/grpc", 16) == 0
                            && (length == 16 || value[16] == '+' || value[16] == ';');
        break;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *user) {
    (void)flags, (void)user;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (call) {
        if (length <= sizeof call->body - call->length) {
            memcpy(call->body + call->length, data, length);
            call->length += length;
        } else {
            call->length = sizeof call->body; // full: no message that is read has this length
        }
    }
    // The connection's window alone: no request that is read needs more than the stream's first.
    return nghttp2_session_consume_connection(session, length);
}

static ssize_t read_answer(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                           uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)buffer, (void)user;
    size_t left = ANSWER - ((struct call *)source->ptr)->sent;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    // The window may be smaller.
    if (left > length) return (ssize_t)length;
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    int code = nghttp2_submit_trailer(session, stream, trailers, sizeof trailers / sizeof *trailers);
    return code ? code : (ssize_t)left;
}

// The next message of a Watch, when there is one.
static ssize_t read_change(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                           uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)session, (void)stream, (void)buffer, (void)user;
    struct call *call = source->ptr;
    if (call->sent == ANSWER) {
        const uint8_t *latest = answers[(call->is_known ? health_status() : UNKNOWN) - 1];
        if (latest == call->answer) return NGHTTP2_ERR_DEFERRED;
        call->answer = latest;
        call->sent = 0;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    size_t left = ANSWER - call->sent;
    return (ssize_t)(left < length ? left : length);
}

static int send_answer(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *frame_head,
                       size_t length, nghttp2_data_source *source, void *user) {
    (void)session, (void)frame;
    struct output *output = ((struct health *)user)->output;
    struct call *call = source->ptr;
    // The frame that follows has to find room too: nghttp2 returns it from the same call.
    if (9 + length + LONGEST_FRAME > sizeof output->bytes - output->length) {
        output->is_full = 1;
        return NGHTTP2_ERR_WOULDBLOCK;
    }
    memcpy(output->bytes + output->length, frame_head, 9);
    memcpy(output->bytes + output->length + 9, call->answer + call->sent, length);
    call->sent += length;
    output->length += 9 + length;
    return 0;
}

// The name that a HealthCheckRequest has: field 1, the last of several; other fields are refused, since none is known.
static int read_name(const uint8_t *bytes, size_t length, const uint8_t **name, size_t *name_length) {
    *name_length = 0;
    while (length > 0) {
        if (length < 2 || bytes[0] != 0x0A || bytes[1] > 127 || (size_t)bytes[1] + 2 > length) return 0;
        *name = bytes + 2;
        *name_length = bytes[1];
        length -= 2 + *name_length;
        bytes += 2 + *name_length;
    }
    return 1;
}

#define FAIL(fields) return nghttp2_submit_response(session, stream, fields, sizeof fields / sizeof *fields, NULL)

static int watch(struct health *health, int32_t stream, struct call *call, int is_known) {
    call->is_known = is_known;
    call->stream = stream;
    call->answer = NULL;
    call->sent = ANSWER;
    call->next = health->watches;
    call->before = &health->watches;
    if (call->next) call->next->before = &call->next;
    health->watches = call;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_change};
    return nghttp2_submit_response(health->session, stream, head, sizeof head / sizeof *head, &provider);
}

static int answer(struct health *health, int32_t stream, struct call *call) {
    nghttp2_session *session = health->session;
    const uint8_t *name = NULL, *body = call->body;
    size_t name_length;
    if (!call->is_post || !call->is_grpc) FAIL(not_http2_grpc);
    if (call->target == OTHER) FAIL(unknown_method);
    if (call->length == sizeof call->body) FAIL(too_long);
    if (call->length < PREFIX) FAIL(bad_message);
    if (body[0] != 0) FAIL(is_compressed);
    size_t length = (size_t)body[1] << 24 | (size_t)body[2] << 16 | (size_t)body[3] << 8 | body[4];
    if (length != call->length - PREFIX || !read_name(body + PREFIX, length, &name, &name_length)) FAIL(bad_message);
    int is_known = name_length == 0 || IS(name, name_length, "best");
    if (call->target == WATCH) return watch(health, stream, call, is_known);
    if (!is_known) FAIL(unknown_name);
    call->answer = answers[health_status() - 1];
    call->sent = 0;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_answer};
    return nghttp2_submit_response(session, stream, head, sizeof head / sizeof *head, &provider);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    if (frame->hd.type > NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    return call && answer(user, frame->hd.stream_id, call) != 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user) {
    (void)error;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (call && call->before) {
        *call->before = call->next;
        if (call->next) call->next->before = call->before;
    }
    pool_give(((struct health *)user)->pool, call);
    return 0;
}

void health_prepare(void) {
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_answer);
    nghttp2_option_new(&options);
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_no_auto_window_update(options, 1);
}

int health_start(struct health *health, struct pool *pool, struct output *output) {
    *health = (struct health){.pool = pool, .output = output};
    // The second keeps nghttp2 from a tree of priorities.
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
                                               {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    if (nghttp2_session_server_new3(&health->session, callbacks, health, options, &pool->functions) != 0) return -1;
    return nghttp2_submit_settings(health->session, NGHTTP2_FLAG_NONE, settings, 2);
}

int health_receive(struct health *health, const uint8_t *bytes, size_t length) {
    return nghttp2_session_mem_recv(health->session, bytes, length) == (ssize_t)length ? 0 : -1;
}

void health_status_changed(struct health *health) {
    for (struct call *call = health->watches; call; call = call->next)
        nghttp2_session_resume_data(health->session, call->stream);
}

int health_fill(struct health *health) {
    struct output *output = health->output;
    const uint8_t *frame;
    ssize_t length;
    output->is_full = 0;
    while (sizeof output->bytes - output->length >= LONGEST_FRAME) {
        length = nghttp2_session_mem_send(health->session, &frame);
        if (length <= 0) return length < 0 ? -1 : output->is_full;
        memcpy(output->bytes + output->length, frame, (size_t)length);
        output->length += (size_t)length;
    }
    return 1;
}

int health_is_over(struct health *health) {
    return !nghttp2_session_want_read(health->session) && !nghttp2_session_want_write(health->session);
}

void health_end(struct health *health) {
    if (health->session) nghttp2_session_del(health->session);
    health->session = NULL;
}
