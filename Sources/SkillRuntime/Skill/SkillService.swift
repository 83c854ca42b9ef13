// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtos
import GRPCTransport
import GRPCWire
import HealthProtocol
import ProtobufWire
import SystemIO

/// `sarai.skills.SkillService`: one model behind Infer, and what it has to say about itself.
final class SkillService: GRPCService {
    private let skill: String
    private let state: RuntimeState
    private let backend: any Backend
    private let metrics = InferenceMetrics()
    private let processMemory = ProcessMemory()

    init(skill: String, state: RuntimeState, backend: any Backend) {
        self.skill = skill
        self.state = state
        self.backend = backend
    }

    func register(in table: inout MethodTable, on context: LoopContext) {
        table.add(
            "/sarai.skills.SkillService/Infer",
            .asyncUnary { [self] request, _ async throws(Status) in try await infer(request) })
        let arena = DecodingArena()
        table.add(
            "/sarai.skills.SkillService/Check",
            .unary { [self] request throws(Status) in try check(request, arena) })
        table.add(
            "/sarai.skills.SkillService/GetMetrics",
            .unary { [self] _ throws(Status) in getMetrics() })
    }

    private func infer(_ bytes: [UInt8]) async throws(Status) -> EncodedMessage {
        let start = MonotonicTime.now()
        do throws(Status) {
            let request = try bytes.withUnsafeBufferPointer { buffer throws(Status) in
                try InferRequest(decoding: UnsafeRawBufferPointer(buffer), in: DecodingArena())
            }
            guard let model = state.current.model else {
                throw Status(.unavailable, "the model is not loaded")
            }
            let inference = try await backend.infer(request, model: model)
            let latency = MonotonicTime.now() - start
            metrics.succeeded(after: latency, tokens: inference.tokenCount)
            return SkillResponse.infer(
                inference, model: model.name ?? skill,
                latencyMilliseconds: latency.wholeNanoseconds / 1_000_000)
        } catch {
            metrics.failed(after: MonotonicTime.now() - start)
            throw error
        }
    }

    private func check(
        _ bytes: UnsafeRawBufferPointer, _ arena: DecodingArena
    ) throws(Status) -> EncodedMessage {
        let snapshot = state.current
        let status = try arena.decode(bytes, sarai__skills__health_check_request__unpack) {
            Self.status(of: $0.pointee.service.bytes, in: snapshot)
        }
        let uptime = (MonotonicTime.now() - state.startTime).components.seconds
        return SkillResponse.check(
            status, text: Self.explanation(snapshot), reloadCount: snapshot.reloadCount,
            uptimeSeconds: uptime)
    }

    /// As `grpc.health.v1` would answer, so that both always agree; an unknown name is a status here.
    private static func status(
        of name: UnsafeRawBufferPointer, in snapshot: RuntimeState.Snapshot
    ) -> ServingStatus {
        let known = snapshot.conditions.statuses.first { $0.name.utf8.elementsEqual(name) }
        guard let known else { return .serviceUnknown }
        return snapshot.isDraining ? .notServing : known.status
    }

    private static func explanation(_ snapshot: RuntimeState.Snapshot) -> String {
        var text = snapshot.conditions.obstacle ?? "ready"
        if snapshot.isDraining { text = "draining" }
        if let failure = snapshot.reloadFailure { text += "; the last reload failed: \(failure)" }
        return text
    }

    private func getMetrics() -> EncodedMessage {
        let resident = (try? processMemory.residentBytes()) ?? 0
        let coldStart = state.current.coldStart?.wholeNanoseconds ?? 0
        return SkillResponse.metrics(
            metrics.summary, residentBytes: Int64(clamping: resident),
            coldStartMilliseconds: (coldStart + 999_999) / 1_000_000)
    }
}
