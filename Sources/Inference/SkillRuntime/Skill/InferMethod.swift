// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import Inference
import SystemIO

/// `Infer` on one loop: reads the request, waits for a worker and has the backend complete the text, all before the deadline.
struct InferMethod: Sendable {
    let state: RuntimeState
    let queue: InferenceQueue
    /// How long a request may take, whatever its client allows.
    let timeLimit: Duration
    /// Has the timers.
    let loop: EventLoop
    let backend: any Backend
    let counts: InferenceMetrics.Shard

    /// Answers one request; `executor` runs the backend. `deadline` is the client's, if it has one.
    func answer(
        _ bytes: [UInt8], of client: InferenceQueue.Client, deadline clientDeadline: MonotonicTime?,
        on executor: any TaskExecutor
    ) async throws(Status) -> EncodedMessage {
        let arrival = MonotonicTime.now()
        var hadWorker = false
        do throws(Status) {
            let request = try bytes.withUnsafeBufferPointer { bytes throws(Status) in
                try InferRequest(decoding: UnsafeRawBufferPointer(bytes))
            }
            let deadline = min(clientDeadline ?? .distantFuture, arrival + timeLimit)
            let index = try state.current.index(of: request)
            let model = try loadedModel(index)
            try await queue.enter(bytes: bytes.count, of: client, until: deadline, on: loop)
            hadWorker = true
            counts.started(after: .now() - arrival)
            // The model may have been replaced while the request waited.
            let newest = (try? loadedModel(index)) ?? model
            let completion = try await run(request, with: newest, until: deadline, on: executor)
            let latency = MonotonicTime.now() - arrival
            counts.ended(.success(completion.tokenCount), after: latency)
            return SkillResponse.infer(
                completion, model: model.name,
                latencyMilliseconds: latency.wholeNanoseconds / 1_000_000)
        } catch {
            counts.ended(.failure(error), after: hadWorker ? .now() - arrival : nil)
            throw error
        }
    }

    private func loadedModel(_ index: Int) throws(Status) -> ServedModel {
        let snapshot = state.current
        let model = snapshot.conditions.models[index]
        guard let file = snapshot.file(index) else {
            throw Status(.unavailable, model.obstacle?.text ?? "the model is not loaded")
        }
        return ServedModel(name: model.name, file: file, isDefault: index == 0)
    }

    /// Runs the backend in a task of its own, so that the client does not wait for one that ignores the deadline. Its worker
    /// is taken until it returns; until then the watchdog reports a stall.
    private func run(
        _ request: InferRequest, with model: ServedModel, until deadline: MonotonicTime,
        on executor: any TaskExecutor
    ) async throws(Status) -> Completion {
        let completion = Pending<Result<Completion, Status>>()
        let job = state.progress.begin(silence: backend.reportsProgress ? .zero : timeLimit)
        let task = Task(executorPreference: executor) { [backend, queue] in
            let result = await Progress.$current.withValue(job) {
                await Self.result(of: backend, request, model)
            }
            job.end()
            queue.leave()
            completion.resolve(.value(result))
        }
        if case .value(let result) = await completion.outcome(until: deadline, on: loop) {
            return try result.get()
        }
        task.cancel()
        throw .expired(deadline, "while the request was worked at")
    }

    private static func result(
        of backend: any Backend, _ request: InferRequest, _ model: ServedModel
    ) async -> Result<Completion, Status> {
        do throws(Status) {
            return .success(try await backend.infer(request, model: model))
        } catch {
            return .failure(error)
        }
    }
}

extension RuntimeState.Snapshot {
    /// The model that a request names in its context; the first one when it names none.
    fileprivate func index(of request: InferRequest) throws(Status) -> Int {
        guard let name = request.context["model"] else { return 0 }
        return try index(ofModel: name.utf8)
    }
}
