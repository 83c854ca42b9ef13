# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A collector of OTLP's metrics over gRPC, by grpcio and OpenTelemetry's own messages."""

import concurrent.futures
import contextlib
import dataclasses
import threading

import grpc
from google.protobuf import any_pb2, duration_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as stubs

DETAILS = "grpc-status-details-bin"


@dataclasses.dataclass
class Push:
    """One request: its header fields, and its message."""

    fields: dict
    request: service.ExportMetricsServiceRequest

    @property
    def resource(self):
        [resource] = self.request.resource_metrics
        return {item.key: item.value.string_value for item in resource.resource.attributes}

    @property
    def metrics(self):
        [resource] = self.request.resource_metrics
        [scope] = resource.scope_metrics
        assert scope.scope.name == "vitals"
        return {metric.name: metric for metric in scope.metrics}

    def series(self):
        """Each value by name and labels, as a backend that speaks Prometheus has them."""
        values = {}
        for name, metric in self.metrics.items():
            kind = metric.WhichOneof("data")
            for point in getattr(metric, kind).data_points:
                labels = attributes(point)
                if kind != "histogram":
                    value = getattr(point, point.WhichOneof("value"))
                    values[key(name + ("_total" if kind == "sum" else ""), labels)] = value
                    continue
                count = 0
                for bound, number in zip([*point.explicit_bounds, float("inf")], point.bucket_counts, strict=True):
                    count += number
                    values[key(f"{name}_bucket", labels | {"le": bound})] = count
                values[key(f"{name}_count", labels)] = point.count
                values[key(f"{name}_sum", labels)] = point.sum
        return values

    def gauge(self, name, label):
        """The values of a gauge by one of its attributes."""
        return {attributes(point)[label]: point.as_int for point in self.metrics[name].gauge.data_points}

    def sum(self, name, label):
        """The same of a sum, which only grows since the start."""
        total = self.metrics[name].sum
        assert total.is_monotonic and total.aggregation_temporality == 2
        return {attributes(point)[label]: point.as_int for point in total.data_points}


def key(name, labels):
    """What tells one series from another."""
    return name, frozenset((label, float(value) if label == "le" else value) for label, value in labels.items())


def attributes(point):
    return {item.key: item.value.string_value for item in point.attributes}


class Collector(stubs.MetricsServiceServicer):
    """Takes every push, or does what `answer` does with it: it gets the call's context."""

    def __init__(self):
        self.changed = threading.Condition()
        self.pushes = []
        self.answer = lambda context: service.ExportMetricsServiceResponse()
        self.released = threading.Event()

    def Export(self, request, context):
        assert_known(request)
        with self.changed:
            self.pushes.append(Push(dict(context.invocation_metadata()), request))
            self.changed.notify_all()
        return self.answer(context)

    def next(self, after=None, seconds=20, condition=lambda push: True):
        """The first push that meets the condition, of those that come from now on, or after so many."""
        with self.changed:
            start = len(self.pushes) if after is None else after
            found = lambda: next((push for push in self.pushes[start:] if condition(push)), None)  # noqa: E731
            assert self.changed.wait_for(found, seconds), f"no such push among {len(self.pushes) - start}"
            return found()

    def hang(self, context):
        self.released.wait(60)
        return service.ExportMetricsServiceResponse()


def assert_known(message):
    """OpenTelemetry's messages have every field that was sent, and no text that is no UTF-8."""
    copy = type(message)()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    assert copy.ByteSize() == message.ByteSize()


@contextlib.contextmanager
def collecting(port=0, credentials=None, **options):
    """A collector that listens, and the port."""
    collector = Collector()
    pool = concurrent.futures.ThreadPoolExecutor(4)
    server = grpc.server(pool, options=[("grpc.so_reuseport", 0), *options.items()])
    stubs.add_MetricsServiceServicer_to_server(collector, server)
    address = f"127.0.0.1:{port}"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    server.start()
    try:
        yield collector, port
    finally:
        collector.released.set()
        server.stop(0).wait()
        pool.shutdown()


def refusing(code, text, delay=None):
    """An answer that refuses, and says after how many seconds to come back."""

    def answer(context):
        if delay is not None:
            context.set_trailing_metadata([(DETAILS, retry_info(code.value[0], text, delay))])
        context.abort(code, text)

    return answer


def retry_info(code, text, delay):
    """A `google.rpc.Status` with a `google.rpc.RetryInfo`, whose Python classes are in another package."""

    def field(number, data):
        assert len(data) < 128
        return bytes([number << 3 | 2, len(data)]) + data

    delay = duration_pb2.Duration(seconds=int(delay), nanos=int(delay % 1 * 1e9))
    info = any_pb2.Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=field(1, delay.SerializeToString()))
    return bytes([1 << 3, code]) + field(2, text.encode()) + field(3, info.SerializeToString())
