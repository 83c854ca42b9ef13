// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCChannelz
import OpenAIBackend
import SkillServices
import StatusBoard

extension SideServers {
    /// Tells operators of the calls to the model server.
    func tell(of upstream: UpstreamAccess, state: RuntimeState) {
        channelz.addChannel { [board = state.board] in
            var channel = ChannelzEntries.Channel(to: upstream.url.text)
            switch board.snapshot.outcome(of: .modelServer)?.state {
            case .healthy?, .degraded?: channel.state = .ready
            case .unhealthy?: channel.state = .transientFailure
            case .unknown?, nil: break
            }
            channel.callsStarted = upstream.calls.started
            channel.callsSucceeded = upstream.calls.succeeded
            channel.callsFailed = upstream.calls.failed
            channel.latestCall = upstream.calls.latest
            return channel
        }
    }
}
