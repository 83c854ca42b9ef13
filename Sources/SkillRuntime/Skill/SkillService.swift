// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HealthProtocol
import SystemIO

/// `sarai.skills.SkillService`: one model behind Infer, and what it has to say about itself.
final class SkillService: GRPCService {
    private let skill: String
    private let state: RuntimeState
    /// How much is going on in Infer.
    let queue: InferenceQueue
    private let timeLimit: Duration
    private let makeBackend: BackendFactory
    /// What Infer has counted.
    let metrics = InferenceMetrics()
    private let processMemory = ProcessMemory()

    init(
        skill: String, state: RuntimeState, queue: InferenceQueue, timeLimit: Duration,
        makeBackend: @escaping BackendFactory
    ) {
        self.skill = skill
        self.state = state
        self.queue = queue
        self.timeLimit = timeLimit
        self.makeBackend = makeBackend
    }

    func register(in table: inout MethodTable, on context: LoopContext) {
        let infer = InferMethod(
            skill: skill, state: state, queue: queue, timeLimit: timeLimit, loop: context.loop,
            backend: makeBackend(context.loop), counts: metrics.addShard())
        table.add(
            "/sarai.skills.SkillService/Infer", maxRequestSize: InferRequest.Limit.requestBytes,
            .asyncUnary { request, call async throws(Status) in
                try await infer.answer(request, patience: call.deadline, on: call.executor)
            })
        table.add(
            "/sarai.skills.SkillService/Check",
            .unary { [self] request throws(Status) in try check(request) })
        table.add(
            "/sarai.skills.SkillService/GetMetrics",
            .unary { [self] _ throws(Status) in getMetrics() })
    }

    private func check(_ bytes: UnsafeRawBufferPointer) throws(Status) -> EncodedMessage {
        let snapshot = state.current
        // The same message as that of `grpc.health.v1`.
        let name = try HealthCheckRequest.decode(bytes)
        let (status, model) = (
            Self.status(of: name, in: snapshot), snapshot.model(withHealthName: name)
        )
        let uptime = (MonotonicTime.now() - state.startTime).components.seconds
        return SkillResponse.check(
            status, text: Self.explanation(snapshot, of: model),
            reloadCount: snapshot.reloads(of: model ?? 0).count, uptimeSeconds: uptime)
    }

    /// As `grpc.health.v1` would answer, so that both always agree; an unknown name is a status here.
    private static func status(
        of name: UnsafeRawBufferPointer, in snapshot: RuntimeState.Snapshot
    ) -> ServingStatus {
        let known = snapshot.conditions.statuses.first { $0.name.utf8.elementsEqual(name) }
        guard let known else { return .serviceUnknown }
        return snapshot.isDraining ? .notServing : known.status
    }

    /// Of one model, or of all that readiness goes by.
    private static func explanation(
        _ snapshot: RuntimeState.Snapshot, of model: Int?
    ) -> String {
        let conditions = snapshot.conditions
        let obstacle =
            model.map { conditions.obstacle(of: conditions.models[$0]) } ?? conditions.obstacle
        var text = snapshot.isDraining ? "draining" : obstacle ?? "ready"
        let failure = model.map { snapshot.reloads(of: $0).failure } ?? snapshot.reloadFailure
        if let failure { text += "; the last reload failed: \(failure)" }
        if snapshot.areFilesHung { text += "; the files of the models do not answer" }
        return text
    }

    private func getMetrics() -> EncodedMessage {
        let resident = (try? processMemory.residentBytes()) ?? 0
        let coldStart = state.current.coldStart?.wholeNanoseconds ?? 0
        return SkillResponse.metrics(
            metrics.total, residentBytes: Int64(clamping: resident),
            coldStartMilliseconds: (coldStart + 999_999) / 1_000_000)
    }
}

extension RuntimeState.Snapshot {
    /// The model that has this health name of its own.
    fileprivate func model(withHealthName name: UnsafeRawBufferPointer) -> Int? {
        conditions.models.firstIndex { $0.healthName?.utf8.elementsEqual(name) ?? false }
    }
}
