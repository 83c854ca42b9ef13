# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""docs/limits.md has the numbers of the sources."""

import re

import pytest
from conftest import ROOT
from documents import section

PAGE = "docs/limits.md"
CHECKS, WRAPPER = "What the target of a check can make it hold", "What can make `healthcheck` hold more"


@pytest.mark.parametrize(
    "title, row, file, name",
    [
        (CHECKS, "an answer of HTTP", "Checks/NetworkChecks/HTTPAnswer.swift", "bodyLimit"),
        (CHECKS, "a reply of Redis", "Wire/RedisWire/RedisReader.swift", "maxSize"),
        (CHECKS, "a reply of Redis", "Wire/RedisWire/RedisReader.swift", "maxValues"),
        (CHECKS, "a reply of Redis", "Wire/RedisWire/RedisReader.swift", "maxPieces"),
        (CHECKS, "a message of PostgreSQL", "Wire/PostgresWire/PostgresMessage.swift", "maxSize"),
        (CHECKS, "a message of PostgreSQL", "Wire/PostgresWire/SCRAM.swift", "maxIterations"),
        (CHECKS, "an answer of RTSP", "Wire/RTSPWire/RTSPReader.swift", "maxBody"),
        (CHECKS, "an answer of RTSP", "Wire/RTSPWire/SessionDescription.swift", "maxTracks"),
        (CHECKS, "an answer of RTSP", "Wire/RTSPWire/RTSPAuthenticator.swift", "maxAttempts"),
        (CHECKS, "an answer of gRPC", "Checks/NetworkChecks/GRPCWatchSession.swift", "byteLimit"),
        (CHECKS, "output of a program", "Checks/HostChecks/ChildOutput.swift", "limit"),
        (CHECKS, "a file that is looked into", "Checks/HostChecks/FileCheck.swift", "contentLimit"),
        (CHECKS, "what may hang in the kernel", "Checks/HostChecks/BlockingCheck.swift", "threadLimit"),
        (CHECKS, "an answer about GPUs", "Checks/GPUChecks/GPUAnswerReader.swift", "limit"),
        (CHECKS, "a token of a heartbeat", "Checks/Heartbeats/HeartbeatCheck.swift", "longestToken"),
        (CHECKS, "a token of a heartbeat", "Checks/Heartbeats/HeartbeatReport+HTTP.swift", "maxValues"),
        (CHECKS, "a secret's file", "Checks/CheckScheduling/CheckOptions+Secret.swift", "secretLimit"),
        (WRAPPER, "clients of each", "Healthcheck/HealthWrapper/Lifecycle/WrapperServers.swift", "maxConnections"),
        (WRAPPER, "the command's metrics", "Healthcheck/HealthWrapper/Metrics/ScrapeSession.swift", "pageLimit"),
        (WRAPPER, "a datagram of", "Healthcheck/HealthWrapper/Notify/ChildNotification.swift", "limit"),
        (WRAPPER, "a datagram of", "Process/ServiceNotify/NotifyQueue.swift", "limit"),
        (WRAPPER, "the report that", "Healthcheck/WrapperStatus/WrapperReport.swift", "maxSize"),
        (WRAPPER, "the report that", "Healthcheck/WrapperStatus/WrapperReport.swift", "maxValues"),
    ],
)
def test_the_page_has_the_number_of_the_sources(title, row, file, name):
    source = (ROOT / "Sources" / file).read_text()
    (number, shift), = re.findall(rf"static let {name}(?:: \w+)? = ([0-9_]+)(?: << (\d+))?$", source, re.MULTILINE)
    value = int(number) << int(shift or 0)
    text = f"{value >> 20} MiB" if value >= 1 << 20 else f"{value >> 10} KiB" if value % 1024 == 0 else f"{value:,}"
    (line,) = [line for line in section(PAGE, title).splitlines() if line.startswith(f"| {row}")]
    assert re.search(rf"(?<![\d,]){text}\b", line), (text, line)
