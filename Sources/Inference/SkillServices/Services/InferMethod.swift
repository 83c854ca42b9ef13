// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCWire
package import Inference
import Models
import StatusBoard
import Synchronization
package import SystemIO

/// `Infer` on one loop: reads the request, waits for a worker and has the backend complete the text.
package struct InferMethod: Sendable {
    package let state: RuntimeState
    package let queue: InferenceQueue
    /// How long a request may take, whatever its client allows.
    package let timeLimit: Duration
    /// The loop of the time limit's timer.
    package let loop: EventLoop
    package let backend: any Backend
    package let counts: InferenceMetrics.Shard

    private typealias Outcome = Result<Completion, Status>

    /// One request, between the task that answers it and the task that works on it.
    private final class Job: Sendable {
        let arrival = MonotonicTime.now()
        let hasWorker = Atomic(false)
        let completion = Pending<Outcome>()
    }

    /// Answers one request; `executor` runs the backend. The transport cancels this at `deadline`, the client's, if it has one.
    package func answer(
        _ bytes: [UInt8], of client: InferenceQueue.Client, deadline: MonotonicTime?,
        on executor: any TaskExecutor
    ) async throws(Status) -> EncodedMessage {
        let job = Job()
        do throws(Status) {
            let request = try bytes.withUnsafeBufferPointer { bytes throws(Status) in
                try InferRequest(decoding: UnsafeRawBufferPointer(bytes))
            }
            let index = try state.models.index(of: request)
            let model = try loadedModel(index)
            let end = min(deadline ?? .distantFuture, job.arrival + timeLimit)
            if end <= .now() { throw Self.expired(end, "before the request could start") }
            let completion = try await completion(of: job, until: end, on: executor) {
                () async throws(Status) in
                try await queue.enter(bytes: bytes.count, of: client)
                job.hasWorker.store(true, ordering: .relaxed)
                counts.started(after: .now() - job.arrival)
                // The model may have been replaced while the request waited.
                return try await work(on: request, with: (try? loadedModel(index)) ?? model)
            }
            let latency = MonotonicTime.now() - job.arrival
            counts.ended(.success(completion.tokenCount), after: latency)
            return SkillResponse.infer(
                completion, model: model.name,
                latencyMilliseconds: latency.wholeNanoseconds / 1_000_000)
        } catch {
            let hadWorker = job.hasWorker.load(ordering: .relaxed)
            counts.ended(.failure(error), after: hadWorker ? .now() - job.arrival : nil)
            throw error
        }
    }

    private func loadedModel(_ index: Int) throws(Status) -> ServedModel {
        let model = state.models[index]
        guard let file = model.file else {
            let outcome = state.board.snapshot.outcome(of: model.outcome) ?? .healthy
            throw Status(.unavailable, (outcome.state.canServe ? .modelNotLoaded : outcome).text)
        }
        return ServedModel(name: model.name, file: file, isDefault: index == 0)
    }

    /// Does the work in a task of its own, so that the client does not wait for a backend that ignores its cancellation.
    private func completion(
        of job: Job, until end: MonotonicTime, on executor: any TaskExecutor,
        _ work: @escaping @Sendable () async throws(Status) -> Completion
    ) async throws(Status) -> Completion {
        let task = Task(executorPreference: executor) {
            do throws(Status) {
                job.completion.resolve(.value(.success(try await work())))
            } catch {
                job.completion.resolve(.value(.failure(error)))
            }
        }
        // The client's deadline has a timer in the transport.
        let timeout = job.arrival + timeLimit
        if case .value(let result) = await job.completion.outcome(until: timeout, on: loop) {
            return try result.get()
        }
        task.cancel()
        throw Self.expired(
            end,
            job.hasWorker.load(ordering: .relaxed)
                ? "while the request was worked at" : "while the request waited for a worker")
    }

    /// Runs the backend, and gives the worker back. Until the backend returns, the watchdog reports a stall.
    private func work(
        on request: InferRequest, with model: ServedModel
    ) async throws(Status) -> Completion {
        let token = state.progress.begin(silence: backend.reportsProgress ? .zero : timeLimit)
        defer {
            token.end()
            queue.leave()
        }
        let result = await Progress.$current.withValue(token) { () async -> Outcome in
            do throws(Status) {
                return .success(try await backend.infer(request, model: model))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Why a call ends before its completion: its deadline passed, or its client has cancelled it.
    private static func expired(_ end: MonotonicTime, _ phase: String) -> Status {
        end <= .now()
            ? Status(.deadlineExceeded, "the deadline passed \(phase)")
            : Status(.cancelled, "the call was cancelled \(phase)")
    }
}

extension ModelList {
    /// The model that a request names in its context; the first one when it names none.
    fileprivate func index(of request: InferRequest) throws(Status) -> Int {
        guard let name = request.context["model"] else { return 0 }
        return try index(named: name.utf8)
    }
}
