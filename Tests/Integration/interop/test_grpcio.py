# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""grpcio's own balancing and health checking, with the channel of docs/clients.md."""

import json

import grpc
from fleet import Fleet, configured, recipe
from support.traffic import Traffic


def test_no_request_is_lost_while_each_server_is_restarted(tmp_path):
    fleet = Fleet(tmp_path)
    names = {"grpc": grpc, "json": json}
    try:
        exec(configured(recipe("`grpcio`"), fleet.ports), names)
        with names["channel"] as channel:
            with Traffic(channel) as traffic:
                fleet.restart_each(is_told=True)
            traffic.assert_nothing_lost()
    finally:
        fleet.stop()
