// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import GRPCClient
import GRPCWire
import HealthCalls
import HealthProtocol
import StatusBoard
import Text

extension CheckResult {
    /// What a call of `Health/Check` about `service` came to; nil while it goes on.
    init?(of call: ClientCall, _ service: String) {
        guard let status = call.status else { return nil }
        let name = service.isEmpty ? "the server" : PrintableText.quoted(service)
        switch status.code {
        case .ok: break
        case .notFound:
            self.init(.unhealthy, "it does not know the health name \(name)")
            return
        case .unimplemented:
            self.init(.unhealthy, "it has no health service")
            return
        default:
            let text = PrintableText.escaped(status.message, limit: 200)
            self.init(.unhealthy, "its health check failed with \(status.code.name): \(text)")
            return
        }
        do throws(Status) {
            let serving = try ServingStatus(answer: call.messages.last ?? [])
            let isServing = serving == .serving
            self.init(
                isServing ? .healthy : .unhealthy, isServing ? "" : "\(name) is \(serving.name)",
                details: ["status": serving.name])
        } catch {
            self.init(.unhealthy, "its answer is no HealthCheckResponse")
        }
    }
}
