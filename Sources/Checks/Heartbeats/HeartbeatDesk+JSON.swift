// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import JSONHealth

extension HeartbeatDesk {
    /// Takes reports at a JSON socket; nil when there are no heartbeats.
    package var takeJSON: JSONHeartbeat.Take? {
        if isEmpty { return nil }
        return { [self] heartbeat in
            do throws(HeartbeatRefusal) {
                let report = try HeartbeatReport(state: heartbeat.state, reason: heartbeat.reason)
                try take(report, for: heartbeat.name)
                return nil
            } catch {
                return error.text
            }
        }
    }
}
