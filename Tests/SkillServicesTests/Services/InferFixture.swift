// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GGUF
import GRPCWire
import Inference
import Models
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

/// Infer in a pool, with a loop for its clock, with a loaded model and a backend that a test steers.
final class InferFixture: Sendable {
    let group: EventLoopGroup
    let pool: TaskPool
    let state: RuntimeState
    let queue: InferenceQueue
    let metrics = InferenceMetrics()
    let backend: HeldBackend
    /// Told whenever the queue has become long, or short again.
    let lengthChanges = Mailbox<Void>()
    private let method: InferMethod
    private let folder: TemporaryFolder

    init(
        workers: Int = 1, depth: Int = 10, readyDepth: Int = 0, timeLimit: Duration = .seconds(600),
        stopsWhenCancelled: Bool = true
    ) throws {
        group = try EventLoopGroup(count: 1)
        pool = try TaskPool(count: 2)
        state = RuntimeState()
        folder = try TemporaryFolder()
        let path = try folder.write(DemoModel.bytes, to: "demo.gguf")
        let model = try ModelFile(opening: path)
        state.handle([.loaded(0, model)])
        queue = InferenceQueue(
            workers: workers, depth: depth, readyDepth: readyDepth,
            onLengthChange: { [lengthChanges] _ in lengthChanges.put(()) })
        backend = HeldBackend(loop: group.loops[0], stopsWhenCancelled: stopsWhenCancelled)
        method = InferMethod(
            state: state, queue: queue, timeLimit: timeLimit, loop: group.loops[0],
            backend: backend, counts: metrics.addShard())
    }

    deinit { group.stop() }

    /// Sends a request; the task ends with the answer's status. As the transport does, it is cancelled at its deadline.
    func call(_ prompt: String, timeout: Duration? = nil) -> Task<StatusCode, Never> {
        let bytes = [0x0a, UInt8(prompt.utf8.count)] + Array(prompt.utf8)
        let deadline: MonotonicTime? = timeout.map { .now() + $0 }
        let task = Task(executorPreference: pool) { [method, pool] in
            do throws(Status) {
                _ = try await method.answer(
                    bytes, of: .test, deadline: deadline, on: pool)
                return StatusCode.ok
            } catch {
                return error.code
            }
        }
        if let deadline { _ = Alarm(on: group.loops[0], at: deadline) { task.cancel() } }
        return task
    }

    /// Waits until it is true of the queue.
    func wait(until isTrue: (InferenceQueue.Load) -> Bool) throws {
        guard eventually({ isTrue(queue.load) }) else {
            throw Unexpected(description: "in vain, it is \(queue.load)")
        }
    }
}

/// A backend whose every answer waits until the test lets it go.
struct HeldBackend: Backend {
    /// Prompts, as the backend begins with them.
    let begun = Mailbox<String>()
    /// Prompts whose work has ended, and whether it was cancelled by then.
    let ended = Mailbox<Ending>()
    let gates = GateTable()
    let loop: EventLoop
    let stopsWhenCancelled: Bool

    struct Ending: Equatable, Sendable {
        let prompt: String
        let wasCancelled: Bool
    }

    var reportsProgress: Bool { true }

    func infer(_ request: InferRequest, model: ServedModel) async throws(Status) -> Completion {
        begun.put(request.prompt)
        let gate = gates.gate(request.prompt)
        if stopsWhenCancelled {
            _ = await gate.outcome(until: .distantFuture, on: loop)
        } else {
            // Tasks of one's own are not cancelled with their maker.
            await Task(executorPreference: loop) { [loop] in
                _ = await gate.outcome(until: .distantFuture, on: loop)
            }.value
        }
        ended.put(Ending(prompt: request.prompt, wasCancelled: Task.isCancelled))
        if request.prompt.hasPrefix("fail") { throw Status(.dataLoss, "as asked") }
        return Completion(text: "", confidence: 0, tokenCount: 3, finishReason: .stop)
    }
}

/// A gate for each prompt, made by whoever comes first.
final class GateTable: Sendable {
    private let gates = Mutex<[String: Pending<Void>]>([:])

    func gate(_ prompt: String) -> Pending<Void> {
        gates.withLock { gates in
            if let gate = gates[prompt] { return gate }
            let gate = Pending<Void>()
            gates[prompt] = gate
            return gate
        }
    }

    func open(_ prompt: String) { gate(prompt).resolve(.value(())) }
}
