// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
import GRPCWire
import HealthProtocol
package import Inference
import StatusBoard
import Synchronization
import SystemIO

/// `sarai.skills.SkillService`: Infer, and the health and metrics of the skill.
package final class SkillService: GRPCService {
    private let state: RuntimeState
    /// The queue of Infer.
    package let queue: InferenceQueue
    private let timeLimit: Duration
    private let makeBackend: BackendFactory
    /// What Infer has counted.
    package let metrics = InferenceMetrics()

    package init(
        state: RuntimeState, queue: InferenceQueue, timeLimit: Duration,
        makeBackend: @escaping BackendFactory
    ) {
        self.state = state
        self.queue = queue
        self.timeLimit = timeLimit
        self.makeBackend = makeBackend
    }

    package func register(in table: inout MethodTable, on loop: EventLoop) {
        let infer = InferMethod(
            state: state, queue: queue, timeLimit: timeLimit, loop: loop,
            backend: makeBackend(loop), counts: metrics.addShard())
        table.add(
            "/sarai.skills.SkillService/Infer", maxRequestSize: InferRequest.Limit.requestBytes,
            .asyncUnary { request, call async throws(Status) in
                try await infer.answer(
                    request, of: call.network, deadline: call.deadline, on: call.executor)
            })
        table.add(
            "/sarai.skills.SkillService/Check",
            .unary { [self] request throws(Status) in try check(request) })
        table.add(
            "/sarai.skills.SkillService/GetMetrics",
            .unary { [self] _ throws(Status) in getMetrics() })
    }

    private func check(_ bytes: UnsafeRawBufferPointer) throws(Status) -> EncodedMessage {
        let (snapshot, list) = (state.board.snapshot, state.models)
        // The message of `grpc.health.v1` has the same fields.
        let name = try HealthCheckRequest.decode(bytes)
        let known = snapshot.health(of: name)
        // The model that has this health name of its own.
        let model = list.models.first { $0.healthName?.utf8.elementsEqual(name) ?? false }
        let failure = model.map { $0.reloads.failure } ?? list.reloadFailure
        let uptime = (MonotonicTime.now() - state.startTime).components.seconds
        return SkillResponse.check(
            Self.status(known), text: Self.explanation(known, reloadFailure: failure, in: snapshot),
            reloadCount: (model ?? list[0]).reloads.count, uptimeSeconds: uptime)
    }

    private typealias Health = (name: String, verdict: Verdict)

    /// The answer of `grpc.health.v1`, so that both agree; an unknown name is a status here.
    private static func status(_ known: Health?) -> ServingStatus {
        guard let known else { return .serviceUnknown }
        return known.verdict.isServing ? .serving : .notServing
    }

    private static func explanation(
        _ known: Health?, reloadFailure: String?, in snapshot: Board.Snapshot
    ) -> String {
        guard let known else {
            return "unknown name: grpc.health.v1.Health/List lists the names"
        }
        var text = known.verdict.isServing ? word(of: known.name) : known.verdict.outcome.text
        if let reloadFailure { text += "; the last reload failed: \(reloadFailure)" }
        if let files = snapshot.outcome(of: .files), files != .healthy {
            text += "; \(files.reason)"
        }
        return text
    }

    /// What a name's SERVING means.
    private static func word(of name: String) -> String {
        switch name {
        case HealthName.liveness: "alive"
        case HealthName.startup: "started"
        default: "ready"
        }
    }

    private func getMetrics() -> EncodedMessage {
        let resident = state.residentBytes.load(ordering: .relaxed)
        let coldStart = state.coldStart.duration?.wholeNanoseconds ?? 0
        return SkillResponse.metrics(
            metrics.total, residentBytes: Int64(clamping: resident),
            coldStartMilliseconds: (coldStart + 999_999) / 1_000_000)
    }
}
