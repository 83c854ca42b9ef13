# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The cases of gRPC's interop-test-descriptions that need no accounts: grpcio against our transport, directly and
behind nginx; and that each of them fails without a server."""

import gzip
import itertools
import queue

import grpc
import http2
import interop
import pytest
from conftest import code_of, free_port
from interop import InputRequest, OutputRequest, OutputResponse, SimpleRequest, SimpleResponse
from proxy import nginx

GZIP = grpc.Compression.Gzip
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
TIMEOUT = 20


def payload(size):
    return {"body": bytes(size)}


def large_request(**more):
    return SimpleRequest(response_size=314159, payload=payload(271828), **more)


def output_request(size, request_size=0):
    return OutputRequest(response_parameters=[{"size": size}], payload=payload(request_size))


class Requests:
    """A stream of requests that a test writes as it goes."""

    def __init__(self):
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)

    def send(self, request):
        self.queue.put(request)

    def close(self):
        self.queue.put(None)


def empty_unary(stub):
    assert stub.EmptyCall(interop.Empty(), timeout=TIMEOUT) == interop.Empty()


def large_unary(stub):
    answer = stub.UnaryCall(large_request(), timeout=TIMEOUT)
    assert answer.payload.type == 0 and answer.payload.body == bytes(314159)


def client_streaming(stub):
    requests = (InputRequest(payload=payload(size)) for size in REQUEST_SIZES)
    assert stub.StreamingInputCall(requests, timeout=TIMEOUT).aggregated_payload_size == 74922


def server_streaming(stub):
    request = OutputRequest(response_parameters=[{"size": size} for size in RESPONSE_SIZES])
    answers = list(stub.StreamingOutputCall(request, timeout=TIMEOUT))
    assert [answer.payload.body for answer in answers] == [bytes(size) for size in RESPONSE_SIZES]


def ping_pong(stub):
    requests = Requests()
    answers = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT)
    try:
        for request_size, size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            requests.send(output_request(size, request_size))
            assert next(answers).payload.body == bytes(size)
    finally:
        requests.close()
    assert list(answers) == []
    assert answers.code() == grpc.StatusCode.OK


def empty_stream(stub):
    answers = stub.FullDuplexCall(iter([]), timeout=TIMEOUT)
    assert list(answers) == [] and answers.code() == grpc.StatusCode.OK


def half_duplex(stub):
    requests = [output_request(size) for size in RESPONSE_SIZES]
    answers = list(stub.HalfDuplexCall(iter(requests), timeout=TIMEOUT))
    assert [len(answer.payload.body) for answer in answers] == RESPONSE_SIZES


def timeout_on_sleeping_server(stub):
    # A call that ends well first: without a server a deadline passes as well.
    empty_unary(stub)
    requests = Requests()
    answers = stub.FullDuplexCall(iter(requests), timeout=0.001)
    requests.send(OutputRequest(payload=payload(27182)))
    assert code_of(lambda: next(answers)) == grpc.StatusCode.DEADLINE_EXCEEDED
    requests.close()


def cancel_after_begin(stub):
    empty_unary(stub)
    requests = Requests()
    call = stub.StreamingInputCall.future(iter(requests), timeout=TIMEOUT)
    call.cancel()
    requests.close()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED
    empty_unary(stub)


def cancel_after_first_response(stub):
    requests = Requests()
    answers = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT)
    try:
        requests.send(output_request(31415, 27182))
        assert next(answers).payload.body == bytes(31415)
        answers.cancel()
        assert code_of(lambda: next(answers)) == grpc.StatusCode.CANCELLED
    finally:
        requests.close()
    empty_unary(stub)


def assert_status(call, code, message):
    with pytest.raises(grpc.RpcError) as failure:
        call()
    assert (failure.value.code(), failure.value.details()) == (code, message)


def status_code_and_message(stub):
    status = {"code": 2, "message": "test status message"}
    expected = (grpc.StatusCode.UNKNOWN, "test status message")
    assert_status(lambda: stub.UnaryCall(SimpleRequest(response_status=status), timeout=TIMEOUT), *expected)
    requests = iter([OutputRequest(response_status=status)])
    assert_status(lambda: list(stub.FullDuplexCall(requests, timeout=TIMEOUT)), *expected)


def special_status_message(stub):
    text = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    request = SimpleRequest(response_status={"code": 2, "message": text})
    assert_status(lambda: stub.UnaryCall(request, timeout=TIMEOUT), grpc.StatusCode.UNKNOWN, text)


METADATA = (
    ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
    ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
)


def assert_echoed(call):
    assert METADATA[0] in [(item.key, item.value) for item in call.initial_metadata()]
    assert METADATA[1] in [(item.key, item.value) for item in call.trailing_metadata()]


def custom_metadata(stub):
    answer, call = stub.UnaryCall.with_call(large_request(), metadata=METADATA, timeout=TIMEOUT)
    assert len(answer.payload.body) == 314159
    assert_echoed(call)
    requests = iter([output_request(314159, 271828)])
    answers = stub.FullDuplexCall(requests, metadata=METADATA, timeout=TIMEOUT)
    assert [len(answer.payload.body) for answer in answers] == [314159]
    assert_echoed(answers)


def unimplemented_method(stub):
    call = stub.UnimplementedCall
    assert code_of(call, interop.Empty(), timeout=TIMEOUT) == grpc.StatusCode.UNIMPLEMENTED


def unimplemented_service(stub):
    call = stub.UnimplementedServiceCall
    assert code_of(call, interop.Empty(), timeout=TIMEOUT) == grpc.StatusCode.UNIMPLEMENTED


def client_compressed_unary(stub):
    expecting = large_request(expect_compressed={"value": True})
    assert code_of(stub.UnaryCall, expecting, timeout=TIMEOUT) == grpc.StatusCode.INVALID_ARGUMENT
    answer = stub.UnaryCall(expecting, timeout=TIMEOUT, compression=GZIP)
    assert answer.payload.body == bytes(314159)
    answer = stub.UnaryCall(large_request(expect_compressed={"value": False}), timeout=TIMEOUT)
    assert answer.payload.body == bytes(314159)


def client_compressed_streaming(stub):
    """grpcio compresses all messages of a call or none; the mixed one is below."""

    def call(**keywords):
        request = InputRequest(payload=payload(27182), expect_compressed={"value": True})
        return stub.StreamingInputCall(iter([request]), timeout=TIMEOUT, **keywords)

    assert code_of(call) == grpc.StatusCode.INVALID_ARGUMENT
    assert call(compression=GZIP).aggregated_payload_size == 27182


def server_compressed_unary(stub):
    for value in (True, False):
        request = large_request(response_compressed={"value": value})
        assert stub.UnaryCall(request, timeout=TIMEOUT).payload.body == bytes(314159)


def server_compressed_streaming(stub):
    parameters = [
        {"size": 31415, "compressed": {"value": True}},
        {"size": 92653, "compressed": {"value": False}},
    ]
    answers = stub.StreamingOutputCall(OutputRequest(response_parameters=parameters), timeout=TIMEOUT)
    assert [answer.payload.body for answer in answers] == [bytes(31415), bytes(92653)]


def rpc_soak(stub):
    for _ in range(50):
        large_unary(stub)


CASES = [
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    half_duplex,
    timeout_on_sleeping_server,
    cancel_after_begin,
    cancel_after_first_response,
    status_code_and_message,
    special_status_message,
    custom_metadata,
    unimplemented_method,
    unimplemented_service,
    client_compressed_unary,
    client_compressed_streaming,
    server_compressed_unary,
    server_compressed_streaming,
    rpc_soak,
]


@pytest.fixture(scope="module")
def address():
    with interop.server() as address:
        yield address


@pytest.fixture(scope="module")
def proxied(address, tmp_path_factory):
    with nginx(tmp_path_factory.mktemp("nginx"), address) as proxied:
        with grpc.insecure_channel(proxied) as channel:
            grpc.channel_ready_future(channel).result(timeout=TIMEOUT)
        yield proxied


def run(case, address):
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(address, options=options) as channel:
        case(interop.Stub(channel))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case(address, case):
    run(case, address)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case_behind_nginx(proxied, case):
    run(case, proxied)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case_fails_without_a_server(case):
    with pytest.raises((grpc.RpcError, AssertionError)):
        run(case, f"127.0.0.1:{free_port()}")


def test_channel_soak(address):
    for _ in range(20):
        run(large_unary, address)


ACCEPTS_GZIP = (b"grpc-accept-encoding", b"identity,gzip")


@pytest.fixture
def peer(address):
    with http2.Peer(int(address.rsplit(":", 1)[1])) as peer:
        peer.open(initial_window=1 << 20)
        peer.update_window(0, 1 << 20)
        yield peer


def path(method):
    return f"/{interop.SERVICE}/{method}"


@pytest.mark.parametrize("value", [True, False])
def test_server_compressed_unary_on_the_wire(peer, value):
    request = SimpleRequest(response_size=314159, response_compressed={"value": value})
    stream = peer.request(path("UnaryCall"), request.SerializeToString(), ACCEPTS_GZIP)
    [(compressed, data)] = peer.read_messages(stream)
    assert compressed == value
    data = gzip.decompress(data) if compressed else data
    assert SimpleResponse.FromString(data).payload.body == bytes(314159)


@pytest.mark.parametrize("values", list(itertools.product([True, False], repeat=2)))
def test_server_compressed_streaming_on_the_wire(peer, values):
    sizes = [31415, 92653]
    parameters = [{"size": size, "compressed": {"value": value}} for size, value in zip(sizes, values)]
    request = OutputRequest(response_parameters=parameters)
    stream = peer.request(path("StreamingOutputCall"), request.SerializeToString(), ACCEPTS_GZIP)
    messages = peer.read_messages(stream)
    assert [compressed for compressed, _ in messages] == list(values)
    for size, (compressed, data) in zip(sizes, messages):
        data = gzip.decompress(data) if compressed else data
        assert OutputResponse.FromString(data).payload.body == bytes(size)


def test_a_client_that_does_not_take_gzip_gets_none(peer):
    request = SimpleRequest(response_size=1000, response_compressed={"value": True})
    stream = peer.request(path("UnaryCall"), request.SerializeToString())
    assert [compressed for compressed, _ in peer.read_messages(stream)] == [False]


def test_client_compressed_streaming_with_both_kinds_of_messages(peer):
    stream = peer.start_call(path("StreamingInputCall"), (b"grpc-encoding", b"gzip"))
    first = InputRequest(payload=payload(27182), expect_compressed={"value": True})
    peer.send_message(stream, gzip.compress(first.SerializeToString()), compressed=True)
    second = InputRequest(payload=payload(45904), expect_compressed={"value": False})
    peer.send_message(stream, second.SerializeToString(), end=True)
    [(_, data)] = peer.read_messages(stream)
    assert interop.InputResponse.FromString(data).aggregated_payload_size == 73086
