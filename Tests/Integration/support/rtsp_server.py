#!/usr/bin/python3
# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A server of streams (GStreamer), for the system's Python. Prints two ports: of streams for anyone, and of such that want the
user `viewer` with the password `canary-password` (Digest). Then it obeys lines on standard input, each answered by one line:
`rate N/D` (frames a second, for sessions from then on), `stop` (the frames of the session that plays), `sessions`."""

import sys

import gi

for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate={} ! valve name=valve "
    "! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
)
RIGHTS = ("media.factory.access", "media.factory.construct")


class Streams:
    """The streams of one server."""

    def __init__(self, users=None):
        self.media = None
        self.server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
        self.factory = GstRtspServer.RTSPMediaFactory(launch=PIPELINE.format("50/1"))
        self.factory.connect("media-configure", self.configure)
        if users:
            self.protect(*users)
        self.server.get_mount_points().add_factory("/camera", self.factory)
        self.server.attach(None)

    def protect(self, user, password):
        permissions = GstRtspServer.RTSPPermissions()
        for right in RIGHTS:
            permissions.add_permission_for_role(user, right, True)
        self.factory.set_permissions(permissions)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", user)
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
        self.server.set_auth(auth)

    def configure(self, _, media):
        self.media = media

    def obey(self, command, *words):
        if command == "sessions":
            return str(self.server.get_session_pool().get_n_sessions())
        if command == "rate":
            self.factory.set_launch(PIPELINE.format(words[0]))
        elif self.media and self.media.get_status() == GstRtspServer.RTSPMediaStatus.PREPARED:
            # Before it has a first frame, the server answers no request.
            self.media.get_element().get_by_name("valve").set_property("drop", True)
        return "ok"


def main():
    Gst.init(None)
    streams, protected = Streams(), Streams(("viewer", "canary-password"))

    def command(source, _):
        line = source.readline()
        if not line:
            loop.quit()
            return False
        print(streams.obey(*line.split()), flush=True)
        return True

    print(streams.server.get_bound_port(), protected.server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, command)
    loop.run()


main()
