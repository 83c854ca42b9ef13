# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The messages, the methods and the server of gRPC's interoperability tests."""

import contextlib
import os
import subprocess
import tempfile

from conftest import PROTOS, ROOT, stop_process
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

SERVER = os.environ.get("TEST_INTEROP", ROOT / ".build" / "debug" / "interop-server")
SERVICE = "grpc.testing.TestService"


def load_messages():
    """Our files in a pool of their own: as Python modules they would hide grpcio, whose package is `grpc` too."""
    with tempfile.NamedTemporaryFile() as output:
        arguments = [f"-I{PROTOS}", f"-o{output.name}", "--include_imports", "grpc/testing/test.proto"]
        if protoc.main(["protoc", *arguments]) != 0:
            raise RuntimeError("protoc could not read grpc/testing/test.proto")
        data = output.read()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return pool


POOL = load_messages()


def message(name):
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"grpc.testing.{name}"))


Empty = message("Empty")
SimpleRequest = message("SimpleRequest")
SimpleResponse = message("SimpleResponse")
InputRequest = message("StreamingInputCallRequest")
InputResponse = message("StreamingInputCallResponse")
OutputRequest = message("StreamingOutputCallRequest")
OutputResponse = message("StreamingOutputCallResponse")


class Stub:
    """The methods of the services, on a channel."""

    def __init__(self, channel):
        self.channel = channel
        for service in ("TestService", "UnimplementedService"):
            for method in POOL.FindServiceByName(f"grpc.testing.{service}").methods:
                name = method.name if service == "TestService" else "UnimplementedServiceCall"
                kind = ["unary", "stream"]
                make = getattr(channel, f"{kind[method.client_streaming]}_{kind[method.server_streaming]}")
                answer = message_factory.GetMessageClass(method.output_type)
                call = make(
                    f"/grpc.testing.{service}/{method.name}",
                    request_serializer=lambda request: request.SerializeToString(),
                    response_deserializer=answer.FromString,
                )
                setattr(self, name, call)


@contextlib.contextmanager
def server(**variables):
    """A running server, with these variables in its environment; gives its address."""
    with process(**variables) as (address, _):
        yield address


@contextlib.contextmanager
def process(*files, **variables):
    """The same, with its process; for TLS, `files` are those of a certificate and its key."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    process = subprocess.Popen([SERVER, "0", *files], env=os.environ | variables, text=True, **streams)
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"{SERVER} says {line!r}; `swift build` makes it"
        yield line.split()[-1], process
        assert process.poll() is None, f"the server has ended: {process.returncode}"
    finally:
        stop_process(process)
        process.stdout.close()
