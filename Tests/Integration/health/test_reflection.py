# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""gRPC server reflection: a client without any file lists, describes and calls what an address serves."""

import itertools
import pathlib
import tempfile

import gguf
import grpc
import pytest
from conftest import PROTOS, SERVING, Runtime, code_of, poll
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

VERSIONS = ["v1", "v1alpha"]
REFLECTION = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
CHANNELZ = "grpc.channelz.v1.Channelz"
HEALTH = "grpc.health.v1.Health"
INFERENCE = "inference.GRPCInferenceService"
SKILL = "sarai.skills.SkillService"
SERVICES = {
    "port": [HEALTH, *REFLECTION, INFERENCE, SKILL],
    "admin": [CHANNELZ, HEALTH, *REFLECTION, INFERENCE],
    "health": [HEALTH, *REFLECTION],
}
INVALID_ARGUMENT, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


@pytest.fixture(scope="module")
def server():
    """One server with all three addresses, and a channel to each."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        sockets = {name: f"unix:{folder}/{name}" for name in ("admin", "health")}
        gguf.write(pathlib.Path(folder) / "demo.gguf", name="demo")
        running = Runtime(pathlib.Path(folder), "--admin", sockets["admin"], "--health-addr", sockets["health"])
        try:
            poll(lambda: running.check() == SERVING, "SERVING")
            channels = {name: grpc.insecure_channel(address) for name, address in sockets.items()}
            yield channels | {"port": running.channel}
            for channel in channels.values():
                channel.close()
        finally:
            running.stop()


def reflection_messages(version):
    """The request's and the response's class, from the file under Protos: not from what the server says of itself."""
    from grpc_tools import protoc

    with tempfile.NamedTemporaryFile() as file:
        arguments = [f"-I{PROTOS}", f"--descriptor_set_out={file.name}", "grpc/reflection/v1/reflection.proto"]
        assert protoc.main(["protoc", *arguments]) == 0
        text = file.read()
    files = descriptor_pb2.FileDescriptorSet.FromString(text)
    pool = descriptor_pool.DescriptorPool()
    renamed = files.file[0].SerializeToString()
    if version != "v1":
        files.file[0].package = f"grpc.reflection.{version}"
        copy = json_format.MessageToJson(files.file[0]).replace(".reflection.v1.", f".reflection.{version}.")
        renamed = json_format.Parse(copy, descriptor_pb2.FileDescriptorProto()).SerializeToString()
    pool.AddSerializedFile(renamed)
    names = [f"grpc.reflection.{version}.ServerReflection{kind}" for kind in ("Request", "Response")]
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]


class Client:
    """A client of one version of reflection, which learns everything else from the server."""

    def __init__(self, channel, version):
        self.channel = channel
        self.Request, response = reflection_messages(version)
        self.stream = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=self.Request.SerializeToString,
            response_deserializer=response.FromString,
        )

    def ask_all(self, *questions):
        """The answers on one stream."""
        answers = list(self.stream(iter([self.Request(**question) for question in questions]), timeout=30))
        assert len(answers) == len(questions)
        return answers

    def ask(self, **question):
        return self.ask_all(question)[0]

    def services(self):
        return [service.name for service in self.ask(list_services="*").list_services_response.service]

    def files(self, answer):
        parse = descriptor_pb2.FileDescriptorProto.FromString
        return [parse(file) for file in answer.file_descriptor_response.file_descriptor_proto]

    def describe(self, service):
        """The descriptor of a service, in a pool that has only what the server sent."""
        pool = descriptor_pool.DescriptorPool()
        # Imports come last.
        for file in reversed(self.files(self.ask(file_containing_symbol=service))):
            pool.Add(file)
        return pool.FindServiceByName(service)


def call(channel, method, *requests):
    """Calls a method that is described with requests in JSON; its first response, as JSON is."""
    request_class = message_factory.GetMessageClass(method.input_type)
    response_class = message_factory.GetMessageClass(method.output_type)
    sides = ["stream" if streams else "unary" for streams in (method.client_streaming, method.server_streaming)]
    stub = getattr(channel, "_".join(sides))(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    requests = [json_format.ParseDict(request, request_class()) for request in requests]
    answer = stub(iter(requests) if method.client_streaming else requests[0], timeout=30)
    if method.server_streaming:
        first = next(answer)
        answer.cancel()
        answer = first
    return json_format.MessageToDict(answer, preserving_proto_field_name=True)


# A request and a part of its response, for every method that there is.
CALLS = {
    (CHANNELZ, "GetTopChannels"): ({}, {"end": True}),
    (CHANNELZ, "GetServers"): ({"max_results": 1}, {"server": [{"ref": {"server_id": "1", "name": "admin"}}]}),
    (CHANNELZ, "GetServer"): ({"server_id": 1}, {"server": {"ref": {"server_id": "1", "name": "admin"}}}),
    (CHANNELZ, "GetServerSockets"): ({"server_id": 3}, {"end": True}),
    (CHANNELZ, "GetChannel"): ({"channel_id": 8}, NOT_FOUND),
    (CHANNELZ, "GetSubchannel"): ({"subchannel_id": 8}, NOT_FOUND),
    (CHANNELZ, "GetSocket"): ({"socket_id": 8}, NOT_FOUND),
    (HEALTH, "Check"): ({}, {"status": "SERVING"}),
    (HEALTH, "Watch"): ({"service": "liveness"}, {"status": "SERVING"}),
    (HEALTH, "List"): ({}, {"statuses": {"startup": {"status": "SERVING"}}}),
    (INFERENCE, "ServerLive"): ({}, {"live": True}),
    (INFERENCE, "ServerReady"): ({}, {"ready": True}),
    (INFERENCE, "ModelReady"): ({"name": "demo"}, {"ready": True}),
    (INFERENCE, "ServerMetadata"): ({}, {"name": "skill-runtime"}),
    (INFERENCE, "ModelMetadata"): ({"name": "demo"}, {"name": "demo", "platform": "gguf"}),
    (INFERENCE, "RepositoryIndex"): ({}, {"models": [{"name": "demo", "state": "READY"}]}),
    (INFERENCE, "RepositoryModelLoad"): ({"model_name": "absent"}, NOT_FOUND),
    (INFERENCE, "RepositoryModelUnload"): ({"model_name": "absent"}, NOT_FOUND),
    (SKILL, "Infer"): ({"prompt": "Hello", "max_tokens": 3}, {"model": "demo", "finish_reason": "length"}),
    (SKILL, "Check"): ({"service": "readiness"}, {"status": "SERVING"}),
    (SKILL, "GetMetrics"): ({}, {}),
    (REFLECTION[0], "ServerReflectionInfo"): ({"host": "here", "list_services": ""}, {"valid_host": "here"}),
    (REFLECTION[1], "ServerReflectionInfo"): ({"host": "here", "list_services": ""}, {"valid_host": "here"}),
}


def contains(whole, part):
    """The part is in what JSON has of an answer."""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", SERVICES)
def test_every_method_of_an_address_is_described_and_can_be_called(server, place, version):
    client = Client(server[place], version)
    assert client.services() == SERVICES[place]
    called = set()
    for service in client.services():
        for method in client.describe(service).methods:
            request, expected = CALLS[service, method.name]
            if isinstance(expected, dict):
                answer = call(server[place], method, request)
                assert contains(answer, expected), answer
            else:
                assert code_of(call, server[place], method, request) == expected
            called.add((service, method.name))
    only_admin = {name for name in CALLS if name[1].startswith("Repository")}
    expected = {name for name in CALLS if name[0] in SERVICES[place]}
    assert called == (expected if place == "admin" else expected - only_admin)


def test_the_descriptor_database_of_grpcio_finds_everything(server):
    database = ProtoReflectionDescriptorDatabase(server["port"])
    assert sorted(database.get_services()) == SERVICES["port"]
    pool = descriptor_pool.DescriptorPool(database)
    for service in database.get_services():
        for method in pool.FindServiceByName(service).methods:
            request, expected = CALLS[service, method.name]
            assert contains(call(server["port"], method, request), expected)
    assert pool.FindMessageTypeByName("sarai.skills.InferRequest").fields_by_name["max_tokens"].number == 2
    assert pool.FindFileByName("grpc/health/v1/health.proto").package == "grpc.health.v1"
    with pytest.raises(KeyError):
        pool.FindMessageTypeByName("sarai.skills.Absent")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_described_is_what_is_written_under_protos(server, version):
    from grpc_tools import protoc

    client = Client(server["admin"], version)
    names = ["grpc/channelz/v1/channelz.proto", "grpc/health/v1/health.proto", "inference/inference.proto", "grpc/reflection/v1/reflection.proto"]
    google = pathlib.Path(protoc.__file__).parent / "_proto"
    with tempfile.NamedTemporaryFile() as file:
        assert protoc.main(["protoc", f"-I{PROTOS}", f"-I{google}", f"--descriptor_set_out={file.name}", *names]) == 0
        written = {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file}
    for name in names:
        served = client.files(client.ask(file_by_filename=name))[0]
        # The compiler that wrote them says how JSON spells a field; it may leave that out.
        assert without_json_names(served) == without_json_names(written[name])
        assert not served.HasField("source_code_info")


def without_json_names(file):
    text = json_format.MessageToDict(file)

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key != "jsonName"}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(text)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_symbol_of_any_kind_leads_to_its_file(server, version):
    client = Client(server["port"], version)
    symbols = {
        HEALTH: "grpc/health/v1/health.proto",
        f"{HEALTH}.Check": "grpc/health/v1/health.proto",
        "grpc.health.v1.HealthCheckRequest.service": "grpc/health/v1/health.proto",
        "grpc.health.v1.HealthCheckResponse.ServingStatus": "grpc/health/v1/health.proto",
        "grpc.health.v1.HealthCheckResponse.NOT_SERVING": "grpc/health/v1/health.proto",
        "grpc.health.v1.HealthListResponse.StatusesEntry": "grpc/health/v1/health.proto",
        "inference.ModelMetadataResponse.TensorMetadata": "inference/inference.proto",
        "sarai.skills.InferRequest.context": "sarai/skills/skills.proto",
        "grpc.reflection.v1alpha.ServerReflectionRequest.message_request": "grpc/reflection/v1alpha/reflection.proto",
    }
    answers = client.ask_all(*[{"file_containing_symbol": symbol} for symbol in symbols])
    assert [client.files(answer)[0].name for answer in answers] == list(symbols.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_imports_come_once_on_a_stream(server, version):
    client = Client(server["admin"], version)
    imports = {f"google/protobuf/{name}.proto" for name in ("any", "duration", "timestamp", "wrappers")}
    own, again, imported, other = (
        [file.name for file in client.files(answer)]
        for answer in client.ask_all(
            {"file_containing_symbol": CHANNELZ},
            {"file_by_filename": "grpc/channelz/v1/channelz.proto"},
            {"file_containing_symbol": "google.protobuf.Timestamp"},
            {"file_containing_symbol": HEALTH},
        )
    )
    assert own[0] == "grpc/channelz/v1/channelz.proto" and set(own[1:]) == imports and len(own) == 5
    assert again == own[:1]
    assert imported == ["google/protobuf/timestamp.proto"]
    assert other == ["grpc/health/v1/health.proto"]
    # They are not at the port, where nothing needs them.
    answer = Client(server["port"], version).ask(file_containing_symbol="google.protobuf.Timestamp")
    assert answer.error_response.error_code == NOT_FOUND.value[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_there_is_an_error_in_the_stream(server, version):
    client = Client(server["port"], version)
    absent = [
        {"file_by_filename": "absent.proto"},
        {"file_containing_symbol": "grpc.health.v1.Absent"},
        {"file_containing_symbol": "grpc.health.v1"},
        # Only at the address for operators.
        {"file_containing_symbol": f"{INFERENCE}.RepositoryIndex"},
        {"file_containing_extension": {"containing_type": "grpc.health.v1.HealthCheckRequest", "extension_number": 9}},
        {"all_extension_numbers_of_type": "grpc.health.v1.Absent"},
        {"all_extension_numbers_of_type": HEALTH},
    ]
    known = {"host": "me:1", "all_extension_numbers_of_type": "grpc.health.v1.HealthCheckRequest"}
    *answers, last = client.ask_all(*absent, known)
    for question, answer in zip(absent, answers, strict=True):
        assert answer.error_response.error_code == NOT_FOUND.value[0], answer
        assert answer.error_response.error_message
        assert answer.original_request == client.Request(**question)
    assert last.valid_host == "me:1" and last.original_request == client.Request(**known)
    assert last.WhichOneof("message_response") == "all_extension_numbers_response"
    assert last.all_extension_numbers_response.base_type_name == "grpc.health.v1.HealthCheckRequest"
    assert not last.all_extension_numbers_response.extension_number


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_that_asks_for_nothing_ends_the_stream(server, version):
    client = Client(server["port"], version)
    stream = client.stream(iter([client.Request(list_services=""), client.Request(host="me")]), timeout=30)
    assert next(stream).list_services_response.service
    assert code_of(next, stream) == INVALID_ARGUMENT


@pytest.mark.parametrize("version", VERSIONS)
def test_ten_thousand_requests_on_one_stream(server, version):
    client = Client(server["port"], version)
    questions = [{"file_containing_symbol": HEALTH}, {"list_services": ""}, {"file_by_filename": "absent"}]
    requests = [client.Request(**question) for question in itertools.islice(itertools.cycle(questions), 10_000)]
    count = 0
    for answer, request in zip(client.stream(iter(requests), timeout=60), requests, strict=True):
        assert answer.original_request == request
        # What was asked for is sent each time.
        if request.file_containing_symbol:
            assert len(answer.file_descriptor_response.file_descriptor_proto) == 1
        count += 1
    assert count == 10_000


def test_reflection_can_be_turned_off(runtime):
    server = runtime("--reflection=false").wait_for(SERVING)
    for version in VERSIONS:
        assert code_of(Client(server.channel, version).services) == grpc.StatusCode.UNIMPLEMENTED


def test_an_open_stream_does_not_hold_up_a_drain(runtime):
    server = runtime("--drain-grace", "0s", "--drain-deadline", "60s").wait_for(SERVING)
    client = Client(server.channel, "v1")
    more = iter(lambda: poll(lambda: server.process.poll() is not None, "the end", 30) and None, None)
    stream = client.stream(itertools.chain([client.Request(list_services="")], more), timeout=30)
    assert next(stream).list_services_response.service
    server.terminate()
    with pytest.raises(StopIteration):
        next(stream)
    assert server.process.wait(20) == 0
